"""The arithmetic behind the model card: against figures known from elsewhere, and at the edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bot import measures
from bot.measures import Rate

RANDOM = np.random.default_rng(20)
POSITIVE = RANDOM.random(400) < 0.3
ODDS = RANDOM.normal(size=400) + 2 * POSITIVE


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # Newcombe 1998, table I, method 3.
    [(81, 263, 25.53, 36.62), (15, 148, 6.24, 16.05), (0, 20, 0.0, 16.11), (1, 29, 0.61, 17.18)],
)
def test_wilson_as_published(hits: int, of: int, low: float, high: float) -> None:
    assert measures.wilson(hits, of) == pytest.approx((low, high), abs=0.01)


def test_no_messages_say_nothing() -> None:
    assert Rate(0, 0).interval == (0.0, 100.0)
    assert Rate(0, 0).percent == 0.0


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_rate(hits: int, of: int) -> None:
    rate = Rate(min(hits, of), of)
    low, high = rate.interval
    assert 0 <= low <= rate.percent + 1e-9
    assert rate.percent - 1e-9 <= high <= 100


def test_a_rate_in_words_and_json() -> None:
    rate = Rate.counted([True, False, False, False])
    assert str(rate) == "25.0 % (4.6 to 69.9; 1 of 4)"
    assert rate.as_json() == {"percent": 25.0, "low": 4.6, "high": 69.9, "hits": 1, "of": 4}


def test_area_under_the_curve() -> None:
    assert measures.auc(ODDS, POSITIVE) == pytest.approx(roc_auc_score(POSITIVE, ODDS))
    tied = np.zeros(4)
    assert measures.auc(tied, np.array([True, True, False, False])) == 0.5


def test_alarms_at_a_recall() -> None:
    scores = np.array([0.9, 0.8, 0.3, 0.5, 0.2])
    positive = np.array([True, True, True, False, False])
    assert measures.alarms_at(scores, positive, 0.6) == 0.0
    assert measures.alarms_at(scores, positive, 1.0) == 0.5


def test_the_lowest_threshold_keeps_to_the_share() -> None:
    scores = np.linspace(0, 0.99, 100)
    found = measures.lowest_threshold(scores, 0.12)
    assert (scores >= found).mean() <= 0.12
    assert (scores >= found - 0.001).mean() > 0.12
    assert measures.lowest_threshold(np.ones(10), 0.5) == 0.999


def test_platt_is_logistic_regression_with_softer_targets() -> None:
    slope, offset = measures.platt(ODDS, POSITIVE)
    plain = LogisticRegression(C=1e9).fit(ODDS[:, None], POSITIVE)
    assert slope == pytest.approx(plain.coef_[0, 0], rel=0.05)
    assert offset == pytest.approx(plain.intercept_[0], rel=0.05)


def test_platt_where_the_odds_part_everything() -> None:
    slope, offset = measures.platt(np.array([-3.0, -2.0, 2.0, 3.0]), np.array([False, False, True, True]))
    assert 0 < slope < 10
    assert math.isfinite(offset)


def test_calibrated_odds_have_a_small_error_and_doubled_ones_a_larger() -> None:
    slope, offset = measures.platt(ODDS, POSITIVE)
    good = measures.sigmoid(slope * ODDS + offset)
    bold = measures.sigmoid(4 * (slope * ODDS + offset))
    errors = [measures.calibration_error(measures.calibration(p, POSITIVE)) for p in (good, bold)]
    assert errors[0] < errors[1]
    assert measures.log_loss(good, POSITIVE) < measures.log_loss(bold, POSITIVE)


def test_the_calibration_table_counts_each_message_once() -> None:
    table = measures.calibration(np.array([0.0, 0.05, 0.95, 1.0]), np.array([False, True, True, True]))
    assert [(b.low, b.messages, b.true) for b in table] == [(0.0, 2, 0.5), (0.9, 2, 1.0)]
    assert measures.calibration_error([]) == 0.0


def test_sigmoid_of_any_size() -> None:
    assert measures.sigmoid(np.array([-1e9, 0.0, 1e9])) == pytest.approx([0, 0.5, 1])
