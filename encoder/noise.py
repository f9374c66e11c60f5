"""Small damage done to training texts, so that a typo or capitals do not change what is understood.

Text-speak is no part of it: bot/nlu/normalise.py writes that out, in training as in use.
"""

import random
import re
from dataclasses import dataclass

# A slip of the thumb lands on a neighbour on the keyboard.
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {letter: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in _ROWS for i, letter in enumerate(row)}


@dataclass(frozen=True)
class Noise:
    """How often each kind of damage is done, as a share of texts; typos then hit one word in ten."""

    lower: float = 0.3
    no_punctuation: float = 0.2
    typos: float = 0.3
    capitals: float = 0.03
    joins: float = 0.0


def _typo(word: str, chance: random.Random) -> str:
    """One edit inside a word: drop, swap, double or hit the neighbouring key."""
    i = chance.randrange(len(word))
    kind = chance.randrange(4)
    if kind == 0:
        return word[:i] + word[i + 1 :]
    if kind == 1 and i + 1 < len(word):
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    if kind == 2:
        return word[: i + 1] + word[i:]
    near = _NEIGHBOURS.get(word[i].lower())
    return word[:i] + chance.choice(near) + word[i + 1 :] if near else word


def damage(text: str, noise: Noise, chance: random.Random) -> str:
    """A text -> the same text as somebody hurried would type it. Never empty if the text was not."""
    words = text.split(" ")
    if chance.random() < noise.typos:
        # Words of three letters and less carry no slack: 'no' misspelt is another word.
        words = [_typo(w, chance) if len(w) > 3 and chance.random() < 0.1 else w for w in words]
    if chance.random() < noise.joins and len(words) > 3:
        i = chance.randrange(len(words) - 1)
        words[i : i + 2] = [words[i] + words[i + 1]]
    damaged = " ".join(words)
    if chance.random() < noise.no_punctuation:
        damaged = re.sub(r"[^\w\s]", "", damaged)
    if chance.random() < noise.lower:
        damaged = damaged.lower()
    elif chance.random() < noise.capitals:
        damaged = damaged.upper()
    return damaged if damaged.strip() else text
