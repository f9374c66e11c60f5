"""The lists of what people say about the conversation: whole short messages, and never one that tells of danger."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml
from conftest import ROOT

from bot.directory import shared
from bot.nlu import corpus
from bot.nlu.components import ConversationMatcher, bare_words
from bot.nlu.corpus import CONVERSATION_INTENTS
from bot.nlu.importer import _plain

NLU = ROOT / "data" / "nlu"
LISTS = {intent: [m.get("text") for m in _plain(NLU / f"{intent}.yml").intent_examples] for intent in sorted(CONVERSATION_INTENTS)}
#: Longer than this is no longer said in passing.
MOST_WORDS = 11


@pytest.fixture(scope="module")
def words() -> dict[str, str]:
    component = ConversationMatcher({}, None, None)  # type: ignore[arg-type]
    examples = [m for intent in LISTS for m in _plain(NLU / f"{intent}.yml").intent_examples]
    return dict(component.learn(examples))


@pytest.mark.parametrize("intent", LISTS)
def test_a_list_holds_short_phrases_each_once(intent: str) -> None:
    found = LISTS[intent]
    assert found
    assert [text for text in found if len(text.split()) > MOST_WORDS] == []
    assert [text for text, times in Counter(map(bare_words, found)).items() if times > 2] == []


def test_no_phrase_stands_in_two_lists() -> None:
    where: dict[str, set[str]] = {}
    for intent, found in LISTS.items():
        for text in found:
            for shape in (bare_words(text), shared().unnamed(bare_words(text))):
                where.setdefault(shape, set()).add(intent)
    assert {shape: intents for shape, intents in where.items() if len(intents) > 1} == {}


@pytest.mark.parametrize("folder", ["data/nlu", "tests/voices/validation"])
def test_no_message_of_danger_is_taken_for_one(folder: str, words: dict[str, str]) -> None:
    dangers = [e.text for e in corpus.read(ROOT / folder) if e.danger]
    assert len(dangers) > 100
    taken = [text for text in dangers if bare_words(text) in words or shared().unnamed(bare_words(text)) in words]
    # "Help" alone gets 999 first and every door; nothing else that is danger may be read as small talk.
    assert [text for text in taken if words[bare_words(text)] not in ("show_help", "affirm", "deny")] == []


def test_every_list_has_its_rule() -> None:
    rules = yaml.safe_load((ROOT / "data" / "rules" / "conversation.yml").read_text(encoding="utf-8"))["rules"]
    ruled = {rule["steps"][0]["intent"] for rule in rules}
    assert CONVERSATION_INTENTS - ruled == {"affirm", "deny"}, "a typed yes or no means what the last reply makes of it"


def test_one_service_may_stand_for_another(words: dict[str, str]) -> None:
    assert words[shared().unnamed(bare_words("what happens if I ring the Samaritans?"))] == "what_happens"
    assert words[shared().unnamed(bare_words("Will NAPAC tell the police"))] == "what_happens"
    assert shared().unnamed(bare_words("what happens if i ring my dad")) not in words
