"""Reads a YAML file and remembers on which line each part of it stands.

People who do not program edit the service directory, so a mistake must be reported as file, line, what is wrong and how
to mend it. PyYAML's own loader forgets the lines and silently keeps the last of two equal keys; this one does neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

#: The C loader where PyYAML was built with it, which its wheels are: ten times faster.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in one place: what it is and how to mend it, in words for somebody who edits the file."""

    file: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        end = "" if self.mend.endswith("?") else "."
        return f"{self.file}:{self.line}: {self.what}. {self.mend}{end}"


class YamlError(Exception):
    """A file that cannot be read as YAML; `problem` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True)
class Marked:
    """What a file holds, with the place of every part."""

    file: str
    value: Any
    node: yaml.Node

    def line(self, *where: str | int) -> int:
        """The line, from 1, on which the part at `where` begins: a path of keys and indexes.

        A key gives the line of the key itself. A path that does not exist gives the line of the deepest part that does,
        which is where something missing has to be added.
        """
        node, line = self.node, self.node.start_mark.line
        for step in where:
            if isinstance(node, yaml.MappingNode):
                pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
                if pair is None:
                    break
                line, node = pair[0].start_mark.line, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line
            else:
                break
        return int(line) + 1


def shown(path: Path) -> str:
    """`path` as messages print it: the folder and the file, never where the program is installed."""
    return f"{path.parent.name}/{path.name}"


def read(path: Path) -> Marked:
    """Read one YAML document from `path`; raises YamlError."""
    file = shown(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise _error(file, 1, f"the file cannot be read: {why}", "Put it back or save it as UTF-8") from None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            raise _error(file, 1, "the file is empty", "Put its contents back")
        _refuse_twins(file, node)
        return Marked(file, loader.construct_document(node), node)
    except yaml.MarkedYAMLError as error:
        # A quote that never closes is found at the end of the file; the line where it opens is the one to mend.
        at_the_end = "end of stream" in str(error.problem)
        mark = (at_the_end and error.context_mark) or error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        what = f"this is not YAML: {error.problem or error.context}"
        raise _error(file, line, what, "Look for a missing quote, colon or space near this line") from None
    except (yaml.YAMLError, ValueError) as error:
        # A ValueError is a date such as 2026-13-01, which YAML reads as a date and Python refuses.
        what = f"this is not YAML: {error}"
        raise _error(file, 1, what, "Look for an impossible date or a character that does not print") from None


def _error(file: str, line: int, what: str, mend: str) -> YamlError:
    return YamlError(Problem(file, line, what, mend))


def _refuse_twins(file: str, node: yaml.Node) -> None:
    """Raise for a key that stands twice in one mapping: YAML would keep the last and say nothing."""
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                raise _error(file, line, f"`{name}` stands twice, first on line {seen[name]}", "Keep one of the two")
            seen[name] = line
            _refuse_twins(file, value)
    elif isinstance(node, yaml.SequenceNode):
        items: Sequence[yaml.Node] = node.value
        for item in items:
            _refuse_twins(file, item)
