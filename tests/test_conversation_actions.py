"""actions.conversation: thanks and goodbye, whether it helped, starting over."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import ActionGoodbye, ActionHelped, ActionStartOver
from actions.signpost import OF_THE_PERSON, OF_THE_TOPIC
from bot import log


def run(action: Any, intent: str, after: str = "action_signpost", **slots: Any) -> tuple[list[str], list[dict[str, Any]]]:
    """The responses an action utters, and its events."""
    every: dict[str, Any] = dict.fromkeys((*OF_THE_PERSON, *OF_THE_TOPIC, "topic", "shown", "asked"))
    events = [{"event": "action", "name": after}, {"event": "action", "name": "action_listen"}]
    latest = {"intent": {"name": intent}, "entities": [], "text": "zebra quartz"}
    dispatcher = CollectingDispatcher()
    done = action.run(dispatcher, Tracker("somebody", {**every, **slots}, latest, events, False, None, {}, ""), {})
    return [message["response"] for message in dispatcher.messages], done


def test_whoever_was_signposted_is_asked_once_whether_it_helped() -> None:
    said, events = run(ActionGoodbye(), "thanks", topic="bullying")
    assert said == ["utter_thanks", "utter_ask_helped"]
    assert [(e["name"], e["value"]) for e in events] == [("asked", "helped")]
    assert run(ActionGoodbye(), "thanks", topic="bullying", asked="helped")[0] == ["utter_thanks"]
    assert run(ActionGoodbye(), "goodbye", topic="bullying", asked="answered")[0] == ["utter_thanks"]


@pytest.mark.parametrize(
    "slots", [{}, {"topic": "greeting"}, {"topic": "bullying", "lang": "cy"}, {"topic": "bullying", "after": "utter_urgent_danger"}]
)
def test_nobody_else_is_asked(slots: dict[str, str]) -> None:
    """Nothing was signposted, it is another language, or somebody may be in danger."""
    assert run(ActionGoodbye(), "thanks", **slots) == (["utter_thanks"], [])


@pytest.mark.parametrize(("intent", "response", "helped"), [("helped", "utter_helped", True), ("not_helped", "utter_not_helped", False)])
def test_the_answer_is_counted_and_nothing_else(
    intent: str, response: str, helped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(log, "event", lambda name, *_, **fields: counted.append((name, fields)))
    said, events = run(ActionHelped(), intent, topic="bullying", asked="helped", speaker="young", area="wirral")
    assert said == [response]
    assert counted == [("asked_whether_it_helped", {"helped": helped})]
    assert [(e["name"], e["value"]) for e in events] == [("asked", "answered")]


def test_the_line_in_the_log_has_no_word_of_anybody() -> None:
    import logging

    record = logging.LogRecord(log.OWN, logging.INFO, "", 0, "asked_whether_it_helped", None, None)
    record.signpost_fields = {"helped": True}
    line = json.loads(log.ClosedFormatter().format(record))
    assert set(line) == {"hour", "level", "component", "event", "helped"}


def test_starting_over_forgets_every_fact_and_greets() -> None:
    said, events = run(ActionStartOver(), "start_over", topic="bullying", speaker="young")
    assert said == ["utter_greeting"]
    assert [event["event"] for event in events] == ["reset_slots"]
