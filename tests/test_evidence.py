"""The sums of bot.evidence are those of the pipeline's own components, and a model file gives both readers back."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from rasa.shared.nlu.training_data.message import Message
from toy_model import WEIGHTS, ToyEncoder, linear_models, readers

from bot import evidence
from bot.errors import ModelError
from bot.nlu import components, encoder, linear
from bot.nlu.ngrams import ngrams
from bot.nlu.normalise import normalise, parts

LONG = "we went to the shops and had chips and it was a nice day out for everyone there. he has a knife now. then school"
TEXTS = ["he has a knife", "sad at school", LONG]


def message(text: str) -> Message:
    """A message as the featurizers leave it."""
    whole = normalise(text)
    found = Message(data={"text": text})
    found.set("normalised", whole)
    found.set("parts", parts(whole))
    found.set("ngram_rows", ngrams([whole, *parts(whole)]))
    found.set("encoded", ToyEncoder().encode([whole, *parts(whole)]))
    return found


@pytest.mark.parametrize("text", TEXTS)
def test_danger_as_the_component_has_it(text: str) -> None:
    models = linear_models()
    config = components.DangerClassifier.get_default_config() | {"ngrams": WEIGHTS.danger}
    component = components.DangerClassifier(config, None, None, {"danger": models["danger"]})
    read = message(text)
    component.read(read)
    ours = evidence.danger_probability(readers().read(text), WEIGHTS)
    assert ours == pytest.approx(read.get("danger")["probability"], abs=1e-4)


@pytest.mark.parametrize("text", TEXTS)
def test_route_as_the_component_has_it(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "shared", ToyEncoder)
    config = components.RouteClassifier.get_default_config() | {"ngrams": WEIGHTS.route, "unsure_below": 0.0}
    component = components.RouteClassifier(config, None, None, {"route": linear_models()["route"]})
    read = message(text)
    component.read(read)
    toy = readers()
    chances = linear.softmax(evidence.route_odds(toy.read(text), WEIGHTS.route, toy.routes))
    theirs = {r["name"]: r["confidence"] for r in read.get("intent_ranking")}
    assert dict(zip(toy.routes, chances, strict=True)) == pytest.approx(theirs, abs=1e-4)
    assert toy.routes[evidence.route_chosen(toy.read(text), WEIGHTS, toy.routes)] == read.get("intent")["name"]


def test_a_route_the_text_rules_out_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    toy = readers()
    monkeypatch.setattr("bot.nlu.roles.ruled_out", lambda text: {"bullying"} if "school" in text else set())
    said = toy.read("they made me sad at school every day")
    assert evidence.route_odds(said, WEIGHTS.route, toy.routes)[toy.routes.index("bullying")] == -np.inf
    assert toy.routes[evidence.route_chosen(said, WEIGHTS, toy.routes)] == "feeling_low"


def test_a_dangerous_sentence_in_a_long_message_decides() -> None:
    said = readers().read(LONG)
    odds = evidence.part_odds(said, WEIGHTS)
    assert len(odds) == len(said.texts) > 1
    assert evidence.danger_probability(said, WEIGHTS) > WEIGHTS.check


def model_file(folder: Path, models: dict[str, linear.Linear], config: dict[str, object]) -> Path:
    """A model file as Rasa packs it, as far as this module reads it."""
    inside = folder / "components" / "train_bot.nlu.components.DangerClassifier7"
    inside.mkdir(parents=True)
    linear.save(inside / evidence.CLASSIFIER_FILE, models)
    nodes = {"run_bot.nlu.components.DangerClassifier7": {"config": config}}
    (folder / "metadata.json").write_text(json.dumps({"predict_schema": {"nodes": nodes}}))
    file = folder / "signpost-toy.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        archive.add(folder / "components", "components")
        archive.add(folder / "metadata.json", "metadata.json")
    return file


def test_a_model_file_gives_readers_and_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "shared", ToyEncoder)
    file = model_file(tmp_path, linear_models(), {"check": 0.11, "ngrams": 0.7})
    found, weights = evidence.load(evidence.model_in(tmp_path))
    assert evidence.model_in(file) == file
    assert (weights.check, weights.danger) == (0.11, 0.7)
    assert weights.urgent == components.DangerClassifier.get_default_config()["urgent"]
    assert found.read("a knife").danger_ngrams == pytest.approx(readers().read("a knife").danger_ngrams, abs=1e-4)


def test_a_model_that_lacks_a_classifier_is_refused(tmp_path: Path) -> None:
    file = model_file(tmp_path, {"danger": linear_models()["danger"]}, {})
    with pytest.raises(ModelError, match="make train"):
        evidence.load(file)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.tar.gz").write_bytes(b"no archive")
    with pytest.raises(ModelError, match="make train"):
        evidence.load(tmp_path / "broken.tar.gz")
    with pytest.raises(ModelError, match="no trained model"):
        evidence.model_in(tmp_path / "nowhere")
