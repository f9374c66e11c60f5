"""Spelling: words that nobody knows, brought back to words that are known, where there is one plain way to.

Doubled letters ("knnife"), digits for letters ("kn1fe"), letters of another alphabet that look the same, and letters typed
one by one ("h e l p"). What is known is the encoder's own vocabulary: a word it holds is never changed, and a word that
cannot be mended stays as it was typed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container
from functools import cache
from itertools import combinations
from pathlib import Path

VOCABULARY = Path(__file__).resolve().parent.parent.parent / "encoder" / "tokenizer.json"

#: Words with a doubled letter that the vocabulary, which is American and bookish, does not hold: no slip of the thumb.
OWN_WORDS = frozenset({
    "abba", "abbu", "aff", "ahh", "amma", "ammi", "aww", "bff", "bonny", "boob", "caff", "cctv", "chilli", "comma",
    "counselling", "counsellor", "counsellors", "daal", "dialled", "dinna", "doon", "een", "gorra", "hoon", "hoose",
    "hoovered", "hoovering", "inna", "jinn", "laddies", "latte", "loo", "loos", "marra", "marvellous", "matted",
    "morra", "naan", "nanna", "neet", "neets", "noo", "noone", "ooh", "oops", "oor", "oot", "opps", "pcc", "peep",
    "poo", "roon", "shh", "shoo", "sshh", "toon", "wees",
})  # fmt: skip

#: Letters of other alphabets that look like Latin ones: mended only in a word that holds Latin letters too.
_LOOK_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u04bb\u0501\u03b1\u03bf\u03c1\u03c5\u03b9\u03ba\u03bd",
    "aeopcyxisjhdaopuikv",
)
_LATIN, _OTHER = re.compile(r"[A-Za-z]"), re.compile(r"[\u0370-\u052f]")
#: Digits that stand for letters; only inside a word, because "y3", "ps5" and "1st" are what they say.
_DIGITS = str.maketrans("013457", "oieast")
_DIGIT_INSIDE = re.compile(r"[a-z]+[013457][a-z013457]*[a-z]")
_DOUBLE = re.compile(r"([^\W\d_])\1")
#: More doubled letters than this in one word are no slip.
MOST_DOUBLES = 5
#: Four letters or more typed one by one, with the same one character between them; two spaces part the words.
_ONE_BY_ONE = re.compile(r"(?<!\w)[^\W\d_](?P<gap>[ .\-*])[^\W\d_](?:(?P=gap)[^\W\d_]){2,}(?!\w)")


@cache
def _ranks() -> dict[str, int]:
    """Every whole word the encoder knows and its place by how common it is, 0 the commonest."""
    known = json.loads(VOCABULARY.read_text(encoding="utf-8"))["model"]["vocab"]
    words = (w for w in sorted(known, key=known.__getitem__) if w.isalpha() and (len(w) > 1 or w in "ai"))
    return {word: place for place, word in enumerate(words)}


def _undoubled(word: str, listed: Container[str]) -> str | None:
    """The known word with the fewest doubled letters made single, the commonest of those; None where there is none."""
    places = [m.start() for m in _DOUBLE.finditer(word)]
    if len(places) > MOST_DOUBLES:
        return None
    for many in range(1, len(places) + 1):
        found = ("".join(c for i, c in enumerate(word) if i not in chosen) for chosen in combinations(places, many))
        known = [w for w in found if w in listed or w in _ranks()]
        if known:
            return min(known, key=lambda w: _ranks().get(w, 0))
    return None


def mended(word: str, listed: Container[str] = ()) -> str:
    """`word`, a run of letters and digits, as a known word where it plainly is one; else as it is.

    `listed` holds more words that are known, in lower case. A word mended of its doubled letters or digits comes back in
    lower case.
    """
    plain = word.translate(_LOOK_ALIKE) if _LATIN.search(word) and _OTHER.search(word) else word
    low = plain.lower()
    if low in _ranks() or low in OWN_WORDS:
        return plain
    if _DIGIT_INSIDE.fullmatch(low):
        letters = low.translate(_DIGITS)
        return letters if letters in _ranks() else plain
    return _undoubled(low, listed) or plain


def letters_joined(line: str) -> str:
    """A line in which letters typed one by one are words again."""
    return _ONE_BY_ONE.sub(lambda m: m.group().replace(m["gap"], ""), line)
