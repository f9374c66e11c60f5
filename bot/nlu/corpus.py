"""The corpus: training messages with their labels, read from Rasa NLU YAML and checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.errors import CorpusError, at_line
from bot.signposting import ROUTES

#: Intents beside the routes: what people say about the conversation itself, in whole short messages that are listed.
CONVERSATION_INTENTS = frozenset({
    "affirm", "deny", "not_what_i_meant", "show_numbers", "someone_else", "no_police", "not_open", "what_happens",
    "back_again", "keep_open", "rude", "start_over", "leave_now", "goodbye", "show_help", "deaf", "greeting_cy",
})  # fmt: skip

LABELS: dict[str, tuple[Any, ...]] = {
    "danger": (True, False),
    "speaker": ("young", "adult", "unknown"),
    "about": ("self", "other", "none"),
    "when": ("now", "past", "none"),
}

MEND = (
    "An example is `- text: \"...\"` with `metadata: {danger: true|false, speaker: young|adult|unknown, "
    "about: self|other|none, when: now|past|none, voice: \"...\"}`"
)


@dataclass(frozen=True)
class Example:
    """One message with its labels; `voice` names the imagined person who typed it, and never crosses a split."""

    text: str
    route: str
    danger: bool
    speaker: str
    about: str
    when: str
    voice: str


def _refuse(path: Path, node: yaml.Node, wrong: str) -> CorpusError:
    return CorpusError(at_line(path, node.start_mark.line + 1, wrong, MEND))


def _mapping(path: Path, node: yaml.Node) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise _refuse(path, node, "a mapping was expected here")
    return {key.value: value for key, value in node.value}


def _example(path: Path, route: str, node: yaml.Node) -> Example:
    fields = _mapping(path, node)
    if "text" not in fields or "metadata" not in fields:
        raise _refuse(path, node, "an example lacks its text or metadata")
    labels: dict[str, Any] = {}
    for key, value in _mapping(path, fields["metadata"]).items():
        labels[key] = {"true": True, "false": False}.get(value.value, value.value) if key == "danger" else value.value
    for name, allowed in LABELS.items():
        if labels.get(name) not in allowed:
            raise _refuse(path, node, f"label {name!r} is {labels.get(name)!r}, not one of {allowed}")
    if set(labels) != {*LABELS, "voice"} or not labels["voice"]:
        raise _refuse(path, node, f"the labels are {sorted(labels)}")
    if labels["danger"] != (route == "urgent_danger"):
        raise _refuse(path, node, f"danger is {labels['danger']} under the intent {route}")
    text = fields["text"].value.strip()
    if not text:
        raise _refuse(path, node, "an example has no text")
    return Example(text=text, route=route, **labels)


def read_file(path: Path) -> Iterator[Example]:
    """The examples of one NLU file that holds one intent with metadata.

    Raises:
        CorpusError: with file, line, what is wrong and how to mend it.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        raise CorpusError(at_line(path, line, "this is not readable YAML", MEND)) from error
    if root is None:
        raise CorpusError(at_line(path, 1, "the file is empty", MEND))
    blocks = _mapping(path, root).get("nlu")
    if blocks is None or not isinstance(blocks, yaml.SequenceNode):
        raise _refuse(path, root, "there is no nlu: list")
    for block in blocks.value:
        fields = _mapping(path, block)
        intent = fields["intent"].value if "intent" in fields else None
        if intent in CONVERSATION_INTENTS:
            continue
        if intent not in ROUTES:
            raise _refuse(path, block, f"the intent {intent!r} is not a route")
        if not isinstance(fields.get("examples"), yaml.SequenceNode):
            raise _refuse(path, block, "the examples are not a list with metadata")
        for node in fields["examples"].value:
            yield _example(path, intent, node)


def read(folder: Path) -> list[Example]:
    """Every example of the NLU files in `folder`, in the order of file names.

    Raises:
        CorpusError: a file cannot be used, or there is none.
    """
    files = sorted(Path(folder).glob("*.yml"))
    if not files:
        raise CorpusError(f"{folder}: no NLU files. Training data stands in data/nlu, one file per intent.")
    return [example for file in files for example in read_file(file)]


def voices(examples: Iterable[Example]) -> set[str]:
    """The voices that wrote `examples`."""
    return {example.voice for example in examples}
