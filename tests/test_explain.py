"""An explanation says what decided, which words weighed, and where it leads; and leaves nothing behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from toy_model import WEIGHTS, readers

from bot import explain, log
from bot.errors import SignpostError
from bot.settings import Settings

PARSED: dict[str, Any] = {
    "intent": {"name": "danger_check", "confidence": 0.5},
    "intent_ranking": [{"name": "bullying", "confidence": 0.7}, {"name": "feeling_low", "confidence": 0.3}],
    "entities": [{"entity": "topic", "value": "bullying"}, {"entity": "speaker", "value": "young"},
                 {"entity": "area", "value": "wirral"}],
    "danger": {"probability": 0.5, "net": None},
}  # fmt: skip
REPLY = [{"route": "danger_check", "channels": [{"id": "999"}]}]


def explained(text: str, parsed: dict[str, Any] = PARSED) -> explain.Explanation:
    """An explanation by the toy readers."""
    return explain.explain(readers(), WEIGHTS, text, parsed, REPLY)


def test_the_word_that_makes_danger_weighs_most() -> None:
    found = explained("he has a knife at school")
    assert [p.words for p in found.pieces] == ["he", "has", "a", "knife", "at", "school"]
    assert max(found.pieces, key=lambda p: p.danger).words == "knife"
    assert max(found.pieces, key=lambda p: p.route).words == "school"


def test_a_long_message_is_left_out_by_runs() -> None:
    readers_, text = readers(), " ".join(f"word{n}" for n in range(150))
    pieces = explain.weigh(readers_, WEIGHTS, readers_.read(text), most=60)
    assert len(pieces) == 50
    assert pieces[0].words == "word0 word1 word2"


def test_the_deciding_part_of_a_long_message_is_named() -> None:
    long = "we had a nice day out at the beach and then some chips and ice cream. he has a knife now. it rained a lot then"
    toy, no_margin = readers(), replace(WEIGHTS, part_margin=0.0)
    assert explain.explain(toy, no_margin, long, PARSED, REPLY).deciding == "he has a knife now."
    assert explained("he has a knife").deciding is None


@pytest.mark.parametrize(
    ("probability", "net", "verdict"),
    [(0.9, None, "999 at once"), (0.3, None, "asked first"), (0.1, "weapon", "because of the net"), (0.1, None, "no danger")],
)
def test_the_verdict_says_which_decided(probability: float, net: str | None, verdict: str) -> None:
    found = explained("text", {**PARSED, "danger": {"probability": probability, "net": net}})
    assert verdict in found.verdict


def test_everything_is_printed() -> None:
    text = explain.in_words(explained("im sad at school in wirral"))
    for words in ("normalised  i'm sad at school in wirral", "language    en", "danger      0.500  (check from 0.2, urgent",
                  "otherwise about bullying", "0.700  bullying", "speaker     young", "noted: young", "not sure enough to note",
                  "area        wirral", "leads to    danger_check: 999"):  # fmt: skip
        assert words in text


def test_another_language_is_named_with_what_its_guard_reads() -> None:
    found = explained("ktoś mnie bije i nie wiem co robić, proszę o pomoc")
    assert found.language == "pl"
    assert found.foreign


def test_nothing_to_explain_is_refused() -> None:
    with pytest.raises(SignpostError, match="no words"):
        explain.run(Settings(), " / ")


def test_nothing_is_logged_of_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("DEBUG")
    explained("unmistakable words")
    captured = capsys.readouterr()
    assert "unmistakable" not in captured.out + captured.err
