"""Variants change how a message is typed and nothing else, the same way every time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.variants import VARIANTS, misspelt, variant

TEXT = "He's got a knife, and he is coming up the stairs to my room! Please help because I don't know what to do."


def edits(one: str, other: str) -> int:
    """Edits between two texts, a swap of neighbours counting as one (optimal string alignment)."""
    rows = [[i + j if i * j == 0 else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            same = one[i - 1] == other[j - 1]
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (not same))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_seed_gives_the_same_variant(name: str) -> None:
    assert variant(name, TEXT) == variant(name, TEXT)


@pytest.mark.parametrize("name", set(VARIANTS) - {"misspelt by one edit"})
def test_every_variant_differs_from_the_text(name: str) -> None:
    assert variant(name, TEXT) != TEXT


@given(st.integers(0, 10_000))
def test_misspelling_is_one_edit_at_most(seed: int) -> None:
    assert edits(TEXT, misspelt(TEXT, random.Random(seed))) <= 1


@given(st.text(max_size=60), st.sampled_from(sorted(VARIANTS)), st.integers(0, 99))
def test_any_text_has_every_variant(text: str, name: str, seed: int) -> None:
    assert isinstance(variant(name, text, seed), str)
    if text.strip():
        assert variant(name, text, seed)


def test_each_variant_by_example() -> None:
    assert variant("in capitals", "he's here") == "HE'S HERE"
    assert variant("without punctuation", "He's here! Now.\nHelp") == "Hes here Now Help"
    assert variant("in text-speak", "He's coming to my school tonight") == "hes comin 2 ma skl 2nite"
    assert len(variant("with doubled letters", "he is here")) > len("he is here")
    assert variant("with emoji", "he is here").startswith("he is here ")
