"""The action that names the channels: tracker -> bot.signposting -> responses."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import clock
from bot.directory import shared
from bot.signposting import ROUTES, SMALL_TALK, TABLE, Facts, signpost

#: Facts that belong to one message's topic: a new topic forgets them, while who and where somebody is stays.
OF_THE_TOPIC = ("about", "when", "wants", "service", "lang")
OF_THE_PERSON = ("speaker", "area")


def said_in(tracker: Tracker) -> dict[str, str]:
    """What the latest message says, by slot: a guess at the speaker apart from what they said of themselves."""
    found = tracker.latest_message.get("entities", [])
    return {e["entity"] if e.get("role") is None else f"{e['entity']}_{e['role']}": e["value"] for e in found}


def facts_from(tracker: Tracker) -> Facts:
    """The facts of this turn: what the latest message says first, then what is remembered and still applies."""
    # Not get_intent_of_latest_message(): that reads the ranking, which danger has overruled.
    intent = (tracker.latest_message.get("intent") or {}).get("name") or ""
    said = said_in(tracker)
    fresh = intent in ROUTES or "topic" in said
    remembered = OF_THE_PERSON if fresh else (*OF_THE_PERSON, *OF_THE_TOPIC)
    values = {name: said.get(name) or (tracker.get_slot(name) if name in remembered else None)
              for name in (*OF_THE_PERSON, *OF_THE_TOPIC)}
    values["speaker"] = values["speaker"] or said.get("speaker_guess") or tracker.get_slot("speaker_guess")
    route = intent if intent in ROUTES else said.get("topic") or tracker.get_slot("topic") or "unsure"
    return Facts(route=route, **values)


class ActionSignpost(Action):
    """Utters the words for the route with its channels, then the one question that would change them."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_signpost"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        """Utter, and remember the facts."""
        directory = shared()
        facts = facts_from(tracker)
        found = signpost(facts, directory, clock.now(), directory.areas)
        shown = {
            "route": facts.route,
            "channels": list(found.channels),
            "speaker": facts.speaker,
            "area": facts.area,
            "row": TABLE.index(found.row),
        }
        dispatcher.utter_message(response=found.response, json_message=shown)
        if found.ask is not None:
            dispatcher.utter_message(response=f"utter_ask_{found.ask}", json_message={"route": facts.route})
        said = said_in(tracker)
        remembered = {name: said[name] for name in OF_THE_PERSON if name in said}
        if facts.route not in SMALL_TALK:
            remembered |= {"topic": facts.route, **{name: getattr(facts, name) for name in OF_THE_TOPIC}}
        changed = [SlotSet(name, value) for name, value in remembered.items() if value != tracker.get_slot(name)]
        # This is also the fallback action, and after that no rule says to stop: Rasa would run it ten times over.
        return [*changed, FollowupAction("action_listen")]
