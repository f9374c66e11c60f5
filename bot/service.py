"""Service: one helpline, website or office, as directory/*.yml describes it."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.hours import Hours

Group = Literal[
    "emergency", "police", "children", "adults_worried", "online", "harmful_behaviour", "survivors", "crisis",
    "domestic", "specialist", "professionals", "local_authority", "local",
]  # fmt: skip

_NUMBER = re.compile(r"\+?\d+(?: \d+)*")


def _number(value: str) -> str:
    """Refuse what cannot be a number at all; whether the number exists is for `directory_check` to say."""
    if not _NUMBER.fullmatch(value) or not 3 <= len(digits(value)) <= 13:
        raise ValueError(f"`{value}` is not a phone number: write digits and single spaces, as the operator prints it")
    return value


def digits(number: str) -> str:
    """A number without its spaces, as tel: and sms: links want it (RFC 3966 local form; a leading + stays)."""
    return number.replace(" ", "")


def comparable(number: str) -> str:
    """A number as numbers are compared: digits only, +44 written as 0."""
    bare = digits(number)
    return f"0{bare.removeprefix('+44')}" if bare.startswith("+44") else bare


Number = Annotated[str, AfterValidator(_number)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ages(_Part):
    """Whom a service is for, in whole years, both ends included: under 19 is `max: 18`."""

    min: int | None = Field(default=None, ge=0, le=120)
    max: int | None = Field(default=None, ge=0, le=120)

    def fits(self, age: int) -> bool:
        """Whether the service is for somebody of `age` years."""
        return (self.min is None or age >= self.min) and (self.max is None or age <= self.max)


class MorePhone(_Part):
    """Another number, and when or for whom it is. An `out_of_hours` number answers when the main one is shut."""

    phone: Number
    note: str
    out_of_hours: bool = False


class Text(_Part):
    """A number to text, and the word to send where the operator asks for one."""

    to: Number
    word: str | None = None
    note: str | None = None

    def __str__(self) -> str:
        return f"{self.word} to {self.to}" if self.word else self.to

    @property
    def link(self) -> str:
        """The sms: link (RFC 5724), with the word already written."""
        return f"sms:{digits(self.to)}" + (f"?body={self.word}" if self.word else "")


class Textphone(_Part):
    """A number for textphones and Relay UK."""

    number: Number
    note: str | None = None


class Email(_Part):
    """An email address, and what to know before writing to it."""

    address: str
    note: str | None = None


class Link(_Part):
    """A page: a chat, a form, self-help."""

    url: str
    note: str | None = None


class Line(_Part):
    """The number to ring at some moment, and its note."""

    phone: Number
    note: str | None
    out_of_hours: bool


class Service(_Part):
    """One service. The fields, in the order the YAML files give them:

    - `id`; `channel`, the id the web channel shows where several services share one (the councils);
    - `name` on its own, `short` inside a sentence, `known_as` other names people type, `group`;
    - `about`: one plain sentence for a child of ten; `for` and `not_for`: whom it helps, and whom it does not;
    - `ages`: whom it takes; left out when it takes anyone;
    - ways in: `phone` as the operator prints it with `phone_note`, what to do once through; `more_phones`, `text`,
      `textphone`, `webchat`, `email`, `social`, `links`, `url`;
    - `hours`: see bot.hours;
    - `expect`: what getting in touch is like, who answers and what they ask, in two sentences at most;
    - `cost` and `confidentiality` in plain words: only what the operator says;
    - `languages`; `areas`, the ids of the areas it serves;
    - `source`: where the facts come from; `checked_on`: when they were last read; `unverified`: what nobody confirmed.
    """

    id: str
    channel: str | None = None
    name: str
    short: str
    known_as: tuple[str, ...] = ()
    group: Group
    about: str
    for_: str = Field(alias="for")
    not_for: str
    ages: Ages = Ages()
    phone: Number | None = None
    phone_note: str | None = None
    more_phones: tuple[MorePhone, ...] = ()
    text: Text | None = None
    textphone: Textphone | None = None
    webchat: Link | None = None
    email: Email | None = None
    social: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    url: str | None = None
    hours: Hours
    cost: str
    expect: str
    confidentiality: str
    languages: tuple[str, ...] = ("English",)
    areas: tuple[str, ...]
    source: tuple[str, ...]
    checked_on: date
    unverified: tuple[str, ...] = ()

    @property
    def channel_id(self) -> str:
        """The id under which the web channel shows this service."""
        return self.channel or self.id

    @property
    def live(self) -> bool:
        """Whether a person can be reached by phone, text or chat, rather than through a form or a page."""
        return bool(self.phone or self.text or self.textphone or self.webchat)

    def line_at(self, now: datetime) -> Line | None:
        """The number to ring at `now` (aware): the out-of-hours number while the main one is shut."""
        if self.phone is None:
            return None
        if self.hours.is_open(now) is False:
            for other in self.more_phones:
                if other.out_of_hours:
                    return Line(phone=other.phone, note=other.note, out_of_hours=True)
        return Line(phone=self.phone, note=self.phone_note, out_of_hours=False)

    def is_open(self, now: datetime) -> bool | None:
        """Whether somebody answers, or the form is there, at `now` (aware); None where the hours are not known."""
        line = self.line_at(now)
        return True if line is not None and line.out_of_hours else self.hours.is_open(now)

    def next_opening(self, now: datetime) -> datetime | None:
        """When the main line next certainly opens after `now` (aware), in London time; see Hours.next_opening."""
        return self.hours.next_opening(now)

    def opens_in_words(self, now: datetime) -> str:
        """'open now', 'opens today at 10am', 'opens Monday at 10am', or where to look."""
        return "open now" if self.is_open(now) else self.hours.opens_in_words(now)

    def hours_in_words(self) -> str:
        """The main line's hours as a person reads them; 'check the website' where they are not known."""
        return self.hours.in_words()

    def call_phrase(self, now: datetime | None = None) -> str:
        """How prose tells somebody to reach the service: 'Childline on 0800 1111', '999', 'Report Remove (a page)'.

        With `now` (aware) the number is the one that answers then, which at night may be the out-of-hours number.
        """
        line = self.line_at(now) if now else None
        phone, note = (line.phone, line.note) if line and line.out_of_hours else (self.phone, self.phone_note)
        if phone is not None:
            # '999 on 999' and 'NHS 111 on 111' say the number twice.
            phrase = self.short if self.short.endswith(phone) else f"{self.short} on {phone}"
            if line and line.out_of_hours:
                return f"{phrase} ({note})"
            return f"{phrase}, then {note}" if note else phrase
        if self.text is not None:
            note = f" ({self.text.note})" if self.text.note else ""
            return f"{self.short} by texting {self.text}{note}"
        if self.textphone is not None:
            return f"{self.short} on {self.textphone.number}"
        return f"{self.short} ({_bare(self.url)})" if self.url else self.short

    def line_phrase(self) -> str:
        """Name and number with no word of English between them, for texts in other languages."""
        return f"{self.name} {self.phone}" if self.phone is not None else self.name

    def numbers(self) -> tuple[str, ...]:
        """Every number of this service as it is printed: to ring, to text, for textphones."""
        numbers = [self.phone, *(other.phone for other in self.more_phones)]
        numbers += [self.text.to if self.text else None, self.textphone.number if self.textphone else None]
        return tuple(dict.fromkeys(number for number in numbers if number))

    def addresses(self) -> tuple[str, ...]:
        """Every web address of this service."""
        links = [self.url, self.webchat.url if self.webchat else None, *(link.url for link in self.links)]
        return tuple(dict.fromkeys(address for address in links if address))


def _bare(url: str) -> str:
    """A web address as people say it, without what browsers add themselves."""
    return re.sub(r"^https?://(www\.)?", "", url).rstrip("/")
