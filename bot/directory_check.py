"""What is doubtful about the directory: wrong numbers, stale facts, rules of writing. `signpost check` prints it.

`bot.directory.load` refuses a directory that is not whole. This looks at what the entries say, and is for the people
who keep them: every finding names the file, the line and the service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

import phonenumbers
from phonenumbers import shortnumberinfo

from bot.directory import Directory
from bot.service import Service, comparable

#: The channel ids of the web channel's contract, `childrens_services` being a role, and the police account that every
#: release must name.
REQUIRED_IDS: tuple[str, ...] = (
    "999", "101", "childline", "nspcc", "crimestoppers", "fearless", "stop_it_now", "shore", "rasa_merseyside",
    "rasasc", "rape_crisis", "napac", "samaritans", "shout", "papyrus", "report_remove", "ceop", "iwf",
    "runaway_helpline", "domestic_abuse", "mens_advice", "live_fear_free", "modern_slavery", "forced_marriage_unit",
    "karma_nirvana", "nspcc_fgm", "nspcc_whistleblowing", "victim_support", "galop", "act_early", "nhs_111",
    "childrens_services", "merseyside_police_social",
)  # fmt: skip

#: Days after `checked_on` when a fact is old, and when it is too old to give.
OLD_AFTER, TOO_OLD_AFTER = 90, 180
#: The most words in a sentence that a frightened child reads.
MOST_WORDS = 20

_REGION = "GB"
#: Dialled before a number to reach it by textphone through Relay UK.
_RELAY_PREFIX = "18001 "
#: A number long enough to be somebody's, typed into prose; 999, 101 and 18001 101 are names as much as numbers.
_NUMBER_IN_PROSE = re.compile(r"\+?\d(?: ?\d){7,}")
_RELAY_TO_POLICE = "18001101"
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}")

Severity = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to look at. An error must not be released; a warning must be read."""

    file: str
    line: int
    severity: Severity
    id: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.id}: {self.message}"


def check(directory: Directory, today: date) -> list[Finding]:
    """Everything doubtful about `directory` on the day `today`, in the order of the files."""
    findings = [finding for service in directory.values() for finding in _check_service(directory, service, today)]
    for required in REQUIRED_IDS:
        if required not in directory and required not in directory.roles:
            what = f"every release needs this service and no file has it: add an entry with `id: {required}`"
            findings.append(Finding("directory", 1, "error", required, what))
    return sorted(findings)


def _check_service(directory: Directory, service: Service, today: date) -> Iterator[Finding]:
    def found(severity: Severity, message: str, *field: str | int) -> Finding:
        file, line = directory.where(service.id, *field)
        return Finding(file, line, severity, service.id, message)

    for number, field in _numbers(service):
        if not number_exists(number):
            yield found("error", f"`{number}` is not a number in the UK: compare it with the operator's page", *field)
        if why := directory.never_numbers.get(comparable(number)):
            yield found("error", f"`{number}` must never be given: {why}", *field)
    for url, field in _urls(service):
        yield from (found("error", message, *field) for message in _url_problems(url, directory))
    if service.email and not _EMAIL.fullmatch(service.email.address):
        yield found("error", f"`{service.email.address}` is not an email address: correct it", "email", "address")
    if not (service.numbers() or service.addresses() or service.email):
        yield found("error", "there is no way to reach it: add a phone, text, email or url")
    for overlap in service.hours.overlaps():
        yield found("error", f"{overlap}: keep one of the two", "hours")
    for name, value in (("areas", service.areas), ("source", service.source)):
        if not value:
            yield found("error", f"`{name}` is empty: add at least one", name)
    yield from (found(severity, message, "checked_on") for severity, message in _age(service.checked_on, today))
    if len(_sentences(service.about)) != 1:
        yield found("error", "`about` is one sentence: shorten it, or move the rest to `for`", "about")
    for name, prose in _prose(service):
        if long := [sentence for sentence in _sentences(prose) if len(sentence.split()) > MOST_WORDS]:
            yield found("error", f"a sentence has more than {MOST_WORDS} words, cut it: {long[0]}", name)
        for number in _NUMBER_IN_PROSE.findall(prose):
            if comparable(number) != _RELAY_TO_POLICE:
                yield found("error", f"`{number}` is typed into prose: give it a field of its own", name)


def number_exists(number: str) -> bool:
    """Whether `number` can be in use in the UK, by the numbering plan that the `phonenumbers` library carries."""
    try:
        parsed = phonenumbers.parse(number.removeprefix(_RELAY_PREFIX), _REGION)
    except phonenumbers.NumberParseException:
        return False
    ordinary: bool = phonenumbers.is_valid_number_for_region(parsed, _REGION)
    short: bool = shortnumberinfo.is_valid_short_number_for_region(parsed, _REGION)
    return ordinary or short


def _numbers(service: Service) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every number with the field it stands in."""
    if service.phone:
        yield service.phone, ("phone",)
    for index, other in enumerate(service.more_phones):
        yield other.phone, ("more_phones", index, "phone")
    if service.text:
        yield service.text.to, ("text", "to")
    if service.textphone:
        yield service.textphone.number, ("textphone", "number")


def _urls(service: Service) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every web address with the field it stands in."""
    if service.url:
        yield service.url, ("url",)
    if service.webchat:
        yield service.webchat.url, ("webchat", "url")
    for index, link in enumerate(service.links):
        yield link.url, ("links", index, "url")


def _url_problems(url: str, directory: Directory) -> Iterator[str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or "." not in host or " " in url:
        yield f"`{url}` is not an https address: write it as https://..., or leave it out"
    for address, why in directory.never_addresses.items():
        if host == address or host.endswith(f".{address}"):
            yield f"`{address}` must never be given: {why}"


def _age(checked_on: date, today: date) -> Iterator[tuple[Severity, str]]:
    days = (today - checked_on).days
    if days < 0:
        yield "error", f"`checked_on` {checked_on} is in the future: write the day on which the facts were read"
    elif days > TOO_OLD_AFTER:
        yield "error", f"last checked {days} days ago: check it with the operator, or take it out"
    elif days > OLD_AFTER:
        yield "warning", f"last checked {days} days ago: check it with the operator and move `checked_on`"


def _prose(service: Service) -> Iterator[tuple[str, str]]:
    """Everything of a service that is read as prose, with the field it stands in."""
    yield from (("about", service.about), ("for", service.for_), ("not_for", service.not_for), ("cost", service.cost))
    yield from (("expect", service.expect), ("confidentiality", service.confidentiality))
    if service.phone_note:
        yield "phone_note", service.phone_note
    yield from (("more_phones", other.note) for other in service.more_phones)
    ways = {"text": service.text, "textphone": service.textphone, "webchat": service.webchat, "email": service.email}
    yield from ((name, way.note) for name, way in ways.items() if way and way.note)
    yield from (("links", link.note) for link in service.links if link.note)


def _sentences(prose: str) -> list[str]:
    return _SENTENCE_END.split(prose.strip())
