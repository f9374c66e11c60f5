"""When a service answers: hours a program can evaluate and a person can read.

All times are wall-clock times in Europe/London, to the minute. A day's last opening may end at 24:00, midnight; hours
that go on after midnight are written as two openings on two days. Bank holidays come from the `holidays` package, which
follows https://www.gov.uk/bank-holidays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import holidays
from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from bot.clock import UK

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: What is shown where nobody has confirmed the hours.
CHECK_THE_WEBSITE = "check the website"
#: Further ahead than any run of closed days: Christmas week with two weekends is ten.
LOOK_AHEAD_DAYS = 21

_KEYS = tuple(day[:3].lower() for day in DAYS)
_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_MIDNIGHT = 24 * 60
_SUBDIVISION = {"england": "ENG", "wales": "WLS", "scotland": "SCT", "northern_ireland": "NIR"}


class Span(NamedTuple):
    """One opening of one day, in minutes after midnight; `end` is the first minute that is shut again."""

    start: int
    end: int


Week = tuple[tuple[Span, ...], ...]


class Hours(BaseModel):
    """The hours of one service.

    In YAML: `always`, `unknown`, or a mapping with
    - `open`: always | unknown | weekly (weekly when `weekly` is given);
    - `weekly`: days to openings, such as `mon-fri: '10:00-16:00'` or `'mon,wed': ['09:00-12:00', '13:00-17:00']`;
    - `bank_holidays`: open | closed | unknown, needed with `weekly`;
    - `calendar`: whose bank holidays (england, wales, scotland, northern_ireland);
    - `words`: what to show instead of the usual words; only with always or unknown, where nothing can contradict them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    open: Literal["always", "unknown", "weekly"]
    weekly: Week = ()
    bank_holidays: Literal["open", "closed", "unknown"] | None = None
    calendar: Literal["england", "wales", "scotland", "northern_ireland"] = "england"
    words: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"open": value}
        if isinstance(value, Mapping) and "weekly" in value:
            return {"open": "weekly", **value}
        return value

    @field_validator("weekly", mode="before")
    @classmethod
    def _week(cls, value: Any) -> Week:
        if not isinstance(value, Mapping) or not value:
            raise ValueError("needs days and times, such as mon-fri: '10:00-16:00'")
        week: list[list[Span]] = [[] for _ in DAYS]
        for days, spans in value.items():
            for day in _days(str(days)):
                week[day].extend(_span(span) for span in (spans if isinstance(spans, list) else [spans]))
        return tuple(tuple(sorted(day)) for day in week)

    @model_validator(mode="after")
    def _agrees(self) -> Hours:
        if (self.open == "weekly") != bool(self.weekly):
            raise ValueError("`weekly` and `open: weekly` belong together: write the days and times under `weekly`")
        if self.weekly and self.bank_holidays is None:
            raise ValueError("`bank_holidays` is missing: write open, closed, or unknown when nobody has confirmed it")
        if self.weekly and self.words is not None:
            raise ValueError("`words` would repeat the weekly times and could contradict them: remove it")
        return self

    def is_open(self, now: datetime) -> bool | None:
        """Whether the service answers at `now` (aware); None where that is not known."""
        local = to_london(now)
        if self.open != "weekly":
            return True if self.open == "always" else None
        minute = local.hour * 60 + local.minute
        if not any(span.start <= minute < span.end for span in self.weekly[local.weekday()]):
            return False
        if self.bank_holidays == "open" or not is_bank_holiday(local.date(), self.calendar):
            return True
        return False if self.bank_holidays == "closed" else None

    def next_opening(self, now: datetime) -> datetime | None:
        """The next moment after `now` (aware) at which the service certainly opens, in London time.

        None for a service that never shuts, and where hours are not known. Bank holidays whose hours are not known are
        passed over: nobody is told to ring at a time that nobody has confirmed.
        """
        local = to_london(now)
        for ahead in range(LOOK_AHEAD_DAYS if self.open == "weekly" else 0):
            day = local.date() + timedelta(days=ahead)
            if self.bank_holidays != "open" and is_bank_holiday(day, self.calendar):
                continue
            for span in self.weekly[day.weekday()]:
                opening = datetime.combine(day, time(span.start // 60, span.start % 60), UK)
                if opening.astimezone(UTC) > local.astimezone(UTC) and not self._goes_on(opening):
                    return opening
        return None

    def _goes_on(self, opening: datetime) -> bool:
        """Whether the service is open already in the minute before `opening`: midnight between two spans."""
        return self.is_open(opening - timedelta(minutes=1)) is True

    def opens_in_words(self, now: datetime) -> str:
        """When the service next answers, for prose: 'open now', 'opens today at 10am', 'opens Monday at 10am'."""
        state = self.is_open(now)
        if state is True:
            return "open now"
        opening = self.next_opening(now)
        if state is None or opening is None:
            return self.words or f"{CHECK_THE_WEBSITE} for times"
        days = (opening.date() - to_london(now).date()).days
        day = {0: "today", 1: "tomorrow"}.get(days, DAYS[opening.weekday()])
        if days >= len(DAYS):
            day = f"on {day} {opening.day} {opening:%B}"
        return f"opens {day} at {time_in_words(opening.hour * 60 + opening.minute)}"

    def in_words(self) -> str:
        """The hours as a person reads them: 'Monday to Friday, 10am to 4pm, not bank holidays'."""
        if self.open != "weekly":
            return self.words or ("24 hours a day, every day" if self.open == "always" else CHECK_THE_WEBSITE)
        groups = [f"{days}, {_spans_in_words(spans)}" for days, spans in self._groups()]
        ending = {"closed": ", not bank holidays", "unknown": " (bank holidays may differ)"}
        return "; ".join(groups) + ending.get(self.bank_holidays or "open", "")

    def _groups(self) -> Iterator[tuple[str, tuple[Span, ...]]]:
        """Days with equal openings together, in the order of the week."""
        for spans in dict.fromkeys(day for day in self.weekly if day):
            yield _days_in_words([i for i, day in enumerate(self.weekly) if day == spans]), spans

    def overlaps(self) -> Iterator[str]:
        """One sentence for each day whose openings run into one another."""
        for name, spans in zip(DAYS, self.weekly or ((),) * len(DAYS), strict=True):
            for first, second in pairwise(spans):
                if second.start < first.end:
                    yield f"{name} has two openings that overlap: {_spans_in_words((first, second))}"


def to_london(now: datetime) -> datetime:
    """`now` on a London clock; raises ValueError for a naive time, which could be any clock."""
    if now.tzinfo is None:
        raise ValueError("`now` must be an aware datetime")
    return now.astimezone(UK)


@cache
def _calendar(nation: str) -> holidays.HolidayBase:
    return holidays.country_holidays("GB", subdiv=_SUBDIVISION[nation])


def is_bank_holiday(day: date, nation: str) -> bool:
    """Whether `day` is a bank holiday in `nation` (england, wales, scotland, northern_ireland)."""
    return day in _calendar(nation)


def time_in_words(minute: int) -> str:
    """A time of day as people write it: 10am, 9.30am, noon, midnight; `minute` counts from midnight."""
    if minute % _MIDNIGHT == 0:
        return "midnight"
    if minute == _MIDNIGHT // 2:
        return "noon"
    hour, rest = divmod(minute, 60)
    return f"{(hour - 1) % 12 + 1}{f'.{rest:02}' if rest else ''}{'am' if hour < 12 else 'pm'}"


def _days(text: str) -> Iterator[int]:
    """Day numbers from 'mon-fri' or 'mon,wed'; raises ValueError."""
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first not in _KEYS or (last and last not in _KEYS) or (last and _KEYS.index(last) < _KEYS.index(first)):
            raise ValueError(f"`{text}` is not days: write them as mon, mon-fri or 'mon,wed'")
        yield from range(_KEYS.index(first), _KEYS.index(last or first) + 1)


def _span(value: Any) -> Span:
    """An opening from '10:00-16:00'; raises ValueError."""
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"`{value}` is not a time: write it in quotes as '10:00-16:00'")
    start_hour, start, end_hour, end = map(int, match.groups())
    span = Span(start_hour * 60 + start, end_hour * 60 + end)
    if span.start >= span.end or span.end > _MIDNIGHT:
        raise ValueError(f"`{value}` ends before it begins: hours after midnight belong to the next day")
    return span


def _spans_in_words(spans: tuple[Span, ...]) -> str:
    return " and ".join(f"{time_in_words(span.start)} to {time_in_words(span.end)}" for span in spans)


def _days_in_words(days: list[int]) -> str:
    names = [DAYS[day] for day in days]
    if len(names) == len(DAYS):
        return "every day"
    if len(names) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]} to {names[-1]}"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
