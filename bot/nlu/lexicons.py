"""What the language guard knows of each language: the words that show it and the phrases it understands.

One file for each language stands in languages/, so that somebody who reads that language can check it without reading
code. A block of text holds words (any number on a line) or phrases (one on a line). In a phrase

    nie/ledwo oddych*        words follow each other; `/` stands between alternatives, `*` for any letters
    książka/zadanie_domowe   `_` joins the words of one alternative
    zamknął .. drzwi         up to three words may come between
    policja + szybko         both stand in the sentence, in any order
    mam # lat                a number, in digits or one of `numbers`

Text and phrases are compared without capitals, accents and punctuation, because people leave them out when they hurry.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from bot import yaml_marks
from bot.errors import SignpostError, at_line
from bot.signposting import ROUTES

FOLDER = Path(__file__).parent / "languages"

#: Blocks of phrases that a language may have; `topics` holds one more block for each route. language.py says what they
#: do: put under `mild` what is calm only where nothing frightens, under `near` what is no danger by itself and yet no calm.
CUES = (
    "danger", "alarm", "near", "harm", "not", "now", "habit", "over", "away", "calm", "mild", "report", "anonymous", "adult",
    "young", "age", "partner", "father", "mother", "elder", "neighbour", "child",
)  # fmt: skip
#: Those of them that speak of danger, and those that put it off.
SIGNS = frozenset({"danger", "alarm", "near", "harm", "not", "now"})
#: Everything else a language may have, as text.
FIELDS = ("name", "letters", "words", "alone", "greetings", "numbers", "respell", "prefixes", "spaces")

#: Words that may come between the two sides of `..`, and letters where a language writes no spaces.
GAP_WORDS, GAP_LETTERS = 3, 6

#: Words of fewer letters say little.
SHORTEST_WORD = 3

#: A stem shows a language only from so many letters; shorter ones begin English words too.
SHORTEST_STEM = 5

#: Letters that accents alone do not make equal: what people type for them on another keyboard.
_SAME = str.maketrans({
    "ł": "l", "đ": "d", "ı": "i", "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss",
    "ة": "ه", "ى": "ي", "ی": "ي", "ے": "ي", "ک": "ك", "ہ": "ه", "ھ": "ه", "ں": "ن", "ە": "ه", "ـ": "", "\u200c": "", "ʼ": "'",
})  # fmt: skip
#: Scripts of India, where a mark is a vowel and not an accent; of their marks only the nukta is left out by people.
_INDIC = range(0x0900, 0x0E00)
_NUKTA = frozenset("\u093c\u09bc\u0a3c\u0abc")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_AGE_AND_WORD = re.compile(r"(\d{2,})(?=[^\W\d_])")


class LanguageError(SignpostError):
    """A file of languages/ cannot be used."""


def fold(text: str) -> str:
    """`text` in small letters without accents and punctuation: its words, one space between them.

    Numbers become the digits 0-9, whatever script they are in.
    """
    if text.isascii():
        return " ".join(_AGE_AND_WORD.sub(r"\1 ", _NOT_WORD.sub(" ", text.lower())).split())
    letters = []
    for char in unicodedata.normalize("NFKD", text.casefold().translate(_SAME)):
        kind = unicodedata.category(char)
        if kind == "Mn" and (ord(char) not in _INDIC or char in _NUKTA):
            continue
        if kind == "Nd":
            letters.append(str(unicodedata.decimal(char)))
        elif kind[0] in "LM":
            letters.append(char)
        else:
            letters.append(" ")
    return " ".join(_AGE_AND_WORD.sub(r"\1 ", "".join(letters).translate(_SAME)).split())


@dataclass(frozen=True)
class Phrases:
    """A block of phrases, ready to be looked for in folded text."""

    shapes: tuple[tuple[re.Pattern[str], ...], ...] = ()

    def found(self, folded: str) -> bool:
        """Whether any phrase stands in `folded`."""
        return any(all(part.search(folded) for part in parts) for parts in self.shapes)

    def spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """Where the phrases that are there stand in `folded`."""
        for parts in self.shapes:
            if all(part.search(folded) for part in parts):
                yield from (match.span() for part in parts for match in part.finditer(folded))

    def number(self, folded: str) -> str | None:
        """What stands for `#` in the first phrase that is there, as it was typed; else None."""
        for (part,) in self.shapes:
            match = part.search(folded)
            if match:
                return next(group for group in match.groups() if group)
        return None

    def without(self, folded: str) -> str:
        """`folded` without the phrases that stand in it."""
        for parts in self.shapes:
            if len(parts) == 1:
                folded = parts[0].sub("", folded)
        return " ".join(folded.split())


@dataclass(frozen=True)
class Lexicon:
    """One language: `code` is its ISO 639-1 code; the rest is what its file says, folded."""

    code: str
    name: str
    blocks: Mapping[str, str] = field(repr=False)
    topic_blocks: Mapping[str, str] = field(repr=False)

    @cached_property
    def letters(self) -> frozenset[str]:
        """Letters that this language has and its neighbours have not."""
        return frozenset(self.blocks.get("letters", ""))

    @cached_property
    def words(self) -> frozenset[str]:
        """Its common words."""
        return frozenset(self.spell(fold(self.blocks.get("words", ""))).split())

    @cached_property
    def telling(self) -> frozenset[str]:
        """The words of its phrases: rarer, and many of them known in other languages too."""
        return frozenset(self.spell(fold(w)) for w in self._terms() if "*" not in w)

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """The beginnings of words in its phrases."""
        stems = {self.spell(fold(w)) for w in self._terms() if w.endswith("*") and w.count("*") == 1}
        return tuple(sorted(s for s in stems if len(s) >= SHORTEST_STEM and " " not in s))

    @cached_property
    def alone(self) -> frozenset[str]:
        """Phrases that show the language by themselves: cries for help."""
        return frozenset(self.spell(fold(line)) for line in self.blocks.get("alone", "").splitlines())

    @cached_property
    def greetings(self) -> frozenset[str]:
        """The words of greetings and thanks, which alone say nothing about what somebody wants to write in."""
        return frozenset(fold(self.blocks.get("greetings", "")).split())

    @cached_property
    def _respell(self) -> tuple[tuple[str, str], ...]:
        pairs = [pair.split(":") for pair in self.blocks.get("respell", "").split()]
        return tuple((old, new) for old, new in pairs)

    def spell(self, folded: str) -> str:
        """`folded` in one spelling, where a language written in Latin letters has no settled one."""
        for old, new in self._respell:
            folded = folded.replace(old, new)
        return folded

    def folded(self, text: str) -> str:
        """`text` as this language's phrases are compared with it."""
        folded = self.spell(fold(text))
        return folded if self.spaced else folded.replace(" ", "")

    def cue(self, name: str) -> Phrases:
        """One block of phrases."""
        return self._cues[name]

    @cached_property
    def _cues(self) -> Mapping[str, Phrases]:
        return {name: self._phrases(self.blocks.get(name, "")) for name in CUES}

    def shows(self, name: str, folded: str) -> bool:
        """Whether a cue stands in folded text, mistakable words left out; a year takes it out of here and now."""
        return self.cue(name).found(self._apart(name, folded)) or (name == "over" and bool(_YEAR.search(folded)))

    def _apart(self, name: str, folded: str) -> str:
        """`folded` without what would be mistaken for the cue `name`: blows denied, "no joke", the "now" of "gone now"."""
        for other in {"harm": ("not",), "over": ("not",), "now": ("away", "over")}.get(name, ()):
            folded = self.cue(other).without(folded)
        return folded

    def unread(self, folded: str) -> int:
        """How many words of `folded` are neither common nor in a phrase of it, those of SIGNS left aside.

        Where a language writes no spaces, two letters count as a word.
        """
        read = [False] * len(folded)
        for phrases in (*(self.cue(name) for name in CUES if name not in SIGNS), *self.topics.values()):
            for begin, end in phrases.spans(folded):
                read[begin:end] = [True] * (end - begin)
        if not self.spaced:
            return read.count(False) // 2
        words = re.finditer(r"\S+", folded)
        return sum(not read[w.start()] and len(w[0]) >= SHORTEST_WORD and w[0] not in self.words for w in words)

    def age(self, folded: str) -> int | None:
        """The speaker's own age where a phrase of `age` stands in `folded`, in digits or in words."""
        typed = self.cue("age").number(folded)
        if typed is None or typed.isdecimal():
            return int(typed) if typed else None
        return self.numbers[typed]

    @cached_property
    def topics(self) -> Mapping[str, Phrases]:
        """Phrases for routes, the most telling route first."""
        return {route: self._phrases(block) for route, block in self.topic_blocks.items()}

    @property
    def spaced(self) -> bool:
        """Whether the language writes spaces between words."""
        return self.blocks.get("spaces") != "none"

    def _terms(self) -> Iterator[str]:
        if self.spaced:
            blocks = [self.blocks.get(name, "") for name in CUES if name not in ("adult", "young", "age")]
            for line in "\n".join([*blocks, *self.topic_blocks.values()]).splitlines():
                yield from (w for w in re.split(r"[ /+_]+", line) if w not in ("..", "") and len(w.strip("*")) > 2)

    def _phrases(self, block: str) -> Phrases:
        return Phrases(tuple(
            tuple(self._shape(part) for part in line.split(" + ")) for line in block.splitlines() if line.strip()
        ))  # fmt: skip

    def _shape(self, phrase: str) -> re.Pattern[str]:
        gap = rf"(?: \S+){{0,{GAP_WORDS}}} " if self.spaced else rf".{{0,{GAP_LETTERS}}}"
        shape, between = "", ""
        for term in phrase.split():
            if term == "..":
                between = gap
                continue
            shape += f"{between}{self._prefix}(?:{'|'.join(self._alternative(a) for a in term.split('/'))})"
            between = " " if self.spaced else ""
        return re.compile(rf"(?<!\S){shape}(?!\S)" if self.spaced else shape)

    def _alternative(self, term: str) -> str:
        number = r"(" + "|".join([r"\d{1,3}", *map(re.escape, sorted(self.numbers, key=len, reverse=True))]) + ")"
        shapes = {"*": r"\S*", "#": number, "_": " "}
        pieces = (shapes.get(p) or re.escape(self.spell(fold(p))) for p in re.split(r"([*#_])", term) if p)
        return "".join(pieces).replace(r"\ ", " ")

    @cached_property
    def _prefix(self) -> str:
        """What may stand before any word of a phrase: "and", "the", "in", where they are written in one with it."""
        prefixes = map(fold, self.blocks.get("prefixes", "").split())
        return f"(?:{'|'.join(prefixes)})?" if "prefixes" in self.blocks else ""

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The numbers in words that an age may be, from `numbers`: word:number."""
        pairs = [pair.split(":") for pair in self.blocks.get("numbers", "").split()]
        return {self.spell(fold(word)): int(number) for word, number in pairs}


def _wrong(marked: yaml_marks.Marked, what: str, mend: str, *where: str) -> LanguageError:
    return LanguageError(at_line(Path(marked.file), marked.line(*where), what, mend))


def _checked(marked: yaml_marks.Marked) -> tuple[dict[str, str], dict[str, str]]:
    """The blocks and the topic blocks of a file; raises LanguageError with file and line."""
    value: Any = marked.value
    if not isinstance(value, dict):
        raise _wrong(marked, "a mapping was expected", "Begin with `name:`")
    topics = value.get("topics", {})
    if not isinstance(topics, dict):
        raise _wrong(marked, "`topics` is not a mapping", "Give each route id a block of phrases", "topics")
    blocks = {key: block for key, block in value.items() if key != "topics"}
    for key in blocks:
        if key not in (*FIELDS, *CUES):
            raise _wrong(marked, f"`{key}` is unknown", f"It may be one of: {', '.join((*FIELDS, *CUES))}", str(key))
    for route in topics:
        if route not in ROUTES:
            raise _wrong(marked, f"`{route}` is not a route", "Name a route of the signposting table", "topics", str(route))
    if "name" not in blocks:
        raise _wrong(marked, "the language has no name", "Add `name:` with its English name")
    named = [((key,), block) for key, block in blocks.items()] + [(("topics", r), b) for r, b in topics.items()]
    for where, block in named:
        if not isinstance(block, str) or not block.strip():
            raise _wrong(marked, f"`{where[-1]}` is empty or not text", "Write `|` after it and words below", *where)
        if where[-1] in FIELDS:
            continue
        for line in block.splitlines():
            wrong = _wrong_phrase(line, where[-1])
            if wrong:
                raise _wrong(marked, f"in `{where[-1]}`, the phrase `{line}` {wrong}", "Mend the phrase", *where)
    for name, shape in (("respell", r"[a-z]+:[a-z]+"), ("numbers", r"\w[^\s:]*:\d+")):
        for pair in blocks.get(name, "").split():
            if not re.fullmatch(shape, pair):
                raise _wrong(marked, f"`{pair}` is not understood", "Write two parts with `:` between", name)
    return blocks, topics


def _wrong_phrase(line: str, block: str) -> str | None:
    """What is wrong with the writing of a phrase, or None."""
    for part in line.split(" + "):
        terms = part.split()
        if not terms or terms[0] == ".." or terms[-1] == "..":
            return "begins or ends with `..` or `+`"
        for term in terms:
            if term != ".." and any(not re.search(r"\w|#", a) for a in term.split("/")):
                return "has an empty alternative"
    if block == "age" and (line.count("#") != 1 or " + " in line):
        return "has not exactly one `#`, which stands for the age, or has a `+`"
    return None


def load(path: Path) -> Lexicon:
    """Read and check one language file; its name is the language's code.

    Raises:
        LanguageError: with file, line, what is wrong and how to mend it.
    """
    try:
        marked = yaml_marks.read(path)
    except yaml_marks.YamlError as error:
        raise LanguageError(str(error)) from error
    blocks, topics = _checked(marked)
    return Lexicon(path.stem, blocks["name"], blocks, topics)


@dataclass(frozen=True)
class Known:
    """The codes of the languages that have a word among their common ones, and of those that have it at all."""

    common: frozenset[str]
    at_all: frozenset[str]


@cache
def lexicons() -> Mapping[str, Lexicon]:
    """Every language by code, in the order of file names.

    Raises:
        LanguageError: a file is wrong, or there is none.
    """
    found = {path.stem: load(path) for path in sorted(FOLDER.glob("*.yml"))}
    if "en" not in found:
        raise LanguageError(f"{FOLDER.name}: en.yml is missing. Put it back: English is told from the rest by its words.")
    return found


class _Index:
    """All languages' words at once: which of them know a word, in one look."""

    def __init__(self, languages: Iterable[Lexicon]) -> None:
        self.spellers: dict[str, Lexicon] = {}
        self.common: dict[tuple[str, str], set[str]] = {}
        self.telling: dict[tuple[str, str], set[str]] = {}
        self.stems: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for language in languages:
            spelling = language.blocks.get("respell", "")
            self.spellers.setdefault(spelling, language)
            for word in language.words:
                self.common.setdefault((spelling, word), set()).add(language.code)
            for word in language.telling:
                self.telling.setdefault((spelling, word), set()).add(language.code)
            for stem in language.stems:
                self.stems.setdefault((spelling, stem[:SHORTEST_STEM]), []).append((stem, language.code))

    def known(self, word: str) -> Known:
        common: set[str] = set()
        telling: set[str] = set()
        for spelling, speller in self.spellers.items():
            spelt = speller.spell(word)
            common |= self.common.get((spelling, spelt), set())
            telling |= self.telling.get((spelling, spelt), set())
            begun = self.stems.get((spelling, spelt[:SHORTEST_STEM]), ())
            telling.update(code for stem, code in begun if spelt.startswith(stem))
        return Known(frozenset(common), frozenset(common | telling))


@cache
def _index() -> _Index:
    return _Index(lexicons().values())


def known_in(word: str) -> Known:
    """Which languages have a folded word, English among them."""
    return _index().known(word)
