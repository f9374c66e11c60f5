"""The action that goes on with a topic: another service, one that answers, one to write to, what ringing one is like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.signpost import changes, facts_from, intent_of, last_action, said_in, shown_on_topic
from bot import clock
from bot.directory import Directory, shared
from bot.nlu.answers import ABOUT_999, in_crisis
from bot.onward import NO_POLICE, answering, others, without_speaking
from bot.signposting import SMALL_TALK, Facts, channels_for, question_for, signpost

#: After these the one question may be asked: whose age is not known may be shown somebody who is not for them.
MAY_ASK = frozenset({"someone_else", "no_police", "not_open", "back_again"})


class ActionFollowUp(Action):
    """Utters who else there is, or what somebody asks about those who were named."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_follow_up"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        """Utter, and remember who was shown."""
        directory, now, intent = shared(), clock.now(), intent_of(tracker)
        facts = facts_from(tracker)
        if intent == "no_police":
            facts = replace(facts, wants=NO_POLICE)
        if last_action(tracker) == "utter_not_what_i_meant":
            facts = replace(facts, route="unsure")
        asked: str | None = None
        if intent == "what_happens":
            response, channels, route = _what_happens(tracker, facts, directory, now)
        elif facts.route in SMALL_TALK or facts.lang is not None:
            # Nothing to go on with, or nothing in their language: the doors.
            found = signpost(facts, directory, now, directory.areas)
            response, channels, route = found.response, found.channels, facts.route
        else:
            response, channels = _others(intent, tracker, facts, directory, now)
            route = facts.route
            asked = question_for(facts, directory, now, directory.areas)
            asked = asked if asked == "speaker" and intent in MAY_ASK else None
        dispatcher.utter_message(
            response=response,
            json_message={"route": route, "channels": list(channels), "speaker": facts.speaker, "area": facts.area},
        )
        if asked is not None:
            dispatcher.utter_message(response=f"utter_ask_{asked}", json_message={"route": route})
        remembered: dict[str, Any] = {"asked": ABOUT_999} if _in_crisis(tracker) else {}
        if facts.route not in SMALL_TALK:
            remembered |= {"shown": shown_on_topic(tracker, channels, fresh=False), "wants": facts.wants}
        return changes(tracker, remembered)


def _in_crisis(tracker: Tracker) -> bool:
    """Whether the last reply was about danger now."""
    return in_crisis(last_action(tracker), tracker.get_slot("asked"))


def _others(
    intent: str, tracker: Tracker, facts: Facts, directory: Directory, now: datetime
) -> tuple[str, Sequence[str]]:
    """The response and the services for somebody who wants another one."""
    shown: list[str] = tracker.get_slot("shown") or list(channels_for(facts, directory, now))
    named = said_in(tracker).get("service")
    tried = directory.for_area(named, facts.area) if named else shown[0]
    if intent == "back_again":
        return "utter_back_again", channels_for(facts, directory, now)
    if intent == "cannot_call_them":
        return "utter_cannot_call_them", without_speaking(facts, directory, now)
    if intent == "not_open":
        return "utter_not_open", answering(facts, directory, now, tried)
    # Whoever turns down the police, or one by name, has not turned down the rest.
    seen = {tried} if named else set() if intent == "no_police" else set(shown)
    if found := others(facts, directory, now, seen):
        return "utter_someone_else", found
    return "utter_nobody_else", answering(facts, directory, now, None)[:2]


def _what_happens(
    tracker: Tracker, facts: Facts, directory: Directory, now: datetime
) -> tuple[str, Sequence[str], str]:
    """The response, the services and the route for somebody who asks what ringing one is like.

    That one is whom they name; else 999 after a reply that said to ring it; else whoever was shown first.
    """
    first = (tracker.get_slot("shown") or [*channels_for(facts, directory, now), "childline"])[0]
    service = said_in(tracker).get("service") or ("999" if _in_crisis(tracker) else first)
    channels = channels_for(replace(facts, route="ask_number", service=service), directory, now)
    if len(channels) > 1 and facts.route not in SMALL_TALK:
        # It is shut, so the one beside it is one that fits the topic.
        channels = (channels[0], *answering(facts, directory, now, channels[0])[:1])
    emergency = directory.service(channels[0], facts.area).group == "emergency"
    response = "utter_what_happens_emergency" if emergency else "utter_what_happens"
    return response, channels, "ask_number" if facts.route in SMALL_TALK else facts.route
