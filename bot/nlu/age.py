"""A stated age: "im 13", "I am 19", "13 year old girl". It decides which lines a speaker may be given."""

from __future__ import annotations

import re

#: Childline is for people under 19 (its own limit); 19 and over is an adult here.
ADULT_FROM = 19
#: Ages a person who types may have; a number outside is something else (minutes, a shoe size, a year).
YOUNGEST, OLDEST = 5, 110

# "i'm 13" but not "i'm 10 minutes away", "i'm 5 months pregnant", "i'm 15 miles out", "i'm 13 stone".
_OTHER_UNIT = (
    r"(?!\s*(?:%|/|:|\.\d|st\b|nd\b|rd\b|th\b|ft\b|k\b|sec|min|mins|minute|hour|hr|day|week|month|mile|metre|meter|km|stone|kg|step|"
    r"stop|floor|foot|feet|quid|pound|percent|out\b|away|off|down|up\b))"
)
_STATED = re.compile(
    r"(?:\b(?:i am|i'm|i m|me is|i turned|i just turned|i've just turned|i'll be)\s*(?:only|just|a|now|nearly|almost|like)?\s*|^aged?\s*)"
    rf"(\d{{1,3}})(?:\s*(?:yo|yrs?|years?)\b|\b){_OTHER_UNIT}",
    re.IGNORECASE,
)
_HERE = re.compile(r"^(\d{1,2})\s*(?:year old|yr old|yo)?\s*(?:girl|boy|lad|lass|male|female|m|f) here\b", re.IGNORECASE)
_LAST_CENTURY = re.compile(r"\b19[3-9]\d\b")
_WORDS = ("five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen")
_NUMBER_WORDS = {word: n for n, word in enumerate(_WORDS, start=YOUNGEST)}
_STATED_WORD = re.compile(rf"\b(?:i am|i'm)\s*(?:only|just)?\s*({'|'.join(_NUMBER_WORDS)})\b{_OTHER_UNIT}", re.I)


def stated_ages(text: str) -> list[int]:
    """Every age in years that a normalised text states of the speaker.

    A text that names a year of the last century is remembering: "1986. I'm eight and he ties my laces" says no age.
    """
    if _LAST_CENTURY.search(text):
        return []
    ages = [int(m.group(1)) for m in _STATED.finditer(text)]
    ages += [int(m.group(1)) for m in _HERE.finditer(text)]
    ages += [_NUMBER_WORDS[m.group(1).lower()] for m in _STATED_WORD.finditer(text)]
    return [a for a in ages if YOUNGEST <= a <= OLDEST]


def stated_age(text: str) -> int | None:
    """The speaker's own age in years where a normalised text states it, else None. The last one said counts."""
    found = stated_ages(text)
    return found[-1] if found else None


def speaker_by_age(text: str) -> str | None:
    """`young` under 19, `adult` from 19, None where no age is stated.

    None, too, where both are: "im 24 ... and im 14 in the back of that car" remembers, "im 20 no im 15" corrects itself,
    and only asking tells which.
    """
    found = {"young" if age < ADULT_FROM else "adult" for age in stated_ages(text)}
    return found.pop() if len(found) == 1 else None
