"""A tracker store that forgets: no text after the turn, a time to live, a bound, and about 300 bytes a conversation.

Of a conversation only its facts (slots), the last intent and the actions after it are kept: enough for the next turn's
rules. There is no key for anybody's words, so none can be written.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

from cachetools import TTLCache
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot import log

LISTEN = "action_listen"
#: Longer than any turn may take: a turn that is still running cannot bring back what was forgotten meanwhile.
FORGOTTEN_SECONDS = 120.0


def remembered(tracker: DialogueStateTracker) -> bytes:
    """What is kept of a tracker: slots that hold something, the last intent, the actions since. Never a text."""
    actions: list[str] = []
    intent = None
    for past in reversed(tracker.events):
        if isinstance(past, ActionExecuted) and past.action_name and past.action_name != LISTEN:
            actions.append(past.action_name)
        elif isinstance(past, UserUttered):
            intent = past.intent_name
            break
    slots = {name: slot.value for name, slot in tracker.slots.items() if slot.value is not None}
    kept: dict[str, Any] = {"s": slots, "i": intent, "a": actions[::-1] if intent else []}
    return json.dumps(kept, separators=(",", ":")).encode()


def events_from(kept: bytes) -> list[Event]:
    """The events that bring a tracker back to where it was.

    Raises:
        ValueError: `kept` is not what `remembered` writes.
    """
    state = json.loads(kept)
    match state:
        case {"s": dict(), "i": None | str(), "a": list(actions)} if all(isinstance(a, str) for a in actions):
            pass
        case _:
            raise ValueError("the kept state is damaged")
    events: list[Event] = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted(LISTEN)]
    if state["i"]:
        events.append(UserUttered(text=None, intent={"name": state["i"], "confidence": 1.0}, parse_data=None))
        events += [SlotSet(name, value) for name, value in state["s"].items()]
        events += [ActionExecuted(name) for name in state["a"]]
        events.append(ActionExecuted(LISTEN))
    else:
        events += [SlotSet(name, value) for name, value in state["s"].items()]
    return events


class ForgettingTrackerStore(TrackerStore):
    """Conversations in memory until they have been idle for `idle_minutes`; beyond `most` the oldest idle one goes."""

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        idle_minutes: float = 30.0,
        most: int = 100_000,
        timer: Callable[[], float] = time.monotonic,
        **_: Any,
    ) -> None:
        # An event broker would keep what must not be kept: it is not passed on.
        super().__init__(domain, None)
        self._kept: TTLCache[str, bytes] = TTLCache(maxsize=most, ttl=idle_minutes * 60, timer=timer)
        self._forgotten: TTLCache[str, None] = TTLCache(maxsize=most, ttl=FORGOTTEN_SECONDS, timer=timer)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep what the next turn needs; its time to live begins anew."""
        self.put(tracker.sender_id, remembered(tracker))

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation as far as it is kept, or None when it is unknown, expired, forgotten or damaged."""
        kept = self._kept.get(sender_id)
        if kept is None:
            return None
        try:
            events = events_from(kept)
        except ValueError as error:
            # Starting over answers this message; failing would answer none until the conversation expires.
            log.event("state_damaged", log.ERROR, error=error)
            return None
        tracker = self.init_tracker(sender_id)
        for past in events:
            tracker.update(past)
        return tracker

    async def keys(self) -> Iterable[str]:
        """The ids of the conversations that are kept."""
        self._kept.expire()
        return list(self._kept)

    def put(self, sender_id: str, kept: bytes) -> None:
        """Keep `kept` under `sender_id` as the newest, unless it was forgotten."""
        if sender_id in self._forgotten:
            return
        self._kept.pop(sender_id, None)
        self._kept[sender_id] = kept

    def begin(self, sender_id: str) -> None:
        """Open an empty conversation."""
        self.put(sender_id, b'{"s":{},"i":null,"a":[]}')

    def knows(self, sender_id: str) -> bool:
        """Whether the conversation is open."""
        return sender_id in self._kept

    def forget(self, sender_id: str) -> None:
        """Drop the conversation at once and for good, even while a turn of it runs; unknown ones are no error."""
        self._kept.pop(sender_id, None)
        self._forgotten[sender_id] = None

    def sweep(self) -> None:
        """Drop what has outlived its time, so that memory does not wait for the next visitor."""
        self._kept.expire()
        self._forgotten.expire()

    def __len__(self) -> int:
        self._kept.expire()
        return len(self._kept)
