"""The action that names the channels: tracker -> bot.signposting -> responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import clock
from bot.directory import shared
from bot.nlu.answers import ABOUT_999
from bot.onward import without_speaking
from bot.signposting import IN_PASSING, ROUTES, SMALL_TALK, TABLE, Facts, signpost

#: Facts that belong to one message's topic: a new topic forgets them, while who and where somebody is stays.
OF_THE_TOPIC = ("about", "when", "wants", "service", "second", "lang")
OF_THE_PERSON = ("speaker", "area")


def said_in(tracker: Tracker) -> dict[str, str]:
    """What the latest message says, by slot: a guess at the speaker apart from what they said of themselves."""
    found = tracker.latest_message.get("entities", [])
    return {e["entity"] if e.get("role") is None else f"{e['entity']}_{e['role']}": e["value"] for e in found}


def intent_of(tracker: Tracker) -> str:
    """The latest message's intent; empty where there is none."""
    # Not get_intent_of_latest_message(): that reads the ranking, which danger has overruled.
    return (tracker.latest_message.get("intent") or {}).get("name") or ""


def begins(tracker: Tracker) -> bool:
    """Whether the latest message begins a topic, rather than going on with the one before it."""
    return intent_of(tracker) in ROUTES or "topic" in said_in(tracker)


def last_action(tracker: Tracker) -> str:
    """What Signpost did last before this message; empty at the beginning."""
    done = (e["name"] for e in reversed(tracker.events) if e.get("event") == "action" and e.get("name"))
    return next((name for name in done if name != "action_listen"), "")


def facts_from(tracker: Tracker) -> Facts:
    """The facts of this turn: what the latest message says first, then what is remembered and still applies."""
    intent, said = intent_of(tracker), said_in(tracker)
    remembered = OF_THE_PERSON if begins(tracker) else (*OF_THE_PERSON, *OF_THE_TOPIC)
    values = {name: said.get(name) or (tracker.get_slot(name) if name in remembered else None) or None
              for name in (*OF_THE_PERSON, *OF_THE_TOPIC)}
    values["speaker"] = values["speaker"] or said.get("speaker_guess") or tracker.get_slot("speaker_guess")
    route = intent if intent in ROUTES else said.get("topic") or tracker.get_slot("topic") or "unsure"
    return Facts(route=route, **values)


def shown_on_topic(tracker: Tracker, channels: Sequence[str], *, fresh: bool) -> list[str]:
    """The services shown on this topic, those of this reply first."""
    before: list[str] = [] if fresh else tracker.get_slot("shown") or []
    return list(dict.fromkeys((*channels, *before)))


def changes(tracker: Tracker, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The events that remember `values`, and only what is new of them."""
    return [SlotSet(name, value) for name, value in values.items() if value != tracker.get_slot(name)]


class ActionSignpost(Action):
    """Utters the words for the route with its channels, then the one question that would change them."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_signpost"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        """Utter, and remember the facts."""
        directory = shared()
        facts, now = facts_from(tracker), clock.now()
        shown: dict[str, Any] = {"route": facts.route, "speaker": facts.speaker, "area": facts.area}
        if facts.route == "cannot_call" and facts.second is not None:
            # They cannot speak, and have said what it is about: whom to write to about that, and on with that topic.
            facts = replace(facts, route=facts.second, second=None)
            response, channels, ask = "utter_cannot_call_them", without_speaking(facts, directory, now), None
        else:
            found = signpost(facts, directory, now, directory.areas)
            response, channels, ask = found.response, found.channels, found.ask
            shown["row"] = TABLE.index(found.row)
        dispatcher.utter_message(response=response, json_message=shown | {"channels": list(channels)})
        if ask is not None:
            dispatcher.utter_message(response=f"utter_ask_{ask}", json_message={"route": facts.route})
        said, topic = said_in(tracker), tracker.get_slot("topic")
        remembered: dict[str, Any] = {name: said[name] for name in OF_THE_PERSON if name in said}
        if tracker.get_slot("asked") == ABOUT_999:
            remembered["asked"] = None
        in_passing = facts.route in IN_PASSING and topic and topic not in IN_PASSING
        if facts.route not in SMALL_TALK and not in_passing:
            remembered |= {"topic": facts.route, **{name: getattr(facts, name) for name in OF_THE_TOPIC}}
            fresh = begins(tracker) or intent_of(tracker) == "deny_danger"
            remembered["shown"] = shown_on_topic(tracker, channels, fresh=fresh)
        # This is also the fallback action, and after that no rule says to stop: Rasa would run it ten times over.
        return [*changes(tracker, remembered), FollowupAction("action_listen")]
