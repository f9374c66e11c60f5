"""The directory of services: loads directory/*.yml and answers who does what, where, and whether they are open.

The only place phone numbers, opening hours and service names come from. `load` refuses a file that is not whole, with
the file, the line, what is wrong and how to mend it; `bot.directory_check` says what is whole but doubtful or stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NotRequired, TypedDict

from bot.areas import Area, plain
from bot.directory_files import Contents, DirectoryError, read_folder
from bot.service import Service, comparable, digits

__all__ = ["Area", "Channel", "Details", "Directory", "DirectoryError", "Service", "Way", "load", "shared"]

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "directory"
#: What a role may be written as by those who keep roles apart from service ids.
ROLE_PREFIX = "role:"


class Way(TypedDict):
    """Another way in: what it is, what to read, and a link where there is one."""

    label: str
    text: str
    link: str | None
    note: str | None


#: What a tap on a channel shows. Written as a call because `for` cannot be the name of a class attribute.
Details = TypedDict(
    "Details",
    {"for": str, "not_for": str, "confidentiality": str, "languages": list[str], "ways": list[Way]},
)


class Channel(TypedDict):
    """One channel as the web channel's contract spells it; `sms` is there where the service has a text number."""

    id: str
    name: str
    phone: str | None
    tel: str | None
    text: str | None
    url: str | None
    hours: str
    open_now: bool | None
    cost: str
    about: str
    details: NotRequired[Details]
    sms: NotRequired[str]


class Directory(Mapping[str, Service]):
    """The services by id. Look up a channel id of the web contract with `service`: it knows the roles too."""

    def __init__(self, contents: Contents) -> None:
        """Use `load`."""
        self.areas = contents.areas
        #: Digits of numbers never to give, with the reason; the same for web addresses.
        self.never_numbers = {comparable(n.number): n.why for n in contents.never.numbers}
        self.never_addresses = {a.address: a.why for a in contents.never.addresses}
        self.roles = contents.areas.roles
        self._services = services = contents.services
        self._places = contents.places
        named = {(plain(name), s.channel_id) for s in services.values() for name in (s.short, s.name, *s.known_as)}
        self._names = sorted(named, key=lambda pair: (-len(pair[0]), pair))
        names = "|".join(re.escape(name) for name, _ in self._names)
        self._name = re.compile(rf"\b(?:the )?(?:{names})s?(?: helpline| line| people)?(?= |$)")

    def __getitem__(self, service_id: str) -> Service:
        return self._services[service_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._services)

    def __len__(self) -> int:
        return len(self._services)

    def ids(self) -> tuple[str, ...]:
        """Every service id, in the order of the files."""
        return tuple(self._services)

    def where(self, service_id: str, *field: str | int) -> tuple[str, int]:
        """The file and line of a service, or of one of its fields."""
        mark, index = self._places[service_id]
        return mark.file, mark.line("services", index, *field)

    def area_of(self, place_text: str) -> str | None:
        """The id of the area that `place_text` names, or None; see Areas.of."""
        return self.areas.of(place_text)

    def serves(self, service_id: str, area_id: str) -> bool:
        """Whether a service serves all of an area; raises KeyError for an unknown id."""
        served = set(self[service_id].areas)
        return any(around in served for around in self.areas.around(area_id))

    def takes(self, service_id: str, age: int) -> bool:
        """Whether a service is for somebody of `age` years; raises KeyError for an unknown id."""
        return self[service_id].ages.fits(age)

    def for_area(self, role: str, area: str | None = None) -> str:
        """The id of the service that fills `role` in `area` (the default region when None).

        `role` is one of `roles`, with or without 'role:' before it; a service id is its own answer. Raises KeyError for
        a role or area nobody knows.
        """
        role = role.removeprefix(ROLE_PREFIX)
        found = self.areas.filling(role, area or self.areas.default)
        if found is None and role not in self._services:
            raise KeyError(f"{role!r} is neither a service nor a role of the directory")
        # `domestic_abuse` is a role and, for England, a service of its own name.
        return role if found is None else found

    def service(self, channel_id: str, area: str | None = None) -> Service:
        """The service behind a channel id of the web contract; only `childrens_services` depends on the area."""
        return self[channel_id if channel_id in self._services else self.for_area(channel_id, area)]

    def is_open(self, channel_id: str, now: datetime, area: str | None = None) -> bool | None:
        """Whether the channel answers at `now` (aware); None where its hours are not known."""
        return self.service(channel_id, area).is_open(now)

    def answers(self, channel_id: str, now: datetime, area: str | None = None) -> bool:
        """Whether a person certainly answers at `now` (aware): open, and reached by phone, text or chat."""
        service = self.service(channel_id, area)
        return service.live and service.is_open(now) is True

    def channel(self, service_id: str, now: datetime, area: str | None = None) -> Channel:
        """The channel object of the web contract for a service or channel id at `now` (aware).

        A council's channel is called `childrens_services` whichever council it is, and carries the out-of-hours number
        while the main one is shut.
        """
        service = self.service(service_id, area)
        line = service.line_at(now)
        shut = line is not None and line.out_of_hours
        channel = Channel(
            id=service.channel_id if service_id == service.id else service_id,
            name=service.name,
            phone=line.phone if line else None,
            tel=f"tel:{digits(line.phone)}" if line else None,
            text=str(service.text) if service.text else None,
            url=service.url,
            hours="this number answers while the office is shut" if shut else service.hours_in_words(),
            open_now=service.is_open(now),
            cost=service.cost,
            about=service.about,
            details=_details(service),
        )
        if service.text:
            channel["sms"] = service.text.link
        return channel

    def services_named(self, text: str) -> tuple[str, ...]:
        """The channel ids of the services that `text` names ("child line", "the samaritans"), the longest name first.

        A name within a longer one is no other service.
        """
        words, found = f" {plain(text)} ", []
        for name, channel in self._names:
            for written in (f" {name} ", f" {name}s "):
                if written in words:
                    words = words.replace(written, "  ")
                    found.append(channel)
        return tuple(dict.fromkeys(found))

    def unnamed(self, text: str) -> str:
        """`text`, in lower case without punctuation, with "them" for each service it names ("does them tell my mum")."""
        return " ".join(self._name.sub("them", plain(text)).split())

    def quiet(self, channel_id: str, area: str | None = None) -> bool:
        """Whether the channel can be reached without speaking: by text, chat or email."""
        service = self.service(channel_id, area)
        return bool(service.text or service.webchat or service.email)

    def writes_back(self, channel_id: str, now: datetime, area: str | None = None) -> bool:
        """Whether somebody certainly answers a text or a chat at `now` (aware)."""
        service = self.service(channel_id, area)
        return bool(service.text or service.webchat) and service.is_open(now) is True

    def numbers(self) -> set[str]:
        """Every number the directory gives, as it is printed."""
        return {number for service in self.values() for number in service.numbers()}


def _details(service: Service) -> Details:
    return {
        "for": service.for_,
        "not_for": service.not_for,
        "confidentiality": service.confidentiality,
        "languages": list(service.languages),
        "ways": list(_ways(service)),
    }


def _ways(service: Service) -> Iterator[Way]:
    """Every way in, the number to ring included, since its note and the other numbers belong beside it."""

    def ring(number: str, note: str | None, label: str = "Call") -> Way:
        return Way(label=label, text=number, link=f"tel:{digits(number)}", note=note)

    if service.phone:
        yield ring(service.phone, service.phone_note)
    for other in service.more_phones:
        yield ring(other.phone, other.note)
    if service.text:
        yield Way(label="Text", text=str(service.text), link=service.text.link, note=service.text.note)
    if service.textphone:
        yield ring(service.textphone.number, service.textphone.note, "Textphone")
    if service.webchat:
        yield Way(label="Chat", text=service.webchat.url, link=service.webchat.url, note=service.webchat.note)
    if service.email:
        address = service.email.address
        yield Way(label="Email", text=address, link=f"mailto:{address}", note=service.email.note)
    for account in service.social:
        yield Way(label="Message", text=account, link=None, note=None)
    for link in service.links:
        yield Way(label="Website", text=link.url, link=link.url, note=link.note)


def load(path: Path | None = None) -> Directory:
    """Read the directory in the folder `path` (the one beside this package when None).

    Raises DirectoryError with every problem found.
    """
    return Directory(read_folder(path or DEFAULT_PATH))


@cache
def shared() -> Directory:
    """The project's own directory, read once in a process; see `load` for the errors."""
    return load()
