"""bot.service: what one entry says of itself."""

from datetime import date, datetime

import pytest
from pydantic import ValidationError

from bot.clock import UK
from bot.service import Ages, Service, Text

NOW = datetime(2026, 1, 12, 12, tzinfo=UK)
NIGHT = datetime(2026, 1, 12, 23, tzinfo=UK)
OFFICE = {"weekly": {"mon-fri": "10:00-16:00"}, "bank_holidays": "closed"}


def service(**fields: object) -> Service:
    """A service with the least it needs, and `fields`."""
    least = {
        "id": "some", "name": "Some Line", "short": "the Some Line", "group": "crisis", "about": "It helps.",
        "for": "Anyone.", "not_for": "Nobody.", "hours": "unknown", "cost": "free", "expect": "You talk.",
        "confidentiality": "Ask them.",
        "areas": ["england"], "source": ["a page"], "checked_on": date(2026, 1, 1),
    }  # fmt: skip
    return Service.model_validate({**least, **fields})


@pytest.mark.parametrize(
    ("fields", "phrase"),
    [
        ({"phone": "0000 000"}, "the Some Line on 0000 000"),
        ({"phone": "000", "short": "000"}, "000"),
        ({"phone": "000", "short": "Line 000", "phone_note": "press 2"}, "Line 000, then press 2"),
        ({"phone": "0000", "phone_note": "choose option 2"}, "the Some Line on 0000, then choose option 2"),
        ({"text": {"to": "00000", "word": "HI"}}, "the Some Line by texting HI to 00000"),
        ({"text": {"to": "00000", "note": "if you can"}}, "the Some Line by texting 00000 (if you can)"),
        ({"textphone": {"number": "00000"}}, "the Some Line on 00000"),
        ({"url": "https://www.example.org/help/"}, "the Some Line (example.org/help)"),
        ({}, "the Some Line"),
    ],
)
def test_call_phrase(fields: dict[str, object], phrase: str) -> None:
    assert service(**fields).call_phrase() == phrase
    assert service(**fields).call_phrase(NOW) == phrase


def test_the_out_of_hours_number_answers_while_the_main_one_is_shut() -> None:
    night = {"phone": "0002", "note": "at night", "out_of_hours": True}
    some = service(phone="0001", hours=OFFICE, more_phones=[{"phone": "0003", "note": "abroad"}, night])
    assert (some.is_open(NOW), some.is_open(NIGHT)) == (True, True)
    assert some.call_phrase(NIGHT) == "the Some Line on 0002 (at night)"
    assert some.opens_in_words(NIGHT) == "open now"
    assert some.next_opening(NIGHT) == datetime(2026, 1, 13, 10, tzinfo=UK)
    assert some.numbers() == ("0001", "0003", "0002")


def test_a_line_without_one_is_shut() -> None:
    some = service(phone="0001", hours=OFFICE)
    assert some.is_open(NIGHT) is False
    assert some.call_phrase(NIGHT) == "the Some Line on 0001"
    assert some.opens_in_words(NIGHT) == "opens tomorrow at 10am"
    assert some.hours_in_words() == "Monday to Friday, 10am to 4pm, not bank holidays"


def test_unknown_hours_stay_unknown() -> None:
    assert service(phone="0001").is_open(NOW) is None
    assert service().line_at(NOW) is None


@pytest.mark.parametrize(
    ("fields", "live"),
    [
        ({"phone": "000"}, True),
        ({"text": {"to": "000"}}, True),
        ({"webchat": {"url": "https://example.org"}}, True),
        ({"url": "https://example.org", "links": [{"url": "https://example.org/form"}]}, False),
    ],
)
def test_live_means_a_person(fields: dict[str, object], live: bool) -> None:
    assert service(**fields).live is live


def test_addresses_stand_once() -> None:
    page = "https://example.org"
    assert service(url=page, webchat={"url": page}, links=[{"url": f"{page}/a"}]).addresses() == (page, f"{page}/a")


def test_ages_include_both_ends() -> None:
    assert [age for age in range(30) if Ages(min=16, max=18).fits(age)] == [16, 17, 18]
    assert Ages().fits(0)


def test_channel_id() -> None:
    assert service().channel_id == "some"
    assert service(channel="shared").channel_id == "shared"


def test_the_sms_link_carries_the_word() -> None:
    assert Text(to="0000 000").link == "sms:0000000"
    assert Text(to="00000", word="HI").link == "sms:00000?body=HI"


@pytest.mark.parametrize("number", ["", "1", "12", "0800-1111", "(0800) 1111", " 0800", "0800  1111", "12345678901234"])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(ValidationError, match="not a phone number"):
        service(phone=number)


def test_a_service_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        service().phone = "000"
