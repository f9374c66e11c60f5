"""Reports say what was measured, hold no message, and the floor holds what was reached."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from test_outcome import CALM, CHECK_TURN, DANGER, GOOD, URGENT_TURN, made

from bot import report
from bot.errors import SignpostError
from bot.evaluate import Evaluation, evaluation, with_variants
from bot.outcome import Outcome, Reading

JOKE = replace(CALM, route="out_of_scope", text="secret words of a joke")
FOUND = [
    made(DANGER, URGENT_TURN, expected=("999",)),
    made(DANGER, GOOD, expected=("999",)),
    made(CALM, GOOD),
    made(CALM, CHECK_TURN, GOOD),
    made(JOKE, GOOD),
]


@pytest.fixture
def done() -> Evaluation:
    """An evaluation of five messages, two of danger of which one was missed."""
    readings = [replace(o.reading, danger=0.9 if o.example.danger else 0.2) for o in FOUND]
    found = [Outcome(o.example, r, o.turns, o.expected) for o, r in zip(FOUND, readings, strict=True)]
    misread = [Reading("bullying", "bullying", 0.1, net=False) for _ in found]
    flagged = [replace(o.reading, intent="urgent_danger") if o.example.danger else o.reading for o in found]
    found = [replace(o, reading=r) for o, r in zip(found, flagged, strict=True)]
    return with_variants(evaluation("test", "signpost-toy", True, found), found, {"in capitals": misread})


def test_the_files_hold_figures_and_no_message(done: Evaluation, tmp_path: Path) -> None:
    report.write(done, tmp_path)
    written = json.loads((tmp_path / "evaluation.json").read_text())
    assert written["figures"]["missed"]["percent"] == 50.0
    assert written["figures"]["checked"]["hits"] == 1
    assert written["worst_drop"] == 100.0
    assert written["danger_auc"] == 1.0
    everything = "".join(p.read_text() for p in tmp_path.iterdir()) + report.in_words(done)
    for text in (CALM.text, JOKE.text):
        assert text not in everything


def test_the_report_names_every_figure_with_its_interval(done: Evaluation) -> None:
    text = report.markdown(done)
    for name in report.FIGURES:
        assert f"**{name.replace('_', ' ')}**" in text
    assert "50.0 % | 9.5 to 90.5 | 1 of 2" in text


def test_an_old_model_is_called_one(done: Evaluation) -> None:
    assert "earlier state" not in report.markdown(done) + report.in_words(done)
    old = replace(done, current=False)
    assert "earlier state" in report.markdown(old)
    assert "earlier state" in report.in_words(old)


def test_the_plot_is_an_image_with_every_route(done: Evaluation) -> None:
    svg = report.confusion_svg(done.confusion, "a <title>")
    root = ElementTree.fromstring(svg)
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "a <title>"
    for true, said in done.confusion:
        assert f">{true} (" in svg
        assert f">{said}<" in svg


def test_a_floor_holds_what_was_reached_and_fails_when_it_is_not(done: Evaluation, tmp_path: Path) -> None:
    file = tmp_path / "floor.json"
    report.write_floor(done, file)
    assert report.below_floor("test", report.reached(done), file) == []
    assert report.below_floor("validation", {"missed": 100.0}, file) == []
    worse = report.reached(done) | {"missed": 51.0, "right": 99.0}
    assert report.below_floor("test", worse, file) == [
        "missed is 51.00, the floor is at most 50.50",
        "right is 99.00, the floor is at least 99.50",
    ]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"voices": "test", "at_most": {"mised": 1}, "at_least": {}}',
                                     '{"voices": "test", "at_most": {}, "at_least": {}}'])  # fmt: skip
def test_a_floor_that_is_none_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "floor.json"
    file.write_text(content)
    with pytest.raises(SignpostError, match="set-floor"):
        report.below_floor("test", {"missed": 0.0}, file)


def test_the_projects_own_floor_can_fail() -> None:
    file = Path(__file__).parent.parent / "evaluation_floor.json"
    assert report.below_floor("test", {"missed": 100.0, "right": 0.0}, file)


def test_the_card_is_written_between_its_markers(done: Evaluation, tmp_path: Path) -> None:
    card = tmp_path / "model-card.md"
    card.write_text("\n".join(["before", report.COUNTS, report.COUNTS_END, report.START, "stale figures", report.END, "after", ""]))
    report.write_card(done, card, {"test": [o.example for o in FOUND]})
    first = card.read_text()
    assert first.startswith("before\n")
    assert first.endswith("\nafter\n")
    assert "stale figures" not in first
    assert "| test | 5 | 1 | 2 | 3 | 5 | 0 | 0 |" in first
    assert (tmp_path / report.PLOT).exists()
    report.write_card(done, card, {"test": [o.example for o in FOUND]})
    assert card.read_text() == first


def test_a_card_without_markers_is_refused(done: Evaluation, tmp_path: Path) -> None:
    card = tmp_path / "model-card.md"
    card.write_text("nothing")
    with pytest.raises(SignpostError, match="markers"):
        report.write_card(done, card, {})


def test_the_projects_card_has_its_markers() -> None:
    card = Path(__file__).parent.parent / "docs" / "model-card.md"
    for start, end in ((report.START, report.END), (report.COUNTS, report.COUNTS_END)):
        assert report.between(card, start, end, "\n")
