"""The errors Signpost raises at start: each says where, what is wrong and how to mend it."""

from __future__ import annotations

from pathlib import Path


class SignpostError(Exception):
    """Anything that stops Signpost from starting and that its operator can mend."""


class SettingsError(SignpostError):
    """A setting has a value that is not allowed."""


class CorpusError(SignpostError):
    """A training message cannot be used."""


class ModelError(SignpostError):
    """The model cannot be loaded or trained."""


def at_line(path: Path, line: int | None, wrong: str, mend: str) -> str:
    """One line for a person to act on: file, line, what is wrong and how to mend it."""
    where = f"{path}:{line}" if line is not None else str(path)
    return f"{where}: {wrong}. {mend}"
