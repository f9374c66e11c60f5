"""The Rasa components of the pipeline: each hands a message to the pure module that knows, and notes what it says.

On the message they pass along `normalised` and `parts` (text), `ngram_rows` (one row for the whole message and one for
each part) and `encoded` (the encoder's output for the same rows). Where both speak, their log-odds are added with the
weights of config.yml, which docs/model-card.md derives from the validation voices. What policies and actions see is the
intent, its ranking, and the facts as entities: speaker, about, when, area, service, topic, lang.
"""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Optional

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.directory import shared
from bot.errors import ModelError
from bot.nlu import age, answers, choice, danger, encoder, language, linear, roles
from bot.nlu.corpus import CONVERSATION_INTENTS
from bot.nlu.ngrams import ngrams
from bot.nlu.normalise import normalise, parts, without_opener
from bot.signposting import ROUTES, SMALL_TALK, service_asked

FEATURIZER = DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER
CLASSIFIER = DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER
EXTRACTOR = DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR

MODEL_FILE = "classifier.npz"

#: The value of a fact that a new topic leaves open: the slot of the topic before it is emptied.
UNSAID = ""
#: From fewer words than this nobody can tell who typed them.
FEWEST_WORDS = 3
#: The probability of danger from which danger is likelier than calm.
EVEN = 0.5
#: Languages with an approved danger check of their own.
CHECKED = frozenset({"cy"})
#: Intents whose few words show nothing of the person ("hello", "thanks", "yes").
SAYS_NOTHING = CONVERSATION_INTENTS | (SMALL_TALK - {"unsure"})


def entity(name: str, value: str, extractor: str, role: str | None = None) -> dict[str, Any]:
    """A fact as Rasa's entity, so that a slot takes it up. It covers no stretch of text and quotes none."""
    found = {"entity": name, "value": value, "start": 0, "end": 0, "extractor": extractor}
    return {**found, "role": role} if role else found


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
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
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
        """Note on one message what this component makes of it: nothing, unless it overrides this or `process`."""

    def note(self, message: Message, name: str, value: str, role: str | None = None) -> None:
        """Add a fact to the message's entities."""
        made = entity(name, value, type(self).__name__, role)
        message.set("entities", [*message.get("entities", []), made], add_to_output=True)


class Trained(Component):
    """A component that learns something from the training data and keeps it in the model, in one file."""

    FILE: ClassVar[str]

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, learnt: Any = None) -> None:
        super().__init__(config)
        self._storage, self._resource, self._learnt = model_storage, resource, learnt

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Trained:
        """Make an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> Trained:
        """Load the trained component.

        Raises:
            ModelError: its file is missing, damaged or of another version.
        """
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, cls.from_file(folder / cls.FILE))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples and write the result to the model."""
        self._learnt = self.learn(training_data.intent_examples)
        with self._storage.write_to(self._resource) as folder:
            self.to_file(folder / self.FILE)
        return self._resource

    @abstractmethod
    def learn(self, examples: list[Message]) -> Any:
        """What the examples teach this component."""

    @classmethod
    @abstractmethod
    def from_file(cls, path: Path) -> Any:
        """Read what was learnt; ModelError when it cannot be."""

    @abstractmethod
    def to_file(self, path: Path) -> None:
        """Write what was learnt."""


class Learner(Trained):
    """A component that trains linear classifiers."""

    FILE = MODEL_FILE

    @property
    def models(self) -> dict[str, linear.Linear]:
        """The classifiers by name; none before training."""
        return self._learnt or {}

    @classmethod
    def from_file(cls, path: Path) -> dict[str, linear.Linear]:
        """Read the classifiers; ModelError when the file is missing, damaged or of another version."""
        return linear.load(path)[0]

    def to_file(self, path: Path) -> None:
        """Write the classifiers."""
        linear.save(path, self.models)

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
        text = without_opener(normalise(message.get("text")))
        message.set("normalised", text)
        message.set("parts", parts(text))


@DefaultV1Recipe.register(FEATURIZER, is_trainable=False)
class NgramFeaturizer(Component):
    """Notes the word and character n-grams of the message and of each part."""

    def read(self, message: Message) -> None:
        """Set `ngram_rows`: the whole message first."""
        message.set("ngram_rows", ngrams([message.get("normalised"), *message.get("parts")]))


@DefaultV1Recipe.register(FEATURIZER, is_trainable=False)
class SentenceEncoder(Component):
    """Notes what the fine-tuned encoder makes of the message and of each part."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._encoder = encoder.shared()

    def read(self, message: Message) -> None:
        """Set `encoded`: the whole message first."""
        message.set("encoded", self._encoder.encode([message.get("normalised"), *message.get("parts")]))


@DefaultV1Recipe.register(CLASSIFIER, is_trainable=True)
class RouteClassifier(Learner):
    """Says which route a message is about, from the whole of it. Danger is another component's to say."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`strength` is logistic regression's C, `ngrams` the weight of the n-grams' log-odds beside the encoder's;
        under `unsure_below` no route is probable enough to name.
        """
        return {"strength": 10.0, "ngrams": 0.25, "unsure_below": 0.12}

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._routes = encoder.shared().labels["route"]

    def learn(self, examples: list[Message]) -> dict[str, linear.Linear]:
        """Train on the routes of the labelled examples."""
        labelled = [m for m in examples if label(m, "danger") is not None]
        labels = [m.get("intent") for m in labelled]
        return {"route": linear.Linear.train(self.rows(labelled), labels, strength=self.config["strength"])}

    def read(self, message: Message) -> None:
        """Set `intent` and `intent_ranking` over all routes but urgent_danger."""
        model = self.models["route"]
        ngram_odds = np.log(linear.softmax(model.scores(message.get("ngram_rows")[:1]))[0] + 1e-9)
        encoder_odds = dict(zip(self._routes, message.get("encoded").route[0], strict=True))
        out = roles.ruled_out(message.get("normalised"))
        odds = {
            name: encoder_odds[name] + self.config["ngrams"] * odd
            for name, odd in zip(model.classes, ngram_odds, strict=True)
            if name != "urgent_danger" and name in encoder_odds and name not in out
        }
        names, summed = list(odds), np.array(list(odds.values()))
        chances = dict(zip(names, linear.softmax(summed.astype(np.float32)).tolist(), strict=True))
        ranking = [{"name": name, "confidence": chances[name]} for name in sorted(names, key=lambda n: -chances[n])]
        first = ranking[0]["confidence"]
        if first < self.config["unsure_below"]:
            best = {"name": "unsure", "confidence": 1 - first}
        else:
            name = names[choice.chosen(names, summed)]
            best = {"name": name, "confidence": chances[name]}
        message.set("intent", dict(best), add_to_output=True)
        message.set("intent_ranking", ranking[:10], add_to_output=True)
        second = choice.second(best["name"], chances)
        if second is not None:
            self.note(message, "second", second)


@DefaultV1Recipe.register(CLASSIFIER, is_trainable=True)
class SpeakerClassifier(Learner):
    """Says who is typing (young or adult), about whom, and whether it is now or past, where the text shows it."""

    #: The fact, and the label that means the text does not show it.
    FACTS: ClassVar[dict[str, str]] = {"speaker": "unknown", "about": "none", "when": "none"}

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """A fact is noted when its probability is at least `sure`, the speaker from `speaker_sure`, because a wrong guess
        shuts the right lines out and a question is quickly answered; an age in the text decides the speaker.
        `ngrams` is the weight of the n-grams' log-odds beside the encoder's.
        """
        return {"strength": 5.0, "ngrams": 0.5, "sure": 0.7, "speaker_sure": 0.95}

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._labels = encoder.shared().labels

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
        text = message.get("normalised")
        stated = age.speaker_by_age(text) or roles.speaker_by_role(text)
        if stated is not None:
            self.note(message, "speaker", stated)
        meant = (message.get("intent") or {}).get("name")
        if len(text.split()) < FEWEST_WORDS or meant in SAYS_NOTHING:
            return
        # Pictures met by chance are of no child the writer asks for, which is what `about` would say there.
        silent = {"about"} if meant == "online_images" and roles.met_online(text) else set()
        for fact, model in self.models.items():
            if fact in silent:
                continue
            first, last = (self._labels[fact].index(c) for c in model.classes)
            encoded = getattr(message.get("encoded"), fact)[0]
            odds = encoded[last] - encoded[first] + self.config["ngrams"] * model.scores(rows)[0, 0]
            second = float(linear.sigmoid(odds))
            value, sure = (model.classes[1], second) if second >= 0.5 else (model.classes[0], 1 - second)
            if fact == "speaker" and roles.probably_adult(text):
                value, sure = "adult", 1.0
            if sure < self.config["speaker_sure" if fact == "speaker" else "sure"] or (fact == "speaker" and stated is not None):
                continue
            # How old they are is only a guess: what somebody said before, or says later, goes before it.
            self.note(message, fact, value, role="guess" if fact == "speaker" else None)


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
        service = service_asked((message.get("intent") or {}).get("name"), self._directory.services_named(text))
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
        """`check` and `urgent` are the probabilities from which the danger check is asked and the urgent reply given.

        The log-odds of encoder and n-grams (`ngrams` is their weight) are added, then brought to probabilities by
        `slope` and `offset`; a part of a message counts `part_margin` less than the whole.
        """
        return {
            "strength": 10.0,
            "ngrams": 0.6,
            "slope": 1.0,
            "offset": 0.0,
            "part_margin": 2.0,
            "check": 0.2,
            "urgent": 0.6,
        }

    def learn(self, examples: list[Message]) -> dict[str, linear.Linear]:
        """Train on the danger labels."""
        labelled = [m for m in examples if label(m, "danger") is not None]
        labels = ["danger" if label(m, "danger") else "calm" for m in labelled]
        return {"danger": linear.Linear.train(self.rows(labelled), labels, strength=self.config["strength"])}

    def read(self, message: Message) -> None:
        """Set `danger`, and the intents urgent_danger or danger_check when a threshold is reached."""
        model = self.models["danger"]
        # The classes stand in alphabetical order, so these are the log-odds of "danger" over "calm".
        odds = (
            message.get("encoded").danger[:, 0] + self.config["ngrams"] * model.scores(message.get("ngram_rows"))[:, 0]
        )
        odds[1:] -= self.config["part_margin"]
        probability = float(linear.sigmoid(self.config["slope"] * odds.max() + self.config["offset"]))
        netted = danger.caught(message.get("normalised"))
        message.set("danger", {"probability": probability, "net": netted}, add_to_output=True)
        if message.get("settled"):
            return
        meant = (message.get("intent") or {}).get("name") or "unsure"
        # A longer message may hold danger beside what it tells, and is always asked about.
        told = danger.told(message.get("normalised")) and not message.get("parts")
        leaves = meant == choice.LEAVE and message.get("intent")["confidence"] >= choice.LEAVE_PLAINLY
        calm = (told and probability < EVEN) or (leaves and probability < choice.LEAVE_BELOW)
        if probability >= self.config["urgent"] and not danger.told_or_over(message.get("normalised")):
            self._overrule(message, "urgent_danger", probability, meant)
        elif (probability >= self.config["check"] and not calm) or netted is not None:
            self._overrule(message, "danger_check", max(probability, self.config["check"]), meant)

    def _overrule(self, message: Message, route: str, probability: float, meant: str) -> None:
        if meant in ROUTES and meant not in ("urgent_danger", "danger_check"):
            # A "no" goes on with what was meant; nobody is sent away from the page by it.
            self.note(message, "topic", "unsure" if meant in SMALL_TALK else meant)
            # It is about what this message says, and not about what the topic before it was about.
            told = {e["entity"] for e in message.get("entities", [])}
            for name in ("about", "when", "wants", "second"):
                if name not in told:
                    self.note(message, name, UNSAID)
        message.set("intent", {"name": route, "confidence": probability}, add_to_output=True)


@DefaultV1Recipe.register(CLASSIFIER, is_trainable=True)
class ConversationMatcher(Trained):
    """Knows the few words people say about the conversation itself ("yes", "no", "numbers"), said as they are listed.

    A service counts as whichever the list names: who may ask what one of them asks may ask it of all.
    """

    FILE = "words.json"

    def learn(self, examples: list[Message]) -> dict[str, str]:
        """The listed words of the intents about the conversation, and which intent each is."""
        listed = [m for m in examples if m.get("intent") in CONVERSATION_INTENTS]
        return {shape(m.get("text")): m.get("intent") for m in listed for shape in (_any_service, bare_words)}

    @classmethod
    def from_file(cls, path: Path) -> dict[str, str]:
        """Read the words; ModelError when the file is missing or damaged."""
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, TypeError, ValueError) as error:
            raise ModelError(f"{cls.FILE} cannot be read. Train again with `make train`.") from error

    def to_file(self, path: Path) -> None:
        """Write the words."""
        path.write_text(json.dumps(self._learnt), encoding="utf-8")

    def read(self, message: Message) -> None:
        """Set `intent` when the message is one of the listed phrases and nothing else, and `settled`: its meaning is known."""
        words = self._learnt or {}
        intent = words.get(bare_words(message.get("text"))) or words.get(_any_service(message.get("text")))
        if intent is not None:
            message.set("intent", {"name": intent, "confidence": 1.0}, add_to_output=True)
            message.set("settled", True)


@DefaultV1Recipe.register(CLASSIFIER, is_trainable=False)
class AnswerReader(Component):
    """Takes a message that only states facts ("im 15", "my friend") as an answer to the last reply.

    After the classifiers, whose readings of so few words it replaces, and before danger, which it may rule out.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._areas = shared().areas

    # Rasa's check of the graph understands Optional, but not `X | None`.
    def process(self, messages: list[Message], tracker: Optional[DialogueStateTracker] = None) -> list[Message]:  # noqa: UP045
        """Set intent and facts by what was said before; without a conversation every message is a first one."""
        slots = {name: slot.value for name, slot in tracker.slots.items()} if tracker else {}
        done = [e.action_name for e in tracker.events if isinstance(e, ActionExecuted)] if tracker else []
        last = next((name for name in reversed(done) if name != ACTION_LISTEN_NAME), None)
        for message in messages:
            if not isinstance(message.get("text"), str):
                continue
            intent = (message.get("intent") or {}).get("name")
            # A listed phrase is no fact, whatever its words: "someone else please" asks for another service.
            listed = bool(message.get("settled")) and intent not in ("affirm", "deny")
            found = None if listed else answers.reading(message.get("normalised"), self._areas, slots, last)
            found = found or self._onward(message, slots, last)
            if found is not None:
                message.set("entities", [], add_to_output=True)
                for name, value in found.facts.items():
                    self.note(message, name, value)
                message.set("intent", {"name": found.intent, "confidence": 1.0}, add_to_output=True)
                message.set("settled", found.sure)
        return messages

    def _onward(self, message: Message, slots: dict[str, Any], last: str | None) -> answers.Reading | None:
        """What a message that goes on with the last reply means there."""
        ranking = message.get("intent_ranking") or []
        facts = {e["entity"]: e["value"] for e in message.get("entities", []) if not e.get("role") and e["entity"] != "second"}
        return answers.onward(
            answers.Reading((message.get("intent") or {}).get("name") or "", facts, bool(message.get("settled"))),
            instead=ranking[0]["name"] if ranking else "unsure",
            words=len(message.get("normalised").split()),
            remembered=slots,
            last_action=last,
        )


@DefaultV1Recipe.register(CLASSIFIER, is_trainable=False)
class LanguageGuard(Component):
    """Answers a message in another language with that language's approved text, 999 first unless it is clearly calm.

    Last in the pipeline, because the classifiers before it have only learnt English.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`texts` are the languages that domain.yml has approved texts for; others get simple English."""
        return {"texts": []}

    def read(self, message: Message) -> None:
        """Set the intent and the facts of a message in another language; one in English passes by."""
        # As it was typed: writing text-speak out would make English of "ty" or "im", which are words elsewhere.
        text = message.get("text")
        lang = None if message.get("settled") else language.detect(text)
        if lang is None:
            return
        found = language.reading(text, lang)
        area = [e for e in message.get("entities", []) if e["entity"] == "area"]
        message.set("entities", area, add_to_output=True)
        if lang in self.config["texts"]:
            self.note(message, "lang", lang)
        if found.speaker is not None:
            self.note(message, "speaker", found.speaker)
        if found.wants_anonymous:
            self.note(message, "wants", "anonymous")
        if found.danger:
            route = f"urgent_danger_{lang}" if lang in self.config["texts"] else "urgent_danger"
        elif found.danger is None and found.topic is not None and lang in CHECKED:
            route = f"danger_check_{lang}"
            self.note(message, "topic", found.topic)
        elif found.danger is False and found.topic is not None:
            route = found.topic
        else:
            route = "other_language"
        message.set("intent", {"name": route, "confidence": 1.0}, add_to_output=True)


def _any_service(text: str) -> str:
    """`bare_words` with one word for whichever service is named."""
    return shared().unnamed(bare_words(text))


def bare_words(text: str) -> str:
    """A normalised text in lower case without punctuation, to compare short phrases by."""
    return " ".join(re.findall(r"[^\W_]+", normalise(text).lower().replace("'", "")))
