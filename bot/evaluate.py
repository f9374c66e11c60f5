"""Evaluate: what the trained model makes of labelled voices, through whole conversations but without HTTP.

Each message opens a conversation of its own; a question is answered truthfully, by the quick reply that asserts what is
true, two answers at most. Only aggregate figures leave this module: the test voices stay unread.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bot import clock, evidence, measures
from bot.measures import Rate
from bot.nlu import corpus
from bot.nlu.corpus import Example
from bot.nlu.normalise import normalise
from bot.settings import Settings
from bot.signposting import ROUTES, Doors, Facts, channels_for
from bot.variants import VARIANTS, variant

VOICES = Path(__file__).resolve().parent.parent / "tests" / "voices"
SPLITS = ("validation", "test")

#: When the conversations take place. Channels depend on opening hours, and a figure must not depend on the day it is
#: taken: a Wednesday afternoon in term, when most lines are open.
MOMENT = datetime(2026, 11, 11, 16, 30, tzinfo=clock.UK)

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

#: What a dangerous message is about, guessed from its words: the first group that matches. A guide, not a label.
TOPICS: Mapping[str, str] = {
    "overdose, poison": r"overdos|tablet|pill|paracetamol|swallow|bleach|\bmeds\b|ibuprofen|medicine|taken (?:all|loads|too)",
    "suicide tonight": r"kill (?:my|him|her)self|suicid|bridge|end it|goodbye|jump|\bnoose|hang (?:my|him|her)|railway|cut(?:ting)? (?:my|him|her)|not be here",
    "not breathing, hurt": r"breath|wake|unconscious|passed out|collapse|bleed|blood|blue|fit\b|seizure|chok|burn|scald|ambulance|head|limp|floppy",
    "weapon": r"kni[fv]e|nife|blade|gun\b|machete|axe|hammer|weapon|sword|acid|petrol|stab|shoot",
    "fire": r"\bfire|smoke|gas\b|burning",
    "breaking in, at the door": r"break(?:ing)? in|kick(?:ing)? .*door|boot|at the door|outside|window|upstairs|stairs|get in",
    "followed, taken, car": r"follow|taxi|\bcar\b|\bvan\b|taken|took (?:her|him|me)|grab|lift\b|snatch|driv",
    "locked in, cannot leave": r"lock|can'?t (?:get out|leave)|won'?t let|trapped|passport|flight|airport|plane",
    "meeting somebody": r"\bmeet|hotel|train|station|bus\b|flat\b|coming (?:to get|for)",
    "missing, alone": r"missing|not come home|hasn'?t come|run away|ran away|alone|on (?:her|his|their|my) own|lost|where (?:she|he) is",
    "violence at home": r"dad|mum|mam|step|hit|beat|punch|batter|kick|strangl|throat|hurt",
}
#: Lengths in words, from and up to.
LENGTHS = ((1, 5), (6, 10), (11, 20), (21, 40), (41, 10_000))

Message = Mapping[str, Any]


class Talk(Protocol):
    """What this module asks of bot.conversation."""

    def open(self) -> tuple[str, list[dict[str, Any]]]: ...
    def find(self, token: object) -> str | None: ...
    def forget(self, token: object) -> None: ...
    async def reply(self, conversation: str, text: str) -> Any: ...
    def safe(self) -> list[dict[str, Any]]: ...


class Reader(Protocol):
    """What this module asks of bot.brain."""

    async def read(self, text: str) -> dict[str, Any]: ...


class Places(Doors, Protocol):
    """What this module asks of the directory."""

    def area_of(self, text: str) -> str | None: ...
    def service_named(self, text: str) -> str | None: ...


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
    facts = {e["entity"]: str(e["value"]) for e in parsed.get("entities") or ()}
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


def expected_channels(example: Example, places: Places) -> tuple[str, ...]:
    """The channels the signposting table gives for the true labels, at `MOMENT`.

    The labels say nothing of area and service: those are what the directory finds by name in the text.
    """
    known, text = truths(example), normalise(example.text)
    facts = Facts(route=example.route, area=places.area_of(text), service=places.service_named(text),
                  **{name: known.get(name) for name in ("speaker", "about", "when")})  # fmt: skip
    return channels_for(facts, places, MOMENT)


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


async def outcomes(
    talk: Talk, reader: Reader, places: Places, examples: Sequence[Example], progress: Callable[[int], None]
) -> list[Outcome]:
    """Every message in a conversation of its own, in the order given."""
    found = []
    with at_the_moment():
        for number, example in enumerate(examples):
            parsed = reading(await reader.read(example.text))
            turns = await converse(talk, example)
            found.append(Outcome(example, parsed, turns, expected_channels(example, places)))
            progress(number)
    return found


def at_the_moment() -> AbstractContextManager[None]:
    """Conversations within take place at `MOMENT`."""
    return clock.at(MOMENT)


async def variant_readings(
    reader: Reader, examples: Sequence[Example], name: str, progress: Callable[[int], None]
) -> list[Reading]:
    """How every message is parsed when it is typed in another way."""
    found = []
    for number, example in enumerate(examples):
        found.append(reading(await reader.read(variant(name, example.text))))
        progress(number)
    return found


def is_signpost(example: Example) -> bool:
    """Whether a message is calm and about something for which the table names channels."""
    return not example.danger and example.route not in APT and example.route != LANGUAGE


def figures(found: Sequence[Outcome]) -> dict[str, Rate]:
    """The rates of the model card, by name; `understood` is the share of other-language messages known as such."""
    danger = [o for o in found if o.example.danger]
    calm = [o for o in found if not o.example.danger]
    sign = [o for o in found if is_signpost(o.example)]
    other = [o for o in calm if o.example.route in APT]
    foreign = [o for o in calm if o.example.route == LANGUAGE]
    return {
        "missed": Rate.counted([not o.found for o in danger]),
        "alarm": Rate.counted([o.alarm for o in calm]),
        "checked": Rate.counted([o.checked for o in calm]),
        "right": Rate.counted([o.right for o in sign]),
        "best": Rate.counted([o.best for o in sign]),
        "route": Rate.counted([o.reading.route == o.example.route for o in calm]),
        "other": Rate.counted([o.handled for o in other]),
        "apt": Rate.counted([o.apt for o in other]),
        "language": Rate.counted([LANGUAGE in o.turns[0].routes or o.turns[0].lang is not None for o in foreign]),
        "failed_replies": Rate.counted([t.failed for o in found for t in o.turns]),
    }


def facts_told(found: Sequence[Outcome]) -> dict[str, dict[str, Rate]]:
    """For each fact the text shows by its label: how often one was noted at all, and how often a noted one is right."""
    told = {}
    for fact in ("speaker", "about", "when"):
        shown = [(truths(o.example).get(fact), o.reading.facts.get(fact)) for o in found]
        noted = [(true, said) for true, said in shown if true is not None and said is not None]
        told[fact] = {
            "noted": Rate.counted([said is not None for true, said in shown if true is not None]),
            "right": Rate.counted([true == said for true, said in noted]),
        }
    return told


def topic(text: str) -> str:
    """The kind of danger a text is probably about."""
    plain = normalise(text)
    return next((name for name, shape in TOPICS.items() if re.search(shape, plain, re.IGNORECASE)), "other")


def length(text: str) -> str:
    """The length group of a text."""
    words = len(text.split())
    low, high = next((low, high) for low, high in LENGTHS if words <= high)
    return f"{low} to {high} words" if high < LENGTHS[-1][1] else f"{low} words or more"


def grouped(found: Iterable[Outcome], key: Callable[[Example], str], hit: Callable[[Outcome], bool]) -> dict[str, Rate]:
    """A rate for each group of messages, by name of the group, the largest group first."""
    groups: dict[str, list[bool]] = {}
    for outcome in found:
        groups.setdefault(key(outcome.example), []).append(hit(outcome))
    return {name: Rate.counted(hits) for name, hits in sorted(groups.items(), key=lambda item: -len(item[1]))}


@dataclass(frozen=True)
class Change:
    """What a variant changes, in points of a percentage: recall of danger, calm messages flagged, routes named right."""

    recall: float
    flagged: float
    route: float


def change(examples: Sequence[Example], plain: Sequence[Reading], varied: Sequence[Reading]) -> Change:
    """The varied readings against the plain ones of the same messages."""

    def rates(readings: Sequence[Reading]) -> tuple[float, float, float]:
        both = list(zip(examples, readings, strict=True))
        return (
            Rate.counted([r.flagged for e, r in both if e.danger]).percent,
            Rate.counted([r.flagged for e, r in both if not e.danger]).percent,
            Rate.counted([r.route == e.route for e, r in both if not e.danger]).percent,
        )

    return Change(*(after - before for before, after in zip(rates(plain), rates(varied), strict=True)))


@dataclass(frozen=True)
class Evaluation:
    """Everything measured on one set of voices."""

    voices: str
    model: str
    current: bool
    messages: int
    by_voices: int
    figures: Mapping[str, Rate]
    facts: Mapping[str, Mapping[str, Rate]]
    recall_by: Mapping[str, Mapping[str, Rate]]
    right_by: Mapping[str, Mapping[str, Rate]]
    variants: Mapping[str, Change]
    auc: float
    alarms_at: Mapping[str, float]
    calibration: Sequence[measures.Bin]
    calibration_error: float
    confusion: Mapping[tuple[str, str], int]

    @property
    def worst_drop(self) -> float | None:
        """The points of recall that the worst variant costs; None where no variant was tried."""
        return max((max(0.0, -c.recall) for c in self.variants.values()), default=None)


def evaluation(voices: str, model: str, current: bool, found: Sequence[Outcome]) -> Evaluation:
    """The figures of conversations held; `with_variants` adds the variants."""
    danger = [o for o in found if o.example.danger]
    sign = [o for o in found if is_signpost(o.example)]
    positive = np.array([o.example.danger for o in found])
    probability = np.array([o.reading.danger for o in found])
    table = measures.calibration(probability, positive)
    keys: dict[str, Callable[[Example], str]] = {"speaker": lambda e: e.speaker, "length": lambda e: length(e.text)}
    return Evaluation(
        voices=voices,
        model=model,
        current=current,
        messages=len(found),
        by_voices=len({o.example.voice for o in found}),
        figures=figures(found),
        facts=facts_told(found),
        recall_by={
            "topic (guessed from words)": grouped(danger, lambda e: topic(e.text), lambda o: o.found),
            **{name: grouped(danger, key, lambda o: o.found) for name, key in keys.items()},
        },
        right_by={
            "route": grouped(sign, lambda e: e.route, lambda o: o.right),
            **{name: grouped(sign, key, lambda o: o.right) for name, key in keys.items()},
        },
        variants={},
        auc=measures.auc(probability, positive),
        alarms_at={f"{recall:.0%}": measures.alarms_at(probability, positive, recall) for recall in (0.90, 0.95, 0.98, 0.99)},
        calibration=table,
        calibration_error=measures.calibration_error(table),
        confusion=Counter((o.example.route, o.reading.intent) for o in found),
    )


def with_variants(done: Evaluation, found: Sequence[Outcome], varied: Mapping[str, Sequence[Reading]]) -> Evaluation:
    """The evaluation with what each variant changes."""
    examples, plain = [o.example for o in found], [o.reading for o in found]
    return replace(done, variants={name: change(examples, plain, readings) for name, readings in varied.items()})


def _progress(what: str, total: int) -> Callable[[int], None]:
    """Tell the terminal how far it is; nothing where the output is a file."""

    def tell(number: int) -> None:
        if sys.stderr.isatty() and (number % 50 == 0 or number + 1 == total):
            print(f"\r{what}: {number + 1} of {total} ", end="" if number + 1 < total else "\n", file=sys.stderr, flush=True)

    return tell


def run(settings: Settings, voices: str, *, variants: bool = True) -> tuple[Evaluation, list[Outcome]]:
    """Evaluate the newest model on one split of the voices, and say what became of each message.

    Raises:
        SignpostError: there is no model, or the voices cannot be read.
    """
    from bot import log, training
    from bot.directory import shared
    from bot.server import assemble

    model = evidence.model_in(settings.model)
    log.configure("ERROR")
    # A slow machine must not turn a reply into the safe reply: that would measure the machine.
    parts = assemble(settings.model_copy(update={"model": model, "reply_seconds": 30.0}))
    examples = corpus.read(VOICES / voices)

    async def all_of_it() -> tuple[list[Outcome], dict[str, list[Reading]]]:
        told = _progress(f"{voices} voices", len(examples))
        found = await outcomes(parts.conversations, parts.brain, shared(), examples, told)
        names = VARIANTS if variants else ()
        return found, {
            name: await variant_readings(parts.brain, examples, name, _progress(name, len(examples))) for name in names
        }

    found, varied = asyncio.run(all_of_it())
    current = model == training.current_model(model.parent)
    return with_variants(evaluation(voices, model.name.removesuffix(".tar.gz"), current, found), found, varied), found


#: What `signpost evaluate --show` lists: the messages of which this is true.
SHOWN: Mapping[str, Callable[[Outcome], bool]] = {
    "missed": lambda o: o.example.danger and not o.found,
    "alarm": lambda o: not o.example.danger and o.alarm,
    "checked": lambda o: not o.example.danger and o.checked,
    "wrong": lambda o: is_signpost(o.example) and not o.right,
    "second": lambda o: is_signpost(o.example) and o.right and not o.best,
    "unapt": lambda o: not o.example.danger and o.example.route in APT and not (o.apt and o.handled),
    "language": lambda o: o.example.route == LANGUAGE and LANGUAGE not in o.turns[0].routes and o.turns[0].lang is None,
}


def shown(found: Sequence[Outcome], what: str) -> str:
    """One line for each message of that kind: probability of danger, the label, what was said, where it led, the text."""
    return "\n".join(
        f"{o.reading.danger:.2f}  {o.example.route} ({o.example.speaker}) -> {o.reading.intent}"
        f"{'/' + o.reading.route if o.reading.flagged else ''}: {', '.join(o.turns[-1].channels)}\n      {o.example.text}"
        for o in found
        if SHOWN[what](o)
    )
