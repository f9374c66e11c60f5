"""Messages fall into groups by what they are about and how long they are."""

from __future__ import annotations

import pytest
from test_outcome import CALM, GOOD, URGENT_TURN, made

from bot import groups


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("hes got a nife", "weapon"),
        ("she took all her tablets", "overdose, poison"),
        ("my baby isnt breathing", "not breathing, hurt"),
        ("a van keeps following me", "followed, taken, car"),
        ("they have my passport and wont let me go", "locked in, sent abroad"),
        ("something is about to happen", "other"),
    ],
)
def test_topics_are_guessed_from_words(text: str, topic: str) -> None:
    assert groups.topic(text) == topic


@pytest.mark.parametrize(
    ("words", "name"), [(1, "1 to 5 words"), (6, "6 to 10 words"), (40, "21 to 40 words"), (41, "41 words or more")]
)
def test_lengths(words: int, name: str) -> None:
    assert groups.length("word " * words) == name


def test_a_rate_for_each_group_the_largest_first() -> None:
    found = [made(CALM, GOOD), made(CALM, GOOD), made(CALM, URGENT_TURN)]
    rates = groups.grouped(found, lambda e: e.speaker, lambda o: o.right)
    assert {name: (r.hits, r.of) for name, r in rates.items()} == {"young": (2, 3)}
