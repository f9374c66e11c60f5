"""Variants: one message typed in other ways that mean the same, to see whether it is still understood.

Apart from the training's own noise (encoder/noise.py) and from the normaliser's list, on purpose: a measure that used
either would only show that a table was read back.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

#: Seeds every choice together with the text, so that a run can be repeated message by message.
SEED = 20
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

#: Short forms as young people type them; some of them the normaliser knows, some it does not.
TEXT_SPEAK: Mapping[str, str] = {
    "you": "u", "your": "ur", "are": "r", "to": "2", "for": "4", "be": "b", "see": "c", "why": "y", "and": "n",
    "the": "da", "with": "wiv", "what": "wot", "because": "cuz", "please": "plz", "people": "ppl", "have": "hav",
    "he's": "hes", "she's": "shes", "i'm": "im", "don't": "dnt", "can't": "cnt", "won't": "wnt", "tonight": "2nite",
    "tomorrow": "2moro", "before": "b4", "someone": "sum1", "something": "sumfin", "nothing": "nuffin", "think": "fink",
    "message": "msg", "know": "no", "going": "goin", "coming": "comin", "doing": "doin", "back": "bk", "just": "jst",
    "about": "bout", "that": "dat", "this": "dis", "them": "dem", "there": "der", "my": "ma", "school": "skl",
    "friend": "m8", "brother": "bro", "sister": "sis", "boyfriend": "bf", "girlfriend": "gf", "really": "rly",
    "anyone": "ne1", "thanks": "thx", "is": "iz", "was": "woz", "like": "lyk", "time": "tym", "night": "nite",
}  # fmt: skip
_EMOJI = ("😭", "🥺", "😔", "🙏", "😳", "💔")


def misspelt(text: str, chance: random.Random) -> str:
    """One edit in one word of four letters or more (in any word where there is none): drop, swap, double or replace."""
    words = list(_WORD.finditer(text))
    long = [m for m in words if len(m.group()) > 3] or words
    if not long:
        return text
    match = chance.choice(long)
    word = match.group()
    i = chance.randrange(len(word))
    kind = chance.randrange(4)
    if kind == 0 and len(word) > 1:
        word = word[:i] + word[i + 1 :]
    elif kind == 1 and i + 1 < len(word):
        word = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    elif kind == 2:
        word = word[: i + 1] + word[i:]
    else:
        word = word[:i] + chance.choice(_LETTERS) + word[i + 1 :]
    return text[: match.start()] + word + text[match.end() :]


def in_capitals(text: str, _chance: random.Random) -> str:
    """All of it in capitals."""
    return text.upper()


def unpunctuated(text: str, _chance: random.Random) -> str:
    """Without punctuation, apostrophes and line breaks; a text of nothing else stays."""
    return " ".join(re.sub(r"[^\w\s]|_", "", text).split()) or text


def with_emoji(text: str, chance: random.Random) -> str:
    """With one to three emoji at the end, and one in the middle of a longer text."""
    words = text.split(" ")
    if len(words) > 6:
        words.insert(chance.randrange(3, len(words) - 2), chance.choice(_EMOJI))
    return " ".join(words) + " " + chance.choice(_EMOJI) * chance.randint(1, 3)


def text_speak(text: str, _chance: random.Random) -> str:
    """With every word that has one in its short form, in lower case."""
    return _WORD.sub(lambda m: TEXT_SPEAK.get(m.group().lower().replace("’", "'"), m.group().lower()), text)


def doubled(text: str, chance: random.Random) -> str:
    """With one letter doubled in a third of the words, in one of them at least."""
    words = list(_WORD.finditer(text))
    chosen = {m.start() for m in words if chance.random() < 1 / 3} or {m.start() for m in words[:1]}

    def double(match: re.Match[str]) -> str:
        word = match.group()
        if match.start() not in chosen:
            return word
        i = chance.randrange(len(word))
        return word[: i + 1] + word[i:]

    return _WORD.sub(double, text)


#: Every variant by its name in the report.
VARIANTS: Mapping[str, Callable[[str, random.Random], str]] = {
    "misspelt by one edit": misspelt,
    "in capitals": in_capitals,
    "without punctuation": unpunctuated,
    "with emoji": with_emoji,
    "in text-speak": text_speak,
    "with doubled letters": doubled,
}


def variant(name: str, text: str, seed: int = SEED) -> str:
    """`text` as the named variant; the same text and seed always give the same."""
    return VARIANTS[name](text, random.Random(f"{seed}/{name}/{text}"))  # noqa: S311
