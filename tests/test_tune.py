"""Tuning keeps to its shares, prefers the better reader, and changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toy_model import EXAMPLES, WEIGHTS, readers

from bot import tune
from bot.evidence import Said
from bot.nlu.corpus import Example

RANDOM = np.random.default_rng(20)


def message(danger: bool, of_encoder: float, of_ngrams: float, netted: bool = False) -> tune.Message:
    """A message of which only the opinions on danger matter."""
    said = Said(("text",), np.array([of_encoder]), np.array([of_ngrams]), np.zeros(2), np.zeros(2), {}, {})
    example = Example("text", "urgent_danger" if danger else "bullying", danger, "young", "self", "now", "voice")
    return tune.Message(example, said, netted)


#: The encoder knows a little, the n-grams nothing.
KNOWN = [message(d, float(RANDOM.normal() + 3 * d), float(RANDOM.normal())) for d in [True] * 150 + [False] * 350]


def test_a_reader_that_knows_nothing_weighs_little() -> None:
    weight, _margin, table = tune.tune_danger(KNOWN)
    assert weight <= 0.3
    assert [t.value for t in table] == list(tune.WEIGHTS)


def test_thresholds_keep_calm_messages_within_their_shares() -> None:
    check, urgent = tune.thresholds(KNOWN, WEIGHTS)
    calm = [m for m in KNOWN if not m.example.danger]
    p = tune.probabilities(calm, WEIGHTS)
    assert 0 < check <= urgent < 1
    assert (p >= check).mean() <= tune.MOST_FLAGGED
    assert (p >= urgent).mean() <= tune.MOST_ALARMED


def test_messages_the_net_caught_count_as_flagged() -> None:
    caught = [replace(m, netted=not m.example.danger and n % 10 == 0) for n, m in enumerate(KNOWN)]
    assert tune.thresholds(caught, WEIGHTS)[0] > tune.thresholds(KNOWN, WEIGHTS)[0]


def test_everything_chosen_is_printed_for_the_configuration() -> None:
    tuned = tune.tune(readers(), WEIGHTS, EXAMPLES)
    assert tuned.figures_after.auc == 1.0
    words = tune.in_words(tuned)
    for name in ("ngrams", "part_margin", "slope", "offset", "check", "urgent"):
        assert f"  {name}: " in words
    assert tuned.before == WEIGHTS


def test_messages_in_another_language_are_left_to_the_guard() -> None:
    polish = Example("ktoś mnie bije i nie wiem co robić, proszę o pomoc", "other_language", False, "young", "self", "now", "v")
    assert len(tune.messages(readers(), [*EXAMPLES, polish])) == len(EXAMPLES)


def test_facts_are_counted_where_the_text_shows_them() -> None:
    hidden = replace(EXAMPLES[0], speaker="unknown")
    rates = tune.facts_right(tune.messages(readers(), [hidden, *EXAMPLES[1:]]), readers(), 0.5)
    assert rates["speaker"].of == len(EXAMPLES) - 1
    assert rates["when"].percent == pytest.approx(100)
