"""bot.hours: opening times to the minute, in summer and winter, on bank holidays, and in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.clock import UK
from bot.hours import Hours, is_bank_holiday, time_in_words

OFFICE = Hours.model_validate({"weekly": {"mon-fri": "10:00-16:00"}, "bank_holidays": "closed"})
ALWAYS = Hours.model_validate("always")
UNKNOWN = Hours.model_validate("unknown")


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UK)


def weekly(days: dict[str, object], bank_holidays: str = "open", **more: object) -> Hours:
    return Hours.model_validate({"weekly": days, "bank_holidays": bank_holidays, **more})


@pytest.mark.parametrize("day", ["2026-01-12", "2026-03-30", "2026-07-13", "2026-10-26"])
@pytest.mark.parametrize(
    ("time", "is_open"), [("09:59", False), ("10:00", True), ("15:59", True), ("15:59:59", True), ("16:00", False)]
)
def test_edges_are_exact_in_winter_and_summer(day: str, time: str, is_open: bool) -> None:
    assert OFFICE.is_open(london(f"{day}T{time}")) is is_open


@pytest.mark.parametrize(
    ("utc", "is_open"),
    [
        ("2026-01-12T09:59", False),
        ("2026-01-12T10:00", True),
        ("2026-07-13T08:59", False),
        ("2026-07-13T09:00", True),
        ("2026-07-13T14:59", True),
        ("2026-07-13T15:00", False),
    ],
)
def test_any_aware_clock_is_read_as_london_time(utc: str, is_open: bool) -> None:
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert OFFICE.is_open(now) is is_open
    assert OFFICE.is_open(now.astimezone(ZoneInfo("Asia/Tokyo"))) is is_open


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        OFFICE.is_open(datetime(2026, 1, 12, 12))


@pytest.mark.parametrize(
    ("bank_holidays", "at_noon", "at_nine"), [("open", True, False), ("closed", False, False), ("unknown", None, False)]
)
def test_bank_holidays_as_the_entry_says(bank_holidays: str, at_noon: bool | None, at_nine: bool) -> None:
    hours = weekly({"mon-fri": "10:00-16:00"}, bank_holidays)
    assert hours.is_open(london("2026-05-25T12:00")) is at_noon
    assert hours.is_open(london("2026-05-25T09:00")) is at_nine


@pytest.mark.parametrize(
    ("nation", "day", "holiday"),
    [
        ("england", "2026-04-06", True),  # Easter Monday
        ("scotland", "2026-04-06", False),
        ("england", "2026-01-02", False),
        ("scotland", "2026-01-02", True),
        ("northern_ireland", "2026-03-17", True),  # St Patrick's Day
        ("england", "2026-03-17", False),
        ("wales", "2026-12-28", True),  # for Boxing Day, a Saturday that year
    ],
)
def test_each_nation_has_its_own_bank_holidays(nation: str, day: str, holiday: bool) -> None:
    assert is_bank_holiday(london(day).date(), nation) is holiday


def test_always_and_unknown() -> None:
    now = london("2026-12-25T03:00")
    assert ALWAYS.is_open(now) is True
    assert ALWAYS.next_opening(now) is None
    assert ALWAYS.opens_in_words(now) == "open now"
    assert UNKNOWN.is_open(now) is None
    assert UNKNOWN.next_opening(now) is None
    assert UNKNOWN.opens_in_words(now) == "check the website for times"


@pytest.mark.parametrize(
    ("now", "opening", "words"),
    [
        ("2026-01-12T09:00", "2026-01-12T10:00", "opens today at 10am"),
        ("2026-01-12T16:00", "2026-01-13T10:00", "opens tomorrow at 10am"),
        ("2026-01-16T16:00", "2026-01-19T10:00", "opens Monday at 10am"),
        ("2026-03-27T16:00", "2026-03-30T10:00", "opens Monday at 10am"),  # the clocks go forward between
        ("2026-12-24T17:00", "2026-12-29T10:00", "opens Tuesday at 10am"),
    ],
)
def test_next_opening_passes_over_closed_days(now: str, opening: str, words: str) -> None:
    assert OFFICE.next_opening(london(now)) == london(opening)
    assert OFFICE.opens_in_words(london(now)) == words


def test_an_opening_more_than_a_week_away_is_given_with_its_date() -> None:
    hours = weekly({"mon": "10:00-16:00"}, "closed")
    assert hours.opens_in_words(london("2026-05-18T16:00")) == "opens on Monday 1 June at 10am"


def test_nobody_is_told_to_ring_on_a_bank_holiday_that_nobody_confirmed() -> None:
    hours = weekly({"mon-fri": "10:00-16:00"}, "unknown")
    assert hours.next_opening(london("2026-05-22T16:00")) == london("2026-05-26T10:00")
    assert hours.opens_in_words(london("2026-05-25T12:00")) == "check the website for times"


def test_open_while_open_says_so() -> None:
    assert OFFICE.opens_in_words(london("2026-01-12T12:00")) == "open now"


def test_midnight_between_two_spans_is_not_an_opening() -> None:
    hours = weekly({"fri": "20:00-24:00", "sat": "00:00-02:00"})
    assert hours.is_open(london("2026-01-16T23:59")) is True
    assert hours.is_open(london("2026-01-17T00:00")) is True
    assert hours.is_open(london("2026-01-17T02:00")) is False
    assert hours.next_opening(london("2026-01-16T21:00")) == london("2026-01-23T20:00")


def test_every_minute_of_a_week_agrees_with_the_next_opening() -> None:
    now, end = london("2026-01-12T00:00"), london("2026-01-19T00:00")
    was_open = OFFICE.is_open(now - timedelta(minutes=1))
    while now < end:
        is_open = OFFICE.is_open(now)
        if is_open and not was_open:
            assert OFFICE.next_opening(now - timedelta(minutes=1)) == now
        was_open, now = is_open, now + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (ALWAYS, "24 hours a day, every day"),
        (UNKNOWN, "check the website"),
        (Hours.model_validate({"open": "unknown", "words": "weekdays; ask"}), "weekdays; ask"),
        (OFFICE, "Monday to Friday, 10am to 4pm, not bank holidays"),
        (weekly({"mon-sun": "17:00-24:00"}), "every day, 5pm to midnight"),
        (weekly({"mon,thu,fri": "09:30-16:00", "tue,wed": "09:30-18:00"}, "unknown"),
         "Monday, Thursday and Friday, 9.30am to 4pm; Tuesday and Wednesday, 9.30am to 6pm (bank holidays may differ)"),
        (weekly({"sat": ["00:00-12:00", "13:00-17:05"]}), "Saturday, midnight to noon and 1pm to 5.05pm"),
    ],
)  # fmt: skip
def test_in_words(hours: Hours, words: str) -> None:
    assert hours.in_words() == words


@pytest.mark.parametrize(
    ("minute", "words"),
    [(0, "midnight"), (1, "12.01am"), (60, "1am"), (719, "11.59am"), (720, "noon"), (750, "12.30pm"),
     (1440, "midnight")],
)
def test_time_in_words(minute: int, words: str) -> None:
    assert time_in_words(minute) == words


def test_overlapping_openings_are_found() -> None:
    assert not list(OFFICE.overlaps())
    assert not list(ALWAYS.overlaps())
    assert not list(weekly({"mon": ["09:00-12:00", "12:00-17:00"]}).overlaps())
    (found,) = weekly({"mon-tue": "09:00-12:00", "mon": "11:00-17:00"}).overlaps()
    assert found == "Monday has two openings that overlap: 9am to noon and 11am to 5pm"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"weekly": {"mon-fri": "10-16"}, "bank_holidays": "open"}, "is not a time"),
        ({"weekly": {"mon-fri": 600}, "bank_holidays": "open"}, "is not a time"),
        ({"weekly": {"mon": "16:00-10:00"}, "bank_holidays": "open"}, "ends before it begins"),
        ({"weekly": {"mon": "10:00-24:30"}, "bank_holidays": "open"}, "ends before it begins"),
        ({"weekly": {"monday": "10:00-16:00"}, "bank_holidays": "open"}, "is not days"),
        ({"weekly": {"fri-mon": "10:00-16:00"}, "bank_holidays": "open"}, "is not days"),
        ({"weekly": {}, "bank_holidays": "open"}, "needs days and times"),
        ({"weekly": {"mon": "10:00-16:00"}}, "`bank_holidays` is missing"),
        ({"weekly": {"mon": "10:00-16:00"}, "bank_holidays": "open", "words": "Mondays"}, "contradict"),
        ({"weekly": {"mon": "10:00-16:00"}, "bank_holidays": "open", "open": "always"}, "belong together"),
        ({"open": "weekly"}, "belong together"),
        ("24/7", "always"),
    ],
)
def test_hours_that_make_no_sense_are_refused(value: object, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Hours.model_validate(value)
