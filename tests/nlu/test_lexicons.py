"""bot.nlu.lexicons: folding, the little language of phrases, and errors that say what to mend where."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.nlu import lexicons
from bot.nlu.language import detect
from bot.nlu.lexicons import LanguageError, Lexicon, fold, known_in, load
from bot.nlu.normalise import TEXT_SPEAK


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Zażółć GĘŚLĄ jaźń", "zazolc gesla jazn"),
        ("İstanbul'da ışık", "istanbul da isik"),
        ("j'ai 14ans!", "j ai 14 ans"),
        ("sœur, Straße", "soeur strasse"),
        ("עمري ١٤".replace("ע", "ع"), "عمري 14"),
        ("أُمّي  إلى مدرسة", "امي الي مدرسه"),
        ("نمی\u200cتوانم", "نميتوانم"),
        ("ਮੈਂ ੧੬ ਸਾਲ", "ਮੈਂ 16 ਸਾਲ"),
        ("ੜ ਖ਼ੂਨ", "ੜ ਖੂਨ"),
        ("ʼбʼє", "б є"),
        ("ｋｎｉｆｅ", "knife"),
        ("u2 3omri", "u2 3omri"),
        ("...!?", ""),
        ("", ""),
    ],
)
def test_fold(typed: str, folded: str) -> None:
    assert fold(typed) == folded


def test_folding_twice_changes_nothing() -> None:
    for lexicon in lexicons.lexicons().values():
        for block in lexicon.blocks.values():
            assert fold(fold(block)) == fold(block)


def phrase(written: str, name: str = "danger", **blocks: str) -> Lexicon:
    return Lexicon("xx", "Test", {"name": "Test", name: written, **blocks}, {})


@pytest.mark.parametrize(
    ("written", "text", "stands"),
    [
        ("nie oddycha", "on nie oddycha teraz", True),
        ("nie oddycha", "nie juz oddycha", False),
        ("nie oddych*", "nie oddychala", True),
        ("*dych*", "oddychala", True),
        ("noz", "noze", False),
        ("noz/nóż/siekiera", "ma nóż", True),
        ("zamknal .. drzwi", "zamknal na klucz drzwi", True),
        ("zamknal .. drzwi", "zamknal drzwi", True),
        ("zamknal .. drzwi", "zamknal nas tu i stoi pod drzwiami drzwi", False),
        ("policja + szybko", "szybko potrzebna policja", True),
        ("policja + szybko", "policja", False),
        ("ma bron_palna/noz", "ma bron palna", True),
        ("ma bron_palna/noz", "ma bron", False),
        ("mam # lat", "mam 13 lat", True),
        ("j'ai peur", "jai peur", False),
        ("j'ai peur", "J’AI PEUR", True),
    ],
)
def test_phrases(written: str, text: str, stands: bool) -> None:
    lexicon = phrase(written)
    assert lexicon.shows("danger", lexicon.folded(text)) == stands


def test_letters_may_come_between_where_there_are_no_spaces() -> None:
    lexicon = phrase("锁 .. 房间", spaces="none")
    assert lexicon.shows("danger", lexicon.folded("他锁住 我的房间"))
    assert not lexicon.shows("danger", lexicon.folded("锁一二三四五六七房间"))


def test_prefixes_may_stand_before_a_word() -> None:
    lexicon = phrase("بيت", prefixes="و ال")
    assert all(lexicon.shows("danger", lexicon.folded(text)) for text in ("بيت", "البيت", "وبيت"))
    assert not lexicon.shows("danger", lexicon.folded("كبيت"))


def test_one_spelling_for_words_without_a_settled_one() -> None:
    lexicon = phrase("maar raha", respell="aa:a")
    assert lexicon.shows("danger", lexicon.folded("mar raaha"))


def test_what_is_mistaken_for_a_cue_is_left_out() -> None:
    lexicon = Lexicon("xx", "Test", {"harm": "bije", "not": "nie bije", "now": "teraz", "away": "teraz nie ma go"}, {})
    assert lexicon.shows("harm", "bije")
    assert not lexicon.shows("harm", "nie bije")
    assert lexicon.shows("now", "teraz bije")
    assert not lexicon.shows("now", "teraz nie ma go")
    assert lexicon.shows("over", "w 2019 roku")
    assert not lexicon.shows("over", "2019000")


def test_unread_words_are_those_of_no_phrase() -> None:
    blocks = {"name": "Test", "words": "mam", "mild": "moj maz .. pieniadze"}
    lexicon = Lexicon("xx", "Test", blocks, {"neglect": "dzieci + glodne"})
    assert lexicon.unread("mam to moj maz ma pieniadze") == 0
    assert lexicon.unread("glodne sa dzieci wrzatek leje") == 2
    assert lexicon.unread("dzieci wrzatek") == 2
    assert lexicon.unread("") == 0


def test_what_speaks_of_danger_is_not_read() -> None:
    assert phrase("bije mocno", "harm").unread("bije mocno") == 2
    assert phrase("打我", "mild", spaces="none").unread("打我在水里里") == 2


@pytest.mark.parametrize(("text", "age"), [("mam 13 lat", 13), ("mam dziesiec lat", 10), ("mam sto lat", None), ("lat", None)])
def test_age(text: str, age: int | None) -> None:
    assert phrase("mam # lat", "age", numbers="dziesięć:10").age(fold(text)) == age


def test_words_are_known_by_language() -> None:
    assert "pl" in known_in("dziecko").common
    assert "en" in known_in("child").common
    assert not known_in("child").common & {"pl", "ur"}
    assert "pl" in known_in("podpalili").at_all - known_in("podpalili").common
    assert {"ur", "pa"} <= known_in("bachao").common
    assert known_in("qwertyuiop").at_all == frozenset()


def test_what_normalising_writes_is_english() -> None:
    """Text-speak that is written out must not be taken for another language afterwards."""
    for written in TEXT_SPEAK.values():
        assert detect(written) is None


class TestErrors:
    def refused(self, folder: Path, text: str) -> str:
        path = folder / "xx.yml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(LanguageError) as error:
            load(path)
        return str(error.value)

    @pytest.mark.parametrize(
        ("text", "line", "wrong"),
        [
            ("", 1, "the file is empty"),
            ("- a list\n", 1, "a mapping was expected"),
            ("words: |\n  a b\n", 1, "the language has no name"),
            ("name: X\nwords: [no, on]\n", 2, "`words` is empty or not text"),
            ("name: X\nwords: no\n", 2, "`words` is empty or not text"),
            ("name: X\nharm: |\n", 2, "`harm` is empty or not text"),
            ("name: X\n\nwurds: |\n  a\n", 3, "`wurds` is unknown"),
            ("name: X\nname: Y\n", 2, "`name` stands twice"),
            ("name: X\ntopics:\n  no_such_route: |\n    a\n", 3, "`no_such_route` is not a route"),
            ("name: X\ntopics: a\n", 2, "`topics` is not a mapping"),
            ("name: X\ndanger: |\n  a ..\n", 2, "begins or ends with `..`"),
            ("name: X\ndanger: |\n  a + \n", 2, "begins or ends with `..`"),
            ("name: X\ndanger: |\n  a//b c\n", 2, "has an empty alternative"),
            ("name: X\ndanger: |\n  */b c\n", 2, "has an empty alternative"),
            ("name: X\nage: |\n  mam lat\n", 2, "has not exactly one `#`"),
            ("name: X\nage: |\n  mam # + lat\n", 2, "has not exactly one `#`"),
            ("name: X\nnumbers: ten\n", 2, "`ten` is not understood"),
            ("name: X\nrespell: aaa\n", 2, "`aaa` is not understood"),
            ("name: 'X\n", 1, "this is not YAML"),
        ],
    )
    def test_a_wrong_file_is_refused_with_its_line(self, tmp_path: Path, text: str, line: int, wrong: str) -> None:
        said = self.refused(tmp_path, text)
        assert f"xx.yml:{line}: " in said
        assert wrong in said

    def test_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(LanguageError, match="cannot be read"):
            load(tmp_path / "xx.yml")

    def test_a_folder_without_english_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lexicons, "FOLDER", tmp_path)
        with pytest.raises(LanguageError, match=r"en\.yml is missing"):
            lexicons.lexicons.__wrapped__()


class TestFiles:
    def test_every_phrase_compiles(self) -> None:
        for lexicon in lexicons.lexicons().values():
            for cue in lexicons.CUES:
                lexicon.cue(cue)
            assert set(lexicon.topics) == set(lexicon.topic_blocks)

    def test_a_phrase_matches_itself(self) -> None:
        """What somebody writes into a file is found in a message that says just that."""
        for lexicon in lexicons.lexicons().values():
            for line in lexicon.blocks.get("harm", "").splitlines():
                plain = " ".join(t.split("/")[0] for t in line.replace(" .. ", " ").replace(" + ", " ").split())
                text = lexicon.folded(plain.replace("*", "").replace("_", " "))
                assert lexicon.cue("harm").found(text), (lexicon.code, line)

    def test_no_phrase_stands_twice(self) -> None:
        for lexicon in lexicons.lexicons().values():
            for block in lexicon.blocks.values():
                lines = block.splitlines()
                assert len(lines) == len(set(lines)), lexicon.code
