"""A reader of seven words, for tests of what is computed from readings rather than of the readings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.evidence import Evidence, Weights
from bot.nlu.corpus import Example
from bot.nlu.encoder import Encoded
from bot.nlu.linear import Linear
from bot.nlu.ngrams import ngrams

WEIGHTS = Weights(danger=0.5, route=0.25, speaker=0.5, slope=1.0, offset=0.0, part_margin=2.0, check=0.2, urgent=0.6)

#: text, route, danger, speaker, about, when
LABELLED = [
    ("he has a knife now", "urgent_danger", True, "young", "self", "now"),
    ("knife at my mum now", "urgent_danger", True, "young", "other", "now"),
    ("she took tablets with a knife", "urgent_danger", True, "adult", "other", "now"),
    ("girls at school call me names", "bullying", False, "young", "self", "now"),
    ("bullied at school every day", "bullying", False, "young", "self", "now"),
    ("my son is bullied at school", "bullying", False, "adult", "other", "now"),
    ("i feel sad all the time", "feeling_low", False, "adult", "self", "now"),
    ("so sad since years ago", "feeling_low", False, "adult", "self", "past"),
    ("sad about what happened years ago", "feeling_low", False, "young", "self", "past"),
]
EXAMPLES = [Example(*row, voice=f"voice{n}") for n, row in enumerate(LABELLED)]


class ToyEncoder:
    """Sees whether a text has 'knife', 'school', 'sad', 'son' and 'years' in it, and nothing else."""

    def __init__(self) -> None:
        self.labels = {"route": ["bullying", "feeling_low", "urgent_danger"], "speaker": ["young", "adult"],
                       "about": ["self", "other"], "when": ["now", "past"]}  # fmt: skip

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Log-odds of four for each word that is there, of minus four otherwise."""

        def column(word: str) -> np.ndarray:
            return np.array([4.0 if word in t.lower() else -4.0 for t in texts], dtype=np.float32)

        def two(word: str) -> np.ndarray:
            return np.stack([-column(word), column(word)], axis=1)

        return Encoded(
            route=np.stack([column("school"), column("sad"), column("knife")], axis=1),
            danger=column("knife")[:, None],
            speaker=two("son"),
            about=two("son"),
            when=two("years"),
        )


def linear_models() -> dict[str, Linear]:
    """N-gram classifiers trained on the nine messages."""
    rows = ngrams([e.text for e in EXAMPLES])
    labels = {
        "danger": ["danger" if e.danger else "calm" for e in EXAMPLES],
        "route": [e.route for e in EXAMPLES],
        **{fact: [getattr(e, fact) for e in EXAMPLES] for fact in ("speaker", "about", "when")},
    }
    return {name: Linear.train(rows, given, strength=10.0) for name, given in labels.items()}


def readers() -> Evidence:
    """Both readers."""
    return Evidence(linear_models(), ToyEncoder())
