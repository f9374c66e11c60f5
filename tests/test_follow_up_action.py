"""actions.follow_up: whom somebody is given who goes on with a topic, and what is remembered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from conftest import ROOT
from rasa.shared.core.domain import Domain
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.follow_up import ActionFollowUp
from actions.signpost import OF_THE_PERSON, OF_THE_TOPIC
from bot.clock import UK, at

DOMAIN = Domain.load(ROOT / "domain.yml")
NOON, NIGHT = datetime(2026, 11, 18, 12, tzinfo=UK), datetime(2026, 11, 21, 23, 30, tzinfo=UK)
FOLLOW_UPS = ("someone_else", "no_police", "not_open", "what_happens", "cannot_call_them", "back_again")


def run(
    intent: str, said: dict[str, str] | None = None, *, after: str = "action_signpost", now: datetime = NOON, **slots: Any
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What the action utters and remembers after the last reply `after`."""
    entities = [{"entity": name, "value": value} for name, value in (said or {}).items()]
    every: dict[str, Any] = dict.fromkeys((*OF_THE_PERSON, *OF_THE_TOPIC, "topic", "shown", "asked"))
    events = [{"event": "action", "name": after}, {"event": "action", "name": "action_listen"}]
    tracker = Tracker("somebody", {**every, **slots}, {"intent": {"name": intent}, "entities": entities}, events, False, None, {}, "")
    dispatcher = CollectingDispatcher()
    with at(now):
        done = ActionFollowUp().run(dispatcher, tracker, {})
    return dispatcher.messages, {event["name"]: event["value"] for event in done if event["event"] == "slot"}


@pytest.mark.parametrize("intent", FOLLOW_UPS)
def test_the_topics_route_is_kept_and_words_come_from_the_domain(intent: str) -> None:
    messages, _ = run(intent, topic="bullying", speaker="young", shown=["childline", "shout"])
    assert messages[0]["custom"]["route"] == "bullying"
    for message in messages:
        assert message["response"] in DOMAIN.responses
        assert not message["text"]
    assert messages[0]["custom"]["channels"]


@pytest.mark.parametrize("intent", [i for i in FOLLOW_UPS if i != "what_happens"])
@pytest.mark.parametrize("topic", [None, "unsure", "greeting"])
def test_with_nothing_to_go_on_there_are_the_doors(intent: str, topic: str | None) -> None:
    messages, slots = run(intent, topic=topic)
    assert messages[0]["custom"]["route"] in ("unsure", "greeting")
    assert messages[0]["response"] in ("utter_unsure", "utter_greeting")
    assert slots == {}


def test_what_was_shown_grows_and_is_not_shown_again() -> None:
    shown: list[str] = ["childline", "101"]
    messages, slots = run("someone_else", topic="abuse_now", speaker="young", shown=shown)
    found = messages[0]["custom"]["channels"]
    assert not set(found) & set(shown)
    assert slots["shown"] == [*found, *shown]
    messages, _ = run("someone_else", topic="abuse_now", speaker="young", shown=slots["shown"])
    assert messages[0]["response"] == "utter_nobody_else"
    assert 1 <= len(messages[0]["custom"]["channels"]) <= 2


def test_a_service_turned_down_by_name_does_not_turn_down_the_rest() -> None:
    messages, _ = run("someone_else", {"service": "childline"}, topic="feeling_low", speaker="young", shown=["childline", "shout"])
    assert "childline" not in messages[0]["custom"]["channels"]
    assert "shout" in messages[0]["custom"]["channels"]


def test_no_police_is_remembered() -> None:
    messages, slots = run("no_police", topic="report_to_police", speaker="young", shown=["101", "childline"])
    assert "101" not in messages[0]["custom"]["channels"]
    assert slots["wants"] == "talk"


def test_them_is_whoever_was_shown_first() -> None:
    messages, _ = run("what_happens", topic="abuse_now", speaker="young", shown=["shout", "childline"])
    assert messages[0]["custom"]["channels"] == ["shout"]
    messages, _ = run("what_happens", {"service": "nspcc"}, topic="abuse_now", speaker="young", shown=["shout"])
    assert messages[0]["custom"]["channels"] == ["nspcc"]


def test_them_is_999_after_a_reply_about_danger_and_stays_so() -> None:
    messages, slots = run("what_happens", after="utter_urgent_danger", topic="abuse_now", shown=["childline"])
    assert messages[0]["custom"]["channels"] == ["999"]
    assert messages[0]["response"] == "utter_what_happens_emergency"
    assert slots["asked"] == "danger"


def test_beside_a_line_that_is_shut_stands_one_that_fits_the_topic() -> None:
    messages, _ = run("what_happens", {"service": "napac"}, now=NIGHT, topic="past_abuse", speaker="adult", shown=["napac"])
    assert messages[0]["custom"]["channels"] == ["napac", "rape_crisis"]


@pytest.mark.parametrize("intent", ["someone_else", "not_open", "back_again"])
def test_the_age_is_asked_where_it_changes_something(intent: str) -> None:
    messages, _ = run(intent, topic="feeling_low", shown=["childline"])
    assert [m["response"] for m in messages[1:]] == ["utter_ask_speaker"]
    messages, _ = run(intent, topic="worried_about_child", speaker="adult", shown=["nspcc"])
    assert messages[1:] == [], "the place was asked for before"


def test_somebody_who_writes_in_another_language_is_answered_in_it() -> None:
    messages, _ = run("someone_else", topic="bullying", lang="cy", shown=["childline"])
    assert messages[0]["response"] == "utter_language_cy"
