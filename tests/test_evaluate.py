"""The evaluation counts what it should, says the time it pretends, and stops where a figure is below the floor."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_outcome import CALM, CHECK_TURN, DANGER, GOOD, URGENT_TURN, Reply, Talk, made

from bot import cli, clock, evaluate
from bot.directory import shared
from bot.evaluate import Change, change, figures
from bot.measures import Rate
from bot.outcome import Reading, Turn

FOREIGN = replace(CALM, route="other_language")
JOKE = replace(CALM, route="out_of_scope")


def test_each_figure_counts_its_own_messages() -> None:
    found = [
        made(DANGER, URGENT_TURN), made(DANGER, CHECK_TURN), made(DANGER, GOOD),
        made(CALM, GOOD), made(CALM, URGENT_TURN), made(CALM, CHECK_TURN, GOOD),
        made(JOKE, Turn(("out_of_scope",), ("childline",))), made(JOKE, URGENT_TURN),
        made(FOREIGN, Turn(("other_language",), ("999",))), made(FOREIGN, Turn(("bullying",), (), lang="pl")),
    ]  # fmt: skip
    rates = figures(found)
    assert rates["missed"] == Rate(1, 3)
    assert rates["alarm"] == Rate(2, 7)
    assert rates["checked"] == Rate(1, 7)
    assert rates["right"] == Rate(2, 3)
    assert rates["best"] == Rate(2, 3)
    assert rates["other"] == Rate(1, 2)
    assert rates["apt"] == Rate(1, 2)
    assert rates["language"] == Rate(2, 2)
    assert rates["failed_replies"] == Rate(0, 11)


def test_a_variant_changes_figures_by_points() -> None:
    examples = [DANGER, DANGER, CALM, CALM]
    urgent, bullying = Reading("urgent_danger", "bullying", 0.9, False), Reading("bullying", "bullying", 0.1, False)
    lost = Reading("greeting", "greeting", 0.1, False)
    plain, varied = [urgent, urgent, bullying, bullying], [urgent, bullying, urgent, lost]
    assert change(examples, plain, varied) == Change(recall=-50.0, flagged=50.0, route=-50.0)


class Reader:
    """Reads everything as bullying and remembers what the clock said."""

    def __init__(self) -> None:
        self.at: list[Any] = []
        self.texts: list[str] = []

    async def read(self, text: str) -> dict[str, Any]:
        self.at.append(clock.now())
        self.texts.append(text)
        return {"intent": {"name": "bullying"}, "entities": [], "danger": {"probability": 0.1, "net": None}}


def test_conversations_take_place_at_the_moment() -> None:
    reader, told = Reader(), list[int]()
    found = asyncio.run(evaluate.outcomes(Talk(), reader, shared(), [CALM, DANGER], told.append))
    assert reader.at == [evaluate.MOMENT] * 2
    assert told == [0, 1]
    assert [len(o.turns) for o in found] == [2, 1]
    assert found[0].best


def test_the_moment_is_a_weekday_afternoon_in_uk_time() -> None:
    assert evaluate.MOMENT.weekday() < 5
    assert evaluate.MOMENT.tzinfo is clock.UK


def test_variants_are_read_instead_of_the_text() -> None:
    reader = Reader()
    asyncio.run(evaluate.variant_readings(reader, [CALM], "in capitals", lambda _: None))
    assert reader.texts == [CALM.text.upper()]


def test_the_safe_reply_counts_as_failed() -> None:
    class Broken(Talk):
        kept: list[dict[str, Any]] = [{"text": "ring", "route": "unsure", "channels": [{"id": "999"}], "quick_replies": []}]  # noqa: RUF012

        def safe(self) -> list[dict[str, Any]]:
            return self.kept

        async def reply(self, _conversation: str, _text: str) -> Reply:
            return Reply(self.kept)

    found = asyncio.run(evaluate.outcomes(Broken(), Reader(), shared(), [CALM], lambda _: None))
    assert figures(found)["failed_replies"] == Rate(1, 1)


def test_shown_lists_messages_of_one_kind() -> None:
    found = [made(DANGER, URGENT_TURN), made(replace(DANGER, text="the missed one"), GOOD)]
    lines = evaluate.shown(found, "missed")
    assert "the missed one" in lines
    assert DANGER.text not in lines


def test_the_test_voices_are_never_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", "--voices", "test", "--show", "missed"]) == 2
    assert "stay unread" in capsys.readouterr().err


def stub(monkeypatch: pytest.MonkeyPatch, found: list[Any]) -> None:
    """Make the command evaluate these outcomes instead of a model."""
    done = evaluate.evaluation("test", "signpost-toy", True, found)
    monkeypatch.setattr(evaluate, "run", lambda *_, **__: (done, found))


def test_the_command_fails_below_the_floor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any) -> None:
    floor = tmp_path / "floor.json"
    command = ["evaluate", "--quick", "--out", str(tmp_path / "out"), "--floor", str(floor)]
    stub(monkeypatch, [made(DANGER, URGENT_TURN), made(CALM, GOOD), made(JOKE, GOOD)])
    assert cli.main([*command, "--set-floor"]) == 0
    assert cli.main(command) == 0
    stub(monkeypatch, [made(DANGER, GOOD), made(CALM, GOOD), made(JOKE, GOOD)])
    assert cli.main(command) == 1
    assert "BELOW THE FLOOR: missed is 100.00" in capsys.readouterr().out


def test_a_missing_floor_is_told_before_the_work(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "run", lambda *_, **__: pytest.fail("the work was begun"))
    assert cli.main(["evaluate", "--floor", str(tmp_path / "none.json")]) == 2
    assert "--set-floor" in capsys.readouterr().err
