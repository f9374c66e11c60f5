"""actions.signpost: what is taken from the tracker, what is uttered and what is remembered."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from conftest import ROOT, Talk
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.signpost import OF_THE_PERSON, OF_THE_TOPIC, ActionSignpost, facts_from
from bot.clock import UK, at
from bot.directory import shared
from bot.signposting import FACT_VALUES, ROUTES, SMALL_TALK, Facts, known_facts, signpost

DOMAIN = Domain.load(ROOT / "domain.yml")
DIRECTORY = shared()
NOON = datetime(2026, 1, 13, 12, tzinfo=UK)
#: Routes that are about something, unlike a greeting.
TOPICS = tuple(route for route in ROUTES if route not in SMALL_TALK)
facts_of = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in FACT_VALUES.items()})


def tracker_of(intent: str | None, said: dict[str, str] | None = None, slots: dict[str, str] | None = None) -> Tracker:
    """A tracker as Rasa sends it: the latest message's intent and entities, and the slots before it."""
    entities = [{"entity": name, "value": value} for name, value in (said or {}).items()]
    latest = {"intent": {"name": intent}, "entities": entities, "intent_ranking": [{"name": "thanks"}], "text": ""}
    every = dict.fromkeys((*OF_THE_PERSON, *OF_THE_TOPIC, "topic"))
    return Tracker("somebody", {**every, **(slots or {})}, latest, [], False, None, {}, "action_listen")


def run(tracker: Tracker) -> tuple[list[dict[str, Any]], dict[str, Any], list[dict[str, Any]]]:
    """What the action utters, the slots it sets and its other events, at noon on a working day."""
    dispatcher = CollectingDispatcher()
    with at(NOON):
        events = ActionSignpost().run(dispatcher, tracker, {})
    slots = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    return dispatcher.messages, slots, [event for event in events if event["event"] != "slot"]


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_utters_what_the_table_says(route: str) -> None:
    for said in ({}, {"speaker": "young"}, {"speaker": "adult", "about": "other"}):
        messages, _, _ = run(tracker_of(route, said))
        found = signpost(Facts(route=route, **said), DIRECTORY, NOON, DIRECTORY.areas)  # type: ignore[arg-type]
        first = messages[0]
        assert first["response"] == found.response
        assert first["custom"]["route"] == route
        assert first["custom"]["channels"] == list(found.channels)
        assert [m["response"] for m in messages[1:]] == ([f"utter_ask_{found.ask}"] if found.ask else [])
        for message in messages:
            assert message["response"] in DOMAIN.responses
            assert not message["text"], "words come from domain.yml only"


def test_who_and_where_somebody_is_outlives_the_topic_and_the_rest_does_not() -> None:
    before = {"speaker": "young", "area": "wirral", "about": "other", "when": "past", "wants": "report"}
    facts = facts_from(tracker_of("bullying", {}, {**before, "topic": "past_abuse"}))
    assert facts == Facts(route="bullying", speaker="young", area="wirral")


def test_a_fact_told_later_belongs_to_the_topic_before_it() -> None:
    before = {"topic": "past_abuse", "about": "self", "when": "past"}
    facts = facts_from(tracker_of("inform", {"speaker": "adult"}, before))
    assert facts == Facts(route="past_abuse", speaker="adult", about="self", when="past")


def test_what_is_said_now_goes_before_what_was_said() -> None:
    before = {"speaker": "young", "area": "wirral", "topic": "past_abuse"}
    facts = facts_from(tracker_of("inform", {"speaker": "adult", "area": "sefton"}, before))
    assert (facts.speaker, facts.area) == ("adult", "sefton")


def test_a_quick_reply_may_name_the_topic() -> None:
    facts = facts_from(tracker_of("inform", {"topic": "bullying"}, {"topic": "past_abuse", "about": "other"}))
    assert facts == Facts(route="bullying")


def test_the_ranking_is_not_read() -> None:
    """Danger overrules the intent and leaves the ranking as it was."""
    assert facts_from(tracker_of("feeling_suicidal")).route == "feeling_suicidal"


@pytest.mark.parametrize("intent", ["inform", "affirm", "deny", "deny_danger", "nonsense", "", None])
def test_nothing_known_is_unsure_with_999_and_childline(intent: str | None) -> None:
    messages, _, _ = run(tracker_of(intent))
    assert messages[0]["custom"]["route"] == "unsure"
    assert {"999", "childline"} <= set(messages[0]["custom"]["channels"])


def test_a_message_without_intent_or_entities_is_unsure() -> None:
    bare = tracker_of(None)
    bare.latest_message = {}
    assert facts_from(bare) == Facts(route="unsure")


@pytest.mark.parametrize("route", TOPICS)
def test_a_topic_is_remembered(route: str) -> None:
    _, slots, _ = run(tracker_of(route, {"speaker": "young"}))
    assert slots["topic"] == route
    assert slots["speaker"] == "young"


@pytest.mark.parametrize("route", sorted(SMALL_TALK))
def test_small_talk_does_not_change_the_subject(route: str) -> None:
    _, slots, _ = run(tracker_of(route, {}, {"topic": "past_abuse", "about": "self"}))
    assert slots == {}


@given(st.sampled_from(TOPICS), facts_of, facts_of)
def test_only_what_changed_is_remembered_and_nothing_but_facts(
    route: str, said: dict[str, str], before: dict[str, str]
) -> None:
    tracker = tracker_of(route, said, before)
    _, slots, others = run(tracker)
    assert set(slots) <= {*known_facts(), "topic", "shown"} - {"route"}
    assert all(value != tracker.get_slot(name) for name, value in slots.items())
    after = {**tracker.slots, **slots}
    facts = facts_from(tracker)
    assert after["topic"] == facts.route
    assert all(after[name] == getattr(facts, name) for name in (*OF_THE_PERSON, *OF_THE_TOPIC))
    assert others == [{"event": "followup", "timestamp": None, "name": "action_listen"}]


@pytest.mark.parametrize("earlier", [None, "my dad hits me", "someone keeps sending me rude pictures"])
@pytest.mark.parametrize("text", ["yes", "no"])
def test_a_typed_yes_or_no_is_answered_once(earlier: str | None, text: str, talk: Callable[[], Talk]) -> None:
    """No rule fits these, so the action runs as the fallback, which Rasa would repeat until its limit."""
    spoken = talk()
    if earlier:
        spoken.say(earlier)
    spoken.say(text)
    assert len(spoken.messages) <= 2
    assert len({m["text"] for m in spoken.messages}) == len(spoken.messages)
