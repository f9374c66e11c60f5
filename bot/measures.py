"""Figures for how well a model reads: rates with their intervals, curves and calibration. Pure arithmetic on arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: The normal quantile of a 95 % interval.
Z95 = 1.959964


@dataclass(frozen=True)
class Rate:
    """`hits` of `of` messages, as a percentage with its 95 % interval."""

    hits: int
    of: int

    @classmethod
    def counted(cls, outcomes: Sequence[bool]) -> Rate:
        """The rate of True among `outcomes`."""
        return cls(sum(outcomes), len(outcomes))

    @property
    def percent(self) -> float:
        """The percentage; 0 where nothing was counted."""
        return 100 * self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval in percent (Wilson's score interval, honest at 0 and 100 %, unlike p +- 1.96 s)."""
        return wilson(self.hits, self.of)

    def as_json(self) -> dict[str, Any]:
        """For a report: one decimal place of a percentage for the interval, two for the rate."""
        low, high = self.interval
        return {"percent": round(self.percent, 2), "low": round(low, 1), "high": round(high, 1), "hits": self.hits,
                "of": self.of}  # fmt: skip

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.percent:.1f} % ({low:.1f} to {high:.1f}; {self.hits} of {self.of})"


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % score interval (Wilson 1927) of `hits` in `of`, in percent; 0 to 100 where nothing was counted."""
    if of == 0:
        return 0.0, 100.0
    share, z2 = hits / of, Z95 * Z95
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    reach = Z95 / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return 100 * max(0.0, middle - reach), 100 * min(1.0, middle + reach)


def auc(scores: Floats, positive: Bools) -> float:
    """Area under the curve: the chance that a positive scores above a negative, ties counting half."""
    negatives = np.sort(scores[~positive])
    below = np.searchsorted(negatives, scores[positive], side="left")
    upto = np.searchsorted(negatives, scores[positive], side="right")
    return float((below + upto).mean() / 2 / len(negatives))


def alarms_at(scores: Floats, positive: Bools, recall: float) -> float:
    """The share of negatives at or above the highest threshold that still finds `recall` of the positives."""
    found = np.sort(scores[positive])[::-1]
    threshold = found[max(0, math.ceil(recall * len(found)) - 1)]
    return float((scores[~positive] >= threshold).mean())


def lowest_threshold(scores: Floats, most: float) -> float:
    """The lowest threshold in thousandths, below 1, that at most `most` (a share) of the scores reach.

    0.999 where none does.
    """
    for thousandths in range(1, 1000):
        if float((scores >= thousandths / 1000).mean()) <= most:
            return thousandths / 1000
    return 0.999


def sigmoid(odds: Floats) -> Floats:
    """Probability from log-odds, safe for any size."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -60, 60))), dtype=np.float64)


def platt(odds: Floats, positive: Bools, rounds: int = 100) -> tuple[float, float]:
    """The slope and offset that bring `odds` to probabilities (Platt 1999): sigmoid(slope * odds + offset).

    Targets are Platt's, (n+1)/(n+2) and 1/(n+2), so that a set which the odds part perfectly still has an answer.
    Newton's method with halved steps where a full one would overshoot (Lin, Lin and Weng 2007).
    """
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    target = np.where(positive, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
    columns = np.stack([odds.astype(np.float64), np.ones(len(odds))], axis=1)
    found = np.array([0.0, math.log((n_positive + 1) / (n_negative + 1))])

    def loss(values: Floats) -> float:
        z = columns @ values
        return float((np.logaddexp(0, z) - target * z).sum())

    now = loss(found)
    for _ in range(rounds):
        p = sigmoid(columns @ found)
        slope = columns.T @ (p - target)
        bend = (columns * (p * (1 - p))[:, None]).T @ columns + 1e-9 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while size > 1e-6 and loss(found - size * step) > now:
            size /= 2
        found = found - size * step
        after = loss(found)
        if now - after < 1e-9:
            break
        now = after
    return float(found[0]), float(found[1])


def log_loss(probabilities: Floats, positive: Bools) -> float:
    """The mean surprise, in nats, at what turned out to be true."""
    p = np.clip(probabilities, 1e-7, 1 - 1e-7)
    return float(-np.where(positive, np.log(p), np.log(1 - p)).mean())


@dataclass(frozen=True)
class Bin:
    """Messages given a probability from `low` to `high`: how many, their mean probability, the share that was true."""

    low: float
    high: float
    messages: int
    said: float
    true: float

    def as_json(self) -> dict[str, float]:
        """For a report: shares with three places."""
        return {"low": self.low, "high": self.high, "messages": self.messages, "said": round(self.said, 3),
                "true": round(self.true, 3)}  # fmt: skip


def calibration(probabilities: Floats, positive: Bools, bins: int = 10) -> list[Bin]:
    """The calibration table: as many bins of equal width as asked for, empty ones left out."""
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    return [
        Bin(b / bins, (b + 1) / bins, int(inside.sum()), float(probabilities[inside].mean()),
            float(positive[inside].mean()))
        for b in range(bins)
        if (inside := place == b).any()
    ]  # fmt: skip


def calibration_error(table: Sequence[Bin]) -> float:
    """Expected calibration error: the mean distance of what was said from what was true, weighed by messages."""
    total = sum(b.messages for b in table)
    return sum(b.messages * abs(b.said - b.true) for b in table) / total if total else 0.0
