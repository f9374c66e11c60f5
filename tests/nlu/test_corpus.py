"""The corpus: how large and how varied it is, that its labels agree with each other, and what its reader refuses.

What the test voices typed is never shown here: where something is wrong with them, only files and counts are.
"""

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from bot.errors import CorpusError
from bot.nlu import corpus
from bot.nlu.age import speaker_by_age
from bot.nlu.corpus import Example, read, read_file, voices
from bot.nlu.normalise import normalise
from bot.signposting import ROUTES

from .similarity import ALIKE, pairs_alike, trigrams

ROOT = Path(__file__).parents[2]
FOLDERS = {"train": ROOT / "data" / "nlu", "validation": ROOT / "tests/voices/validation", "test": ROOT / "tests/voices/test"}

#: Words of danger: a calm message with one of them looks dangerous and is not.
LOOKS_DANGEROUS = re.compile(
    r"\b(?:kni(?:fe|ves)|nife|blades?|guns?|rifles?|shotgun|machete|sword|axe|hammer|petrol|weapons?|stab\w*|shot|shoot\w*|kill\w*|"
    r"murder\w*|die|died|dies|dying|dead|death|hits?|hitting|punch\w*|kick\w*|slap\w*|belt|beat\w*|batter\w*|smash\w*|strangl\w*|"
    r"chok\w*|throttl\w*|hurt\w*|attack\w*|jumped|grabb\w*|blood|bleed\w*|fire|burn\w*|smoke|bomb\w*|explo\w*|poison\w*|drown\w*|"
    r"police|bizzies|999|ambulance|a&e|hospital|emergency|unconscious|collaps\w*|breath\w*|overdos\w*|tablets?|pills|bleach|"
    r"suicid\w*|self[- ]?harm\w*|cut|cuts|cutting|rap(?:e|ed|ing|ist)|abus\w*|touch(?:ed|es|ing)|groom\w*|lock(?:s|ed|ing)|"
    r"follow(?:s|ed|ing)|chas(?:ed|ing)|stalk\w*|missing|ran away|run away|runaway|kidnap\w*|snatch\w*|trapped|escape\w*|forced|"
    r"threat\w*|scream\w*|drunk|danger\w*|unsafe|scared|terrified|gang|robb\w*|burgl\w*|broke in|break(?:ing)? in|assault\w*|"
    r"violen\w*|bruis\w*|injur\w*|crash\w*|flight|airport|passport)\b",
    re.IGNORECASE,
)
#: What the corpus does without: it is never graphic.
GRAPHIC = re.compile(
    r"\b(?:penis\w*|vagina\w*|genital\w*|pussy|cumming|blow ?jobs?|erection\w*|orgasm\w*|masturbat\w*|wank\w*|tits|boobs|"
    r"intestines|entrails|decapitat\w*|dismember\w*|disembowel\w*|noose|gouge\w*|mutilat(?:ed|ing) (?:body|corpse))\b",
    re.IGNORECASE,
)
#: A telephone number in any spelling: seven digits or more in a row, or a short number that begins like the helplines'.
PHONE_NUMBER = re.compile(r"(?:\+?\d[\s().-]?){7,}|\b116[\s-]?\d{3}\b")


@pytest.fixture(scope="module")
def splits() -> dict[str, list[Example]]:
    return {name: read(folder) for name, folder in FOLDERS.items()}


@pytest.fixture(scope="module")
def everything(splits: dict[str, list[Example]]) -> list[Example]:
    return [example for examples in splits.values() for example in examples]


def bare(text: str) -> str:
    """A message without case and punctuation; one of nothing else stays as it is."""
    return re.sub(r"\W+", " ", normalise(text).lower()).strip() or text


def test_counts(splits: dict[str, list[Example]], everything: list[Example]) -> None:
    distinct = {bare(e.text) for e in everything}
    dangerous = {bare(e.text) for e in everything if e.danger}
    look = {bare(e.text) for e in everything if not e.danger and LOOKS_DANGEROUS.search(e.text)}
    for name, examples in splits.items():
        print(f"{name}: {len(examples)} messages by {len(voices(examples))} voices, {sum(e.danger for e in examples)} of danger")
    print(f"distinct: {len(distinct)}; danger: {len(dangerous)}; look dangerous and are not: {len(look)}")
    assert len(distinct) >= 14_000
    assert len(dangerous) >= 3_500
    assert len(look) >= 3_000


def test_every_route_has_messages(everything: list[Example]) -> None:
    """danger_check has none: it is asked in doubt."""
    counts = Counter(e.route for e in everything)
    print(", ".join(f"{route} {count}" for route, count in counts.most_common()))
    assert set(counts) == set(ROUTES) - {"danger_check"}
    assert {route: count for route, count in counts.items() if count < 200} == {}


@pytest.mark.parametrize("name", FOLDERS)
def test_each_split_has_every_route_and_both_answers(splits: dict[str, list[Example]], name: str) -> None:
    assert {e.route for e in splits[name]} == set(ROUTES) - {"danger_check"}
    assert {e.danger for e in splits[name]} == {True, False}


def test_test_voices_are_many(splits: dict[str, list[Example]]) -> None:
    assert len(splits["test"]) >= 1_000
    assert len(voices(splits["test"])) >= 50
    assert len(voices(splits["validation"])) >= 100


def test_splits_share_no_voice(splits: dict[str, list[Example]]) -> None:
    train, validation, test = (voices(splits[name]) for name in FOLDERS)
    assert not train & validation
    assert not (train | validation) & test


def test_splits_share_no_message(splits: dict[str, list[Example]]) -> None:
    train, validation, test = ({bare(e.text) for e in splits[name]} for name in FOLDERS)
    assert not train & validation
    assert len((train | validation) & test) == 0


def test_voices_are_persons_and_not_lists(everything: list[Example]) -> None:
    messages = Counter(e.voice for e in everything)
    assert max(messages.values()) <= 60
    assert len(messages) >= 1_000


def test_danger_is_now(everything: list[Example]) -> None:
    assert sum(e.danger and e.when != "now" for e in everything) == 0
    assert sum(e.danger != (e.route == "urgent_danger") for e in everything) == 0


def test_past_abuse_is_past(everything: list[Example]) -> None:
    assert sum(e.route == "past_abuse" and e.when != "past" for e in everything) == 0


def test_one_message_has_one_meaning(everything: list[Example]) -> None:
    meanings = defaultdict(set)
    for e in everything:
        meanings[bare(e.text)].add((e.route, e.danger))
    assert sum(len(found) > 1 for found in meanings.values()) == 0


def test_a_stated_age_and_the_label_agree(splits: dict[str, list[Example]]) -> None:
    for name, examples in splits.items():
        wrong = [e for e in examples if speaker_by_age(normalise(e.text)) not in (None, e.speaker)]
        assert len(wrong) <= len(examples) / 200, name if name == "test" else [(e.voice, e.text) for e in wrong]


def test_messages_are_of_every_length(everything: list[Example]) -> None:
    lengths = Counter(min(len(e.text.split()) // 10, 6) for e in everything)
    assert max(len(e.text.split()) for e in everything) <= 150
    assert lengths[0] > 0.15 * len(everything)
    assert sum(lengths[n] for n in range(3, 7)) > 0.03 * len(everything)


@pytest.mark.parametrize("wrong", [GRAPHIC, PHONE_NUMBER], ids=["graphic words", "telephone numbers"])
def test_the_corpus_does_without(splits: dict[str, list[Example]], wrong: re.Pattern[str]) -> None:
    for name, examples in splits.items():
        found = [e for e in examples if wrong.search(e.text)]
        assert len(found) == 0, name if name == "test" else [(e.route, e.voice, e.text) for e in found]


def test_few_messages_are_another_with_words_swapped(everything: list[Example]) -> None:
    texts = [e.text for e in everything]
    alike = {i for pair in pairs_alike(texts) for i in pair}
    print(f"{len(alike)} of {len(texts)} messages ({len(alike) / len(texts):.2%}) have another above {ALIKE}")
    assert len(alike) <= 0.02 * len(texts)


def test_likeness_is_counted_right() -> None:
    texts = [
        "he has a knife in his hand",
        "he has a knife in his hands",
        "hello",
        "",
        "hi",
        "a",
        "she has the knife in her hand",
        "hello ",
    ]
    grams = [trigrams(text) for text in texts]
    naive = [
        (i, j)
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
        if len(grams[i] & grams[j]) > ALIKE * len(grams[i] | grams[j])
    ]
    assert pairs_alike(texts) == naive == [(0, 1), (2, 7)]


def test_likeness_is_counted_right_in_the_corpus(splits: dict[str, list[Example]]) -> None:
    """Against comparing every pair, at a lower bar so that there are some to find."""
    texts = [e.text for e in splits["train"] if len(e.text) < 60][:700]
    grams = [trigrams(text) for text in texts]
    naive = [
        (i, j)
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
        if len(grams[i] & grams[j]) > 0.3 * len(grams[i] | grams[j])
    ]
    assert naive
    assert pairs_alike(texts, 0.3) == naive


GOOD = """\
version: "3.1"
nlu:
- intent: bullying
  examples:
  - text: "they call me names"
    metadata: {danger: false, speaker: young, about: self, when: now, voice: "a"}
  - text: |
      two
      lines
    metadata: {danger: false, speaker: unknown, about: other, when: past, voice: "b"}
"""


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "bullying.yml").write_text(GOOD, encoding="utf-8")
    assert read(tmp_path) == [
        Example("they call me names", "bullying", False, "young", "self", "now", "a"),
        Example("two\nlines", "bullying", False, "unknown", "other", "past", "b"),
    ]
    assert voices(read(tmp_path)) == {"a", "b"}


def test_words_about_the_conversation_have_no_labels(tmp_path: Path) -> None:
    (tmp_path / "affirm.yml").write_text('version: "3.1"\nnlu:\n- intent: affirm\n  examples: |\n    - yes\n', encoding="utf-8")
    (tmp_path / "bullying.yml").write_text(GOOD, encoding="utf-8")
    assert len(read(tmp_path)) == 2


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no NLU files"):
        read(tmp_path)


LAST = '{danger: false, speaker: unknown, about: other, when: past, voice: "b"}'


@pytest.mark.parametrize(
    ("content", "line", "wrong"),
    [
        (GOOD.replace("young", "child"), 5, "'speaker' is 'child'"),
        (GOOD.replace("about: other", "about: them"), 7, "'about' is 'them'"),
        (GOOD.replace("when: past", "when: later"), 7, "'when' is 'later'"),
        (GOOD.replace("danger: false, speaker: unknown", "danger: maybe, speaker: unknown"), 7, "'danger' is 'maybe'"),
        (
            GOOD.replace("danger: false, speaker: young", "danger: true, speaker: young"),
            5,
            "danger is True under the intent bullying",
        ),
        (GOOD.replace("intent: bullying", "intent: urgent_danger"), 5, "danger is False under the intent urgent_danger"),
        (GOOD.replace("intent: bullying", "intent: bulying"), 3, "the intent 'bulying' is not a route"),
        (GOOD.replace("- intent: bullying\n", "- nothing: here\n"), 3, "the intent None is not a route"),
        (GOOD.replace(', voice: "b"', ""), 7, "the labels are"),
        (GOOD.replace('voice: "b"', 'voice: ""'), 7, "the labels are"),
        (GOOD.replace('voice: "b"', 'voice: "b", mood: sad'), 7, "the labels are"),
        (GOOD.replace(", when: past", ""), 7, "'when' is None"),
        (GOOD.replace(LAST, "none"), 10, "a mapping was expected"),
        (GOOD.replace("    metadata: " + LAST, ""), 7, "lacks its text or metadata"),
        (GOOD.replace('text: "they call me names"', "words: x"), 5, "lacks its text or metadata"),
        (GOOD.replace('"they call me names"', '"  "'), 5, "has no text"),
        (GOOD.replace("  - text: |\n      two\n      lines", "  - just words\n  - text: x"), 7, "a mapping was expected"),
        ('version: "3.1"\nnlu:\n- intent: bullying\n  examples: |\n    - they call me names\n', 3, "not a list with metadata"),
        ('version: "3.1"\nrules: []\n', 1, "no nlu: list"),
        ('version: "3.1"\nnlu: words\n', 1, "no nlu: list"),
        ("- a\n- b\n", 1, "a mapping was expected"),
        ("", 1, "empty"),
        ("# nothing\n", 1, "empty"),
        (GOOD.replace("when: now", "when: [now"), None, "not readable YAML"),
        (GOOD.replace('"they call', '"they "call'), 5, "not readable YAML"),
        (GOOD.replace("  examples:", "\texamples:"), 4, "not readable YAML"),
    ],
)
def test_a_broken_file_is_refused_with_file_and_line(tmp_path: Path, content: str, line: int | None, wrong: str) -> None:
    assert content != GOOD
    path = tmp_path / "some_file.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError) as refused:
        list(read_file(path))
    said = str(refused.value)
    assert said.startswith(f"{path}:{line}:" if line is not None else f"{path}:")
    assert re.search(rf"some_file\.yml:\d+: .*{re.escape(wrong)}", said)
    assert "An example is" in said


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some_file.yml"
    path.write_bytes(b"version: \xff\xfe\x00")
    with pytest.raises(CorpusError, match=r"some_file\.yml.*not readable YAML"):
        list(read_file(path))


def test_refusals_never_quote_the_message(tmp_path: Path) -> None:
    path = tmp_path / "some_file.yml"
    path.write_text(GOOD.replace("young", "child"), encoding="utf-8")
    with pytest.raises(CorpusError) as refused:
        list(read_file(path))
    assert "call me names" not in str(refused.value)


def test_conversation_words_are_not_routes() -> None:
    assert not corpus.CONVERSATION_INTENTS & set(ROUTES)
