"""Onward: whom else to turn to, when somebody asks for another, cannot get through, or cannot speak.

Beside the table of `bot.signposting`, which says what a first reply shows, stands a second one with who else there is. The
same rules of right use hold for both, and both go through the same fitting to place and age.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Protocol

from bot.signposting import (
    MOST_CHANNELS,
    OPEN_FOR,
    ROLE_DOMESTIC_ABUSE,
    ROLE_MENTAL_HEALTH,
    ROLE_SEXUAL_VIOLENCE,
    Doors,
    Facts,
    Row,
    fitting,
    row_for,
)

SV, DA, MH = ROLE_SEXUAL_VIOLENCE, ROLE_DOMESTIC_ABUSE, ROLE_MENTAL_HEALTH

#: Somebody who wants no police is shown none.
POLICE = frozenset({"101", "police_online", "merseyside_police_social", "btp", "ceop", "act_early"})
#: The fact `wants` of somebody who wants to talk to anybody but the police.
NO_POLICE = "talk"


class QuietDoors(Doors, Protocol):
    """What this module asks of the directory."""

    def quiet(self, channel_id: str, area: str | None) -> bool:
        """Whether the channel can be reached without speaking: by text, chat or email."""

    def writes_back(self, channel_id: str, now: datetime, area: str | None) -> bool:
        """Whether somebody answers a text or a chat at `now` (aware)."""


def _rows(routes: str, *, young: str, adult: str, unknown: str, other: str | None = None) -> Iterator[Row]:
    """Rows of several routes: `other` is for an adult who writes about somebody else."""
    for route in routes.split():
        yield Row(route, tuple(young.split()), {"speaker": "young"})
        if other is not None:
            yield Row(route, tuple(other.split()), {"speaker": "adult", "about": "other"})
        yield Row(route, tuple(adult.split()), {"speaker": "adult"})
        yield Row(route, tuple(unknown.split()))


_FOR_A_CHILD = "nspcc childrens_services 101 police_online samaritans"

#: Who else there is, after the table's own channels. The first row that fits decides.
BESIDES: tuple[Row, ...] = (
    *_rows("past_abuse sexual_violence_support",
           young=f"childline {SV} rape_crisis victim_support shout 101",
           adult=f"{SV} napac rape_crisis victim_support samaritans 101", other=_FOR_A_CHILD,
           unknown=f"{SV} childline rape_crisis samaritans victim_support 101"),
    *_rows("abuse_now", young="childline shout childrens_services 101",
           adult=f"{DA} samaritans victim_support shout 101", other=_FOR_A_CHILD,
           unknown="childline nspcc childrens_services shout 101"),
    *_rows("worried_about_child neglect", young="childline childrens_services 101 shout", adult=_FOR_A_CHILD,
           unknown="nspcc childline childrens_services 101 samaritans"),
    *_rows("worried_about_friend", young="childline 101 shout papyrus childrens_services", adult=_FOR_A_CHILD,
           unknown="childline nspcc childrens_services 101 shout"),
    *_rows("professional_concern", young="childline childrens_services 101", adult="lado childrens_services nspcc 101",
           unknown="lado childrens_services nspcc 101"),
    *_rows("whistleblowing", young="childline 101 childrens_services", adult="lado childrens_services nspcc 101",
           unknown="lado childrens_services nspcc 101"),
    # Nobody beside these takes what one knows without asking for a name; what was done to oneself is not for them.
    Row("anonymous_information", ("childline", "victim_support", "101", "shout"), {"speaker": "young", "about": "self"}),
    Row("anonymous_information", ("101", "police_online", "victim_support", "samaritans"), {"about": "self"}),
    *_rows("anonymous_information", young="fearless 101 police_online childline",
           adult="crimestoppers 101 police_online nspcc", unknown="crimestoppers fearless 101 police_online"),
    *_rows("report_to_police crime_not_child", young="101 childline police_online victim_support shout",
           adult="101 police_online victim_support samaritans", unknown="101 police_online victim_support samaritans"),
    *_rows("online_images", young="report_remove childline ceop 101 shout",
           adult="101 police_online victim_support iwf samaritans", other="report_remove nspcc ceop iwf 101",
           unknown="report_remove childline iwf ceop nspcc 101"),
    *_rows("online_contact", young="childline ceop 101 shout", adult="nspcc ceop 101 police_online",
           unknown="childline ceop nspcc 101"),
    *_rows("own_behaviour", young="shore childline shout", adult=f"stop_it_now samaritans {MH} shout",
           other="stop_it_now nspcc childrens_services youngminds_parents samaritans",
           unknown="stop_it_now shore childline samaritans"),
    *_rows("other_adult_behaviour", young="childline 101 childrens_services shout",
           adult="stop_it_now nspcc 101 childrens_services samaritans", unknown="nspcc childline stop_it_now 101"),
    *_rows("feeling_suicidal self_harm feeling_low", young=f"childline shout papyrus samaritans {MH}",
           adult=f"samaritans shout {MH}", other=f"youngminds_parents nspcc samaritans {MH} papyrus",
           unknown=f"samaritans childline shout papyrus {MH}"),
    *_rows("run_away_or_missing", young="runaway_helpline childline 101 childrens_services shout",
           adult="101 runaway_helpline childrens_services nspcc samaritans",
           unknown="runaway_helpline childline 101 childrens_services"),
    *_rows("exploitation modern_slavery", young="childline runaway_helpline modern_slavery 101 shout",
           adult="modern_slavery 101 victim_support samaritans", other="nspcc 101 childrens_services modern_slavery",
           unknown="childline modern_slavery nspcc 101"),
    *_rows("domestic_abuse", young=f"childline {DA} 101 childrens_services shout",
           adult=f"{DA} victim_support samaritans 101 mens_advice galop", unknown=f"{DA} childline mens_advice samaritans 101"),
    *_rows("forced_marriage_or_honour", young=f"forced_marriage_unit karma_nirvana childline {DA} shout 101",
           adult=f"forced_marriage_unit karma_nirvana {DA} samaritans 101",
           unknown=f"forced_marriage_unit karma_nirvana childline {DA} 101"),
    *_rows("fgm", young="nspcc_fgm childline childrens_services 101 shout", adult="nspcc_fgm nspcc childrens_services 101",
           unknown="nspcc_fgm childline nspcc childrens_services 101"),
    *_rows("radicalisation", young="childline act_early 101 childrens_services shout",
           adult="act_early nspcc childrens_services 101", unknown="act_early childline nspcc 101"),
    *_rows("bullying", young="childline shout samaritans", adult="nspcc youngminds_parents samaritans",
           unknown="childline nspcc youngminds_parents shout"),
    *_rows("medical", young=f"{MH} childline", adult=f"{MH} samaritans", unknown=f"{MH} samaritans"),
)  # fmt: skip


def candidates(facts: Facts, doors: Doors) -> tuple[str, ...]:
    """Everybody who is right for `facts`: the table's channels first, then who else there is, for this place and age."""
    beside = next((row.channels for row in BESIDES if row.fits(facts)), ())
    services = dict.fromkeys(doors.for_area(i, facts.area) for i in (*row_for(facts).channels, *beside))
    fit = fitting(services, facts, doors)
    return tuple(i for i in fit if i not in POLICE) if facts.wants == NO_POLICE else fit


def others(facts: Facts, doors: Doors, now: datetime, seen: Collection[str]) -> tuple[str, ...]:
    """The next ones for somebody who has `seen` some and wants another; empty when there is nobody else.

    Three at most, and one of them answers at `now` (aware): where none does, an open line takes the last place, seen or
    not.
    """
    left = [i for i in candidates(facts, doors) if i not in seen][:MOST_CHANNELS]
    if not left or any(doors.answers(i, now, facts.area) for i in left):
        return tuple(left)
    return (*left[: MOST_CHANNELS - 1], *_open(facts, doors, now, left))[:MOST_CHANNELS]


def answering(facts: Facts, doors: Doors, now: datetime, tried: str | None) -> tuple[str, ...]:
    """Those who certainly answer at `now` (aware), for somebody who could not get through to `tried`; never empty."""
    awake = [i for i in candidates(facts, doors) if i != tried and doors.answers(i, now, facts.area)]
    return tuple(awake[:MOST_CHANNELS]) or _open(facts, doors, now, (tried,))


def without_speaking(facts: Facts, doors: QuietDoors, now: datetime) -> tuple[str, ...]:
    """Those who can be written to, somebody who writes back at `now` (aware) among them; never empty."""
    written = [i for i in candidates(facts, doors) if doors.quiet(i, facts.area)][:MOST_CHANNELS]
    if any(doors.writes_back(i, now, facts.area) for i in written):
        return tuple(written)
    return (*written[: MOST_CHANNELS - 1], "shout")


def _open(facts: Facts, doors: Doors, now: datetime, beside: Collection[str | None]) -> tuple[str, ...]:
    """One line that is open for this speaker and is not among `beside`."""
    lines = [i for i in (*OPEN_FOR[facts.speaker], "samaritans") if i not in beside]
    if facts.wants == NO_POLICE:
        lines = [i for i in lines if i not in POLICE]
    return next(((i,) for i in lines if doors.answers(i, now, facts.area)), ())
