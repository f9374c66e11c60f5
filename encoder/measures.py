"""How well a model reads the validation voices."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Labels:
    """The truth, one entry a message; -1 where a head has nothing to say."""

    route: NDArray[np.int64]
    danger: NDArray[np.bool_]
    speaker: NDArray[np.int64]
    about: NDArray[np.int64]
    when: NDArray[np.int64]
    urgent_route: int


@dataclass(frozen=True)
class Figures:
    """Shares between 0 and 1. 'false_alarms_at_95' is the share of calm messages above the score that 95 % of the
    messages with danger reach; 'recall_at_5' the share of danger above the score that 5 % of calm messages pass."""

    messages: int
    danger_messages: int
    danger_auc: float
    false_alarms_at_90: float
    false_alarms_at_95: float
    false_alarms_at_98: float
    recall_at_5: float
    route: float
    route_without_urgent: float
    speaker: float
    about: float
    when: float

    def rounded(self) -> dict[str, float]:
        """For a file: four places."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def auc(scores: Floats, danger: NDArray[np.bool_]) -> float:
    """Area under the curve: the chance that a message with danger scores above a calm one (ties count half)."""
    calm = np.sort(scores[~danger])
    below = np.searchsorted(calm, scores[danger], side="left")
    upto = np.searchsorted(calm, scores[danger], side="right")
    return float((below + upto).mean() / 2 / len(calm))


def false_alarms(scores: Floats, danger: NDArray[np.bool_], recall: float) -> float:
    """Share of calm messages at or above the highest threshold that still finds `recall` of the danger."""
    found = np.sort(scores[danger])[::-1]
    threshold = found[int(np.ceil(recall * len(found))) - 1]
    return float((scores[~danger] >= threshold).mean())


def recall_at(scores: Floats, danger: NDArray[np.bool_], alarms: float) -> float:
    """Share of danger found at the lowest threshold that `alarms` of the calm messages pass at most."""
    calm = np.sort(scores[~danger])[::-1]
    return float((scores[danger] > calm[int(alarms * len(calm))]).mean())


def _accuracy(logits: Floats, truth: NDArray[np.int64]) -> float:
    known = truth >= 0
    return float((logits.argmax(-1) == truth)[known].mean())


def measure(outputs: Mapping[str, Floats], labels: Labels) -> Figures:
    """Logits by output name, [n] or [n, classes] -> Figures."""
    danger = outputs["danger"]
    return Figures(
        messages=len(labels.danger),
        danger_messages=int(labels.danger.sum()),
        danger_auc=auc(danger, labels.danger),
        false_alarms_at_90=false_alarms(danger, labels.danger, 0.90),
        false_alarms_at_95=false_alarms(danger, labels.danger, 0.95),
        false_alarms_at_98=false_alarms(danger, labels.danger, 0.98),
        recall_at_5=recall_at(danger, labels.danger, 0.05),
        route=_accuracy(outputs["route"], labels.route),
        route_without_urgent=_accuracy(outputs["route"], np.where(labels.route == labels.urgent_route, -1, labels.route)),
        speaker=_accuracy(outputs["speaker"], labels.speaker),
        about=_accuracy(outputs["about"], labels.about),
        when=_accuracy(outputs["when"], labels.when),
    )


def table(rows: Sequence[tuple[str, Figures]]) -> str:
    """Figures as a Markdown table, one row each."""
    names = [name for name in asdict(rows[0][1]) if not name.endswith("messages")]
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for title, figures in rows:
        values = figures.rounded()
        lines.append(f"| {title} | " + " | ".join(f"{values[name]:.4f}" for name in names) + " |")
    return "\n".join(lines)
