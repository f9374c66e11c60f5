"""bot.nlu.normalise: one spelling for what people type in many, and the parts of a long message."""

import itertools
import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu import corpus
from bot.nlu.normalise import MOST_PARTS, PART_WORDS, SHORT_WORDS, TEXT_SPEAK, normalise, parts

LONGEST = 4_000
DATA = Path(__file__).parents[2] / "data" / "nlu"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("hes in my room", "he's in my room"),
        ("u ok m8", "you ok mate"),
        ("IM ok", "i'm ok"),
        ("he’s here", "he's here"),
        ("pls help rn", "please help right now"),
        ("some1 sed 2nite", "someone said tonight"),
        ("helpppppp", "help"),
        ("nooooo!!!!!!!", "noo!!!"),
        ("hhes got a knnife", "he's got a knife"),
        ("i cannt brreathe, he wonntt stopp", "i can't breathe, he won't stop"),
        ("doonn't", "don't"),
        ("kn1fe h3lp", "knife help"),
        ("ps5 y3 1st 2day", "ps5 y3 1st today"),
        ("hеlp mе", "help me"),
        ("допомога", "допомога"),
        ("h e l p  me", "help me"),
        ("h.e.l.p", "help"),
        ("in class a b c", "in class a b c"),
        ("oot the hoose noo", "oot the hoose noo"),
        ("the counsellor", "the counsellor"),
        ("bookkeeper", "bookkeeper"),
        ("wait.......", "wait..."),
        ("  too   many\tspaces ", "too many spaces"),
        ("one\n\n two\r\nthree", "one\ntwo\nthree"),
        ("ｈｅｌｐ", "help"),
        ("cafe\u0301", "café"),
        ("he\u200blp", "help"),
        ("\u202ehelp\u202c", "help"),
        ("help\x00me", "help me"),
        ("2 n 4 stay", "2 n 4 stay"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_one_spelling(typed: str, read: str) -> None:
    assert normalise(typed) == read


def test_emoji_become_their_words() -> None:
    assert normalise("im sad😭help") == "i'm sad help"
    assert normalise("🔪") == "kitchen knife"
    assert normalise("hes got a 🔪 im scared") == "he's got a kitchen knife i'm scared"
    assert normalise("im going to kill him 😂") == "i'm going to kill him face with tears of joy"


def test_a_sad_emoji_is_left_out_where_words_are() -> None:
    assert normalise("my dad 😭 is here 🙏💔") == "my dad is here"
    assert normalise("😭😭") == "loudly crying face loudly crying face"


def test_flags_become_their_words() -> None:
    assert normalise("🏴󠁧󠁢󠁷󠁬󠁳󠁿") == "Wales"


def test_words_that_look_like_text_speak_stay_inside_others() -> None:
    assert normalise("surgery cosy purse") == "surgery cosy purse"


def test_no_entry_of_text_speak_is_written_out_into_another() -> None:
    for short, meant in TEXT_SPEAK.items():
        assert normalise(short) == meant
        assert normalise(meant) == meant


def test_a_lone_surrogate_is_taken() -> None:
    assert normalise("help \ud83d me").startswith("help ")


@given(st.text(max_size=300))
def test_any_text_is_taken_and_comes_out_clean(text: str) -> None:
    read = normalise(text)
    read.encode("utf-8")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u200b\u200e\u200f\u202a-\u202e\ufeff]", read)
    assert not re.search(r" {2}|^\s|\s$|\n{2}", read)
    assert unicodedata.is_normalized("NFKC", read) or not text.isascii()


@given(st.text(max_size=200))
def test_any_text_has_parts(text: str) -> None:
    assert all(part.strip() for part in parts(normalise(text)))


def test_normalising_again_changes_nothing_in_what_people_type() -> None:
    for example in corpus.read(DATA)[::4]:
        read = normalise(example.text)
        assert normalise(read) == read


@pytest.mark.parametrize(
    "text", ["a" * LONGEST, "😭" * LONGEST, "!" * LONGEST, "im " * (LONGEST // 3), "\u200b" * LONGEST, "\n" * LONGEST]
)
def test_the_longest_text_is_read_quickly(text: str) -> None:
    began = time.process_time()
    parts(normalise(text))
    assert time.process_time() - began < 0.25


def test_a_short_message_has_no_parts() -> None:
    assert parts("hes got a knife. help. please come") == []
    assert parts("word " * SHORT_WORDS) == []


def test_a_long_message_is_cut_at_sentences_and_lines() -> None:
    text = "i went to school today and it was fine\nmy mum is on the floor and she won't wake up! what do i do now please"
    assert parts(text) == [
        "i went to school today and it was fine",
        "my mum is on the floor and she won't wake up!",
        "what do i do now please",
    ]


def test_a_very_short_sentence_is_read_with_the_one_before() -> None:
    text = "i went to school today and then i walked the long way home. he was there. again. it was the man from the shop again"
    assert parts(text)[0].endswith("home. he was there. again.")


def test_where_no_full_stop_helps_parts_overlap() -> None:
    words = [f"word{n}" for n in range(100)]
    found = parts(" ".join(words))
    assert all(len(part.split()) <= PART_WORDS for part in found)
    assert set(" ".join(found).split()) == set(words)
    assert all(set(a.split()) & set(b.split()) for a, b in itertools.pairwise(found))


def test_one_sentence_that_fits_one_part_is_read_whole() -> None:
    assert parts(" ".join(f"w{n}" for n in range(SHORT_WORDS + 2))) == []


@pytest.mark.parametrize("words", range(4, 24, 3))
def test_all_of_the_longest_message_is_in_its_parts(words: int) -> None:
    """The web channel promises to read 4,000 characters sentence by sentence, whatever the length of the sentences."""
    sentences: list[str] = []
    while len(" ".join(sentences)) < LONGEST - 150:
        sentences.append(" ".join(f"calm{len(sentences)}x{n}" if n == 0 else "then" for n in range(words)) + ".")
    sentences.append("right at the end hes got a nife.")
    text = " ".join(sentences)
    assert len(text) <= LONGEST
    found = parts(text)
    assert any("he's got a nife" in part or "hes got a nife" in part for part in found)
    assert {word for sentence in sentences for word in sentence.split()} <= {word for part in found for word in part.split()}


def test_parts_are_bounded() -> None:
    assert len(parts("hit me now please. " * (LONGEST // 19))) <= max(MOST_PARTS, LONGEST // PART_WORDS)
