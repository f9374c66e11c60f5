"""bot.nlu.encoder: the sentence encoder loads from its folder or says plainly why not, and reads texts in order."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ModelError
from bot.nlu import encoder
from bot.nlu.encoder import CARD, FOLDER, GRAPH, VOCABULARY, Encoder
from bot.nlu.normalise import normalise
from bot.signposting import ROUTES

#: How far company may move a text's log-odds. int8 takes its scale from all that a run holds, so batches would move them.
COMPANY = 1e-4

TEXTS = [
    normalise(t)
    for t in (
        "hes got a knife",
        "hello",
        "what is the number for childline",
        "my dad used to hit me when i was little and now im 42 and i keep thinking about it every day",
        "im on the bridge",
        "thanks",
        "someone has my pictures and he says he will send them to everyone at school",
    )
]


@pytest.fixture(scope="module")
def loaded() -> Encoder:
    return encoder.shared()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the encoder's folder to damage."""
    copy = tmp_path / "encoder"
    copy.mkdir()
    for name in (CARD, GRAPH, VOCABULARY):
        shutil.copy(FOLDER / name, copy / name)
    return copy


def test_one_is_loaded_for_a_process() -> None:
    assert encoder.shared() is encoder.shared()


def test_it_knows_the_labels_of_each_head(loaded: Encoder) -> None:
    assert {"route", "speaker", "about", "when"} <= set(loaded.labels)
    assert set(loaded.labels["speaker"]) == {"young", "adult"}
    assert set(loaded.labels["about"]) == {"self", "other"}
    assert set(loaded.labels["when"]) == {"now", "past"}


def test_it_knows_every_route(loaded: Encoder) -> None:
    """danger_check is asked in doubt; it has no messages of its own."""
    assert set(loaded.labels["route"]) == set(ROUTES) - {"danger_check"}


def test_each_text_has_a_row(loaded: Encoder) -> None:
    found = loaded.encode(TEXTS)
    assert found.route.shape == (len(TEXTS), len(loaded.labels["route"]))
    assert found.danger.shape == (len(TEXTS), 1)
    assert found.speaker.shape == found.about.shape == found.when.shape == (len(TEXTS), 2)
    assert all(getattr(found, name).dtype == np.float32 for name in found.__dataclass_fields__)
    assert all(np.isfinite(getattr(found, name)).all() for name in found.__dataclass_fields__)


def test_one_text_keeps_its_two_dimensions(loaded: Encoder) -> None:
    found = loaded.encode(["hello"])
    assert found.danger.shape == (1, 1)
    assert found.route.ndim == 2


@pytest.mark.parametrize("text", ["", " ", "\ufffd", "😭", "سلام", "a" * 4_000, "word " * 800])
def test_any_text_is_taken(loaded: Encoder, text: str) -> None:
    assert np.isfinite(loaded.encode([text]).danger).all()


def test_the_same_text_alone_gives_the_same_result_each_time(loaded: Encoder) -> None:
    assert np.array_equal(loaded.encode(TEXTS[:1]).route, loaded.encode(TEXTS[:1]).route)


def test_rows_come_back_in_the_order_given(loaded: Encoder) -> None:
    """Of many texts of many lengths, each row is its own text's."""
    texts = [f"{TEXTS[n % len(TEXTS)]} {'and then ' * (n % 9)}".strip() for n in range(40)]
    together, backwards = loaded.encode(texts), loaded.encode(texts[::-1])
    for n, text in enumerate(texts):
        alone = loaded.encode([text])
        assert together.danger[n] == pytest.approx(alone.danger[0], abs=COMPANY)
        assert together.route[n] == pytest.approx(alone.route[0], abs=COMPANY)
        assert backwards.danger[-1 - n] == pytest.approx(alone.danger[0], abs=COMPANY)


def test_company_does_not_move_a_text(loaded: Encoder) -> None:
    alone = loaded.encode(TEXTS[:1])
    for company in (TEXTS, [TEXTS[0], "a" * 4_000], [TEXTS[0], "word " * 800], [TEXTS[0], ""]):
        among = loaded.encode(company)
        for name in alone.__dataclass_fields__:
            assert getattr(among, name)[0] == pytest.approx(getattr(alone, name)[0], abs=COMPANY)


def test_what_stands_beyond_the_longest_is_cut(loaded: Encoder) -> None:
    longest = json.loads((FOLDER / CARD).read_text(encoding="utf-8"))["max_tokens"]
    begin = "calm " * longest
    assert np.array_equal(loaded.encode([begin]).danger, loaded.encode([begin + "he has a knife"]).danger)
    assert not np.array_equal(loaded.encode(["calm"]).danger, loaded.encode(["calm he has a knife"]).danger)


def test_a_good_copy_loads(folder: Path, loaded: Encoder) -> None:
    assert np.array_equal(Encoder(folder).encode(TEXTS[:1]).danger, loaded.encode(TEXTS[:1]).danger)


@pytest.mark.parametrize("name", [CARD, GRAPH, VOCABULARY])
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=r"the encoder cannot be read \(FileNotFoundError\).*make encoder"):
        Encoder(folder)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="make encoder"):
        Encoder(tmp_path / "nowhere")


@pytest.mark.parametrize("name", [GRAPH, VOCABULARY])
@pytest.mark.parametrize("damage", ["cut short", "too long", "one bit", "empty"])
def test_a_file_that_is_not_the_one_named_by_digest_is_refused(folder: Path, name: str, damage: str) -> None:
    good = (folder / name).read_bytes()
    bad = {"cut short": good[:-1], "too long": good + b"x", "one bit": bytes([good[0] ^ 1]) + good[1:], "empty": b""}
    (folder / name).write_bytes(bad[damage])
    with pytest.raises(ModelError, match=rf"{name}: damaged, its digest is not the one in {CARD}.*make encoder"):
        Encoder(folder)


@pytest.mark.parametrize("card", ["", "{", "[]", "{}", '{"files": {}}', '{"files": {"signpost-encoder.onnx": "0"}}', "\x00"])
def test_a_broken_card_is_refused(folder: Path, card: str) -> None:
    (folder / CARD).write_text(card, encoding="utf-8")
    with pytest.raises(ModelError, match="make encoder"):
        Encoder(folder)


@pytest.mark.parametrize("key", ["labels", "max_tokens", "files"])
def test_a_card_that_lacks_something_is_refused(folder: Path, key: str) -> None:
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    del card[key]
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelError, match="make encoder"):
        Encoder(folder)


def test_a_graph_that_is_no_graph_is_refused_even_with_the_right_digest(folder: Path) -> None:
    (folder / GRAPH).write_bytes(b"not a graph")
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    card["files"][GRAPH] = hashlib.sha256(b"not a graph").hexdigest()
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelError, match="make encoder"):
        Encoder(folder)
