"""bot.signposting: every row of the table, and the right-use rules over the whole space of facts.

The rules are the operators' own (each service's `for`, `not_for`, `ages` and `areas` in directory/). They are held here
against the real directory, at any hour, so that neither a row nor an entry can break one unseen.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import yaml
from conftest import ROOT
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.clock import UK
from bot.directory import shared
from bot.service import Service
from bot.signposting import (
    ASKABLE,
    FACT_VALUES,
    MOST_CHANNELS,
    NEVER_ASK,
    ROUTES,
    SMALL_TALK,
    TABLE,
    Facts,
    Row,
    channels_for,
    known_facts,
    question_for,
    row_for,
    signpost,
)
from bot.tokens import parse_payload

DIRECTORY = shared()
AREAS = tuple(DIRECTORY.areas)
NATIONS = ("england", "wales", "scotland", "northern_ireland")

#: Two weeks with both kinds of bank holiday in them: Christmas Day, a Friday, and Boxing Day kept on the Monday after.
BEGIN = datetime(2026, 12, 21, tzinfo=UK)
MINUTES = st.integers(0, 14 * 24 * 60 - 1)
#: A Wednesday at eleven, when every line with known office hours is open, and the night after a Saturday.
OFFICE_HOURS = datetime(2026, 11, 18, 11, tzinfo=UK)
SATURDAY_NIGHT = datetime(2026, 11, 21, 23, 30, tzinfo=UK)

#: Routes on which somebody speaks of harm; about themselves, it is their own.
HARM = frozenset(ROUTES) - SMALL_TALK - {"ask_number", "which_number", "privacy", "cannot_call", "medical", "other_language"}
NO_CHANNELS = {"greeting", "thanks", "about_bot", "quick_exit"}
#: The words of this route are the same for everybody, in one language, and say which line is for whom.
FOR_EVERYBODY = "other_language"
CRIMESTOPPERS = {"crimestoppers", "fearless"}
ADULTS_ONLY = {"napac", "galop", "dsa_ni", "stop_it_now", "nspcc_whistleblowing", "youngminds_parents"}
RASA_AREAS, RASASC_AREAS = {"liverpool", "sefton", "wirral"}, {"knowsley", "st_helens", "halton", "cheshire"}
DOMESTIC_ABUSE = {
    "england": "domestic_abuse", "wales": "live_fear_free", "scotland": "sdafmh", "northern_ireland": "dsa_ni",
}  # fmt: skip

facts_in_words = st.builds(
    Facts,
    route=st.sampled_from(ROUTES),
    **{name: st.sampled_from((None, *values)) for name, values in FACT_VALUES.items()},
    area=st.sampled_from((None, *AREAS)),
    second=st.sampled_from((None, *sorted(HARM - {"own_behaviour", "anonymous_information", "urgent_danger", "danger_check"}))),
)
moments = MINUTES.map(lambda minutes: BEGIN + timedelta(minutes=minutes))
whatever = settings(max_examples=600, deadline=None)


def shown(facts: Facts, now: datetime = OFFICE_HOURS) -> tuple[str, ...]:
    return channels_for(facts, DIRECTORY, now)


def services(facts: Facts, now: datetime) -> list[Service]:
    return [DIRECTORY[service] for service in shown(facts, now)]


def nation(area: str | None) -> str:
    return next(a for a in DIRECTORY.areas.around(area or DIRECTORY.areas.default) if a in NATIONS)


def every_fact() -> list[Facts]:
    """All facts there are, the area only where a row asks for it: what decides which row fits."""
    areas = {row.conditions.get("area") for row in TABLE}
    names = ("speaker", "about", "when", "wants")
    values = [(None, *FACT_VALUES[name]) for name in names]
    return [
        Facts(route, **dict(zip(names, chosen, strict=True)), area=area)
        for route, area in itertools.product(ROUTES, areas)
        for chosen in itertools.product(*values)
    ]


# --- The table ---


def simplest(row: Row) -> Facts:
    """The facts that a row's conditions name, and no more."""
    return Facts(row.route, **dict(row.conditions))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.route}-{'-'.join(map(str, row.conditions.values()))}")
def test_every_row_is_reached_by_what_it_says(row: Row) -> None:
    """The first row that fits decides: a row that a wider one above it hides is a row nobody is given."""
    assert row_for(simplest(row)) is row
    area = row.conditions.get("area")
    wanted = tuple(dict.fromkeys(DIRECTORY.for_area(channel, area) for channel in row.channels))
    assert set(shown(simplest(row))) <= {*wanted, "childline", "shout", "101", "samaritans"}
    assert signpost(simplest(row), DIRECTORY, OFFICE_HOURS).row is row


def test_every_row_is_reached() -> None:
    reached = {id(row_for(facts)) for facts in every_fact()}
    assert [row for row in TABLE if id(row) not in reached] == []


def test_a_narrower_row_stands_before_a_wider_one() -> None:
    hidden = [
        (wide, narrow)
        for wide, narrow in itertools.combinations(TABLE, 2)
        if wide.route == narrow.route and wide.conditions.items() <= narrow.conditions.items()
    ]
    assert hidden == []


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_ends_in_a_row_without_conditions(route: str) -> None:
    last = [row for row in TABLE if row.route == route][-1]
    assert not last.conditions


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.route}-{'-'.join(map(str, row.conditions.values()))}")
def test_a_row_speaks_of_facts_and_channels_that_exist(row: Row) -> None:
    for name, value in row.conditions.items():
        assert name in known_facts()
        assert value in (AREAS if name == "area" else FACT_VALUES[name])
    assert len(set(row.channels)) == len(row.channels) <= MOST_CHANNELS
    for channel, area in itertools.product(row.channels, AREAS):
        assert DIRECTORY.for_area(channel, area) in DIRECTORY


def test_an_unknown_route_is_answered_as_unsure() -> None:
    assert row_for(Facts("no such route")).route == "unsure"


def test_a_row_of_one_route_never_fits_another() -> None:
    assert all(row_for(facts).route == facts.route for facts in every_fact())


# --- The rules of right use ---


@whatever
@given(facts_in_words, moments)
def test_danger_leads_with_999_and_nothing_else_does(facts: Facts, now: datetime) -> None:
    leads = shown(facts, now)[:1] == ("999",)
    # Where there is no NHS 111, somebody who is ill has 999 and the words about a pharmacy and a doctor.
    without_111 = facts.route == "medical" and nation(facts.area) == "northern_ireland"
    assert leads == (facts.route in ("urgent_danger", "danger_check", "other_language") or without_111)


@whatever
@given(facts_in_words, moments)
def test_crimestoppers_is_not_for_ones_own_harm_nor_for_danger(facts: Facts, now: datetime) -> None:
    given_out = CRIMESTOPPERS & set(shown(facts, now))
    if (facts.about == "self" and facts.route in HARM) or facts.route in ("urgent_danger", "danger_check"):
        assert not given_out


@whatever
@given(facts_in_words, moments)
def test_childline_and_the_nspcc_helpline_are_not_swapped(facts: Facts, now: datetime) -> None:
    given_out = shown(facts, now)
    if facts.speaker == "adult" and facts.route != FOR_EVERYBODY:
        assert "childline" not in given_out
    if facts.speaker == "young" and facts.route != FOR_EVERYBODY:
        assert "nspcc" not in given_out


@whatever
@given(facts_in_words, moments)
def test_ages_fit_the_speaker(facts: Facts, now: datetime) -> None:
    assume(facts.route != FOR_EVERYBODY)
    for service in services(facts, now):
        if facts.speaker == "young":
            assert service.id not in ADULTS_ONLY
            assert service.ages.fits(17), f"{service.id} turns away everybody under 18"
        # The child uses Report Remove; the adult asks for them.
        for_the_child = service.id == "report_remove" and facts.about == "other"
        if facts.speaker == "adult" and not for_the_child:
            assert any(service.ages.fits(age) for age in range(19, 26)), f"{service.id} turns adults away"
            assert service.id not in ("shore", "fearless")
    if facts.speaker == "young" and (first := services(facts, now)[:1]):
        assert first[0].ages.fits(12), f"{first[0].id} leads, and turns a child away"


@whatever
@given(facts_in_words, moments)
def test_lines_for_adults_only_wait_until_the_age_is_known(facts: Facts, now: datetime) -> None:
    """NAPAC and Galop ask for 18; where nobody has said how old they are, they are not offered."""
    if facts.speaker is None:
        assert not {"napac", "galop"} & set(shown(facts, now))


@whatever
@given(facts_in_words, moments)
def test_every_service_is_there_for_the_place(facts: Facts, now: datetime) -> None:
    given_out = shown(facts, now)
    for service in given_out:
        assert facts.area is None or DIRECTORY.serves(service, facts.area), f"{service} does not serve {facts.area}"
    if "rasa_merseyside" in given_out:
        assert facts.area in RASA_AREAS
    if "rasasc" in given_out:
        assert facts.area in RASASC_AREAS
    lines = set(DOMESTIC_ABUSE.values()) & set(given_out)
    assert lines <= {DOMESTIC_ABUSE[nation(facts.area)]}


@whatever
@given(facts_in_words, moments)
@example(Facts("whistleblowing", "adult"), SATURDAY_NIGHT)
def test_a_shut_line_never_stands_alone(facts: Facts, now: datetime) -> None:
    given_out = shown(facts, now)
    if facts.route in NO_CHANNELS:
        assert given_out == ()
    else:
        assert 1 <= len(given_out) <= MOST_CHANNELS
        assert len(set(given_out)) == len(given_out)
        assert any(DIRECTORY.answers(service, now) for service in given_out)


@settings(max_examples=200, deadline=None)
@given(facts_in_words, moments)
def test_one_question_and_only_when_its_answer_changes_something(facts: Facts, now: datetime) -> None:
    asked = question_for(facts, DIRECTORY, now, AREAS)
    today = shown(facts, now)
    local = {"role:sexual_violence", "role:domestic_abuse", "childrens_services"} & set(row_for(facts).channels)
    choices = {"speaker": FACT_VALUES["speaker"], "area": AREAS if local else ()}
    worth_asking = [
        name
        for name in ASKABLE
        if getattr(facts, name) is None
        and any(shown(replace(facts, **{name: value}), now) != today for value in choices[name])
    ]
    if facts.route in NEVER_ASK:
        assert asked is None
    else:
        assert asked == (worth_asking[0] if worth_asking else None)


def test_nobody_is_asked_for_a_place_that_only_changes_a_line_beside_the_right_one() -> None:
    facts = Facts("self_harm", "adult", "self")
    assert shown(facts) != shown(replace(facts, area="northern_ireland"))
    assert question_for(facts, DIRECTORY, OFFICE_HOURS, AREAS) is None


def test_the_places_on_offer_are_all_there_are_to_choose() -> None:
    """A borough, or the nation that decides: nobody is left with a place that is not theirs."""
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    buttons = domain["responses"]["utter_ask_area"][0]["buttons"]
    offered = {parse_payload(button["payload"])[1]["area"] for button in buttons}
    boroughs = {area.id for area in DIRECTORY.areas.values() if area.parent == "merseyside"} | {"halton"}
    assert offered == boroughs | set(NATIONS)


# --- By name, in another language, in the night ---


def test_a_service_asked_for_by_name_leads_whatever_its_age() -> None:
    assert shown(Facts("ask_number", "adult", service="childline")) == ("childline",)
    assert shown(Facts("ask_number", service="domestic_abuse", area="wales")) == ("live_fear_free",)
    # What was asked for before does not follow into another topic.
    assert "napac" not in shown(Facts("bullying", "young", service="napac"))


def test_a_service_asked_for_while_it_is_shut_has_one_beside_it_that_is_open() -> None:
    assert shown(Facts("ask_number", "adult", service="nspcc"), SATURDAY_NIGHT) == ("nspcc", "101")
    assert shown(Facts("ask_number", "young", service="napac"), SATURDAY_NIGHT) == ("napac", "childline")


def test_the_last_place_goes_to_an_open_line_when_nobody_on_the_row_answers() -> None:
    assert shown(Facts("bullying", "adult"), OFFICE_HOURS) == ("nspcc", "youngminds_parents")
    assert shown(Facts("bullying", "adult"), SATURDAY_NIGHT) == ("nspcc", "youngminds_parents", "101")


def test_a_second_matter_has_its_first_door_in_the_last_place() -> None:
    facts = Facts("domestic_abuse", "adult", "self", second="worried_about_child")
    assert shown(facts) == ("domestic_abuse", "101", "nspcc")
    assert shown(replace(facts, second=None)) == ("domestic_abuse", "101", "victim_support")
    assert shown(Facts("abuse_now", "young", second="run_away_or_missing")) == ("childline", "101", "runaway_helpline")
    # A door that is there already changes nothing, and 999 is none to show by the way.
    assert shown(Facts("bullying", "young", second="abuse_now")) == shown(Facts("bullying", "young"))
    assert shown(Facts("bullying", "young", second="medical", area="northern_ireland")) == shown(
        Facts("bullying", "young", area="northern_ireland")
    )


@pytest.mark.parametrize(
    ("area", "lead"),
    [("liverpool", "rasa_merseyside"), ("sefton", "rasa_merseyside"), ("wirral", "rasa_merseyside"),
     ("knowsley", "rasasc"), ("st_helens", "rasasc"), ("halton", "rasasc"), ("cheshire", "rasasc"),
     ("northern_ireland", "the_rowan"), ("england", "childline"), ("wales", "childline"), ("scotland", "childline"),
     ("merseyside", "childline"), (None, "childline")],
)  # fmt: skip
def test_a_child_is_led_to_sexual_violence_support_that_takes_them(area: str | None, lead: str) -> None:
    """Rape Crisis takes people from 16 (13 in Scotland): Childline stands before it for anybody who may be younger."""
    assert shown(Facts("sexual_violence_support", "young", area=area))[0] == lead


def test_a_question_is_never_asked_in_english_of_somebody_who_writes_in_another_language() -> None:
    found = signpost(Facts("worried_about_child", lang="pl"), DIRECTORY, OFFICE_HOURS, AREAS)
    assert (found.response, found.ask) == ("utter_language_pl", None)


def test_words_of_a_row_are_uttered_in_place_of_the_routes() -> None:
    assert signpost(Facts("abuse_now", "adult"), DIRECTORY, OFFICE_HOURS, AREAS).response == "utter_domestic_abuse"
    assert signpost(Facts("bullying", "adult"), DIRECTORY, OFFICE_HOURS, AREAS).response == "utter_bullying"
