"""bot.onward: whom else somebody is given, and the right-use rules over the whole space of facts here too."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_signposting import (
    ADULTS_ONLY,
    AREAS,
    CRIMESTOPPERS,
    DIRECTORY,
    DOMESTIC_ABUSE,
    HARM,
    OFFICE_HOURS,
    RASA_AREAS,
    RASASC_AREAS,
    SATURDAY_NIGHT,
    facts_in_words,
    moments,
    nation,
    shown,
)

from bot.onward import BESIDES, NO_POLICE, POLICE, answering, candidates, others, without_speaking
from bot.signposting import FACT_VALUES, MOST_CHANNELS, ROUTES, SMALL_TALK, TABLE, Facts, Row, known_facts, row_for

#: Routes that somebody can go on with; a crisis has its own texts, which other tests hold.
TOPICS = tuple(sorted(set(ROUTES) - SMALL_TALK - {"urgent_danger", "danger_check", "other_language"}))
facts_of_topics = facts_in_words.filter(lambda facts: facts.route in TOPICS)
whatever = settings(max_examples=400, deadline=None)


def rows() -> Any:
    return pytest.mark.parametrize("row", BESIDES, ids=lambda row: f"{row.route}-{'-'.join(map(str, row.conditions.values()))}")


@rows()
def test_a_row_speaks_of_routes_facts_and_channels_that_exist(row: Row) -> None:
    assert row.route in ROUTES
    for name, value in row.conditions.items():
        assert name in known_facts()
        assert value in FACT_VALUES[name]
    assert len(set(row.channels)) == len(row.channels)
    for channel in row.channels:
        assert DIRECTORY.for_area(channel) in DIRECTORY


@rows()
def test_every_row_is_reached_by_what_it_says(row: Row) -> None:
    facts = Facts(row.route, **dict(row.conditions))
    assert next(one for one in BESIDES if one.fits(facts)) is row
    assert set(candidates(facts, DIRECTORY)) >= set(shown(facts)) - {"101", "childline", "samaritans", "shout"}


def test_a_narrower_row_stands_before_a_wider_one() -> None:
    hidden = [
        (wide, narrow)
        for wide, narrow in itertools.combinations(BESIDES, 2)
        if wide.route == narrow.route and wide.conditions.items() <= narrow.conditions.items()
    ]
    assert hidden == []


def test_the_tables_own_channels_come_first() -> None:
    facts = Facts("abuse_now", "young")
    assert candidates(facts, DIRECTORY)[:2] == ("childline", "101")


@whatever
@given(facts_of_topics, moments, st.data())
def test_nobody_is_shown_twice_and_somebody_answers(facts: Facts, now: datetime, data: st.DataObject) -> None:
    every = candidates(facts, DIRECTORY)
    seen = set(data.draw(st.lists(st.sampled_from(every)))) if every else set()
    found = others(facts, DIRECTORY, now, seen)
    assert len(set(found)) == len(found) <= MOST_CHANNELS
    fresh = [service for service in found if service not in seen]
    assert (not found) == (not set(every) - seen)
    assert not found or fresh, "never only those that were shown"
    if found:
        assert any(DIRECTORY.answers(service, now) for service in found)
    assert len(found) - len(fresh) <= 1, "the open line in the last place at most"


@whatever
@given(facts_of_topics, moments, st.sampled_from(DIRECTORY.ids()))
def test_somebody_who_could_not_get_through_is_given_those_who_answer(facts: Facts, now: datetime, tried: str) -> None:
    found = answering(facts, DIRECTORY, now, tried)
    assert 1 <= len(found) <= MOST_CHANNELS
    assert tried not in found
    assert all(DIRECTORY.answers(service, now) for service in found)


@whatever
@given(facts_of_topics, moments)
def test_somebody_who_cannot_speak_is_given_those_who_can_be_written_to(facts: Facts, now: datetime) -> None:
    found = without_speaking(facts, DIRECTORY, now)
    assert 1 <= len(set(found)) == len(found) <= MOST_CHANNELS
    assert all(DIRECTORY.quiet(service) for service in found)
    assert any(DIRECTORY.writes_back(service, now) for service in found)


@whatever
@given(facts_of_topics, moments)
def test_whoever_wants_no_police_is_shown_none(facts: Facts, now: datetime) -> None:
    facts = Facts(**{**vars(facts), "wants": NO_POLICE})
    for found in (others(facts, DIRECTORY, now, ()), answering(facts, DIRECTORY, now, None)):
        assert not POLICE & set(found)


@whatever
@given(facts_of_topics, moments)
def test_the_rules_of_right_use_hold(facts: Facts, now: datetime) -> None:
    """Crimestoppers never for one's own harm; Childline under 19, the NSPCC for adults; ages; places; the nation's line."""
    given_out = {
        *others(facts, DIRECTORY, now, ()), *candidates(facts, DIRECTORY), *answering(facts, DIRECTORY, now, None),
        *without_speaking(facts, DIRECTORY, now),
    }  # fmt: skip
    if facts.about == "self" and facts.route in HARM:
        assert not CRIMESTOPPERS & given_out
    if facts.speaker == "adult":
        assert "childline" not in given_out
        for service in given_out - ({"report_remove"} if facts.about == "other" else set()):
            assert any(DIRECTORY.takes(service, age) for age in range(19, 26)), service
    if facts.speaker == "young":
        assert not ADULTS_ONLY & given_out
        assert all(DIRECTORY.takes(service, 17) for service in given_out)
    if facts.area is not None:
        assert all(DIRECTORY.serves(service, facts.area) for service in given_out - {"shout", "childline", "samaritans", "101"})
    assert "rasa_merseyside" not in given_out or facts.area in RASA_AREAS
    assert "rasasc" not in given_out or facts.area in RASASC_AREAS
    assert set(DOMESTIC_ABUSE.values()) & given_out <= {DOMESTIC_ABUSE[nation(facts.area)]}


def test_only_those_of_eighteen_are_for_whoever_has_said_so() -> None:
    """NAPAC and Galop ask for 18; where nobody has said how old they are, they are not offered."""
    for row in (*TABLE, *BESIDES):
        if row.conditions.get("speaker") is None:
            assert not {"napac", "galop"} & set(row.channels)


@pytest.mark.parametrize("area", AREAS)
def test_a_child_who_asks_again_is_never_left_without_an_open_line(area: str) -> None:
    facts = Facts("sexual_violence_support", "young", area=area)
    seen = set(shown(facts, SATURDAY_NIGHT))
    found = others(facts, DIRECTORY, SATURDAY_NIGHT, seen)
    assert found == () or any(DIRECTORY.answers(service, SATURDAY_NIGHT) for service in found)


def test_a_topic_without_a_row_here_has_the_tables_own() -> None:
    facts = Facts("which_number", "young")
    assert not any(row.fits(facts) for row in BESIDES)
    assert candidates(facts, DIRECTORY) == row_for(facts).channels
    assert others(facts, DIRECTORY, OFFICE_HOURS, row_for(facts).channels) == ()
