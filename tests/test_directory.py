"""The service directory: facts that go wrong elsewhere, and bot.directory, which loads and answers for them.

No number is typed here: what is pinned is the shape of the facts, and numbers come from the directory itself.
"""

import re
from datetime import date, datetime
from pathlib import Path

import pytest

from bot.clock import UK
from bot.directory import DEFAULT_PATH, load, shared
from bot.directory_check import REQUIRED_IDS, check
from bot.service import comparable

DIRECTORY = load()
MONDAY_NOON = datetime(2026, 1, 12, 12, tzinfo=UK)
SUNDAY_NOON = datetime(2026, 1, 11, 12, tzinfo=UK)
BOROUGHS = ("liverpool", "sefton", "wirral", "knowsley", "st_helens", "halton")
UK_WIDE = ("england", "wales", "scotland", "northern_ireland")


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UK)


# --------------------------------------------------------------------------------------------- the facts


def test_the_directory_has_nothing_wrong_on_the_day_it_was_checked() -> None:
    assert check(DIRECTORY, max(service.checked_on for service in DIRECTORY.values())) == []


@pytest.mark.parametrize("channel_id", REQUIRED_IDS)
def test_every_required_channel_is_there(channel_id: str) -> None:
    assert DIRECTORY.channel(channel_id, MONDAY_NOON)["id"] == channel_id


def test_crimestoppers_nspcc_and_stop_it_now_are_there_in_both_their_ways() -> None:
    crimestoppers, nspcc, stop_it_now = (DIRECTORY[i] for i in ("crimestoppers", "nspcc", "stop_it_now"))
    assert crimestoppers.phone
    assert any("form" in (link.note or "") for link in crimestoppers.links)
    assert nspcc.phone
    assert nspcc.email
    assert stop_it_now.phone
    assert any("self-help" in link.url for link in stop_it_now.links)


@pytest.mark.parametrize(
    ("day", "open_at_noon"),
    [
        ("2026-01-12", True),  # a Monday in winter
        ("2026-07-17", True),  # a Friday in summer
        ("2026-01-17", False),  # a Saturday
        ("2026-01-18", False),  # a Sunday
        ("2026-05-25", False),  # a bank holiday, a Monday
        ("2026-12-28", False),  # the bank holiday for Boxing Day
    ],
)
def test_nspcc_days(day: str, open_at_noon: bool) -> None:
    assert DIRECTORY["nspcc"].is_open(london(f"{day}T12:00")) is open_at_noon


@pytest.mark.parametrize("day", ["2026-01-12", "2026-07-13"])
@pytest.mark.parametrize(("time", "is_open"), [("09:59", False), ("10:00", True), ("15:59", True), ("16:00", False)])
def test_nspcc_hours_to_the_minute(day: str, time: str, is_open: bool) -> None:
    assert DIRECTORY["nspcc"].is_open(london(f"{day}T{time}")) is is_open
    assert DIRECTORY.channel("nspcc", london(f"{day}T{time}"))["open_now"] is is_open


def test_nspcc_email_says_when_to_write() -> None:
    email = DIRECTORY["nspcc"].email
    assert email is not None
    assert "11am and 4pm" in str(email.note)
    assert "may not arrive" in str(email.note)


def test_silent_55_is_for_mobiles_and_promises_nothing() -> None:
    service = DIRECTORY["silent_solution_55"]
    assert service.call_phrase() == "999, then press 55 when the voice asks"
    assert "mobile" in service.about
    assert "mobile" in service.for_
    assert "stay on the line" in service.about.lower()
    assert service.not_for.startswith("Landlines: 55 does nothing there.")
    assert "does not bring the police by itself" in service.not_for
    assert "does not tell them where you are" in service.not_for


def test_text_999_only_from_a_registered_phone() -> None:
    service = DIRECTORY["emergency_sms"]
    assert "signed up before" in service.about
    assert "already registered" in service.for_
    assert "not registered" in service.not_for
    assert service.call_phrase() == "emergencySMS by texting 999 (only if your phone is already registered)"


def test_18000_is_called_and_never_texted() -> None:
    service = DIRECTORY["relay_18000"]
    assert service.text is None
    assert "never texted" in service.not_for
    assert service.call_phrase() == "Relay UK on 18000"


def test_101_is_not_for_danger_now() -> None:
    service = DIRECTORY["101"]
    assert service.not_for.startswith("Danger now or a crime that is happening. For those, call 999.")
    assert "nobody is in danger now" in service.about


@pytest.mark.parametrize("service_id", ["police_online", "merseyside_police_social"])
def test_slow_police_ways_say_999_for_danger(service_id: str) -> None:
    assert "Danger now. For that, call 999." in DIRECTORY[service_id].not_for


def test_crimestoppers_says_what_it_is_not_for() -> None:
    not_for = DIRECTORY["crimestoppers"].not_for
    assert "Emergencies" in not_for
    assert "done to you" in not_for
    assert "one particular child" in not_for


@pytest.mark.parametrize(
    ("service_id", "takes", "refuses"),
    [
        ("childline", (5, 18), (19,)),
        ("shore", (13, 17), (18,)),
        ("report_remove", (9, 17), (18,)),
        ("fearless", (11, 17), (18,)),
        ("runaway_helpline", (12, 25), (26,)),
        ("papyrus", (15, 34), (35,)),
        ("napac", (18, 70), (17,)),
        ("rape_crisis", (16, 40), (15,)),
        ("rape_crisis_scotland", (13, 40), (12,)),
        ("dsa_ni", (18,), (17,)),
        ("galop", (18,), (17,)),
        ("stop_it_now", (18,), (17,)),
        ("nspcc", (18,), (17,)),
        ("999", (4, 90), ()),
    ],
)
def test_ages(service_id: str, takes: tuple[int, ...], refuses: tuple[int, ...]) -> None:
    ages = DIRECTORY[service_id].ages
    assert all(ages.fits(age) for age in takes)
    assert not any(ages.fits(age) for age in refuses)


def test_childline_and_the_nspcc_helpline_are_not_swapped() -> None:
    assert "Childline" in DIRECTORY["nspcc"].not_for
    assert "Adults" in DIRECTORY["childline"].not_for
    assert "under 19" in DIRECTORY["childline"].about


def test_live_fear_free_has_the_number_of_the_welsh_pages() -> None:
    phone = comparable(DIRECTORY["live_fear_free"].phone or "")
    assert phone.endswith("800")
    assert len(phone) == 11
    wrong = next(number for number, why in DIRECTORY.never_numbers.items() if "Live Fear Free" in why)
    assert phone[:-3] == wrong[:-3]
    assert phone != wrong


@pytest.mark.parametrize(
    "about",
    ["Live Fear Free", "old Rape Crisis", "RASASC", "Victim Care Merseyside", "Liverpool Careline", "The Mix",
     "press office", "text number of 2011", "Sefton"],
)  # fmt: skip
def test_numbers_that_go_wrong_elsewhere_are_given_nowhere(about: str) -> None:
    refused = {number for number, why in DIRECTORY.never_numbers.items() if about in why}
    assert refused
    assert refused.isdisjoint({comparable(number) for number in DIRECTORY.numbers()})


def test_rasasc_has_one_number() -> None:
    assert len(DIRECTORY["rasasc"].numbers()) == 1


@pytest.mark.parametrize("service_id", ["victim_care_merseyside", "safe_place_merseyside", "shore"])
def test_no_number_where_none_is_confirmed(service_id: str) -> None:
    assert DIRECTORY[service_id].numbers() == ()
    assert DIRECTORY[service_id].unverified


def test_only_operators_who_say_so_are_said_to_be_hidden_from_bills() -> None:
    hidden = {service.id for service in DIRECTORY.values() if "bill" in service.cost}
    assert hidden == {"childline", "samaritans", "mens_advice", "rape_crisis_scotland", "live_fear_free"}


def test_hours_nobody_confirmed_are_not_given() -> None:
    for service in DIRECTORY.values():
        if any(doubt == "hours" or doubt.startswith("hours (") for doubt in service.unverified):
            assert service.is_open(MONDAY_NOON) is None, service.id
            assert service.hours.open == "unknown", service.id
            assert not re.search(r"\d+(am|pm)", service.hours_in_words()), service.id


def test_merseyside_police_social_stops_at_halton() -> None:
    assert DIRECTORY.serves("merseyside_police_social", "sefton")
    assert not DIRECTORY.serves("merseyside_police_social", "halton")


def test_words_that_blame_or_press_are_not_used() -> None:
    banned = re.compile(r"\b(should|must|historic(al)?|alleg\w+|claims?|promiscuous|suffer\w*|victims? of|at risk)\b")
    for service in DIRECTORY.values():
        for words in (service.about, service.for_, service.not_for, service.confidentiality, service.cost):
            assert not banned.search(words.lower()), (service.id, words)


@pytest.mark.parametrize("role", ["forced_marriage_unit", "karma_nirvana"])
def test_forced_marriage_never_means_telling_the_family(role: str) -> None:
    service = DIRECTORY[role]
    assert not re.search(r"(talk|speak) to (your|the) (family|parents)", f"{service.about} {service.for_}")


# --------------------------------------------------------------------------------------------- who serves where


@pytest.mark.parametrize(
    ("area", "service_id"),
    [
        ("liverpool", "rasa_merseyside"),
        ("sefton", "rasa_merseyside"),
        ("wirral", "rasa_merseyside"),
        ("knowsley", "rasasc"),
        ("st_helens", "rasasc"),
        ("halton", "rasasc"),
        ("cheshire", "rasasc"),
        ("merseyside", "rape_crisis"),
        (None, "rape_crisis"),
        ("england", "rape_crisis"),
        ("wales", "rape_crisis"),
        ("scotland", "rape_crisis_scotland"),
        ("northern_ireland", "the_rowan"),
    ],
)
def test_sexual_violence_support_depends_on_the_borough(area: str | None, service_id: str) -> None:
    assert DIRECTORY.for_area("sexual_violence", area) == service_id
    assert DIRECTORY.serves(service_id, area or "england")


@pytest.mark.parametrize("area", BOROUGHS)
def test_rasa_and_rasasc_share_no_borough(area: str) -> None:
    assert DIRECTORY.serves("rasa_merseyside", area) is not DIRECTORY.serves("rasasc", area)


@pytest.mark.parametrize(
    ("area", "service_id"),
    [
        *((borough, f"la_{borough}") for borough in BOROUGHS),
        ("merseyside", "gov_report_child_abuse"),
        ("cheshire", "gov_report_child_abuse"),
        ("england", "gov_report_child_abuse"),
        (None, "gov_report_child_abuse"),
        ("scotland", "nspcc"),
        ("wales", "nspcc"),
        ("northern_ireland", "nspcc"),
    ],
)
def test_childrens_services_by_borough(area: str | None, service_id: str) -> None:
    assert DIRECTORY.for_area("childrens_services", area) == service_id
    channel = DIRECTORY.channel("childrens_services", MONDAY_NOON, area)
    assert channel["id"] == "childrens_services"
    assert channel["name"] == DIRECTORY[service_id].name
    assert channel["phone"] == DIRECTORY[service_id].phone


@pytest.mark.parametrize("borough", BOROUGHS)
def test_a_council_by_its_own_id_is_the_same_channel(borough: str) -> None:
    assert DIRECTORY.channel(f"la_{borough}", MONDAY_NOON)["id"] == "childrens_services"


@pytest.mark.parametrize(
    ("area", "service_id"),
    [("england", "domestic_abuse"), ("sefton", "domestic_abuse"), (None, "domestic_abuse"),
     ("wales", "live_fear_free"), ("scotland", "sdafmh"), ("northern_ireland", "dsa_ni")],
)  # fmt: skip
def test_domestic_abuse_lines_depend_on_the_nation(area: str | None, service_id: str) -> None:
    assert DIRECTORY.for_area("domestic_abuse", area) == service_id
    assert DIRECTORY.for_area("role:domestic_abuse", area) == service_id


def test_the_english_line_is_no_fallback_for_other_nations() -> None:
    assert [n for n in UK_WIDE if DIRECTORY.serves("domestic_abuse", n)] == ["england"]


def test_nhs_111_is_not_for_northern_ireland() -> None:
    assert DIRECTORY.for_area("mental_health", "northern_ireland") == "lifeline_ni"
    assert not DIRECTORY.serves("nhs_111", "northern_ireland")
    assert DIRECTORY.for_area("mental_health") == "nhs_111"


@pytest.mark.parametrize("area", [None, *DIRECTORY.areas])
@pytest.mark.parametrize("role", DIRECTORY.roles)
def test_every_role_is_filled_everywhere_by_somebody_who_serves_there(role: str, area: str | None) -> None:
    assert DIRECTORY.serves(DIRECTORY.for_area(role, area), area or "england")


def test_a_service_fills_its_own_place_and_nonsense_none() -> None:
    assert DIRECTORY.for_area("childline", "sefton") == "childline"
    with pytest.raises(KeyError):
        DIRECTORY.for_area("nonsense")
    with pytest.raises(KeyError):
        DIRECTORY.for_area("childline", "atlantis")
    with pytest.raises(KeyError):
        DIRECTORY.serves("nonsense", "england")


def test_area_of() -> None:
    assert DIRECTORY.area_of("im in bootle") == "sefton"
    assert DIRECTORY.area_of("help me") is None


# --------------------------------------------------------------------------------------------- channels


KEYS = {"id", "name", "phone", "tel", "text", "url", "hours", "open_now", "cost", "about", "details"}


@pytest.mark.parametrize("service_id", DIRECTORY.ids())
def test_every_channel_has_the_keys_of_the_contract(service_id: str) -> None:
    channel = DIRECTORY.channel(service_id, MONDAY_NOON)
    assert set(channel) - {"sms"} == KEYS
    assert ("sms" in channel) is bool(channel["text"])
    assert channel["details"]["for"]
    assert channel["details"]["confidentiality"]
    if channel["phone"]:
        assert channel["tel"] == "tel:" + channel["phone"].replace(" ", "")
    else:
        assert channel["tel"] is None
    for way in channel["details"]["ways"]:
        if way["link"] and way["link"].startswith("tel:"):
            assert way["link"] == "tel:" + way["text"].replace(" ", "")


def test_the_channel_of_childline() -> None:
    service = DIRECTORY["childline"]
    channel = DIRECTORY.channel("childline", MONDAY_NOON)
    assert channel["hours"] == "24 hours a day, every day"
    assert channel["cost"] == "free, does not show on phone bills"
    assert channel["open_now"] is True
    assert (channel["text"], channel["url"], channel["about"]) == (None, service.url, service.about)


@pytest.mark.parametrize(("service_id", "text", "sms"), [("shout", "SHOUT to 85258", "sms:85258?body=SHOUT"),
                                                         ("emergency_sms", "999", "sms:999")])  # fmt: skip
def test_a_text_number_has_a_link(service_id: str, text: str, sms: str) -> None:
    channel = DIRECTORY.channel(service_id, MONDAY_NOON)
    assert (channel["text"], channel.get("sms")) == (text, sms)


@pytest.mark.parametrize("borough", ["sefton", "wirral", "halton"])
def test_a_council_that_is_shut_gives_its_out_of_hours_number(borough: str) -> None:
    service = DIRECTORY[f"la_{borough}"]
    by_day = DIRECTORY.channel("childrens_services", MONDAY_NOON, borough)
    by_night = DIRECTORY.channel("childrens_services", SUNDAY_NOON, borough)
    assert (by_day["phone"], by_night["phone"]) == (service.phone, service.more_phones[0].phone)
    assert by_night["open_now"] is True
    assert by_night["hours"] != by_day["hours"]
    assert service.call_phrase(SUNDAY_NOON).startswith(f"{service.short} on {service.more_phones[0].phone} (")
    assert service.call_phrase(MONDAY_NOON) == service.call_phrase() == f"{service.short} on {service.phone}"
    assert DIRECTORY.is_open("childrens_services", SUNDAY_NOON, borough) is True


def test_a_council_without_one_is_shut_at_night() -> None:
    channel = DIRECTORY.channel("childrens_services", SUNDAY_NOON, "knowsley")
    assert channel["open_now"] is False
    assert channel["phone"] == DIRECTORY["la_knowsley"].phone


@pytest.mark.parametrize(
    ("text", "channel_id"),
    [
        ("whats the number for child line", "childline"),
        ("ring the NSPCC", "nspcc"),
        ("nspcc whistleblowing advice line", "nspcc_whistleblowing"),
        ("number for modern slavery line", "modern_slavery"),
        ("nspcc whistleblowing", "nspcc_whistleblowing"),
        ("crime stoppers", "crimestoppers"),
        ("Rape Crisis Scotland", "rape_crisis_scotland"),
        ("the rasa number", "rasa_merseyside"),
        ("is rasasc open", "rasasc"),
        ("what do i say to 999", "999"),
        ("Liverpool children's services", "childrens_services"),
        ("social services", "childrens_services"),
        ("my friend", None),
    ],
)
def test_a_service_is_known_by_the_names_people_type(text: str, channel_id: str | None) -> None:
    assert next(iter(DIRECTORY.services_named(text)), None) == channel_id


@pytest.mark.parametrize(
    ("text", "channel_ids"),
    [
        ("what's 101 for", {"101"}),
        ("is it childline or the nspcc helpline", {"childline", "nspcc"}),
        ("nspcc whistleblowing advice line", {"nspcc_whistleblowing"}),
        ("samaritans or shout", {"samaritans", "shout"}),
        ("which helpline is for me", set()),
    ],
)
def test_all_services_that_are_named_are_known(text: str, channel_ids: set[str]) -> None:
    assert set(DIRECTORY.services_named(text)) == channel_ids


def test_numbers_are_all_that_any_channel_shows() -> None:
    shown = {way["text"] for i in DIRECTORY for way in DIRECTORY.channel(i, MONDAY_NOON)["details"]["ways"]
             if (way["link"] or "").startswith("tel:")}  # fmt: skip
    assert shown <= DIRECTORY.numbers()
    assert {"999", "101", "111", "18000", "85258"} <= DIRECTORY.numbers()


def test_the_directory_is_a_mapping() -> None:
    assert len(DIRECTORY) == len(DIRECTORY.ids()) == len(set(DIRECTORY))
    assert "childline" in DIRECTORY
    with pytest.raises(KeyError):
        DIRECTORY["nonsense"]


def test_shared_is_read_once() -> None:
    assert shared() is shared()


@pytest.mark.parametrize("service_id", ["childline", "nspcc", "la_sefton"])
def test_where_an_entry_stands(service_id: str) -> None:
    file, line = DIRECTORY.where(service_id, "id")
    assert f"id: {service_id}" in (DEFAULT_PATH / Path(file).name).read_text(encoding="utf-8").splitlines()[line - 1]


def test_dates_are_dates() -> None:
    assert all(type(service.checked_on) is date for service in DIRECTORY.values())


# --- Going on: who can be written to, who is named ---


@pytest.mark.parametrize(
    ("text", "said"),
    [("What happens if I ring Childline?", "what happens if i ring them"), ("is the NSPCC helpline free", "is them free"),
     ("do the samaritans tell anyone", "do them tell anyone"), ("my dad hits me", "my dad hits me"),
     ("i rang 999", "i rang them"), ("", "")],
)  # fmt: skip
def test_a_service_that_is_named_is_them(text: str, said: str) -> None:
    assert load().unnamed(text) == said


def test_who_can_be_reached_without_speaking() -> None:
    directory, night = load(), datetime(2026, 11, 21, 23, 30, tzinfo=UK)
    assert directory.quiet("shout")
    assert directory.writes_back("shout", night)
    assert directory.quiet("nspcc"), "by email"
    assert not directory.writes_back("nspcc", night), "an email is not answered at night"
    assert not directory.quiet("101")
    assert not directory.writes_back("mens_advice", night), "its chat is shut"


def test_names_and_numbers_for_other_languages_have_no_english_between() -> None:
    directory = load()
    assert directory["childline"].line_phrase() == "Childline 0800 1111"
    assert directory["ceop"].line_phrase() == "CEOP Safety Centre"
