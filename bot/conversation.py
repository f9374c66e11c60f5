"""One conversation's turn: what somebody sends in, contract messages out, whatever breaks in between.

Between the web channel (HTTP) and Rasa. It keeps the promises of the contract: a reply is never empty, comes within the
time limit, and carries 999 and Childline when anything failed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot import clock, log
from bot.directory import Directory
from bot.nlg import Words
from bot.nlu.language import detect
from bot.tokens import Tokens, looks_chosen, parse_payload

#: The longest text that is read, in characters (the contract's figure).
LONGEST_TEXT = 4_000
#: The reply for when something is wrong, and the languages in which it is approved.
SAFE = "utter_safe_reply"
SAFE_IN = {"cy": "utter_language_cy_safe"}
#: What the health probe types: a reply that does not lead with 999 is not a healthy one.
PROBE = "hes got a knife and hes coming up the stairs"

Message = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What the person is shown, and whether to leave the page at once."""

    messages: list[Message]
    exit: bool = False


class Brain(Protocol):
    """What answers: Rasa, behind one call."""

    @property
    def ready(self) -> bool:
        """Whether a model is loaded."""

    async def answer(self, conversation: str, text: str, parsed: dict[str, Any] | None) -> list[Message]:
        """The drafts uttered in reply to a text, or to what a quick reply means."""


class Store(Protocol):
    """What this module asks of the tracker store."""

    def begin(self, sender_id: str) -> None: ...
    def knows(self, sender_id: str) -> bool: ...
    def forget(self, sender_id: str) -> None: ...


def plain_words(text: str) -> str:
    """`text` as ordinary words: valid Unicode, and without the leading slashes that Rasa would obey as commands."""
    words = text.encode("utf-8", "replace").decode("utf-8").strip()
    while words.startswith("/"):
        words = words[1:].strip()
    return words


class Conversations:
    """Opens conversations, answers in them and forgets them."""

    def __init__(
        self, brain: Brain, store: Store, words: Words, tokens: Tokens, directory: Directory, seconds: float
    ) -> None:
        self._brain, self._store, self._words = brain, store, words
        self._tokens, self._directory, self._seconds = tokens, directory, seconds
        self._probed: tuple[float, bool] | None = None
        # Made once at start, so that nothing has to work for it to be sent.
        self._safe = {key: self._fixed(key) for key in (SAFE, *SAFE_IN.values(), "utter_too_long", "utter_too_fast",
                                                        "utter_start_again")}

    def _fixed(self, response: str) -> list[Message]:
        return [self._message(self._words.say(response), None)]

    def _message(self, draft: Message, conversation: str | None) -> Message:
        """A draft from Rasa as the contract's Message."""
        custom = draft.get("custom") or {}
        area, now = custom.get("area"), clock.now()
        text, route = draft["text"], custom.get("route", "unsure")
        if not isinstance(text, str) or not isinstance(route, str) or len(text) > LONGEST_TEXT:
            raise ValueError("a draft's text and route are words, and no more than anybody may write")
        message: Message = {
            "text": text,
            "route": route,
            "channels": [self._directory.channel(c, now, area) for c in custom.get("channels") or ()],
            "quick_replies": [self._quick_reply(b, conversation) for b in draft.get("buttons") or ()]
            if conversation
            else [],
        }
        if custom.get("lang"):
            message["lang"] = custom["lang"]
        return message

    def _quick_reply(self, button: dict[str, str], conversation: str) -> dict[str, Any]:
        _intent, means = parse_payload(button["payload"])
        return {
            "title": button["title"],
            "payload": self._tokens.offer(conversation, button["payload"]),
            "means": means,
        }

    def safe(self, response: str = SAFE) -> list[Message]:
        """The ready-made reply for when something is wrong; always with 999 and Childline."""
        return self._safe[response]

    def _safe_for(self, words: str) -> list[Message]:
        """The safe reply in the language of `words` where it is approved in that one."""
        try:
            return self.safe(SAFE_IN.get(detect(words) or "", SAFE))
        except Exception:
            return self.safe()

    def open(self) -> tuple[str, list[Message]]:
        """A new conversation: its token and the greeting."""
        conversation, token = self._tokens.new()
        self._store.begin(conversation)
        return token, [self._message(self._words.say("utter_greeting"), conversation)]

    def find(self, token: object) -> str | None:
        """The id of the open conversation a token names, else None."""
        conversation = self._tokens.conversation(token)
        return conversation if conversation is not None and self._store.knows(conversation) else None

    def forget(self, token: object) -> None:
        """Drop a conversation at once, whether it existed or not."""
        conversation = self._tokens.conversation(token)
        if conversation is not None:
            self._store.forget(conversation)

    @property
    def ready(self) -> bool:
        """Whether a model is loaded to answer with."""
        return self._brain.ready

    async def reply(self, conversation: str, text: str) -> Reply:
        """Answer `text` (typed words or a quick reply's payload) in an open conversation."""
        chosen = self._tokens.chosen(conversation, text)
        words = "" if looks_chosen(text) else plain_words(text)
        try:
            parsed = _parsed(chosen) if chosen is not None else (None if words else _parsed("/unsure"))
            async with asyncio.timeout(self._seconds):
                drafts = await self._brain.answer(conversation, words, parsed)
            messages = [self._message(draft, conversation) for draft in drafts or () if draft.get("text")]
            leaving = any((draft.get("custom") or {}).get("exit") for draft in drafts or ())
        except Exception as error:
            # Everything is caught on purpose: no fault may leave somebody without 999 and Childline.
            log.event("reply_failed", log.ERROR, error=error)
            return Reply(self._safe_for(words))
        if not messages:
            log.event("reply_empty", log.ERROR)
            return Reply(self._safe_for(words))
        if leaving:
            self._store.forget(conversation)
        return Reply(messages, leaving)

    async def healthy(self, fresh_seconds: float = 5.0) -> bool:
        """Whether a probe message through the whole chain is answered with 999 first; asked again after a while."""
        now = time.monotonic()
        if self._probed is None or now - self._probed[0] > fresh_seconds:
            self._probed = (now, await self._probe())
        return self._probed[1]

    async def _probe(self) -> bool:
        if not self.ready:
            return False
        conversation, _token = self._tokens.new()
        self._store.begin(conversation)
        try:
            reply = await self.reply(conversation, PROBE)
        finally:
            self._store.forget(conversation)
        first = reply.messages[0]
        lead = [channel["id"] for channel in first["channels"][:1]]
        return first["route"] in ("urgent_danger", "danger_check") and lead == ["999"]


def understood(intent: str, facts: Mapping[str, Any], by: str) -> dict[str, Any]:
    """An intent and facts in the form Rasa's own parsing gives; `by` names who says so."""
    entities = [{"entity": name, "value": value, "start": 0, "end": 0, "extractor": by} for name, value in facts.items()]
    return {"text": "", "intent": {"name": intent, "confidence": 1.0}, "entities": entities, "intent_ranking": []}


def _parsed(payload: str) -> dict[str, Any]:
    """What a quick reply says."""
    return understood(*parse_payload(payload), "QuickReply")
