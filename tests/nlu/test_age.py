"""bot.nlu.age: a stated age decides which lines a speaker may be given, so what is no age must not pass for one."""

import pytest

from bot.nlu.age import ADULT_FROM, speaker_by_age, stated_age
from bot.nlu.normalise import normalise


@pytest.mark.parametrize(
    ("typed", "age"),
    [
        ("im 13", 13),
        ("I am 19", 19),
        ("IM 15", 15),
        ("i'm 9", 9),
        ("i’m 16", 16),
        ("i m 11", 11),
        ("im only 8", 8),
        ("im just 12", 12),
        ("im nearly 12", 12),
        ("im like 14", 14),
        ("hi im katie and im 12", 12),
        ("im 13. help", 13),
        ("i am 12 years old", 12),
        ("im 13 n a half", 13),
        ("i am a 45 year old man", 45),
        ("i'm a 13 year old girl", 13),
        ("13 year old girl here", 13),
        ("im 13yo", 13),
        ("im 11yrs", 11),
        ("im 8yrs old", 8),
        ("i am fourteen", 14),
        ("im twelve", 12),
        ("i just turned 13", 13),
        ("ive just turned 13", 13),
        ("aged 17", 17),
        ("age 14", 14),
        ("im 17 & pregnant", 17),
        ("my son is 9 and im 34", 34),
        ("im 13 and my sister is 7", 13),
        ("i am 16 and he is 40", 16),
        ("i was 12 when it happened im 30 now", 30),
        ("im 18", 18),
    ],
)
def test_a_stated_age(typed: str, age: int) -> None:
    assert stated_age(normalise(typed)) == age


@pytest.mark.parametrize(
    "typed",
    [
        "hello",
        "",
        "my brother is 12",
        "she is 13",
        "my son is 9",
        "a 14 year old boy hit my daughter",
        "when i was 12",
        "im 10 minutes away",
        "im 5 months pregnant",
        "im 16 weeks",
        "im 2 weeks late",
        "im 24 hours in",
        "im 13 stone",
        "im 15 miles out",
        "im 20 quid short",
        "im 10 steps from him",
        "im 6 foot 2",
        "im 5ft",
        "im 50% sure",
        "im 100% sure",
        "im 10/10",
        "im 7:30",
        "im in year 9",
        "im number 10",
        "im in room 12",
        "im at 15 high street",
        "im the 13th",
        "im 200",
        "im 3",
        "im 10k down",
        "he is 45",
        "call 101",
        "i need 999",
        "im 30 seconds from home",
        "im 12 hours clean",
        "im 19th in the queue",
    ],
)
def test_what_is_no_age_of_the_speaker(typed: str) -> None:
    assert stated_age(normalise(typed)) is None


@pytest.mark.parametrize(
    ("age", "speaker"), [(5, "young"), (11, "young"), (17, "young"), (18, "young"), (19, "adult"), (20, "adult"), (80, "adult")]
)
def test_eighteen_is_childlines_and_nineteen_is_not(age: int, speaker: str) -> None:
    assert ADULT_FROM == 19
    assert speaker_by_age(f"i am {age}") == speaker


def test_without_an_age_nothing_is_said() -> None:
    assert speaker_by_age("my daughter is 15") is None


@pytest.mark.parametrize("typed", ["im 24 with a kid and on the news im 14 in that car again", "im 20. no sorry im 15"])
def test_two_ages_on_both_sides_of_the_line_tell_nobody_s(typed: str) -> None:
    assert speaker_by_age(normalise(typed)) is None


def test_two_ages_on_one_side_agree() -> None:
    assert speaker_by_age(normalise("im 12 im 13 in may")) == "young"


def test_days_in_words_are_no_age() -> None:
    assert speaker_by_age(normalise("I'm eleven days in his cousin's upstairs room")) is None
