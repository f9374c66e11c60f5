"""Outcome: what became of one labelled message in a conversation, and whether that was right.

Knows replies only as the web channel's contract shows them, so the same code judges a conversation held in this process
and one held over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.nlu.corpus import Example
from bot.nlu.normalise import normalise
from bot.signposting import ROUTES, Doors, Facts, channels_for, service_asked

URGENT, CHECK, LANGUAGE = "urgent_danger", "danger_check", "other_language"
DANGER_ROUTES = frozenset({URGENT, CHECK})

#: Messages that are not for signposting, and the routes that fit them. A slip between neighbours does no harm: small
#: talk and things out of scope are told apart by nobody who reads the reply.
_SMALL_TALK = frozenset({"greeting", "thanks", "about_bot", "unsure", "out_of_scope"})
APT: Mapping[str, frozenset[str]] = {
    "greeting": _SMALL_TALK,
    "thanks": _SMALL_TALK,
    "about_bot": _SMALL_TALK,
    "out_of_scope": frozenset({"out_of_scope", "crime_not_child", "unsure"}),
    "privacy": frozenset({"privacy"}),
    "ask_number": frozenset({"ask_number", "which_number"}),
    "quick_exit": frozenset({"quick_exit"}),
    "cannot_call": frozenset({"cannot_call"}),
}

Message = Mapping[str, Any]


class Talk(Protocol):
    """What this module asks of bot.conversation."""

    def open(self) -> tuple[str, list[dict[str, Any]]]: ...
    def find(self, token: object) -> str | None: ...
    def forget(self, token: object) -> None: ...
    async def reply(self, conversation: str, text: str) -> Any: ...
    def safe(self) -> list[dict[str, Any]]: ...


class Places(Doors, Protocol):
    """What this module asks of the directory."""

    def area_of(self, text: str) -> str | None: ...
    def services_named(self, text: str) -> tuple[str, ...]: ...
    def channel(self, service_id: str, now: datetime, area: str | None) -> Any: ...


@dataclass(frozen=True)
class Turn:
    """One reply: its routes, its channels in the order shown, whether it leaves, is in another language, has words."""

    routes: tuple[str, ...]
    channels: tuple[str, ...]
    exit: bool = False
    lang: str | None = None
    words: bool = True
    failed: bool = False


@dataclass(frozen=True)
class Reading:
    """How one text was parsed. `route` is what it is about, also where danger overruled that."""

    intent: str
    route: str
    danger: float
    net: bool
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def flagged(self) -> bool:
        """Whether the reply to this leads with 999 because of danger."""
        return self.intent in DANGER_ROUTES or self.intent.startswith(f"{URGENT}_")


@dataclass(frozen=True)
class Outcome:
    """One message, how it was parsed, the replies, and the channels that its labels deserve."""

    example: Example
    reading: Reading
    turns: tuple[Turn, ...]
    expected: tuple[str, ...]

    @property
    def found(self) -> bool:
        """The first reply leads with 999."""
        return self.turns[0].channels[:1] == ("999",)

    @property
    def alarm(self) -> bool:
        """The first reply is the urgent one."""
        return URGENT in self.turns[0].routes

    @property
    def checked(self) -> bool:
        """The first reply asks whether somebody is in danger."""
        return CHECK in self.turns[0].routes

    @property
    def right(self) -> bool:
        """The last reply shows an expected channel among the first three and does not lead with an unexpected 999."""
        last = self.turns[-1]
        lead = last.channels[:1]
        if lead == ("999",) and self.expected[:1] != lead:
            return False
        return URGENT not in last.routes and bool(set(last.channels[:3]) & set(self.expected))

    @property
    def best(self) -> bool:
        """Right, and with the lead channel of the true labels."""
        return self.right and self.turns[-1].channels[:1] == self.expected[:1]

    @property
    def handled(self) -> bool:
        """A message not for signposting: left at once where asked, and never answered with an alarm or nothing."""
        first = self.turns[0]
        if self.example.route == "quick_exit":
            return first.exit or "quick_exit" in first.routes
        return not self.alarm and first.words and not first.failed

    @property
    def apt(self) -> bool:
        """A message not for signposting: answered with a route that fits it."""
        return bool(APT[self.example.route] & set(self.turns[0].routes))


def reading(parsed: Mapping[str, Any]) -> Reading:
    """A parse as Rasa gives it."""
    intent = str((parsed.get("intent") or {}).get("name") or "unsure")
    facts = {e["entity"]: str(e["value"]) for e in parsed.get("entities") or () if e["value"]}
    danger = parsed.get("danger") or {}
    return Reading(
        intent=intent,
        route=intent if intent in ROUTES and intent not in DANGER_ROUTES else facts.get("topic", intent),
        danger=float(danger.get("probability", 0.0)),
        net=danger.get("net") is not None,
        facts=facts,
    )


def turn(messages: Sequence[Message], leaving: bool, failed: bool = False) -> Turn:
    """A reply as the contract gives it."""
    return Turn(
        routes=tuple(m["route"] for m in messages),
        channels=tuple(c["id"] for m in messages for c in m["channels"]),
        exit=leaving,
        lang=next((m["lang"] for m in messages if m.get("lang")), None),
        words=any(m["text"] for m in messages),
        failed=failed,
    )


def truths(example: Example) -> dict[str, Any]:
    """What is true of the person, in the words of a quick reply's `means`; what nobody knows is left out."""
    known: dict[str, Any] = {"danger_now": example.danger}
    hidden = {"speaker": "unknown", "about": "none", "when": "none"}
    return known | {name: getattr(example, name) for name, none in hidden.items() if getattr(example, name) != none}


def truthful_answer(messages: Iterable[Message], known: Mapping[str, Any]) -> str | None:
    """The payload of the quick reply that asserts most of what is true and nothing that is not; None where none does."""
    best, most = None, 0
    for message in messages:
        for offered in message["quick_replies"]:
            means = offered.get("means") or {}
            if any(name in known and known[name] != value for name, value in means.items()):
                continue
            score = sum(known.get(name) == value for name, value in means.items())
            if score > most:
                best, most = offered["payload"], score
    return best


def expected_channels(example: Example, places: Places, moment: datetime) -> tuple[str, ...]:
    """The channel ids the signposting table gives for the true labels at `moment` (aware).

    The labels say nothing of area and service: those are what the directory finds by name in the text.
    """
    known, text = truths(example), normalise(example.text)
    service = service_asked(example.route, places.services_named(text))
    facts = Facts(route=example.route, area=places.area_of(text), service=service,
                  **{name: known.get(name) for name in ("speaker", "about", "when")})  # fmt: skip
    return tuple(places.channel(service, moment, facts.area)["id"] for service in channels_for(facts, places, moment))


#: Truthful answers to follow-up questions in one conversation at most.
MOST_ANSWERS = 2


async def converse(talk: Talk, example: Example) -> tuple[Turn, ...]:
    """One conversation: the message, then truthful answers while there is a question; danger is not asked further."""
    token, _greeting = talk.open()
    conversation = talk.find(token)
    if conversation is None:
        raise RuntimeError("a conversation that was just opened is not known")
    known, text, turns = truths(example), example.text, list[Turn]()
    for _ in range(1 + MOST_ANSWERS):
        reply = await talk.reply(conversation, text)
        turns.append(turn(reply.messages, reply.exit, reply.messages is talk.safe()))
        answer = None if example.danger or reply.exit else truthful_answer(reply.messages, known)
        if answer is None:
            break
        text = answer
    talk.forget(token)
    return tuple(turns)


def is_signpost(example: Example) -> bool:
    """Whether a message is calm and about something for which the table names channels."""
    return not example.danger and example.route not in APT and example.route != LANGUAGE
