"""bot.nlu.importer: Rasa reads the project through Signpost's own reader of the corpus."""

import time
from pathlib import Path

import pytest

from bot.errors import CorpusError
from bot.nlu import corpus
from bot.nlu.importer import CorpusImporter, message

ROOT = Path(__file__).parents[2]
GOOD = """\
version: "3.1"
nlu:
- intent: greeting
  examples:
  - text: "Hello / there, 'you'"
    metadata: {danger: false, speaker: unknown, about: none, when: none, voice: "one"}
  - text: |
      two
      lines
    metadata: {danger: false, speaker: young, about: self, when: now, voice: "two"}
"""
WORDS = """\
version: "3.1"
nlu:
- intent: affirm
  examples: |
    - yes
    - yeah
"""


def importer(*files: Path) -> CorpusImporter:
    return CorpusImporter(
        config_file=str(ROOT / "config.yml"), domain_path=str(ROOT / "domain.yml"), training_data_paths=[str(f) for f in files]
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "greeting.yml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "affirm.yml").write_text(WORDS, encoding="utf-8")
    return tmp_path


def test_an_example_becomes_a_message_with_its_labels() -> None:
    example = corpus.Example("hes here", "urgent_danger", True, "young", "self", "now", "v1")
    made = message(example)
    assert made.get("text") == "hes here"
    assert made.get("intent") == "urgent_danger"
    labels = made.get("metadata")["example"]
    assert labels == {"danger": True, "speaker": "young", "about": "self", "when": "now", "voice": "v1"}


def test_reads_labelled_examples_and_plain_lists(folder: Path) -> None:
    data = importer(folder).get_nlu_data()
    found = {(m.get("intent"), m.get("text")) for m in data.intent_examples}
    assert found == {("greeting", "Hello / there, 'you'"), ("greeting", "two\nlines"), ("affirm", "yes"), ("affirm", "yeah")}
    assert data.intents == {"greeting", "affirm"}


def test_a_wrong_label_stops_training_with_file_and_line(folder: Path) -> None:
    (folder / "greeting.yml").write_text(GOOD.replace("young", "child"), encoding="utf-8")
    with pytest.raises(CorpusError, match=r"greeting\.yml:7: .*'speaker' is 'child'"):
        importer(folder).get_nlu_data()


def test_the_domain_and_configuration_are_rasas_to_read(folder: Path) -> None:
    read = importer(folder)
    assert read.get_config()["recipe"] == "default.v1"
    assert "urgent_danger" in read.get_domain().intents


def test_the_projects_own_corpus_is_read_whole_and_in_seconds() -> None:
    began = time.process_time()
    data = importer(ROOT / "data" / "nlu").get_nlu_data()
    assert time.process_time() - began < 15
    labelled = [m for m in data.intent_examples if "example" in (m.get("metadata") or {})]
    listed = {m.get("text").lower() for m in data.intent_examples if m.get("intent") in corpus.CONVERSATION_INTENTS}
    kept = [e for e in corpus.read(ROOT / "data" / "nlu") if e.text.lower() not in listed]
    assert len(labelled) == len(kept), "what a list holds, the list answers"
    assert data.intents >= corpus.CONVERSATION_INTENTS


def test_rasa_is_told_to_use_it() -> None:
    config = importer(ROOT / "data").get_config()
    assert {"name": "bot.nlu.importer.CorpusImporter"} in config["importers"]
