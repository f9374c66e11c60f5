"""bot.nlu.spelling: unknown words brought back to known ones, known ones left alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.spelling import OWN_WORDS, letters_joined, mended


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("knnife", "knife"),
        ("KNNIFE", "knife"),
        ("mmy", "my"),
        ("ddad", "dad"),
        ("heree", "here"),
        ("schooll", "school"),
        ("kn1fe", "knife"),
        ("h3lp", "help"),
        ("\u0430ttack", "attack"),
        ("kni\u0192e", "kni\u0192e"),
    ],
)
def test_mended(typed: str, read: str) -> None:
    assert mended(typed) == read


@pytest.mark.parametrize(
    "word", ["off", "too", "soon", "book", "coffee", "Anna", "ps5", "y3", "1st", "4th", "mp3", "covid19", "xyzzyq", "", "7"]
)
def test_left_alone(word: str) -> None:
    assert mended(word) == word


def test_dialect_and_british_spelling_are_left_alone() -> None:
    assert [w for w in OWN_WORDS if mended(w) != w] == []


def test_listed_words_are_known() -> None:
    assert mended("wontt", {"wont"}) == "wont"


@given(st.text(max_size=40))
def test_mending_again_changes_nothing(word: str) -> None:
    assert mended(mended(word)) == mended(word)


@pytest.mark.parametrize("word", ["aa" * 2000, "ab" * 2000, "aabbccddeeffgghhiijj"])
def test_a_long_word_is_read_quickly(word: str) -> None:
    begin = time.perf_counter()
    mended(word)
    assert time.perf_counter() - begin < 0.5


@pytest.mark.parametrize(
    ("line", "joined"),
    [
        ("h e l p  m e", "help  m e"),
        ("h.e.l.p me", "help me"),
        ("h-e-l-p", "help"),
        ("a b c", "a b c"),
        ("i u x x", "iuxx"),
        ("u r ok", "u r ok"),
        ("he is 5 f t 2", "he is 5 f t 2"),
    ],
)
def test_letters_typed_one_by_one(line: str, joined: str) -> None:
    assert letters_joined(line) == joined
