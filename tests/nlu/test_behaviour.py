"""What the trained model must do whatever its figures say, in the manner of CheckList (Ribeiro and others, 2020).

MUST: plain messages that are right or wrong. SAME: changes of looks that may not change whether 999 leads. DIRECTION:
words that may only raise danger, or only lower it. The messages stand in behaviour/; none of them is in the corpus.
"""

import asyncio
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from bot.nlu import corpus
from bot.nlu.normalise import normalise

from .similarity import pairs_alike

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "behaviour"

#: How far "right now" may lower the probability of danger and "in the film" may raise it: what rounding and one
#: word more are worth, not a decision.
LOWERED, RAISED = 0.02, 0.05
#: How many harmless messages may be asked whether somebody is in danger.
ASKED = 0.05


#: The probability from which the model alone has 999 lead.
CHECK = next(
    component["check"]
    for component in yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    if component["name"].endswith(".DangerClassifier")
)


def listed(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))


MUST_DANGER: dict[str, list[str]] = listed("must_danger")
MUST_HARMLESS: dict[str, list[str]] = listed("must_harmless")
SAME: dict[str, list[dict[str, str]]] = listed("same")
DIRECTION: dict[str, list[str]] = listed("direction")
BURIED: list[str] = listed("buried")
#: What the released model is known not to do yet; the lists only shrink.
OPEN: dict[str, list[str]] = listed("open")


class Read(NamedTuple):
    """What the model makes of a message."""

    intent: str
    probability: float
    net: str | None

    @property
    def leads(self) -> bool:
        """Whether 999 leads the reply to this."""
        return self.urgent or self.intent == "danger_check"

    @property
    def urgent(self) -> bool:
        return self.intent.startswith("urgent_danger")


@pytest.fixture(scope="module")
def read(parts: Any) -> Callable[[str], Read]:
    """Read a message with the trained model, as the first of a conversation."""
    known: dict[str, Read] = {}

    def one(text: str) -> Read:
        if text not in known:
            found = asyncio.run(parts.brain.read(text))
            known[text] = Read(found["intent"]["name"], found["danger"]["probability"], found["danger"]["net"])
        return known[text]

    return one


def shown(wrong: list[tuple[str, Read]]) -> str:
    """The wrong ones a line each; they are messages of these files, nobody's own."""
    return "\n".join(["", *(f"{found.intent} {found.probability:.3f}: {text}" for text, found in wrong)])


class TestTheMessages:
    def test_there_are_enough(self) -> None:
        assert sum(map(len, MUST_DANGER.values())) >= 300
        assert sum(map(len, MUST_HARMLESS.values())) >= 300
        assert {name: len(messages) for name, messages in SAME.items()} == {"danger": 30, "calm": 30}
        assert len(DIRECTION["messages"]) == 40
        assert len(BURIED) == 20

    def test_each_is_another(self) -> None:
        messages = [t for texts in (*MUST_DANGER.values(), *MUST_HARMLESS.values()) for t in texts]
        assert len(set(messages)) == len(messages)
        alike = [(messages[i], messages[j]) for i, j in pairs_alike(messages, 0.8)]
        assert alike == []

    def test_none_is_in_the_corpus(self) -> None:
        """Else they would test memory. Two words ("thank you") belong to everybody."""

        def bare(text: str) -> str:
            return re.sub(r"\W+", " ", normalise(text).lower()).strip()

        learnt = {bare(e.text) for e in corpus.read(ROOT / "data" / "nlu")}
        ours = [t for texts in (*MUST_DANGER.values(), *MUST_HARMLESS.values()) for t in texts]
        ours += [m[key] for messages in SAME.values() for m in messages for key in m] + DIRECTION["messages"] + BURIED
        assert [t for t in ours if bare(t) in learnt and len(bare(t).split()) > 2] == []


class TestMust:
    @pytest.mark.parametrize("topic", MUST_DANGER)
    def test_plain_danger_is_answered_with_999_first(
        self, talk: Callable[[], Any], read: Callable[[str], Read], topic: str
    ) -> None:
        wrong = []
        for text in MUST_DANGER[topic]:
            conversation = talk()
            conversation.say(text)
            if text not in OPEN["missed"] and not (conversation.channels[:1] == ["999"] and conversation.routes[0] in ("urgent_danger", "danger_check")):
                wrong.append((text, read(text)))
        assert not wrong, shown(wrong)

    def test_the_model_does_not_need_the_net(self, read: Callable[[str], Read]) -> None:
        """The net of patterns stands behind the model and may not do its work."""
        messages = [text for texts in MUST_DANGER.values() for text in texts]
        held = [(text, read(text)) for text in messages if read(text).net and read(text).probability < CHECK]
        print(f"{len(held)} of {len(messages)} messages of danger are held by the net alone{shown(held)}")
        assert {text for text, _ in held} == set(OPEN["held_by_the_net"]), shown(held)

    def test_what_is_known_to_be_missed_is_missed(self, read: Callable[[str], Read]) -> None:
        """A message that comes right leaves the list, so that it cannot go wrong again unseen."""
        assert [text for text in OPEN["missed"] if read(text).leads] == []

    @pytest.mark.parametrize("topic", MUST_HARMLESS)
    def test_plain_harmless_messages_are_never_taken_for_danger(self, read: Callable[[str], Read], topic: str) -> None:
        wrong = [(text, read(text)) for text in MUST_HARMLESS[topic] if read(text).urgent]
        known = set(OPEN["urgent_though_harmless"]) & set(MUST_HARMLESS[topic])
        assert {text for text, _ in wrong} == known, shown(wrong)

    def test_few_harmless_messages_are_asked_about_danger(self, read: Callable[[str], Read]) -> None:
        messages = [text for texts in MUST_HARMLESS.values() for text in texts]
        asked = [(text, read(text)) for text in messages if read(text).intent == "danger_check"]
        print(f"{len(asked)} of {len(messages)} harmless messages are asked the danger check{shown(asked)}")
        assert len(asked) <= ASKED * len(messages), shown(asked)


def typo(text: str) -> str:
    """Two neighbouring letters of one longer word in each other's place."""
    words = re.findall(r"[^\W\d_]{4,}", text)
    word = random.Random(text).choice(words)
    at = random.Random(word).choice([n for n in range(1, len(word) - 1) if word[n] != word[n + 1]])
    return text.replace(word, word[:at] + word[at + 1] + word[at] + word[at + 2 :], 1)


def doubled(text: str) -> str:
    """One letter of one longer word twice."""
    word = random.Random(text + "2").choice(re.findall(r"[^\W\d_]{4,}", text))
    at = random.Random(word).randrange(1, len(word))
    return text.replace(word, word[: at + 1] + word[at:], 1)


CHANGES: dict[str, Callable[[str], str]] = {
    "lower case": str.lower,
    "capitals": str.upper,
    "no punctuation": lambda text: re.sub(r"[^\w\s]", "", text),
    "emoji at the end": "{} 😭".format,
    "one typo": typo,
    "one letter doubled": doubled,
    "greeting in front": "hi {}".format,
    "apology in front": "sorry to bother you {}".format,
}


class TestSame:
    def test_messages_are_read_right_as_they_stand(self, read: Callable[[str], Read]) -> None:
        danger = [(m["text"], read(m["text"])) for m in SAME["danger"] if not read(m["text"]).leads]
        calm = [(m["text"], read(m["text"])) for m in SAME["calm"] if read(m["text"]).urgent]
        assert not danger + calm, shown(danger + calm)

    @pytest.mark.parametrize("kind", SAME)
    @pytest.mark.parametrize("name", [*CHANGES, "other names and places"])
    def test_looks_do_not_change_whether_999_leads(self, read: Callable[[str], Read], name: str, kind: str) -> None:
        wrong = []
        for message in SAME[kind]:
            changed = CHANGES[name](message["text"]) if name in CHANGES else message["changed"]
            if read(changed).leads != read(message["text"]).leads:
                wrong.append((changed, read(changed)))
        print(f"{name}, {kind}: the decision changes for {len(wrong) / len(SAME[kind]):.1%}")
        assert not wrong, shown(wrong)

    def test_the_changes_change_something(self) -> None:
        for message in SAME["danger"] + SAME["calm"]:
            assert message["text"] != message["changed"]
            assert all(change(message["text"]) != message["text"] for change in CHANGES.values())


class TestDirection:
    @pytest.mark.parametrize("words", DIRECTION["raise"])
    def test_danger_added_never_lowers(self, read: Callable[[str], Read], words: str) -> None:
        wrong = [
            (f"{text} {words}", read(f"{text} {words}"))
            for text in DIRECTION["messages"]
            if read(f"{text} {words}").probability < read(text).probability - LOWERED
        ]
        assert not wrong, shown(wrong)

    @pytest.mark.parametrize("words", DIRECTION["lower"])
    def test_another_time_or_a_story_or_safety_never_raises(self, read: Callable[[str], Read], words: str) -> None:
        wrong = [
            (f"{text} {words}", read(f"{text} {words}"))
            for text in DIRECTION["messages"]
            if read(f"{text} {words}").probability > read(text).probability + RAISED
        ]
        assert not wrong, shown(wrong)

    @pytest.mark.parametrize("words", ["hes got a knife", "she wont wake up"])
    def test_plain_danger_added_makes_999_lead(self, read: Callable[[str], Read], words: str) -> None:
        wrong = [
            (f"{text} {words}", read(f"{text} {words}")) for text in DIRECTION["messages"] if not read(f"{text} {words}").leads
        ]
        assert not wrong, shown(wrong)

    def test_a_dangerous_sentence_in_a_long_calm_message_keeps_its_danger(self, read: Callable[[str], Read]) -> None:
        wrong = [(text, read(text)) for text in BURIED if not read(text).leads]
        assert not wrong, shown(wrong)
