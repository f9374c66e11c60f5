"""The actions about the conversation itself: its end, whether it helped, a new beginning."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import AllSlotsReset
from rasa_sdk.executor import CollectingDispatcher

from actions.signpost import changes, intent_of, last_action, said_in
from bot import log
from bot.nlu.answers import in_crisis
from bot.signposting import SMALL_TALK

#: What `asked` is once somebody has been asked whether this helped: nobody is asked twice.
HELPED = "helped"


class ActionGoodbye(Action):
    """Answers thanks and goodbyes, and asks once whether this helped where something was signposted."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_goodbye"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        """Utter, and remember that the question was asked."""
        foreign = said_in(tracker).get("lang") or tracker.get_slot("lang")
        dispatcher.utter_message(response="utter_thanks")
        topic = tracker.get_slot("topic")
        asked = tracker.get_slot("asked")
        if topic is None or topic in SMALL_TALK or foreign or asked is not None or in_crisis(last_action(tracker), asked):
            return []
        dispatcher.utter_message(response="utter_ask_helped", json_message={"route": "thanks"})
        return changes(tracker, {"asked": HELPED})


class ActionHelped(Action):
    """Counts whether this helped: yes or no, and nothing of what it was about or who said it."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_helped"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        """Log the answer, and utter."""
        yes = intent_of(tracker) == "helped"
        log.event("asked_whether_it_helped", helped=yes)
        dispatcher.utter_message(response="utter_helped" if yes else "utter_not_helped")
        return changes(tracker, {"asked": "answered"})


class ActionStartOver(Action):
    """Forgets what was said and greets anew; to leave is another word."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_start_over"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        """Utter, and forget every fact."""
        dispatcher.utter_message(response="utter_greeting")
        return [AllSlotsReset()]
