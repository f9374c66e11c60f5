"""The Rasa components of the pipeline: each hands a message to the pure module that knows, and notes what it says.

On the message they pass along `normalised` and `parts` (text), `ngram_rows` (one row for the whole message and one for
each part) and `encoded` (the encoder's output for the same rows). What policies and actions see is the intent, its
ranking, and the facts as entities: speaker, about, when, area, service, topic, lang.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.directory import shared
from bot.nlu import age, danger, linear
from bot.nlu.ngrams import ngrams
from bot.nlu.normalise import normalise, parts

FEATURIZER = DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER
CLASSIFIER = DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER
EXTRACTOR = DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR

MODEL_FILE = "classifier.npz"


def entity(name: str, value: str, extractor: str) -> dict[str, Any]:
    """A fact as Rasa's entity, so that a slot takes it up. It covers no stretch of text and quotes none."""
    return {"entity": name, "value": value, "start": 0, "end": 0, "extractor": extractor}


class Component(GraphComponent):
    """What all components share: settings, and nothing learnt."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """No settings by default."""
        return {}

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> Component:
        """Make the component for the graph."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Note on each message what this component makes of it; messages without text pass by."""
        for message in messages:
            if isinstance(message.get("text"), str):
                self.read(message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing is noted on training data: classifiers prepare their own."""
        return training_data

    def read(self, message: Message) -> None:
        """Note on one message what this component makes of it."""
        raise NotImplementedError(type(self).__name__)

    def note(self, message: Message, name: str, value: str) -> None:
        """Add a fact to the message's entities."""
        message.set("entities", [*message.get("entities", []), entity(name, value, type(self).__name__)],
                    add_to_output=True)


class Learner(Component):
    """A component that trains linear classifiers and keeps them in the model."""

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
        models: dict[str, linear.Linear] | None = None,
    ) -> None:
        super().__init__(config)
        self._storage, self._resource = model_storage, resource
        self.models = models or {}

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> Learner:
        """Make an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
        execution_context: ExecutionContext, **_: Any,
    ) -> Learner:
        """Load the trained component.

        Raises:
            ModelError: its file is missing, damaged or of another version.
        """
        with model_storage.read_from(resource) as folder:
            models, _extra = linear.load(folder / MODEL_FILE)
        return cls(config, model_storage, resource, models)

    def train(self, training_data: TrainingData) -> Resource:
        """Train on the labelled examples and write the result to the model."""
        self.models = self.learn(training_data.intent_examples)
        with self._storage.write_to(self._resource) as folder:
            linear.save(folder / MODEL_FILE, self.models)
        return self._resource

    def learn(self, examples: list[Message]) -> dict[str, linear.Linear]:
        """Train this component's classifiers on the examples."""
        raise NotImplementedError(type(self).__name__)

    @staticmethod
    def rows(examples: list[Message]) -> Any:
        """The n-gram rows of training examples."""
        return ngrams([normalise(m.get("text")) for m in examples])


def label(example: Message, name: str) -> Any:
    """One label of a training example, from its metadata."""
    return (example.get("metadata") or {}).get("example", {}).get(name)


@DefaultV1Recipe.register(FEATURIZER, is_trainable=False)
class Normaliser(Component):
    """Notes the normalised text and, for a long message, its parts."""

    def read(self, message: Message) -> None:
        """Set `normalised` and `parts`."""
        text = normalise(message.get("text"))
        message.set("normalised", text)
        message.set("parts", parts(text))


@DefaultV1Recipe.register(FEATURIZER, is_trainable=False)
class NgramFeaturizer(Component):
    """Notes the word and character n-grams of the message and of each part."""

    def read(self, message: Message) -> None:
        """Set `ngram_rows`: the whole message first."""
        message.set("ngram_rows", ngrams([message.get("normalised"), *message.get("parts")]))


@DefaultV1Recipe.register(CLASSIFIER, is_trainable=True)
class RouteClassifier(Learner):
    """Says which route a message is about, from the whole of it. Danger is another component's to say."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`strength` is logistic regression's C; under `unsure_below` no route is probable enough to name."""
        return {"strength": 10.0, "unsure_below": 0.12}

    def learn(self, examples: list[Message]) -> dict[str, linear.Linear]:
        """Train on the examples' intents."""
        labels = [m.get("intent") for m in examples]
        return {"route": linear.Linear.train(self.rows(examples), labels, strength=self.config["strength"])}

    def read(self, message: Message) -> None:
        """Set `intent` and `intent_ranking` over all routes but urgent_danger."""
        model = self.models["route"]
        odds = np.log(linear.softmax(model.scores(message.get("ngram_rows")[:1]))[0] + 1e-9)
        ranking = [
            {"name": name, "confidence": float(p)}
            for name, p in sorted(zip(model.classes, np.exp(odds), strict=True), key=lambda pair: -pair[1])
            if name != "urgent_danger"
        ]
        known = sum(r["confidence"] for r in ranking) or 1.0
        for r in ranking:
            r["confidence"] /= known
        best = ranking[0]
        if best["confidence"] < self.config["unsure_below"]:
            best = {"name": "unsure", "confidence": 1 - best["confidence"]}
        message.set("intent", dict(best), add_to_output=True)
        message.set("intent_ranking", ranking[:10], add_to_output=True)


@DefaultV1Recipe.register(CLASSIFIER, is_trainable=True)
class SpeakerClassifier(Learner):
    """Says who is typing (young or adult), about whom, and whether it is now or past, where the text shows it."""

    #: The fact, and the label that means the text does not show it.
    FACTS: ClassVar[dict[str, str]] = {"speaker": "unknown", "about": "none", "when": "none"}

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """A fact is noted when its probability is at least `sure`; an age in the text decides the speaker."""
        return {"strength": 5.0, "sure": 0.7}

    def learn(self, examples: list[Message]) -> dict[str, linear.Linear]:
        """Train one classifier for each fact, on the examples whose text shows it."""
        rows = self.rows(examples)
        found = {}
        for fact, hidden in self.FACTS.items():
            shown = [i for i, m in enumerate(examples) if label(m, fact) not in (None, hidden)]
            labels = [label(examples[i], fact) for i in shown]
            found[fact] = linear.Linear.train(rows[shown], labels, strength=self.config["strength"])
        return found

    def read(self, message: Message) -> None:
        """Add the facts the text shows to the entities."""
        rows = message.get("ngram_rows")[:1]
        for fact, model in self.models.items():
            second = float(linear.sigmoid(model.scores(rows))[0, 0])
            value, sure = (model.classes[1], second) if second >= 0.5 else (model.classes[0], 1 - second)
            stated = age.speaker_by_age(message.get("normalised")) if fact == "speaker" else None
            if stated is not None:
                self.note(message, fact, stated)
            elif sure >= self.config["sure"]:
                self.note(message, fact, value)


@DefaultV1Recipe.register(EXTRACTOR, is_trainable=False)
class DirectoryMatcher(Component):
    """Notes a place and a service that the directory knows by the name somebody typed."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._directory = shared()

    def read(self, message: Message) -> None:
        """Add `area` and `service` to the entities."""
        text = message.get("normalised")
        area = self._directory.area_of(text)
        if area is not None:
            self.note(message, "area", area)
        service = self._directory.service_named(text)
        if service is not None:
            self.note(message, "service", service)


@DefaultV1Recipe.register(CLASSIFIER, is_trainable=True)
class DangerClassifier(Learner):
    """Says whether somebody is in danger now; above its thresholds it overrules what the message is about.

    The most urgent part of a long message decides. What the message otherwise meant is noted as `topic`, for the
    answer "no" to go on with.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Probabilities from which the danger check is asked and the urgent reply given; parts count a little less."""
        return {"strength": 10.0, "check": 0.25, "urgent": 0.6, "part_margin": 0.7}

    def learn(self, examples: list[Message]) -> dict[str, linear.Linear]:
        """Train on the danger labels."""
        labelled = [m for m in examples if label(m, "danger") is not None]
        labels = ["danger" if label(m, "danger") else "calm" for m in labelled]
        return {"danger": linear.Linear.train(self.rows(labelled), labels, strength=self.config["strength"])}

    def read(self, message: Message) -> None:
        """Set `danger`, and the intents urgent_danger or danger_check when a threshold is reached."""
        model = self.models["danger"]
        odds = model.scores(message.get("ngram_rows"))[:, 0] * (1 if model.classes[1] == "danger" else -1)
        odds[1:] -= self.config["part_margin"]
        probability = float(linear.sigmoid(odds.max()))
        netted = danger.caught(message.get("normalised"))
        message.set("danger", {"probability": probability, "net": netted}, add_to_output=True)
        meant = (message.get("intent") or {}).get("name") or "unsure"
        if probability >= self.config["urgent"]:
            self._overrule(message, "urgent_danger", probability, meant)
        elif probability >= self.config["check"] or netted is not None:
            self._overrule(message, "danger_check", max(probability, self.config["check"]), meant)

    def _overrule(self, message: Message, route: str, probability: float, meant: str) -> None:
        self.note(message, "topic", meant)
        message.set("intent", {"name": route, "confidence": probability}, add_to_output=True)
