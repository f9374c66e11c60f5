"""Reads the project for Rasa: its own file importer, but the corpus is read by `bot.nlu.corpus`, checked and fast.

Rasa's reader takes half a minute for the corpus and lets a wrong label pass; this one takes a second and refuses it
with file and line. The files stay ordinary Rasa NLU YAML.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import corpus


def message(example: corpus.Example) -> Message:
    """One example as Rasa holds it: text, intent and labels."""
    labels: dict[str, Any] = {name: getattr(example, name) for name in (*corpus.LABELS, "voice")}
    return Message(data={"text": example.text, "intent": example.route, "metadata": {"example": labels}})


class CorpusImporter(RasaFileImporter):
    """Rasa's file importer with the corpus read by Signpost."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """All labelled examples, and the plain lists of what people say about the conversation."""
        files = [Path(f) for f in self._nlu_files]
        plain = [f for f in files if f.stem in corpus.CONVERSATION_INTENTS]
        labelled = [e for f in files if f.stem not in corpus.CONVERSATION_INTENTS for e in corpus.read_file(f)]
        listed = TrainingData()
        for file in plain:
            listed = listed.merge(_plain(file))
        # What a list holds, the list answers: the same words under a route would teach what nobody asks for.
        known = {m.get("text").lower() for m in listed.intent_examples}
        return TrainingData([message(e) for e in labelled if e.text.lower() not in known]).merge(listed)


def _plain(file: Path) -> TrainingData:
    """A file that lists examples without labels, by Rasa's own reader."""
    from rasa.shared.nlu.training_data.loading import load_data

    return load_data(str(file))
