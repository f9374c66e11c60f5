"""Checks parts of a YAML file against pydantic models and says what is wrong for people who do not program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from bot.yaml_marks import Marked, Problem

_M = TypeVar("_M", bound=BaseModel)


def parse(model: type[_M], mark: Marked, where: tuple[str | int, ...], problems: list[Problem]) -> _M | None:
    """The part of a file at `where` as a `model`, or None with the reasons added to `problems`."""
    value = mark.value
    for step in where:
        value = value[step]
    try:
        return model.model_validate(value)
    except ValidationError as error:
        known = (value.get(key) for key in ("id", "name")) if isinstance(value, Mapping) else ()
        name = next((f"{one}: " for one in known if one), "")
        for one in error.errors(include_url=False):
            what, mend = _in_plain_words(model, one["type"], one["loc"], one["msg"], one.get("ctx", {}))
            problems.append(Problem(mark.file, mark.line(*where, *one["loc"]), name + what, mend))
        return None


def _in_plain_words(
    model: type[BaseModel], kind: str, loc: tuple[str | int, ...], message: str, context: Mapping[str, Any]
) -> tuple[str, str]:
    """What a pydantic error says and how to mend it, for somebody who edits YAML and not Python."""
    field = ".".join(str(step) for step in loc) or "this entry"
    if kind == "missing":
        return f"`{field}` is missing", f"Add a line `{loc[-1]}: ...`"
    if kind == "extra_forbidden":
        return f"`{field}` is not a field", did_you_mean(str(loc[-1]), _fields_at(model, loc[:-1]))
    if kind == "string_type":
        return f"`{field}` is not text", "Write it as text, in quotes"
    if kind == "literal_error":
        return f"`{field}` is not one of the words it may be", f"Write {context['expected']}"
    if kind.startswith("datetime"):
        return f"`{field}` is not a date and time", "Write it as 2026-11-21 22:30"
    if kind.startswith("date"):
        return f"`{field}` is not a date", "Write it as 2026-11-21"
    if kind == "value_error":
        what, _, mend = str(context["error"]).rpartition(": ")
        return f"`{field}`: {what or mend}", mend[0].upper() + mend[1:]
    return f"`{field}`: {message[0].lower()}{message[1:]}", "Compare it with another entry of the file"


def _fields_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The names a mapping at `loc` inside a `model` may use, as YAML spells them."""
    for step in loc:
        info = model.model_fields.get(str(step))
        if info is not None:
            model = next(_models_in(info.annotation), model)
    return [info.alias or name for name, info in model.model_fields.items()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models a type speaks of: Text in `Text | None`, Link in `tuple[Link, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """How to mend an unknown word: the known one it is close to, or all there are."""
    known = list(known)
    close = get_close_matches(word, known, n=1)
    return f"Did you mean `{close[0]}`?" if close else f"Use one of: {', '.join(known)}"
