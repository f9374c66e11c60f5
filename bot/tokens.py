"""Conversation tokens and quick-reply payloads: made and signed here, never chosen by a client."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from typing import Any

from itsdangerous import BadData, Serializer, URLSafeSerializer

#: Random bits of a conversation id.
ID_BITS = 128
_CHOICE = re.compile(r"choice\.[\w.-]*")


class Tokens:
    """Signs with one secret: a token names a conversation, a payload names one choice in one conversation."""

    def __init__(self, secret: str | None = None) -> None:
        key = secret or secrets.token_urlsafe(48)
        signer = {"digest_method": hashlib.sha256}
        self._conversation: Serializer[str] = URLSafeSerializer(key, salt="signpost.conversation", signer_kwargs=signer)
        self._choice: Serializer[str] = URLSafeSerializer(key, salt="signpost.choice", signer_kwargs=signer)

    def new(self) -> tuple[str, str]:
        """A new conversation: its id (128 random bits) and the token that names it."""
        conversation = secrets.token_urlsafe(ID_BITS // 8)
        return conversation, self._conversation.dumps(conversation)

    def conversation(self, token: object) -> str | None:
        """The id a token names, or None when the token was not made here."""
        found = _read(self._conversation, token, str)
        return found if isinstance(found, str) else None

    def offer(self, conversation: str, payload: str) -> str:
        """The opaque form of `payload`, good in this conversation only."""
        return "choice." + self._choice.dumps([conversation, payload])

    def chosen(self, conversation: str, text: str) -> str | None:
        """The payload behind an opaque text that this conversation was offered, else None."""
        if not text.startswith("choice."):
            return None
        pair = _read(self._choice, text.removeprefix("choice."), list)
        if pair is None or len(pair) != 2 or pair[0] != conversation or not isinstance(pair[1], str):
            return None
        return pair[1]


def looks_chosen(text: str) -> bool:
    """Whether `text` has the form of a quick reply's payload, honest or not: nobody types that, so it is no words."""
    return _CHOICE.fullmatch(text) is not None


def _read(serializer: Serializer[str], value: object, kind: type) -> Any:
    if not isinstance(value, str) or len(value) > 1000:
        return None
    try:
        found = serializer.loads(value)
    except (BadData, UnicodeError):
        # A lone surrogate, which JSON allows, is not signed by anybody.
        return None
    return found if isinstance(found, kind) else None


def parse_payload(payload: str) -> tuple[str, dict[str, Any]]:
    """Split a domain payload `/intent{"fact": "value"}` into the intent and the facts it asserts (`means`).

    Raises:
        ValueError: it is not of that form.
    """
    if not payload.startswith("/"):
        raise ValueError(f"the payload {payload!r} does not begin with /")
    name, brace, rest = payload[1:].partition("{")
    facts = json.loads(brace + rest) if brace else {}
    if not name or not isinstance(facts, dict):
        raise ValueError(f"the payload {payload!r} is not /intent or /intent{{...}}")
    return name, facts
