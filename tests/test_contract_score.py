"""The measures through the contract agree with those taken in this process."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path
from typing import Any

import pytest

from bot import clock, evaluate
from bot.nlu import corpus
from bot.outcome import converse

BENCH = Path(__file__).resolve().parent.parent / "bench"


@pytest.fixture
def contract_score(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script as a module."""
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("contract_score")


def test_both_ways_see_the_same_replies(contract_score: Any, live_server: Any, parts: Any) -> None:
    chosen = corpus.read(evaluate.VOICES / "validation")[::200]
    over_http, seconds = contract_score.score(live_server.url, chosen)
    assert len(seconds) >= len(chosen)
    with clock.at(clock.now()):
        for example, outcome in zip(chosen, over_http, strict=True):
            here = asyncio.run(converse(parts.conversations, example))
            assert [t.routes for t in outcome.turns] == [t.routes for t in here]
            assert [t.channels for t in outcome.turns] == [t.channels for t in here]
    assert set(evaluate.figures(over_http)) == set(evaluate.figures([]))
