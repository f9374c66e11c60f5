"""Reports: an evaluation as JSON, as Markdown with a plot, as lines for a terminal, and as a floor that may not be missed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from bot.errors import SignpostError
from bot.evaluate import Evaluation
from bot.measures import Rate
from bot.nlu.corpus import Example, voices
from bot.outcome import CHECK, URGENT

#: What each figure means, in the order shown, and its target (docs/model-card.md says where the targets come from).
FIGURES: Mapping[str, tuple[str, str]] = {
    "missed": ("danger whose first reply does not lead with 999", "at most 1 %"),
    "alarm": ("calm, but answered with the urgent reply at once", "at most 5 %"),
    "checked": ("calm, but asked first whether somebody is in danger", "at most 12 %"),
    "right": ("calm, for signposting: a right channel among the first three in the end", "at least 95 %"),
    "best": ("of the same: the right channel in the lead", "at least 80 %"),
    "route": ("calm: exactly the route of the label", "none"),
    "other": ("not for signposting: left at once if asked to, no alarm, never empty", "at least 95 %"),
    "apt": ("of the same: a fitting route", "at least 85 %"),
    "language": ("asking in or for another language: known as such", "none"),
    "failed_replies": ("turns that ended in the safe reply", "0 %"),
}

#: Figures that a floor holds from above, and those it holds from below.
CEILINGS, FLOORS = ("missed", "alarm", "checked", "worst_drop"), ("right", "best", "route", "other", "apt")
#: Points between what a release reached and its floor. The int8 graph rounds a little differently on processors of
#: different makes, which moves single messages across a threshold; more than this is a change of the model.
SLACK = 0.5

START, END = "<!-- evaluation: written by `signpost evaluate --write-card` -->", "<!-- end of evaluation -->"
COUNTS, COUNTS_END = "<!-- counts: written by `signpost evaluate --write-card` -->", "<!-- end of counts -->"
PLOT = "confusion.svg"


def as_json(done: Evaluation) -> dict[str, Any]:
    """Every figure as plain JSON; no message is in it."""

    def rates(group: Mapping[str, Rate]) -> dict[str, Any]:
        return {name: rate.as_json() for name, rate in group.items()}

    return {
        "voices": done.voices,
        "model": done.model,
        "model_is_current": done.current,
        "messages": done.messages,
        "by_voices": done.by_voices,
        "figures": rates(done.figures),
        "facts": {name: rates(group) for name, group in done.facts.items()},
        "danger_recall_by": {name: rates(group) for name, group in done.recall_by.items()},
        "right_by": {name: rates(group) for name, group in done.right_by.items()},
        "variants": {
            name: {"recall": round(c.recall, 2), "flagged": round(c.flagged, 2), "route": round(c.route, 2)}
            for name, c in done.variants.items()
        },
        "worst_drop": None if done.worst_drop is None else round(done.worst_drop, 2),
        "danger_auc": round(done.auc, 4),
        "false_alarms_at_recall": {name: round(share, 4) for name, share in done.alarms_at.items()},
        "calibration": [b.as_json() for b in done.calibration],
        "calibration_error": round(done.calibration_error, 4),
        "confusion": [{"true": true, "said": said, "messages": n} for (true, said), n in sorted(done.confusion.items())],
    }


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *("| " + " | ".join(row) + " |" for row in rows), ""]


def _rate(rate: Rate) -> list[str]:
    low, high = rate.interval
    return [f"{rate.percent:.1f} %", f"{low:.1f} to {high:.1f}", f"{rate.hits} of {rate.of}"]


def headline(done: Evaluation) -> list[str]:
    """The main figures as a Markdown table."""
    rows = [[f"**{name.replace('_', ' ')}**", words, *_rate(done.figures[name]), target]
            for name, (words, target) in FIGURES.items()]  # fmt: skip
    return _table(["", "what", "share", "95 % interval", "messages", "target"], rows)


def breakdown(done: Evaluation) -> list[str]:
    """Everything below the headline, as Markdown."""
    lines: list[str] = []
    for title, by in (("Danger found, by", done.recall_by), ("Right channel, by", done.right_by)):
        for name, group in by.items():
            lines += [f"### {title} {name}", ""]
            lines += _table(["", "share", "95 % interval", "messages"], [[k, *_rate(r)] for k, r in group.items()])
    lines += ["### What the text says of the person", ""]
    rows = [[fact, *_rate(r["noted"])[::2], *_rate(r["right"])] for fact, r in done.facts.items()]
    lines += _table(["", "noted", "messages", "of those right", "95 % interval", "messages"], rows)
    if done.variants:
        lines += ["### The same messages typed in another way: change in points", ""]
        changes = [[n, f"{c.recall:+.1f}", f"{c.flagged:+.1f}", f"{c.route:+.1f}"] for n, c in done.variants.items()]
        lines += _table(["", "danger found", "calm messages flagged", "route of calm messages"], changes)
    lines += ["### The probability of danger", ""]
    share = ", ".join(f"{value:.1%} at {name} recall" for name, value in done.alarms_at.items())
    lines += [f"Area under the curve {done.auc:.4f}; calm messages above the threshold: {share}.",
              f"Expected calibration error {done.calibration_error:.3f}:", ""]  # fmt: skip
    bins = [[f"{b.low:.1f} to {b.high:.1f}", str(b.messages), f"{b.said:.3f}", f"{b.true:.3f}"] for b in done.calibration]
    return lines + _table(["said", "messages", "mean said", "true"], bins)


def markdown(done: Evaluation) -> str:
    """The whole report."""
    stale = "" if done.current else " The model was made of an earlier state of the project."
    lines = [f"# Evaluation on the {done.voices} voices", "",
             f"{done.messages} messages by {done.by_voices} voices; model {done.model}.{stale}", "",
             *headline(done), f"![What was said for what was true]({PLOT})", "", *breakdown(done)]  # fmt: skip
    return "\n".join(lines)


def in_words(done: Evaluation) -> str:
    """The summary for a terminal."""
    lines = [f"{done.messages} messages by {done.by_voices} {done.voices} voices, model {done.model}"]
    if not done.current:
        lines.append("NOTE: the model was made of an earlier state of the project; `signpost train` makes it anew.")
    for name, (words, target) in FIGURES.items():
        rate = done.figures[name]
        low, high = rate.interval
        counted = f"({low:4.1f} to {high:5.1f}, {rate.hits:>4} of {rate.of:<4} target {target})"
        lines.append(f"  {name.replace('_', ' '):<15}{rate.percent:5.1f} %  {counted}  {words}")
    share = ", ".join(f"{value:.1%} at {name}" for name, value in done.alarms_at.items())
    lines.append(f"  danger: auc {done.auc:.4f}, calm flagged {share} recall; calibration error {done.calibration_error:.3f}")
    for name, by in {**{f"danger found by {k}": v for k, v in done.recall_by.items()},
                     **{f"right by {k}": v for k, v in done.right_by.items() if k != "route"}}.items():  # fmt: skip
        lines += [f"  {name}:", *(f"    {key:<28}{rate}" for key, rate in by.items())]
    worst = sorted(done.right_by["route"].items(), key=lambda item: item[1].percent)[:8]
    lines += ["  routes least often right:", *(f"    {key:<28}{rate}" for key, rate in worst)]
    if done.variants:
        lines.append("  typed in another way, change in points: danger found, calm flagged, route right")
        lines += [f"    {n:<24}{c.recall:+6.1f} {c.flagged:+6.1f} {c.route:+6.1f}" for n, c in done.variants.items()]
    return "\n".join(lines)


#: The plot's measures, in pixels: a cell, the room for names at the left and on top.
CELL, LEFT, TOP = 20, 190, 175


def confusion_svg(counts: Mapping[tuple[str, str], int], title: str) -> str:
    """What was said (columns) for what was true (rows), as an SVG image: the darker, the larger the share of its row."""
    first = [URGENT, CHECK]
    rows = [r for r in first if any(true == r for true, _ in counts)]
    rows += sorted({true for true, _ in counts} - set(first))
    columns = first + sorted({said for _, said in counts} | set(rows) - set(first))
    columns = list(dict.fromkeys(columns))
    width, height = LEFT + CELL * len(columns) + 10, TOP + CELL * len(rows) + 10
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" font-family="sans-serif" font-size="11">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for i, said in enumerate(columns):
        x = LEFT + CELL * i + 14
        out.append(f'<text x="{x}" y="{TOP - 6}" transform="rotate(-60 {x} {TOP - 6})">{escape(said)}</text>')
    for j, true in enumerate(rows):
        y = TOP + CELL * j
        total = sum(n for (t, _), n in counts.items() if t == true)
        out.append(f'<text x="{LEFT - 6}" y="{y + 14}" text-anchor="end">{escape(true)} ({total})</text>')
        for i, said in enumerate(columns):
            n = counts.get((true, said), 0)
            x, share = LEFT + CELL * i, n / total
            # Green where right, red where a danger is lost, blue for any other mistake.
            hue = "0,112,60" if said == true else "212,53,28" if true == URGENT and said != CHECK else "29,112,184"
            out.append(f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="rgba({hue},{share:.3f})" stroke="#ddd"/>')
            if n:
                ink = "#fff" if share > 0.55 else "#000"
                out.append(f'<text x="{x + CELL / 2}" y="{y + 14}" text-anchor="middle" fill="{ink}" font-size="10">{n}</text>')
    return "\n".join([*out, "</svg>", ""])


def write(done: Evaluation, folder: Path) -> None:
    """Write evaluation.json, evaluation.md and the plot into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(json.dumps(as_json(done), indent=1) + "\n", encoding="utf-8")
    (folder / "evaluation.md").write_text(markdown(done), encoding="utf-8")
    write_plot(done, folder / PLOT)


def write_plot(done: Evaluation, file: Path) -> None:
    """Write the plot."""
    file.write_text(confusion_svg(done.confusion, f"Confusion on the {done.voices} voices"), encoding="utf-8")


def between(file: Path, start: str, end: str, text: str) -> str:
    """The contents of `file` with `text` in place of what stands between two marker lines.

    Raises:
        SignpostError: the file has not both markers.
    """
    before, found_start, rest = file.read_text(encoding="utf-8").partition(start)
    _, found_end, after = rest.partition(end)
    if not found_start or not found_end:
        raise SignpostError(f"{file}: there are no markers to write between. Put back the lines {start} and {end}.")
    return before + start + text + end + after


def counts(splits: Mapping[str, Sequence[Example]]) -> list[str]:
    """How many messages of which kind each split holds, as a Markdown table."""

    def row(name: str, examples: Sequence[Example]) -> list[str]:
        danger = sum(e.danger for e in examples)
        speakers = [sum(e.speaker == who for e in examples) for who in ("young", "adult", "unknown")]
        numbers = [len(examples), len(voices(examples)), danger, len(examples) - danger, *speakers]
        return [name, *(f"{n:,}" for n in numbers)]

    head = ["", "messages", "voices", "danger now", "calm", "by somebody under 19", "by an adult", "speaker not shown"]
    return _table(head, [row(name, examples) for name, examples in splits.items()])


def write_card(done: Evaluation, card: Path, splits: Mapping[str, Sequence[Example]]) -> None:
    """Put the figures and the counts of the splits between the model card's markers, and the plot beside it.

    Raises:
        SignpostError: the card has not both markers.
    """
    lines = ["", f"{done.messages} messages by {done.by_voices} voices of the test split; model {done.model}.", "",
             *headline(done), f"![What was said for what was true]({PLOT})", "", *breakdown(done)]  # fmt: skip
    card.write_text(between(card, START, END, "\n".join(lines)), encoding="utf-8")
    card.write_text(between(card, COUNTS, COUNTS_END, "\n".join(["", *counts(splits)])), encoding="utf-8")
    write_plot(done, card.parent / PLOT)


def reached(done: Evaluation) -> dict[str, float]:
    """The figures a floor may name, in percent; the worst drop in points, where variants were tried."""
    found = {name: rate.percent for name, rate in done.figures.items()}
    return found if done.worst_drop is None else {**found, "worst_drop": done.worst_drop}


def floor_of(done: Evaluation) -> dict[str, Any]:
    """A floor at what this evaluation reached, with `SLACK`."""
    found = reached(done)
    return {
        "voices": done.voices,
        "messages": done.messages,
        "at_most": {name: round(found[name] + SLACK, 2) for name in CEILINGS if name in found},
        "at_least": {name: round(max(0.0, found[name] - SLACK), 2) for name in FLOORS},
    }


def write_floor(done: Evaluation, file: Path) -> None:
    """Write the floor of this evaluation."""
    file.write_text(json.dumps(floor_of(done), indent=2) + "\n", encoding="utf-8")


def below_floor(voices: str, found: Mapping[str, float], file: Path) -> list[str]:
    """One line for each figure that is worse than the floor in `file`; none where the floor is for other voices.

    The worst drop is only held to the floor where it was measured.

    Raises:
        SignpostError: the file is not a floor, or names a figure that there is not.
    """
    mend = "Write it anew with `signpost evaluate --set-floor`."
    try:
        floor = json.loads(file.read_text(encoding="utf-8"))
        whose = floor["voices"]
        limits = [(name, float(limit), 1) for name, limit in floor["at_most"].items()]
        limits += [(name, float(limit), -1) for name, limit in floor["at_least"].items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SignpostError(f"{file}: this is not a floor ({type(error).__name__}). {mend}") from error
    unknown = {name for name, _, _ in limits} - {*FIGURES, "worst_drop"}
    if unknown or not limits:
        raise SignpostError(f"{file}: {sorted(unknown) or 'nothing'} is no list of figures. {mend}")
    if whose != voices:
        return []
    return [
        f"{name} is {found[name]:.2f}, the floor is {'at most' if sign > 0 else 'at least'} {limit:.2f}"
        for name, limit, sign in limits
        if name in found and sign * found[name] > sign * limit
    ]
