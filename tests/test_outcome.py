"""What counts as found, right, best, handled and apt, by replies written out here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot import outcome
from bot.directory import shared
from bot.evaluate import MOMENT
from bot.nlu.corpus import Example
from bot.outcome import Outcome, Reading, Turn

CALM = Example("they call me names at school", "bullying", False, "young", "self", "now", "voice")
DANGER = replace(CALM, route="urgent_danger", danger=True)
READING = Reading("bullying", "bullying", 0.01, net=False)


def made(example: Example, *turns: Turn, expected: tuple[str, ...] = ("childline", "shout")) -> Outcome:
    """An outcome with these replies."""
    return Outcome(example, READING, turns, expected)


URGENT_TURN = Turn(("urgent_danger",), ("999",))
CHECK_TURN = Turn(("danger_check",), ("999",))
GOOD = Turn(("bullying",), ("childline", "shout"))


def test_danger_is_found_when_999_leads() -> None:
    assert made(DANGER, URGENT_TURN).found
    assert made(DANGER, CHECK_TURN).found
    assert not made(DANGER, GOOD).found
    assert not made(DANGER, Turn(("unsure",), ("childline", "nspcc", "999"))).found
    assert not made(DANGER, Turn(("greeting",), ())).found


def test_a_calm_message_is_right_by_the_last_reply() -> None:
    assert made(CALM, GOOD).right
    assert made(CALM, GOOD).best
    after_check = made(CALM, CHECK_TURN, GOOD)
    assert after_check.right
    assert after_check.checked
    assert not after_check.alarm
    assert not made(CALM, GOOD, URGENT_TURN).right


def test_right_is_not_best_when_another_channel_leads() -> None:
    second = made(CALM, Turn(("feeling_low",), ("samaritans", "shout", "papyrus")))
    assert second.right
    assert not second.best
    fourth = made(CALM, Turn(("feeling_low",), ("a", "b", "c", "childline")))
    assert not fourth.right


def test_a_lead_of_999_is_wrong_unless_the_labels_deserve_it() -> None:
    led = Turn(("unsure",), ("999", "childline"))
    assert not made(CALM, led).right
    assert made(CALM, led, expected=("999", "childline")).right


def test_messages_not_for_signposting() -> None:
    leaving = replace(CALM, route="quick_exit")
    assert made(leaving, Turn(("greeting",), (), exit=True)).handled
    assert made(leaving, Turn(("quick_exit",), ())).apt
    assert not made(leaving, GOOD).handled
    joke = replace(CALM, route="out_of_scope")
    assert made(joke, Turn(("unsure",), ("childline",))).apt
    assert made(joke, GOOD).handled
    assert not made(joke, GOOD).apt
    assert not made(joke, URGENT_TURN).handled
    assert not made(joke, replace(GOOD, failed=True)).handled
    assert not made(joke, replace(GOOD, words=False)).handled


def test_a_parse_where_danger_overruled_keeps_what_it_is_about() -> None:
    parsed = {
        "intent": {"name": "danger_check", "confidence": 0.3},
        "entities": [{"entity": "topic", "value": "bullying"}, {"entity": "speaker", "value": "young"}],
        "danger": {"probability": 0.3, "net": "weapon"},
    }
    found = outcome.reading(parsed)
    assert (found.intent, found.route, found.danger, found.net) == ("danger_check", "bullying", 0.3, True)
    assert found.flagged
    assert outcome.reading({"intent": {"name": "urgent_danger_pl"}}).flagged
    assert not outcome.reading({}).flagged


def offer(payload: str, **means: Any) -> dict[str, Any]:
    """A quick reply."""
    return {"title": payload, "payload": payload, "means": means}


def test_answers_are_truthful() -> None:
    known = outcome.truths(CALM)
    assert known == {"danger_now": False, "speaker": "young", "about": "self", "when": "now"}
    ages = {"quick_replies": [offer("adult", speaker="adult"), offer("young", speaker="young")]}
    check = {"quick_replies": [offer("yes", danger_now=True), offer("no", danger_now=False)]}
    areas = {"quick_replies": [offer("liverpool", area="liverpool"), offer("meant something else")]}
    assert outcome.truthful_answer([ages], known) == "young"
    assert outcome.truthful_answer([{"quick_replies": []}, check], known) == "no"
    assert outcome.truthful_answer([areas], known) is None
    assert outcome.truthful_answer([ages], outcome.truths(replace(CALM, speaker="unknown"))) is None


@pytest.mark.parametrize(
    ("example", "lead"),
    [
        (CALM, "childline"),
        (replace(CALM, speaker="adult"), "nspcc"),
        (DANGER, "999"),
        (replace(CALM, route="ask_number", text="whats the number for napac"), "napac"),
    ],
)
def test_expected_channels_are_the_tables(example: Example, lead: str) -> None:
    assert outcome.expected_channels(example, shared(), MOMENT)[0] == lead


def test_a_place_in_the_text_counts_and_a_council_has_one_id_wherever_it_is() -> None:
    example = replace(CALM, route="professional_concern", speaker="adult")
    for text in ("worried about a pupil", "worried about a pupil in wirral"):
        assert "childrens_services" in outcome.expected_channels(replace(example, text=text), shared(), MOMENT)


@dataclass
class Reply:
    """A reply as bot.conversation gives it."""

    messages: list[dict[str, Any]]
    exit: bool = False


class Talk:
    """A bot that asks for the age until it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.forgotten: list[object] = []

    def open(self) -> tuple[str, list[dict[str, Any]]]:
        return "token", []

    def find(self, token: object) -> str | None:
        return "conversation" if token == "token" else None

    def forget(self, token: object) -> None:
        self.forgotten.append(token)

    def safe(self) -> list[dict[str, Any]]:
        return []

    async def reply(self, _conversation: str, text: str) -> Reply:
        self.heard.append(text)
        asked = [offer("adult", speaker="adult"), offer("young", speaker="young")] if text != "young" else []
        return Reply([{"text": "words", "route": "bullying", "channels": [{"id": "childline"}], "quick_replies": asked}])


def test_a_conversation_answers_and_is_forgotten() -> None:
    talk = Talk()
    turns = asyncio.run(outcome.converse(talk, CALM))
    assert talk.heard == [CALM.text, "young"]
    assert len(turns) == 2
    assert turns[0] == Turn(("bullying",), ("childline",))
    assert talk.forgotten == ["token"]


def test_danger_is_judged_by_the_first_reply_alone() -> None:
    talk = Talk()
    assert len(asyncio.run(outcome.converse(talk, DANGER))) == 1


def test_a_bot_that_keeps_asking_is_answered_twice() -> None:
    class Nagging(Talk):
        async def reply(self, conversation: str, text: str) -> Reply:
            return await super().reply(conversation, f"{text}?")

    assert len(asyncio.run(outcome.converse(Nagging(), CALM))) == 1 + outcome.MOST_ANSWERS
