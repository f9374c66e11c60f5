"""Reads the files of directory/ and refuses what is not whole, for people who do not program.

Every .yml file but areas.yml and never.yml holds services, so a new region is a new file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.areas import Area, Areas, plain
from bot.errors import SignpostError
from bot.service import Number, Service
from bot.yaml_marks import Marked, Problem, YamlError, read, shown
from bot.yaml_models import did_you_mean, parse

AREAS_FILE, NEVER_FILE = "areas.yml", "never.yml"


class DirectoryError(SignpostError):
    """The directory cannot be used; `problems` says each reason with its file, line and remedy."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _AreasFile(_File):
    default: str
    areas: list[Any]
    not_places: tuple[str, ...] = ()


class _ServicesFile(_File):
    services: list[Any]


class NeverNumber(_File):
    """A number that looks right and is not."""

    number: Number
    why: str


class NeverAddress(_File):
    """A web address that looks right and is not; its subdomains too."""

    address: str
    why: str


class NeverFile(_File):
    """Numbers and addresses never to give, each with the reason."""

    numbers: tuple[NeverNumber, ...]
    addresses: tuple[NeverAddress, ...]


_Places = Mapping[str, tuple[Marked, int]]


@dataclass(frozen=True)
class Contents:
    """What the folder holds. `places` gives for each service its file and its index in that file's list."""

    services: Mapping[str, Service]
    areas: Areas
    never: NeverFile
    places: _Places


def read_folder(folder: Path) -> Contents:
    """Everything in `folder`; raises DirectoryError with every problem found."""
    problems: list[Problem] = []
    files = {file.name: file for file in sorted(folder.glob("*.yml"))}
    for name in (AREAS_FILE, NEVER_FILE):
        if name not in files:
            problems.append(Problem(shown(folder / name), 1, "the file is missing", "Put it back"))
    marks = {name: mark for name, file in files.items() if (mark := _read(file, problems)) is not None}
    if problems:
        raise DirectoryError(problems)
    areas_file = marks.pop(AREAS_FILE)
    areas = _load_areas(areas_file, problems)
    never = parse(NeverFile, marks.pop(NEVER_FILE), (), problems)
    services, places = _load_services(marks.values(), problems)
    if problems or never is None or areas is None:
        raise DirectoryError(problems)
    contents = Contents(services, areas, never, places)
    if problems := list(_loose_ends(contents, areas_file)):
        raise DirectoryError(problems)
    return contents


def _read(file: Path, problems: list[Problem]) -> Marked | None:
    try:
        return read(file)
    except YamlError as error:
        problems.append(error.problem)
        return None


def _load_areas(mark: Marked, problems: list[Problem]) -> Areas | None:
    """The areas, or None when something in their file had to be refused."""
    before = len(problems)
    file = parse(_AreasFile, mark, (), problems)
    areas: dict[str, Area] = {}
    named: dict[str, str] = {}
    for index, _ in enumerate(file.areas if file else ()):
        area = parse(Area, mark, ("areas", index), problems)
        if area is None:
            continue
        line = mark.line("areas", index)
        if area.id in areas:
            problems.append(Problem(mark.file, line, f"the id `{area.id}` is taken", "Rename or remove one"))
        # A parent stands above its areas, so that no area can lie inside itself.
        if area.parent is not None and area.parent not in areas:
            line = mark.line("areas", index, "parent")
            what = f"{area.id}: `{area.parent}` is not an area above this one"
            problems.append(Problem(mark.file, line, what, "Move it above, or correct the id"))
        for name in {plain(name) for name in (area.name, *area.names, *area.places)} & named.keys():
            what = f"`{name}` is in `{named[name]}` and in `{area.id}`"
            problems.append(Problem(mark.file, line, what, "Keep it in one of the two"))
        named.update({plain(name): area.id for name in (area.name, *area.names, *area.places)})
        areas[area.id] = area
    if file and file.default not in areas:
        line = mark.line("default")
        problems.append(Problem(mark.file, line, f"`{file.default}` is not an area", "Correct the id"))
    return Areas(areas.values(), file.default, file.not_places) if file and len(problems) == before else None


def _load_services(marks: Iterable[Marked], problems: list[Problem]) -> tuple[dict[str, Service], _Places]:
    """The services by id, and where each stands: its file and its index in that file's list."""
    services: dict[str, Service] = {}
    places: dict[str, tuple[Marked, int]] = {}
    for mark in marks:
        file = parse(_ServicesFile, mark, (), problems)
        for index, _ in enumerate(file.services if file else ()):
            service = parse(Service, mark, ("services", index), problems)
            if service is None:
                continue
            if service.id in services:
                first, at = places[service.id]
                what = f"the id `{service.id}` is taken by {first.file}:{first.line('services', at)}"
                line = mark.line("services", index, "id")
                problems.append(Problem(mark.file, line, what, "Rename or remove one of the two"))
                continue
            services[service.id], places[service.id] = service, (mark, index)
    return services, places


def _loose_ends(contents: Contents, areas_file: Marked) -> Iterator[Problem]:
    """Names that lead nowhere: areas of services, services of areas, roles that nobody fills somewhere."""
    areas = contents.areas
    for service in contents.services.values():
        mark, at = contents.places[service.id]
        for index, area in enumerate(service.areas):
            if area not in areas:
                line = mark.line("services", at, "areas", index)
                what = f"{service.id}: `{area}` is not an area"
                yield Problem(mark.file, line, what, did_you_mean(area, areas))
    for index, area_id in enumerate(areas):
        for role, service_id in areas[area_id].services.items():
            if service_id not in contents.services:
                line = areas_file.line("areas", index, "services", role)
                mend = did_you_mean(service_id, contents.services)
                yield Problem(areas_file.file, line, f"`{service_id}` is not a service", mend)
        for role in areas.roles:
            if areas.filling(role, area_id) is None:
                line = areas_file.line("areas", index, "services")
                what = f"nobody fills the role `{role}` in `{area_id}`"
                yield Problem(areas_file.file, line, what, "Name a service for it under `services`")
