"""Evaluate: what the trained model makes of labelled voices, through whole conversations but without HTTP.

Each message opens a conversation of its own; a question is answered truthfully, by the quick reply that asserts what is
true, two answers at most. Only aggregate figures leave this module: the test voices stay unread.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bot import clock, evidence, measures
from bot.groups import grouped, length, topic
from bot.measures import Rate
from bot.nlu import corpus
from bot.nlu.corpus import Example
from bot.outcome import (
    APT,
    LANGUAGE,
    URGENT,
    Outcome,
    Places,
    Reading,
    Talk,
    converse,
    expected_channels,
    is_signpost,
    reading,
    truths,
)
from bot.settings import Settings
from bot.variants import VARIANTS, variant

VOICES = Path(__file__).resolve().parent.parent / "tests" / "voices"
SPLITS = ("validation", "test")

#: When the conversations take place. Channels depend on opening hours, and a figure must not depend on the day it is
#: taken: a Wednesday afternoon in term, when most lines are open.
MOMENT = datetime(2026, 11, 11, 16, 30, tzinfo=clock.UK)


class Reader(Protocol):
    """What this module asks of bot.brain."""

    async def read(self, text: str) -> dict[str, Any]: ...


async def outcomes(
    talk: Talk, reader: Reader, places: Places, examples: Sequence[Example], progress: Callable[[int], None]
) -> list[Outcome]:
    """Every message in a conversation of its own, in the order given."""
    found = []
    with clock.at(MOMENT):
        for number, example in enumerate(examples):
            parsed = reading(await reader.read(example.text))
            turns = await converse(talk, example)
            found.append(Outcome(example, parsed, turns, expected_channels(example, places, MOMENT)))
            progress(number)
    return found


async def variant_readings(
    reader: Reader, examples: Sequence[Example], name: str, progress: Callable[[int], None]
) -> list[Reading]:
    """How every message is parsed when it is typed in another way."""
    found = []
    for number, example in enumerate(examples):
        found.append(reading(await reader.read(variant(name, example.text))))
        progress(number)
    return found


def figures(found: Sequence[Outcome]) -> dict[str, Rate]:
    """The rates of the model card, by name; docs/model-card.md says what each is."""
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
        # Danger said in another language is danger.
        confusion=Counter(
            (o.example.route, URGENT if o.reading.intent.startswith(URGENT) else o.reading.intent) for o in found
        ),
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
