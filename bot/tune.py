"""Tune: chooses the weights and thresholds of config.yml from the validation voices, and says why. It changes nothing.

The test voices are never read here: a threshold chosen on them would make their figures worthless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot import measures
from bot.evidence import FACTS, Evidence, Said, Weights, route_chosen, route_odds
from bot.measures import Rate
from bot.nlu import danger, language
from bot.nlu.choice import chosen
from bot.nlu.corpus import Example

Floats = NDArray[np.float64]

#: What everything is chosen from.
VOICES = Path(__file__).resolve().parent.parent / "tests" / "voices" / "validation"
#: Values tried. Weights of the n-grams beside the encoder, whose weight is 1.
WEIGHTS = tuple(round(0.1 * i, 2) for i in range(21))
MARGINS = tuple(round(0.25 * i, 2) for i in range(21))
#: The share of calm messages that may be asked or told about 999 at all, and at once: the targets of the model card
#: (12 % asked and 5 % at once) with room to spare. Most of the second is kept in hand, because an alarm cannot be
#: answered with "no" and gone on from as a question can, and 999 leads both.
MOST_FLAGGED, MOST_ALARMED = 0.125, 0.015
#: Recalls whose false alarms are averaged to compare weights: the stretch that matters, and no single message decides.
RECALLS = tuple(r / 100 for r in range(90, 100))


@dataclass(frozen=True)
class Message:
    """One labelled message with what both readers say about it and what the net of patterns caught."""

    example: Example
    said: Said
    netted: bool


@dataclass(frozen=True)
class Tried:
    """One setting and the figures that compare it with others: lower `cost` is better."""

    value: float
    cost: float
    figure: float


@dataclass(frozen=True)
class Figures:
    """What a set of weights does on the messages."""

    auc: float
    alarms_at_90: float
    alarms_at_95: float
    alarms_at_98: float
    log_loss: float
    calibration_error: float
    missed: Rate
    alarm: Rate
    checked: Rate
    route: Rate
    facts: dict[str, Rate]


def messages(evidence: Evidence, examples: Sequence[Example]) -> list[Message]:
    """Read each example once; everything else is arithmetic on what was said.

    Messages in another language are left out: the language guard answers them, whatever the model says.
    """
    found = []
    for example in examples:
        if language.detect(example.text) is not None:
            continue
        said = evidence.read(example.text)
        found.append(Message(example, said, danger.caught(said.texts[0]) is not None))
    return found


def danger_odds(known: Sequence[Message], weight: float, margin: float) -> Floats:
    """The danger log-odds of each message before calibration: the most urgent part of it decides."""
    found = []
    for m in known:
        odds = m.said.danger_encoder + weight * m.said.danger_ngrams
        odds[1:] -= margin
        found.append(odds.max())
    return np.array(found)


def truth(known: Sequence[Message]) -> NDArray[np.bool_]:
    """Which messages are danger now."""
    return np.array([m.example.danger for m in known])


def danger_cost(odds: Floats, positive: NDArray[np.bool_]) -> float:
    """The mean share of calm messages above the score that finds 90, 91 ... 99 % of the danger."""
    return float(np.mean([measures.alarms_at(odds, positive, r) for r in RECALLS]))


def tune_danger(known: Sequence[Message]) -> tuple[float, float, list[Tried]]:
    """The n-grams' weight and the parts' margin with the least false alarms, and the best cost for each weight."""
    positive = truth(known)
    best: dict[float, tuple[float, float]] = {}
    for weight in WEIGHTS:
        costs = [(danger_cost(danger_odds(known, weight, margin), positive), margin) for margin in MARGINS]
        best[weight] = min(costs)
    weight = min(best, key=lambda w: best[w][0])
    table = [
        Tried(w, cost, measures.auc(danger_odds(known, w, margin), positive)) for w, (cost, margin) in best.items()
    ]
    return weight, best[weight][1], table


def _smoothed(values: Sequence[float]) -> list[float]:
    """Each value averaged with its neighbours, so that one message more or less does not decide."""
    return [float(np.mean(values[max(0, i - 1) : i + 2])) for i in range(len(values))]


def tune_route(known: Sequence[Message], routes: Sequence[str]) -> tuple[float, list[Tried]]:
    """The n-grams' weight that names most routes of calm messages right."""
    calm = [m for m in known if not m.example.danger and m.example.route in routes]
    true = np.array([routes.index(m.example.route) for m in calm])
    right = [
        float(np.mean([chosen(routes, route_odds(m.said, w, routes)) == t for m, t in zip(calm, true, strict=True)]))
        for w in WEIGHTS
    ]
    table = [Tried(w, -s, r) for w, s, r in zip(WEIGHTS, _smoothed(right), right, strict=True)]
    return min(table, key=lambda t: t.cost).value, table


def tune_facts(known: Sequence[Message], evidence: Evidence) -> tuple[float, list[Tried]]:
    """The n-grams' weight that tells most speakers, whom it is about and whether it is now: the mean of the three."""
    right = [float(np.mean([r.percent / 100 for r in facts_right(known, evidence, w).values()])) for w in WEIGHTS]
    table = [Tried(w, -s, r) for w, s, r in zip(WEIGHTS, _smoothed(right), right, strict=True)]
    return min(table, key=lambda t: t.cost).value, table


def facts_right(known: Sequence[Message], evidence: Evidence, weight: float) -> dict[str, Rate]:
    """How often each fact is told right, where the text shows it."""
    found = {}
    for fact in FACTS:
        first, second = evidence.values[fact]
        shown = [m for m in known if getattr(m.example, fact) in (first, second)]
        odds = [m.said.facts_encoder[fact] + weight * m.said.facts_ngrams[fact] for m in shown]
        found[fact] = Rate.counted(
            [(o > 0) == (getattr(m.example, fact) == second) for o, m in zip(odds, shown, strict=True)]
        )
    return found


def probabilities(known: Sequence[Message], weights: Weights) -> Floats:
    """The calibrated probability of danger for each message."""
    return measures.sigmoid(weights.slope * danger_odds(known, weights.danger, weights.part_margin) + weights.offset)


def thresholds(known: Sequence[Message], weights: Weights) -> tuple[float, float]:
    """`check` and `urgent`: the lowest that keep flagged and alarmed calm messages within their shares.

    A message the net caught is asked about whatever its probability, so it counts as flagged.
    """
    calm = ~truth(known)
    p = probabilities(known, weights)
    netted = np.array([m.netted for m in known])
    check = measures.lowest_threshold(np.where(netted, 1.0, p)[calm], MOST_FLAGGED)
    urgent = measures.lowest_threshold(p[calm], MOST_ALARMED)
    return check, max(check, urgent)


def figures(known: Sequence[Message], evidence: Evidence, weights: Weights) -> Figures:
    """What these weights do on these messages."""
    positive, p = truth(known), probabilities(known, weights)
    netted = np.array([m.netted for m in known])
    odds = danger_odds(known, weights.danger, weights.part_margin)
    alarmed = p >= weights.urgent
    asked = ~alarmed & ((p >= weights.check) | netted)
    calm = [m for m in known if not m.example.danger and m.example.route in evidence.routes]
    named = [evidence.routes[route_chosen(m.said, weights, evidence.routes)] for m in calm]
    return Figures(
        auc=measures.auc(odds, positive),
        alarms_at_90=measures.alarms_at(odds, positive, 0.90),
        alarms_at_95=measures.alarms_at(odds, positive, 0.95),
        alarms_at_98=measures.alarms_at(odds, positive, 0.98),
        log_loss=measures.log_loss(p, positive),
        calibration_error=measures.calibration_error(measures.calibration(p, positive)),
        missed=Rate.counted(list(~(alarmed | asked)[positive])),
        alarm=Rate.counted(list(alarmed[~positive])),
        checked=Rate.counted(list(asked[~positive])),
        route=Rate.counted([m.example.route == name for m, name in zip(calm, named, strict=True)]),
        facts=facts_right(known, evidence, weights.speaker),
    )


@dataclass(frozen=True)
class Tuned:
    """The weights chosen, the figures before and after, and the tables of what was tried."""

    before: Weights
    after: Weights
    figures_before: Figures
    figures_after: Figures
    tried: dict[str, list[Tried]]
    messages: int


def tune(evidence: Evidence, present: Weights, examples: Sequence[Example]) -> Tuned:
    """Choose everything from labelled validation messages."""
    known = messages(evidence, examples)
    danger_weight, margin, of_danger = tune_danger(known)
    route_weight, of_route = tune_route(known, evidence.routes)
    fact_weight, of_facts = tune_facts(known, evidence)
    slope, offset = measures.platt(danger_odds(known, danger_weight, margin), truth(known))
    after = replace(present, danger=danger_weight, route=route_weight, speaker=fact_weight, part_margin=margin,
                     slope=round(slope, 3), offset=round(offset, 3))  # fmt: skip
    check, urgent = thresholds(known, after)
    after = replace(after, check=check, urgent=urgent)
    return Tuned(
        before=present,
        after=after,
        figures_before=figures(known, evidence, present),
        figures_after=figures(known, evidence, after),
        tried={"danger": of_danger, "route": of_route, "speaker": of_facts},
        messages=len(known),
    )


def in_words(tuned: Tuned) -> str:
    """The lines for config.yml, why each, and what they do, for a terminal."""
    w = tuned.after
    lines = [
        f"From {tuned.messages} validation messages in English. For config.yml (nothing was written):",
        "",
        "- name: bot.nlu.components.RouteClassifier",
        f"  ngrams: {w.route:g}          # names most routes of calm messages right",
        "- name: bot.nlu.components.SpeakerClassifier",
        f"  ngrams: {w.speaker:g}          # tells most speakers, abouts and whens right",
        "- name: bot.nlu.components.DangerClassifier",
        f"  ngrams: {w.danger:g}          # least false alarms, averaged over recalls of 90 to 99 %",
        f"  part_margin: {w.part_margin:g}     # the same, chosen together with ngrams",
        f"  slope: {w.slope:g}         # Platt scaling of the summed log-odds, so that",
        f"  offset: {w.offset:g}       # a probability means a share of messages",
        f"  check: {w.check:g}         # lowest that asks or alarms at most {MOST_FLAGGED:.1%} of calm messages",
        f"  urgent: {w.urgent:g}        # lowest that alarms at most {MOST_ALARMED:.1%} of calm messages",
        "",
        "on the validation voices           now in the model          with these values",
    ]
    before, after = tuned.figures_before, tuned.figures_after
    rows: list[tuple[str, object, object]] = [
        ("missed (danger not led to 999)", before.missed, after.missed),
        ("alarm (calm, 999 at once)", before.alarm, after.alarm),
        ("checked (calm, asked first)", before.checked, after.checked),
        ("route of calm messages", before.route, after.route),
        *((f"{fact}, where shown", before.facts[fact], after.facts[fact]) for fact in FACTS),
    ]
    rows += [
        (name.replace("_", " "), f"{getattr(before, name):.4f}", f"{getattr(after, name):.4f}")
        for name in ("auc", "alarms_at_90", "alarms_at_95", "alarms_at_98", "log_loss", "calibration_error")
    ]
    lines += [f"{name:<32}  {old!s:<34}  {new!s}" for name, old, new in rows]
    lines += ["", "weight of the n-grams: false alarms (danger), accuracy (route, speaker) at each"]
    for i, value in enumerate(WEIGHTS):
        of_danger, of_route, of_facts = (tuned.tried[name][i] for name in ("danger", "route", "speaker"))
        lines.append(
            f"{value:>6.1f}   {of_danger.cost:.3f} (auc {of_danger.figure:.4f})   {of_route.figure:.3f}   {of_facts.figure:.3f}"
        )
    lines += ["", "The values were chosen by these figures, so they flatter: `signpost evaluate` has the honest ones."]
    return "\n".join(lines)


def as_json(tuned: Tuned) -> dict[str, object]:
    """The values chosen, for a script."""
    return asdict(tuned.after)
