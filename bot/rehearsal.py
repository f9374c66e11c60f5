"""Rehearsal: holds the conversations of transcripts in this process and says where the replies differ, and what of
Signpost they have been through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet

from bot import clock
from bot.brain import RasaBrain
from bot.conversation import Conversations, Reply, understood
from bot.directory import shared
from bot.errors import ModelError
from bot.flows import Flow, ReadAs, Turn
from bot.nlg import Words
from bot.server import PROJECT, assemble
from bot.settings import Settings
from bot.signposting import ASKABLE, ROUTES, TABLE
from bot.tokens import Tokens
from bot.tracker_store import ForgettingTrackerStore

#: What is said only when something fails: other tests make it fail. No hour leaves every line shut, so the second text
#: about a shut line is for a directory that is yet to come.
WHEN_SOMETHING_FAILS = frozenset(
    {"utter_safe_reply", "utter_language_cy_safe", "utter_too_long", "utter_too_fast", "utter_start_again",
     "utter_lead_closed_only"}
)  # fmt: skip
#: Seconds a reply may take here.
LONGEST_REPLY = 30.0


@dataclass
class Coverage:
    """What conversations have been through: route ids, response keys, indexes of the table's rows, names of rules."""

    routes: set[str] = field(default_factory=set)
    responses: set[str] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)

    def __ior__(self, other: Coverage) -> Coverage:
        for name, reached in vars(other).items():
            getattr(self, name).update(reached)
        return self

    def missing(self, domain: Domain) -> dict[str, list[str]]:
        """What has not been reached, in words, by kind; a kind of which all was reached has an empty list."""
        spoken = {key for key in domain.responses if key not in WHEN_SOMETHING_FAILS}
        return {
            "routes": [route for route in ROUTES if route not in self.routes],
            "responses": sorted(spoken - self.responses),
            "rows": [f"{row.route} {dict(row.conditions) or ''}".strip() for i, row in enumerate(TABLE) if i not in self.rows],
            "rules": sorted(set(rules().values()) - self.rules),
        }

    def in_words(self, domain: Domain) -> str:
        """One line for each kind: how much of it, and what is missing."""
        lines = []
        for kind, missing in self.missing(domain).items():
            reached = len(getattr(self, kind))
            lines.append(f"{kind}: {reached} of {reached + len(missing)}" + "".join(f"\n  not reached: {m}" for m in missing))
        return "\n".join(lines)


@dataclass(frozen=True)
class Outcome:
    """How one transcript went: the faults, each with file and line, and what it has been through."""

    flow: Flow
    faults: tuple[str, ...]
    coverage: Coverage


@cache
def rules() -> dict[tuple[str, str], str]:
    """The rules of data/rules: intent and action to the rule's name."""
    found = {}
    for file in sorted((PROJECT / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]:
            intent, action = rule["steps"]
            found[intent["intent"], action["action"]] = rule["rule"]
    return found


class _Witness:
    """The brain, with a note of what each turn went through."""

    def __init__(self, brain: RasaBrain, store: ForgettingTrackerStore) -> None:
        self._brain, self._store = brain, store
        self.coverage = Coverage()
        self.said: list[str] = []
        self.area: str | None = None
        #: What the next message is taken for, whatever the model makes of it.
        self.read_as: ReadAs | None = None

    @property
    def ready(self) -> bool:
        return self._brain.ready

    async def answer(self, conversation: str, text: str, parsed: dict[str, Any] | None) -> list[dict[str, Any]]:
        self.said, self.area = [], None
        if self.read_as is not None:
            parsed = understood(self.read_as.intent, self.read_as.facts(), "Rehearsal")
        drafts = await self._brain.answer(conversation, text, parsed)
        parts = [draft.get("custom") or {} for draft in drafts]
        self.said = [key for part in parts for key in part.get("responses", ())]
        self.area = next((part["area"] for part in parts if part.get("area")), None)
        self.coverage.responses.update(self.said)
        self.coverage.routes.update(part["route"] for part in parts if "route" in part)
        for part in parts:
            # What a rule utters by itself, the crisis texts first of all, has a row too.
            said = part.get("responses", ())
            fixed = (i for i, row in enumerate(TABLE) if f"utter_{row.words or row.route}" in said)
            self.coverage.rows.update((part["row"],) if "row" in part else fixed)
        tracker = await self._store.retrieve(conversation)
        if tracker is not None:
            last = tracker.get_last_event_for(ActionExecuted, action_names_to_exclude=[ACTION_LISTEN_NAME])
            rule = rules().get((tracker.latest_message.intent_name, last.action_name)) if last else None
            self.coverage.rules.update({rule} if rule else ())
        return drafts


class Rehearsal:
    """Signpost assembled in this process, with a model, to hold conversations with."""

    def __init__(self, settings: Settings) -> None:
        """Assemble it.

        Raises:
            ModelError: there is no model to rehearse with.
        """
        # Slow machines rehearse too: speed is measured elsewhere.
        parts = assemble(settings.model_copy(update={"action_seconds": 10.0}))
        if not parts.brain.ready:
            raise ModelError(f"{settings.model}: there is no model to rehearse with. Train one with `make train`.")
        self.domain = Domain.load(PROJECT / "domain.yml")
        self._brain, self._store = parts.brain, parts.store
        self._words = Words(self.domain.responses, shared())

    def hold(self, flow: Flow) -> Outcome:
        """Hold one conversation at its hour."""
        witness = _Witness(self._brain, self._store)
        with clock.at(flow.transcript.clock):
            faults = asyncio.run(self._talk(flow, witness))
        return Outcome(flow, tuple(faults), witness.coverage)

    async def _talk(self, flow: Flow, witness: _Witness) -> list[str]:
        talk = Conversations(witness, self._store, self._words, Tokens(), shared(), LONGEST_REPLY)
        token, messages = talk.open()
        conversation = str(talk.find(token))
        if flow.transcript.area is not None:
            tracker = await self._store.retrieve(conversation)
            if tracker is not None:
                tracker.update(SlotSet("area", flow.transcript.area))
                await self._store.save(tracker)
        faults: list[str] = []
        reply = Reply(messages)
        for line, turn in zip(flow.lines, flow.transcript.talk, strict=True):
            offered = {q["title"]: q["payload"] for message in reply.messages for q in message["quick_replies"]}
            if turn.presses is not None and turn.presses not in offered:
                faults.append(f"{flow.file}:{line}: there is no `{turn.presses}` to press, only {list(offered)}")
                break
            text = turn.types if turn.presses is None else offered[turn.presses]
            witness.read_as = turn.read_as
            reply = await talk.reply(conversation, text or "")
            faults += [f"{flow.file}:{line}: {fault}" for fault in self._differences(turn, reply, witness)]
        talk.forget(token)
        return faults

    def _differences(self, turn: Turn, reply: Reply, witness: _Witness) -> Iterator[str]:
        """Where a reply is not what the transcript says."""
        first = reply.messages[0]
        channels = tuple(channel["id"] for message in reply.messages for channel in message["channels"])
        choices = tuple(q["title"] for message in reply.messages for q in message["quick_replies"])
        words = "\n\n".join(message["text"] for message in reply.messages)

        def filled(part: str) -> str:
            return self._words.fill(part.strip(), channels, witness.area, clock.now())

        if turn.route is not None and first["route"] != turn.route:
            yield f"the route is {first['route']}, not {turn.route}"
        if turn.channels is not None and channels != turn.channels:
            yield f"the channels are [{', '.join(channels)}], not [{', '.join(turn.channels)}]"
        if turn.choices is not None and choices != turn.choices:
            yield f"the choices are {list(choices)}, not {list(turn.choices)}"
        if turn.says is not None and words != filled(turn.says):
            yield f"the words are:\n{words}"
        for part in turn.includes:
            if filled(part) not in words:
                yield f"`{part}` is not in the words:\n{words}"
        for part in turn.leaves_out:
            if filled(part) in words:
                yield f"`{part}` is in the words:\n{words}"
        asked = next((name for name in ASKABLE if f"utter_ask_{name}" in witness.said), "nothing")
        if turn.asks is not None and asked != turn.asks:
            yield f"it asks for {asked}, not for {turn.asks}"
        if reply.exit != turn.exit:
            yield "the page is left" if reply.exit else "the page is not left"


def together(outcomes: Iterable[Outcome]) -> Coverage:
    """What all of them have been through."""
    coverage = Coverage()
    for outcome in outcomes:
        coverage |= outcome.coverage
    return coverage
