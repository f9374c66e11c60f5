"""Flows: conversations written down as transcripts, so that a helpline worker can say what Signpost must answer.

Reads tests/flows/*.yml and refuses a file that is not whole, with the line, what is wrong and how to mend it. The format
is shown in tests/flows/README.md; `bot.rehearsal` holds the conversations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from bot.directory import Directory
from bot.errors import SignpostError
from bot.signposting import ROUTES
from bot.yaml_marks import Marked, Problem, YamlError, read
from bot.yaml_models import did_you_mean, parse

#: Where the transcripts stand.
FOLDER = Path(__file__).resolve().parent.parent / "tests" / "flows"
#: A Wednesday that is no holiday, at eleven: every line with known office hours is open.
WORKING_HOURS = datetime(2026, 11, 18, 11, 0)


_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
#: What words may ask for beside services: the lead, when it opens, which other line is open, what the lead is like.
_OF_THE_REPLY = ("lead", "opens", "open", "expect", "tells", "cost", "bill", "ways")


class FlowError(SignpostError):
    """Transcripts that cannot be used; `problems` says each reason with its file, line and remedy."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReadAs(_Part):
    """What a message is taken for in place of the model's reading: an intent and facts."""

    intent: str
    topic: str | None = None
    speaker: Literal["young", "adult"] | None = None
    about: Literal["self", "other"] | None = None
    area: str | None = None
    second: str | None = None

    def facts(self) -> dict[str, str]:
        """The facts that are given."""
        return self.model_dump(exclude={"intent"}, exclude_none=True)


class Turn(_Part):
    """What somebody types or presses, and what the reply must be."""

    types: str | None = None
    presses: str | None = None
    read_as: ReadAs | None = None
    route: str | None = None
    channels: tuple[str, ...] | None = None
    says: str | None = None
    includes: tuple[str, ...] = ()
    leaves_out: tuple[str, ...] = ()
    choices: tuple[str, ...] | None = None
    asks: Literal["speaker", "area", "nothing"] | None = None
    exit: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Turn:
        if (self.types is None) == (self.presses is None):
            raise ValueError("somebody either types or presses: write one of `types` and `presses`")
        if self.route is None and self.says is None:
            raise ValueError("the reply is not checked: write its `route`, or its words under `says`")
        return self


class Transcript(_Part):
    """One conversation. `clock` is UK time."""

    name: str
    who: str
    clock: datetime = WORKING_HOURS
    area: str | None = None
    talk: tuple[Turn, ...]


class Flow(_Part):
    """A transcript with its place: its file as messages print it, its line, and the line of each turn."""

    transcript: Transcript
    file: str
    line: int
    lines: tuple[int, ...]


class _File(_Part):
    transcripts: list[Any]


def read_files(files: Iterable[Path], directory: Directory) -> tuple[Flow, ...]:
    """The transcripts of `files`, in their order.

    Raises:
        FlowError: something in them is wrong; every problem is told.
    """
    problems: list[Problem] = []
    flows: list[Flow] = []
    for file in files:
        try:
            mark = read(file)
        except YamlError as error:
            problems.append(error.problem)
            continue
        flows += _flows(mark, directory, problems)
    names: dict[str, Flow] = {}
    for flow in flows:
        first = names.setdefault(flow.transcript.name, flow)
        if first is not flow:
            what = f"the name `{flow.transcript.name}` is taken by {first.file}:{first.line}"
            problems.append(Problem(flow.file, flow.line, what, "Give each transcript a name of its own"))
    if problems:
        raise FlowError(problems)
    return tuple(flows)


def _flows(mark: Marked, directory: Directory, problems: list[Problem]) -> Iterator[Flow]:
    file = parse(_File, mark, (), problems)
    for index, _ in enumerate(file.transcripts if file else ()):
        where = ("transcripts", index)
        transcript = parse(Transcript, mark, where, problems)
        if transcript is None:
            continue
        lines = tuple(mark.line(*where, "talk", i) for i in range(len(transcript.talk)))
        problems += _unknown_names(transcript, mark, index, directory)
        if not transcript.talk:
            what, mend = f"{transcript.name}: nobody says anything", "Write turns under `talk`"
            problems.append(Problem(mark.file, mark.line(*where, "talk"), what, mend))
        yield Flow(transcript=transcript, file=mark.file, line=mark.line(*where), lines=lines)


def _unknown_names(transcript: Transcript, mark: Marked, index: int, directory: Directory) -> Iterator[Problem]:
    """Areas, routes, channels and placeholders that nobody knows."""
    channels = sorted({service.channel_id for service in directory.values()})
    fillable = (*channels, *directory, *_OF_THE_REPLY)
    named: list[tuple[str, str, Iterable[str], tuple[str | int, ...]]] = []
    if transcript.area is not None:
        named.append(("area", transcript.area, directory.areas, ("area",)))
    for at, turn in enumerate(transcript.talk):
        if turn.route is not None:
            named.append(("route", turn.route, ROUTES, ("talk", at, "route")))
        named += [("channel", channel, channels, ("talk", at, "channels")) for channel in turn.channels or ()]
        for field, texts in {"says": (turn.says or "",), "includes": turn.includes, "leaves_out": turn.leaves_out}.items():
            asked = (name.removesuffix("_name").removesuffix("_line") for text in texts for name in _PLACEHOLDER.findall(text))
            named += [("placeholder", name, fillable, ("talk", at, field)) for name in asked]
        if turn.read_as is not None:
            routes = {"intent": turn.read_as.intent, "topic": turn.read_as.topic or turn.read_as.intent}
            if turn.read_as.second is not None:
                routes["second"] = turn.read_as.second
            named += [("route", route, ROUTES, ("talk", at, "read_as", key)) for key, route in routes.items()]
            if turn.read_as.area is not None:
                named.append(("area", turn.read_as.area, directory.areas, ("talk", at, "read_as", "area")))
    for kind, name, known, where in named:
        if name not in known:
            what = f"{transcript.name}: `{name}` is not {'an' if kind == 'area' else 'a'} {kind}"
            yield Problem(mark.file, mark.line("transcripts", index, *where), what, did_you_mean(name, known))

