"""Evidence: what encoder and n-grams each say about a message, as log-odds, before config.yml weighs them.

`signpost tune` and `signpost explain` work on it. A trained model's n-gram classifiers and its configuration are read
from the model file without starting Rasa; a test holds the sums here to those of bot.nlu.components.
"""

from __future__ import annotations

import json
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.nlu import choice, encoder, linear, roles
from bot.nlu.ngrams import ngrams
from bot.nlu.normalise import normalise, parts

Floats = NDArray[np.float64]

FACTS = ("speaker", "about", "when")
URGENT = "urgent_danger"
CLASSIFIER_FILE = "classifier.npz"


class Reader(Protocol):
    """What this module asks of the encoder."""

    labels: dict[str, list[str]]

    def encode(self, texts: Sequence[str]) -> encoder.Encoded:
        """The encoder's outputs for normalised texts."""


@dataclass(frozen=True)
class Said:
    """The two opinions on one message. Rows: the whole message first, then its parts.

    `danger_*` [rows] are log-odds of danger now; `route_*` [routes] unnormalised log-probabilities over
    `Evidence.routes`; `facts_*` log-odds of the second value of each fact over its first.
    """

    texts: tuple[str, ...]
    danger_encoder: Floats
    danger_ngrams: Floats
    route_encoder: Floats
    route_ngrams: Floats
    facts_encoder: Mapping[str, float]
    facts_ngrams: Mapping[str, float]


@dataclass(frozen=True)
class Weights:
    """How config.yml weighs the opinions: see the components' own settings of the same names."""

    danger: float
    route: float
    speaker: float
    slope: float
    offset: float
    part_margin: float
    check: float
    urgent: float


class Evidence:
    """The two readers of one trained model."""

    def __init__(self, models: Mapping[str, linear.Linear], reader: Reader) -> None:
        """`models` are the linear classifiers by name: danger, route, speaker, about, when."""
        self._models, self._reader = models, reader
        known = reader.labels["route"]
        self.routes = tuple(c for c in models["route"].classes if c != URGENT and c in known)
        self._encoder_columns = [known.index(r) for r in self.routes]
        self._ngram_columns = [models["route"].classes.index(r) for r in self.routes]
        #: The first and second value of each fact.
        self.values = {fact: tuple(models[fact].classes) for fact in FACTS}

    def read(self, text: str) -> Said:
        """What both make of a text as typed."""
        whole = normalise(text)
        return self.read_normalised((whole, *parts(whole)))

    def read_normalised(self, texts: tuple[str, ...]) -> Said:
        """The same for normalised texts: a whole message and its parts."""
        encoded = self._reader.encode(texts)
        rows = ngrams(texts)
        route = np.log(linear.softmax(self._models["route"].scores(rows[:1]))[0].astype(np.float64) + 1e-9)
        facts_encoder, facts_ngrams = {}, {}
        for fact, (first, second) in self.values.items():
            labels, logits = self._reader.labels[fact], getattr(encoded, fact)[0]
            facts_encoder[fact] = float(logits[labels.index(second)] - logits[labels.index(first)])
            facts_ngrams[fact] = float(self._models[fact].scores(rows[:1])[0, 0])
        return Said(
            texts=texts,
            danger_encoder=encoded.danger[:, 0].astype(np.float64),
            danger_ngrams=self._models["danger"].scores(rows)[:, 0].astype(np.float64),
            route_encoder=encoded.route[0][self._encoder_columns].astype(np.float64),
            route_ngrams=route[self._ngram_columns],
            facts_encoder=facts_encoder,
            facts_ngrams=facts_ngrams,
        )


def part_odds(said: Said, weights: Weights) -> Floats:
    """The danger log-odds of the whole message and of each part, weighed, the parts less their margin."""
    odds = said.danger_encoder + weights.danger * said.danger_ngrams
    odds[1:] -= weights.part_margin
    return odds


def danger_probability(said: Said, weights: Weights) -> float:
    """The probability of danger now, as DangerClassifier has it: the most urgent part decides."""
    return float(1 / (1 + np.exp(-np.clip(weights.slope * part_odds(said, weights).max() + weights.offset, -60, 60))))


def route_odds(said: Said, weight: float, routes: Sequence[str]) -> Floats:
    """The routes' log-probabilities, unnormalised, as RouteClassifier has them before its softmax; `weight` is the n-grams'."""
    odds = said.route_encoder + weight * said.route_ngrams
    out = roles.ruled_out(said.texts[0])
    return np.where([route in out for route in routes], -np.inf, odds)


def route_chosen(said: Said, weights: Weights, routes: Sequence[str]) -> int:
    """The place in `routes` of the route that RouteClassifier answers with, where one is likely enough to name."""
    return choice.chosen(routes, route_odds(said, weights.route, routes))


def model_in(folder: Path) -> Path:
    """The newest model in `folder`, or the file itself.

    Raises:
        ModelError: there is none.
    """
    found = [folder] if folder.is_file() else sorted(folder.glob("*.tar.gz"), key=lambda p: p.stat().st_mtime)
    if not found:
        raise ModelError(f"{folder}: there is no trained model. Train one with `make train`.")
    return found[-1]


def load(model: Path) -> tuple[Evidence, Weights]:
    """Both readers of a model file, and the weights it was made with.

    Raises:
        ModelError: the file is not a model of this version.
    """
    mend = "Train again with `make train`."
    try:
        with tarfile.open(model) as archive, tempfile.TemporaryDirectory() as folder:
            archive.extractall(folder, filter="data")
            nodes = json.loads((Path(folder) / "metadata.json").read_text(encoding="utf-8"))["predict_schema"]["nodes"]
            models: dict[str, linear.Linear] = {}
            for file in Path(folder).glob(f"components/*/{CLASSIFIER_FILE}"):
                models |= linear.load(file)[0]
    except (OSError, KeyError, ValueError, tarfile.TarError) as error:
        raise ModelError(f"{model}: this model cannot be read ({type(error).__name__}). {mend}") from error
    missing = {"danger", "route", *FACTS} - set(models)
    if missing:
        raise ModelError(f"{model}: this model lacks its classifiers {sorted(missing)}. {mend}")
    return Evidence(models, encoder.shared()), _weights(nodes)


def _weights(nodes: Mapping[str, Any]) -> Weights:
    """The weights among a model's settings; what config.yml leaves out is the component's default."""
    # Components import Rasa, which the caller has prepared.
    from bot.nlu import components

    def settings(component: type[components.Component]) -> dict[str, Any]:
        start = f"run_{component.__module__}.{component.__name__}"
        given: dict[str, Any] = next((node["config"] for name, node in nodes.items() if name.startswith(start)), {})
        return {**component.get_default_config(), **given}

    danger, route = settings(components.DangerClassifier), settings(components.RouteClassifier)
    return Weights(
        danger=danger["ngrams"],
        route=route["ngrams"],
        speaker=settings(components.SpeakerClassifier)["ngrams"],
        **{name: danger[name] for name in ("slope", "offset", "part_margin", "check", "urgent")},
    )
