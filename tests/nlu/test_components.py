"""bot.nlu.components: each Rasa component through what Rasa calls: create, train, load, process."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.errors import ModelError
from bot.nlu import components, encoder
from bot.nlu.corpus import CONVERSATION_INTENTS, Example
from bot.nlu.importer import message as labelled

ROOT = Path(__file__).parents[2]
CONTEXT = ExecutionContext(GraphSchema({}), "test")

EXAMPLES = [
    Example("hes got a knife and hes here now", "urgent_danger", True, "young", "self", "now", "a"),
    Example("my friend is being hit now come quick", "urgent_danger", True, "young", "other", "now", "a"),
    Example("my daughter has been taken by a man with a knife", "urgent_danger", True, "adult", "other", "now", "b"),
    Example("hes hitting my mum now", "urgent_danger", True, "young", "other", "now", "a"),
    Example("my uncle hurt me when i was a child years ago", "past_abuse", False, "adult", "self", "past", "c"),
    Example("years ago my teacher hurt my brother", "past_abuse", False, "adult", "other", "past", "c"),
    Example("he hurt me when i was small years ago", "past_abuse", False, "unknown", "self", "past", "c"),
    Example("the kids at school call me names", "bullying", False, "young", "self", "now", "d"),
    Example("they call my son names at school", "bullying", False, "adult", "other", "now", "e"),
    Example("i get called names at school", "bullying", False, "young", "self", "now", "d"),
    Example("hello there", "greeting", False, "unknown", "none", "none", "f"),
    Example("hello you there", "greeting", False, "unknown", "none", "none", "f"),
]
WORDS = {
    "affirm": ["yes", "yeah", "that's right"],
    "deny": ["no", "nope"],
    "show_numbers": ["numbers"],
    "not_what_i_meant": ["wrong one"],
}


@pytest.fixture(scope="module")
def data() -> TrainingData:
    words = [Message({"text": t, "intent": intent}) for intent, texts in WORDS.items() for t in texts]
    return TrainingData([*(labelled(e) for e in EXAMPLES), *words])


@pytest.fixture
def storage(tmp_path: Path) -> LocalModelStorage:
    return LocalModelStorage(tmp_path)


def make(name: str, storage: LocalModelStorage, **config: Any) -> Any:
    kind = getattr(components, name)
    return kind.create({**kind.get_default_config(), **config}, storage, Resource(name), CONTEXT)


def load(name: str, storage: LocalModelStorage, **config: Any) -> Any:
    kind = getattr(components, name)
    return kind.load({**kind.get_default_config(), **config}, storage, Resource(name), CONTEXT)


@pytest.fixture
def prepared(storage: LocalModelStorage) -> Callable[[str], Message]:
    """A message that has been through the three featurizers."""
    chain = [make(name, storage) for name in ("Normaliser", "NgramFeaturizer", "SentenceEncoder")]

    def through(text: str) -> Message:
        message = Message({"text": text})
        for component in chain:
            component.process([message])
        return message

    return through


def facts(message: Message) -> dict[str, str]:
    return {e["entity"]: e["value"] for e in message.get("entities", [])}


def test_every_component_of_the_configuration_is_there() -> None:
    import yaml

    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    for entry in pipeline:
        module, _, name = entry["name"].rpartition(".")
        assert module == components.__name__
        kind = getattr(components, name)
        assert set(entry) - {"name"} <= set(kind.get_default_config()), f"{name} has settings it does not know"


@pytest.mark.parametrize("name", ["Normaliser", "NgramFeaturizer", "SentenceEncoder", "DirectoryMatcher", "LanguageGuard"])
def test_a_message_without_text_passes_by(name: str, storage: LocalModelStorage) -> None:
    """Training examples of responses and actions have none."""
    message = Message({"intent": "greeting"})
    assert make(name, storage).process([message]) == [message]
    assert set(message.data) == {"intent"}


def test_training_data_passes_unchanged(data: TrainingData, storage: LocalModelStorage) -> None:
    before = [dict(m.data) for m in data.intent_examples]
    assert make("Normaliser", storage).process_training_data(data) is data
    assert [m.data for m in data.intent_examples] == before


def test_an_entity_covers_no_stretch_of_text() -> None:
    assert components.entity("speaker", "young", "X") == {
        "entity": "speaker",
        "value": "young",
        "start": 0,
        "end": 0,
        "extractor": "X",
    }


class TestFeaturizers:
    def test_normaliser(self, storage: LocalModelStorage) -> None:
        short, long = (
            Message({"text": "hes heree u ok"}),
            Message({"text": "i went to school today and it was fine. " * 2 + "hes got a knife now. please"}),
        )
        make("Normaliser", storage).process([short, long])
        assert short.get("normalised") == "he's here you ok"
        assert short.get("parts") == []
        assert long.get("parts")[-1].startswith("he's got a knife now")

    def test_ngrams_and_encoder_have_a_row_for_the_whole_and_each_part(self, prepared: Callable[[str], Message]) -> None:
        message = prepared("i went to school today and it was fine. " * 2 + "hes got a knife right here now. please help")
        rows = 1 + len(message.get("parts"))
        assert rows > 2
        assert message.get("ngram_rows").shape[0] == rows
        assert message.get("encoded").danger.shape == (rows, 1)
        assert message.get("encoded").route.shape == (rows, len(encoder.shared().labels["route"]))

    def test_several_messages_at_once(self, storage: LocalModelStorage) -> None:
        batch = [Message({"text": "one"}), Message({"text": "two"})]
        make("Normaliser", storage).process(batch)
        assert [m.get("normalised") for m in batch] == ["one", "two"]

    def test_nothing_of_the_text_is_in_the_output(self, prepared: Callable[[str], Message]) -> None:
        """Only what is asked for goes into what Rasa hands on; the features stay inside."""
        message = prepared("hello")
        assert not {"normalised", "parts", "ngram_rows", "encoded"} & set(message.as_dict(only_output_properties=True))


class TestRoute:
    @pytest.fixture
    def trained(self, data: TrainingData, storage: LocalModelStorage) -> Any:
        component = make("RouteClassifier", storage)
        assert component.train(data) == Resource("RouteClassifier")
        return component

    def test_sets_intent_and_ranking(self, trained: Any, prepared: Callable[[str], Message]) -> None:
        message = prepared("they call me names at school every day")
        trained.process([message])
        assert message.get("intent")["name"] == "bullying"
        ranking = message.get("intent_ranking")
        assert [r["confidence"] for r in ranking] == sorted((r["confidence"] for r in ranking), reverse=True)
        assert ranking[0]["name"] == "bullying"
        assert 0 < ranking[0]["confidence"] <= 1

    def test_leaves_danger_to_another(self, trained: Any, prepared: Callable[[str], Message]) -> None:
        message = prepared("hes got a knife and hes here now")
        trained.process([message])
        assert "urgent_danger" not in [r["name"] for r in message.get("intent_ranking")]

    def test_unsure_when_no_route_is_probable(self, trained: Any, prepared: Callable[[str], Message]) -> None:
        trained.config["unsure_below"] = 1.01
        message = prepared("qwrtp")
        trained.process([message])
        assert message.get("intent")["name"] == "unsure"

    def test_learns_nothing_from_words_about_the_conversation(self, trained: Any) -> None:
        assert not CONVERSATION_INTENTS & set(trained.models["route"].classes)


class TestSpeaker:
    @pytest.fixture
    def trained(self, data: TrainingData, storage: LocalModelStorage) -> Any:
        component = make("SpeakerClassifier", storage)
        component.train(data)
        return component

    def test_learns_only_from_messages_that_show_the_fact(self, trained: Any) -> None:
        assert trained.models["speaker"].classes == ("adult", "young")
        assert trained.models["about"].classes == ("other", "self")
        assert trained.models["when"].classes == ("now", "past")

    @pytest.mark.parametrize(
        ("text", "speaker"), [("im 13", "young"), ("im 18", "young"), ("im 19", "adult"), ("i am a 45 year old man", "adult")]
    )
    def test_a_stated_age_decides(self, trained: Any, prepared: Callable[[str], Message], text: str, speaker: str) -> None:
        trained.config |= {"sure": 1.01, "speaker_sure": 1.01}
        message = prepared(text)
        trained.process([message])
        assert facts(message)["speaker"] == speaker

    def test_nothing_is_noted_that_is_not_sure(self, trained: Any, prepared: Callable[[str], Message]) -> None:
        trained.config |= {"sure": 1.01, "speaker_sure": 1.01}
        message = prepared("he hurt me years ago")
        trained.process([message])
        assert facts(message) == {}

    def test_what_is_shown_is_noted(self, trained: Any, prepared: Callable[[str], Message]) -> None:
        trained.config |= {"sure": 0.0, "speaker_sure": 0.0}
        message = prepared("my uncle hurt me when i was a child years ago")
        trained.process([message])
        assert facts(message)["when"] == "past"
        assert set(facts(message)) == {"speaker", "about", "when"}
        assert all(e["start"] == e["end"] == 0 for e in message.get("entities"))


class TestDanger:
    @pytest.fixture
    def trained(self, data: TrainingData, storage: LocalModelStorage) -> Any:
        component = make("DangerClassifier", storage)
        component.train(data)
        return component

    @staticmethod
    def told(chances: dict[str, float], message: Message) -> Message:
        """The message as if encoder and n-grams gave its rows these log-odds."""
        message.set("encoded", SimpleNamespace(danger=np.float32([[odds] for odds in chances.values()])))
        return message

    def test_above_the_upper_threshold_it_overrules_and_keeps_what_was_meant(
        self, trained: Any, prepared: Callable[[str], Message]
    ) -> None:
        message = self.told({"whole": 50}, prepared("hello"))
        message.set("intent", {"name": "bullying", "confidence": 0.9})
        trained.process([message])
        assert message.get("intent")["name"] == "urgent_danger"
        assert facts(message)["topic"] == "bullying"
        assert message.get("danger")["probability"] == pytest.approx(1, abs=1e-3)

    def test_below_the_lower_threshold_it_says_nothing(self, trained: Any, prepared: Callable[[str], Message]) -> None:
        message = self.told({"whole": -50}, prepared("hello"))
        message.set("intent", {"name": "greeting", "confidence": 0.9})
        trained.process([message])
        assert message.get("intent") == {"name": "greeting", "confidence": 0.9}
        assert facts(message) == {}
        assert message.get("danger") == {"probability": pytest.approx(0, abs=1e-3), "net": None}

    def test_between_the_thresholds_it_asks(self, trained: Any, prepared: Callable[[str], Message]) -> None:
        trained.config |= {"check": 0.2, "urgent": 0.6, "slope": 0.0, "offset": float(np.log(0.4 / 0.6))}
        message = prepared("hello")
        trained.process([message])
        assert message.get("intent")["name"] == "danger_check"
        assert message.get("danger")["probability"] == pytest.approx(0.4, abs=1e-3)

    @pytest.mark.parametrize("probability", [0.2, 0.6])
    def test_a_threshold_that_is_just_reached_counts(
        self, trained: Any, prepared: Callable[[str], Message], probability: float
    ) -> None:
        trained.config |= {
            "slope": 0.0,
            "offset": float(np.log(probability / (1 - probability))) + 1e-4,
            "check": 0.2,
            "urgent": 0.6,
        }
        message = prepared("hello")
        trained.process([message])
        assert message.get("intent")["name"] == ("urgent_danger" if probability == 0.6 else "danger_check")

    def test_the_most_urgent_part_of_a_long_message_decides(self, trained: Any, prepared: Callable[[str], Message]) -> None:
        message = prepared("i went to school today and it was fine. " * 3)
        parts = len(message.get("parts"))
        calm = {"whole": -50, **{str(n): -50 for n in range(parts)}}
        trained.process([self.told(calm | {"1": 50}, message)])
        assert message.get("intent")["name"] == "urgent_danger"

    def test_the_net_raises_to_the_check_and_no_further(self, trained: Any, prepared: Callable[[str], Message]) -> None:
        message = self.told({"whole": -50}, prepared("hes got a knife"))
        trained.process([message])
        assert message.get("intent")["name"] == "danger_check"
        assert message.get("danger")["net"] == "weapon"

    def test_the_net_never_lowers(self, trained: Any, prepared: Callable[[str], Message]) -> None:
        message = self.told({"whole": 50}, prepared("nobody has a knife, he hasnt got a knife"))
        trained.process([message])
        assert message.get("intent")["name"] == "urgent_danger"

    @pytest.mark.parametrize(
        ("text", "probability", "intent"),
        [
            ("its ok now, police have got him", 0.9, "danger_check"),
            ("its ok now, police have got him", 0.55, "danger_check"),
            ("its ok now, police have got him", 0.4, "greeting"),
            ("hes fine now", 0.9, "danger_check"),
            ("hes fine now", 0.3, "danger_check"),
            ("hes home now", 0.9, "urgent_danger"),
            ("hes home now", 0.3, "danger_check"),
        ],
    )
    def test_what_is_told_or_over_is_less_urgent(
        self, trained: Any, prepared: Callable[[str], Message], text: str, probability: float, intent: str
    ) -> None:
        odds = float(np.log(probability / (1 - probability)))
        trained.config |= {"check": 0.2, "urgent": 0.6, "slope": 0.0, "offset": odds}
        message = prepared(text)
        message.set("intent", {"name": "greeting", "confidence": 0.9})
        trained.process([message])
        assert message.get("intent")["name"] == intent

    @pytest.mark.parametrize(
        ("text", "leave", "probability", "intent"),
        [
            ("shes coming close it", 0.95, 0.1, "quick_exit"),
            ("shes coming close it", 0.95, 0.2, "danger_check"),
            ("shes coming close it", 0.95, 0.7, "urgent_danger"),
            ("shes coming close it", 0.85, 0.1, "danger_check"),
            ("hes coming with a knife close it", 0.95, 0.1, "danger_check"),
        ],
    )
    def test_a_plain_wish_to_leave_goes_before_a_question_but_not_before_danger(
        self, trained: Any, prepared: Callable[[str], Message], text: str, leave: float, probability: float, intent: str
    ) -> None:
        odds = float(np.log(probability / (1 - probability))) + 1e-6
        trained.config |= {"check": 0.05, "urgent": 0.6, "slope": 0.0, "offset": odds}
        message = prepared(text)
        message.set("intent", {"name": "quick_exit", "confidence": leave})
        trained.process([message])
        assert message.get("intent")["name"] == intent

    def test_what_is_settled_is_not_overruled(self, trained: Any, prepared: Callable[[str], Message]) -> None:
        """An answer to our own question is known for what it is; the probability is noted all the same."""
        message = self.told({"whole": 50}, prepared("yes"))
        message.set("intent", {"name": "affirm", "confidence": 1.0})
        message.set("settled", True)
        trained.process([message])
        assert message.get("intent")["name"] == "affirm"
        assert message.get("danger")["probability"] > 0.9

    def test_learns_danger_from_calm(self, trained: Any) -> None:
        assert trained.models["danger"].classes == ("calm", "danger")


class TestConversation:
    @pytest.fixture
    def trained(self, data: TrainingData, storage: LocalModelStorage) -> Any:
        component = make("ConversationMatcher", storage)
        component.train(data)
        return component

    @pytest.mark.parametrize(
        ("text", "intent"),
        [("yes", "affirm"), ("YES!!", "affirm"), ("  No. ", "deny"), ("thats right", "affirm"), ("Numbers?", "show_numbers")],
    )
    def test_knows_the_words_as_they_are_typed(self, trained: Any, text: str, intent: str) -> None:
        message = Message({"text": text})
        trained.process([message])
        assert message.get("intent") == {"name": intent, "confidence": 1.0}

    @pytest.mark.parametrize("text", ["yes he hit me", "no one believes me", "", "?", "yess sir i am"])
    def test_only_as_the_whole_message(self, trained: Any, text: str) -> None:
        message = Message({"text": text})
        trained.process([message])
        assert message.get("intent") is None

    def test_loads_what_it_learnt(self, trained: Any, storage: LocalModelStorage) -> None:
        message = Message({"text": "nope"})
        load("ConversationMatcher", storage).process([message])
        assert message.get("intent")["name"] == "deny"

    @pytest.mark.parametrize("content", ["", "{", "[1"])
    def test_a_damaged_file_is_refused(self, trained: Any, storage: LocalModelStorage, content: str) -> None:
        with storage.read_from(Resource("ConversationMatcher")) as folder:
            (folder / "words.json").write_text(content, encoding="utf-8")
        with pytest.raises(ModelError, match=r"words\.json cannot be read.*make train"):
            load("ConversationMatcher", storage)


class TestDirectory:
    @pytest.mark.parametrize(
        ("text", "area"), [("im in liverpool", "liverpool"), ("i live in leeds n im 12", "england"), ("my dad hits me", None)]
    )
    def test_notes_a_place(self, storage: LocalModelStorage, text: str, area: str | None) -> None:
        message = Message({"text": text})
        make("Normaliser", storage).process([message])
        make("DirectoryMatcher", storage).process([message])
        assert facts(message).get("area") == area

    @pytest.mark.parametrize("text", ["what is the number for childline", "whats childlines number", "Childline's number pls"])
    def test_notes_a_service(self, storage: LocalModelStorage, text: str) -> None:
        message = Message({"text": text})
        make("Normaliser", storage).process([message])
        make("DirectoryMatcher", storage).process([message])
        assert facts(message)["service"] == "childline"


class TestAnswer:
    def read(self, storage: LocalModelStorage, text: str, **said: Any) -> Message:
        message = Message({"text": text, "intent": {"name": "unsure", "confidence": 0.1}})
        make("Normaliser", storage).process([message])
        make("AnswerReader", storage).process([message], **said)
        return message

    def test_a_bare_fact_is_taken_as_an_answer(self, storage: LocalModelStorage) -> None:
        message = self.read(storage, "im 15")
        assert message.get("intent")["name"] == "inform"
        assert facts(message)["speaker"] == "young"

    @pytest.mark.parametrize("text", ["im 15 and hes got a knife", "hes hitting me", "", "?"])
    def test_more_than_an_answer_passes_by(self, storage: LocalModelStorage, text: str) -> None:
        message = self.read(storage, text)
        assert message.get("intent")["name"] == "unsure"
        assert not message.get("settled")

    def test_a_message_without_text_passes_by(self, storage: LocalModelStorage) -> None:
        message = Message({"intent": "greeting"})
        assert make("AnswerReader", storage).process([message]) == [message]
        assert set(message.data) == {"intent"}


class TestLanguage:
    def read(self, storage: LocalModelStorage, text: str) -> Message:
        message = Message({"text": text, "intent": {"name": "unsure", "confidence": 0.1}})
        make("Normaliser", storage).process([message])
        make("LanguageGuard", storage, texts=["pl"]).process([message])
        return message

    def test_english_passes_by(self, storage: LocalModelStorage) -> None:
        assert self.read(storage, "my dad hits me").get("intent")["name"] == "unsure"

    def test_a_language_with_a_text_is_noted(self, storage: LocalModelStorage) -> None:
        message = self.read(storage, "czy ktoś tu mówi po polsku")
        assert message.get("intent")["name"] == "other_language"
        assert facts(message)["lang"] == "pl"

    def test_danger_in_a_language_with_a_text_has_an_intent_of_its_own(self, storage: LocalModelStorage) -> None:
        assert self.read(storage, "pomocy, on ma nóż i bije mamę").get("intent")["name"] == "urgent_danger_pl"

    def test_danger_in_another_language_is_danger(self, storage: LocalModelStorage) -> None:
        assert self.read(storage, "au secours, il a un couteau et il frappe ma mère").get("intent")["name"] == "urgent_danger"


LEARNERS = ["RouteClassifier", "SpeakerClassifier", "DangerClassifier"]


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_is_the_same_after_loading(
    name: str, data: TrainingData, storage: LocalModelStorage, prepared: Callable[[str], Message]
) -> None:
    trained = make(name, storage)
    trained.train(data)
    for text in ("hes got a knife", "they call me names", "hello", ""):
        before, after = prepared(text), prepared(text)
        trained.process([before])
        load(name, storage).process([after])
        assert before.as_dict(only_output_properties=True) == after.as_dict(only_output_properties=True)


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_a_learner_refuses_a_damaged_file(name: str, damage: str, data: TrainingData, storage: LocalModelStorage) -> None:
    make(name, storage).train(data)
    with storage.read_from(Resource(name)) as folder:
        path = folder / components.MODEL_FILE
        content = path.read_bytes()
        if damage == "gone":
            path.unlink()
        else:
            path.write_bytes(content[:-9] if damage == "cut" else content[:99] + bytes([content[99] ^ 1]) + content[100:])
    with pytest.raises(ModelError, match=rf"{components.MODEL_FILE}.*make train"):
        load(name, storage)


def test_training_on_danger_alone_is_refused(storage: LocalModelStorage) -> None:
    with pytest.raises(ModelError, match="two classes"):
        make("DangerClassifier", storage).train(TrainingData([labelled(e) for e in EXAMPLES if e.danger]))


FRESH = """
import json, sys
from pathlib import Path
from bot import runtime
runtime.prepare()
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from bot.nlu import components
storage, message = LocalModelStorage(Path(sys.argv[1])), Message({"text": sys.argv[2]})
for name in ("Normaliser", "NgramFeaturizer", "SentenceEncoder", "RouteClassifier", "ConversationMatcher", "SpeakerClassifier", "DangerClassifier"):
    kind = getattr(components, name)
    make = kind.load if hasattr(kind, "load") else kind.create
    make(kind.get_default_config(), storage, Resource(name), ExecutionContext(GraphSchema({}), "fresh")).process([message])
print(json.dumps({k: message.get(k) for k in ("intent", "danger", "entities", "intent_ranking")}))
"""


def test_what_was_trained_here_reads_the_same_in_a_fresh_process(
    data: TrainingData, storage: LocalModelStorage, tmp_path: Path, prepared: Callable[[str], Message]
) -> None:
    text = "my uncle hurt me when i was a child years ago"
    message = prepared(text)
    for name in ("RouteClassifier", "ConversationMatcher", "SpeakerClassifier", "DangerClassifier"):
        component = make(name, storage)
        component.train(data)
        component.process([message])
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(tmp_path), text], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    fresh = json.loads(done.stdout.splitlines()[-1])
    assert fresh == {k: message.get(k) for k in ("intent", "danger", "entities", "intent_ranking")}
