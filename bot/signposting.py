"""Which channels fit these facts: a pure, table-driven decision.

Facts go in, an ordered list of channel ids and at most one question come out. Nothing here knows Rasa, HTTP or any
words: the directory (services as data) says which service a role means in an area and whether it is open.

The right-use rules behind the table are the operators' own: danger now is 999 and nothing before it; Childline is for
under 19s; the NSPCC helpline is for adults worried about a child; NAPAC and Galop are 18+; Crimestoppers is for
information about a crime, never for one's own harm, a named child or an emergency; Stop It Now is for adults and Shore
for under 18s; sexual violence support depends on the borough and domestic abuse lines on the nation. Each service's
`for` and `not_for` in directory/ says the same with its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Protocol

#: What each fact may be; `None` means nobody has said. The web channel's `means` uses the same keys and values.
FACT_VALUES: Mapping[str, tuple[str, ...]] = {
    "speaker": ("young", "adult"),
    "about": ("self", "other"),
    "when": ("now", "past"),
    "wants": ("talk", "report", "anonymous"),
}

#: Channel ids that stand for a different service in each area; the directory resolves them.
ROLE_SEXUAL_VIOLENCE = "role:sexual_violence"
ROLE_DOMESTIC_ABUSE = "role:domestic_abuse"
ROLE_MENTAL_HEALTH = "role:mental_health"

#: No reply shows more: a frightened reader takes in three at most.
MOST_CHANNELS = 3

#: Lines that answer at any hour of every day, tried in this order when nobody on the row does.
OPEN_FOR = {"young": ("childline", "shout"), "adult": ("101", "samaritans"), None: ("childline", "101", "samaritans")}

#: A young speaker may be of any age under 19. A line that turns a child of this age away may stand in the row, but does
#: not lead it (Rape Crisis, from 16) ...
CHILD_AGE = 12
#: ... and one that turns everybody under 18 away is not shown (the NSPCC helpline, DSA NI, NAPAC, Galop).
TEEN_AGE = 17


class Doors(Protocol):
    """What this module asks of the directory. Service ids are what `for_area` gives."""

    def for_area(self, role: str, area: str | None) -> str:
        """The id of the service that fills `role` in `area`; a service id is its own answer."""

    def serves(self, service_id: str, area_id: str) -> bool:
        """Whether the service is there for people in the area."""

    def takes(self, service_id: str, age: int) -> bool:
        """Whether the service is for somebody of `age` years."""

    def answers(self, channel_id: str, now: datetime, area: str | None) -> bool:
        """Whether a person certainly answers the channel at `now`: by phone, text or chat, not a form or a page."""


@dataclass(frozen=True)
class Facts:
    """What is known about one conversation.

    `route` is a route id of the web channel; `area` an area id of the directory; `service` the channel somebody asked
    for by name; `second` another route that the message may be about, nearly as likely as `route`; `lang` the language of a
    message that is not in English.
    """

    route: str
    speaker: str | None = None
    about: str | None = None
    when: str | None = None
    wants: str | None = None
    area: str | None = None
    service: str | None = None
    second: str | None = None
    lang: str | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table: for this route, when every condition holds, these channels and these words."""

    route: str
    channels: tuple[str, ...]
    conditions: Mapping[str, str | None] = field(default_factory=dict)
    words: str | None = None

    def fits(self, facts: Facts) -> bool:
        """True when `facts` meets every condition."""
        return self.route == facts.route and all(getattr(facts, k) == v for k, v in self.conditions.items())


@dataclass(frozen=True)
class Signpost:
    """The decision: the row that fits, its response, the services in the order shown, the one fact worth asking for."""

    row: Row
    response: str
    channels: tuple[str, ...]
    ask: str | None


def _rows(route: str, *, young: str, adult: str | None = None, unknown: str) -> Iterator[Row]:
    """Rows that differ by who is speaking: each string lists channel ids, the lead first.

    `adult` is left out where narrower rows above have said all there is for an adult.
    """
    yield Row(route, tuple(young.split()), {"speaker": "young"})
    if adult is not None:
        yield Row(route, tuple(adult.split()), {"speaker": "adult"})
    yield Row(route, tuple(unknown.split()))


SV, DA, MH = ROLE_SEXUAL_VIOLENCE, ROLE_DOMESTIC_ABUSE, ROLE_MENTAL_HEALTH

#: What is different in every borough or nation, and so worth asking the place for. That a line beside these is another in
#: one nation is heeded where the place is known, but nobody is asked for it.
LOCAL = frozenset({SV, DA, "childrens_services"})

#: The table. The first row that fits decides, so narrower rows stand before wider ones.
TABLE: tuple[Row, ...] = (
    Row("urgent_danger", ("999",)),
    Row("danger_check", ("999",)),
    Row("past_abuse", ("101", "childline", SV), {"speaker": "young", "wants": "report"}, "past_abuse_report"),
    Row("past_abuse", ("101", "napac", SV), {"speaker": "adult", "wants": "report"}, "past_abuse_report"),
    Row("past_abuse", ("nspcc", "childrens_services", "101"), {"speaker": "adult", "about": "other"},
        "worried_about_child"),
    *_rows("past_abuse", young=f"childline {SV} 101", adult=f"napac {SV} samaritans", unknown=f"childline {SV} samaritans"),
    Row("abuse_now", ("nspcc", "childrens_services", "101"), {"speaker": "adult", "about": "other"},
        "worried_about_child"),
    Row("abuse_now", (DA, "101", "samaritans"), {"speaker": "adult"}, "domestic_abuse"),
    *_rows("abuse_now", young="childline 101", unknown="childline nspcc 101"),
    # A parent who is afraid of their own temper: the lines for sexual behaviour are not for them, and a Samaritan listens
    # at the hours when a baby will not stop crying.
    Row("worried_about_child", ("nspcc", "samaritans", "childrens_services"), {"speaker": "adult", "about": "self"},
        "own_temper"),
    Row("worried_about_child", ("childline", "101"), {"speaker": "young"}),
    Row("worried_about_child", ("nspcc", "childline", "samaritans"), {"about": "self"}, "own_temper"),
    Row("worried_about_child", ("nspcc", "childrens_services", "101"), {"speaker": "adult"}),
    Row("worried_about_child", ("nspcc", "childline", "101")),
    *_rows("worried_about_friend", young="childline 101", adult="nspcc childrens_services 101",
           unknown="childline nspcc"),
    # What was done to oneself is no information about others: Crimestoppers and Fearless turn it away.
    Row("anonymous_information", ("childline", "101"), {"speaker": "young", "about": "self"}, "abuse_now"),
    Row("anonymous_information", ("101", "police_online", "victim_support"), {"about": "self"}, "report_to_police"),
    *_rows("anonymous_information", young="fearless 101", adult="crimestoppers 101", unknown="crimestoppers fearless"),
    *_rows("report_to_police", young="101 childline victim_support", unknown="101 police_online victim_support"),
    # The adult asks for a child, who uses Report Remove.
    Row("online_images", ("report_remove", "nspcc", "ceop"), {"speaker": "adult", "about": "other"}),
    Row("online_images", ("101", "victim_support"), {"speaker": "adult", "about": "self"}, "adult_images"),
    Row("online_images", ("iwf", "nspcc", "101"), {"speaker": "adult"}, "online_images_found"),
    *_rows("online_images", young="report_remove childline ceop", unknown="report_remove childline iwf"),
    *_rows("online_contact", young="childline ceop 101", adult="nspcc ceop 101", unknown="childline ceop nspcc"),
    # A parent whose child did something: the lines for the adult, not those for the child.
    Row("own_behaviour", ("stop_it_now", "nspcc", "childrens_services"), {"speaker": "adult", "about": "other"},
        "child_behaviour"),
    *_rows("own_behaviour", young="shore childline", adult="stop_it_now samaritans",
           unknown="stop_it_now shore samaritans"),
    *_rows("other_adult_behaviour", young="childline 101", adult="stop_it_now nspcc 101",
           unknown="nspcc childline stop_it_now"),
    Row("feeling_suicidal", ("papyrus", "childline", "samaritans"), {"speaker": "young", "about": "other"},
        "worried_about_suicide"),
    Row("feeling_suicidal", ("papyrus", MH, "samaritans"), {"speaker": "adult", "about": "other"},
        "worried_about_suicide"),
    *_rows("feeling_suicidal", young="childline papyrus shout", adult=f"samaritans {MH} shout",
           unknown="samaritans childline shout"),
    Row("self_harm", ("nspcc", "youngminds_parents", MH), {"speaker": "adult", "about": "other"},
        "worried_about_self_harm"),
    *_rows("self_harm", young="childline shout papyrus", adult=f"samaritans shout {MH}",
           unknown="childline samaritans shout"),
    Row("run_away_or_missing", ("101", "runaway_helpline", "childline"), {"speaker": "young", "about": "other"},
        "missing_person"),
    Row("run_away_or_missing", ("101", "runaway_helpline", "childrens_services"), {"speaker": "adult"},
        "missing_person"),
    *_rows("run_away_or_missing", young="runaway_helpline childline 101", unknown="runaway_helpline childline 101"),
    Row("exploitation", ("nspcc", "101", "childrens_services"), {"speaker": "adult", "about": "other"},
        "worried_about_child"),
    *_rows("exploitation", young="childline runaway_helpline 101", adult="modern_slavery 101",
           unknown="childline nspcc 101"),
    *_rows("domestic_abuse", young=f"childline {DA} 101", adult=f"{DA} 101 victim_support", unknown=f"{DA} childline"),
    *_rows("forced_marriage_or_honour", young="forced_marriage_unit karma_nirvana childline",
           adult="forced_marriage_unit karma_nirvana 101", unknown="forced_marriage_unit karma_nirvana childline"),
    *_rows("fgm", young="nspcc_fgm childline 101", adult="nspcc_fgm nspcc 101", unknown="nspcc_fgm childline 101"),
    Row("modern_slavery", ("modern_slavery", "crimestoppers", "101"),
        {"speaker": "adult", "about": "other", "wants": "anonymous"}),
    *_rows("modern_slavery", young="modern_slavery childline 101", adult="modern_slavery nspcc 101",
           unknown="modern_slavery childline 101"),
    *_rows("radicalisation", young="childline act_early 101", adult="act_early nspcc 101",
           unknown="act_early childline"),
    *_rows("bullying", young="childline shout", adult="nspcc youngminds_parents", unknown="childline nspcc"),
    Row("feeling_low", ("nspcc", "youngminds_parents", "samaritans"), {"speaker": "adult", "about": "other"},
        "worried_about_mood"),
    *_rows("feeling_low", young="childline shout papyrus", adult=f"samaritans shout {MH}",
           unknown="childline samaritans shout"),
    *_rows("neglect", young="childline 101", adult="nspcc childrens_services 101", unknown="nspcc childline"),
    # The lines for people at work are for adults: somebody who helps out at fifteen has Childline.
    Row("professional_concern", ("childrens_services", "childline", "101"), {"speaker": "young"}, "worried_about_child"),
    Row("professional_concern", ("childrens_services", "lado", "nspcc")),
    Row("whistleblowing", ("childline", "101"), {"speaker": "young"}, "worried_about_child"),
    Row("whistleblowing", ("nspcc_whistleblowing", "childrens_services", "nspcc")),
    Row("sexual_violence_support", (SV, "childline", "rape_crisis"), {"speaker": "young", "about": "other"},
        "sexual_violence_other"),
    Row("sexual_violence_support", (SV, "rape_crisis", "nspcc"), {"speaker": "adult", "about": "other"},
        "sexual_violence_other"),
    *_rows("sexual_violence_support", young=f"{SV} childline rape_crisis", adult=f"{SV} rape_crisis victim_support",
           unknown=f"{SV} rape_crisis childline"),
    Row("crime_not_child", ("101", "victim_support", "childline"), {"speaker": "young"}),
    # Crimestoppers is for what one knows, not for a crime against oneself.
    Row("crime_not_child", ("101", "police_online", "victim_support"), {"about": "self"}),
    Row("crime_not_child", ("101", "crimestoppers", "victim_support")),
    # There is no NHS 111 in Northern Ireland.
    Row("medical", ("999",), {"area": "northern_ireland"}, "medical_without_111"),
    Row("medical", ("nhs_111", "999")),
    *_rows("cannot_call", young="childline shout", adult="nspcc 101 shout", unknown="childline shout nspcc"),
    *_rows("privacy", young="childline", adult=f"{DA} samaritans", unknown=f"childline {DA}"),
    *_rows("ask_number", young="childline 101", adult="nspcc 101", unknown="childline nspcc 101"),
    *_rows("which_number", young="childline 101 999", adult="nspcc 101 999", unknown="childline nspcc 101"),
    # The words, in one language for everybody, say which line is for whom.
    Row("other_language", ("999", "childline", "nspcc")),
    Row("greeting", ()),
    Row("thanks", ()),
    Row("about_bot", ()),
    Row("quick_exit", ()),
    *_rows("out_of_scope", young="childline", adult="nspcc samaritans", unknown="childline nspcc"),
    *_rows("unsure", young="childline shout 999", adult="nspcc samaritans 999", unknown="childline nspcc 999"),
)

#: Every route the web channel can name, in the table's order.
ROUTES: tuple[str, ...] = tuple(dict.fromkeys(row.route for row in TABLE))

#: Routes that are no topic: what was talked about before them is still there to go on with.
SMALL_TALK = frozenset({"greeting", "thanks", "about_bot", "quick_exit", "out_of_scope", "unsure"})

#: Routes that are asked in passing: the topic before them is still there to go on with.
IN_PASSING = frozenset({"privacy", "ask_number", "which_number", "cannot_call"})

#: Facts worth a question, in the order they are asked; a fact is asked for only when its answer changes the channels.
ASKABLE: tuple[str, ...] = ("speaker", "area")

#: Routes that never end in a question about the person: the crisis texts ask their own, small talk offers the doors.
NEVER_ASK = frozenset({"urgent_danger", "danger_check", "quick_exit", "greeting", "thanks", "about_bot", "out_of_scope",
                       "ask_number", "privacy", "other_language", "medical", "unsure"})


def service_asked(route: str | None, named: Sequence[str]) -> str | None:
    """Of the services that a message names, the one it asks for; which of two to ring is not answered with one of them."""
    return named[0] if named and (len(named) == 1 or route != "which_number") else None


def _as_asked(facts: Facts) -> Facts:
    """Asking which number to ring and naming one line ("what is 101 for") is asking for that line; 999 is for danger only."""
    named = facts.route == "which_number" and facts.service not in (None, "999")
    return replace(facts, route="ask_number") if named else facts


def row_for(facts: Facts) -> Row:
    """The first row of the table that fits; a route the table does not know is treated as `unsure`."""
    known = _as_asked(facts) if facts.route in ROUTES else replace(facts, route="unsure")
    return next(row for row in TABLE if row.fits(known))


def _unique(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def channels_for(facts: Facts, doors: Doors, now: datetime) -> tuple[str, ...]:
    """The service ids for `facts`, lead first: roles resolved by area, three at most, never only shut lines.

    A service asked for by name is given as asked. Where the message may be about a second matter, the first door of that
    takes the last place, so that whoever was misread still has one that is theirs. When nobody is known to answer on any
    channel, the last place goes to a line that is open for this speaker. The lead keeps its place even when shut, because
    it is the right door and the reply says when it opens.
    """
    ids = row_for(facts).channels
    if facts.service is not None and _as_asked(facts).route == "ask_number":
        shown: tuple[str, ...] = (doors.for_area(facts.service, facts.area),)
    else:
        shown = _of_row(facts, doors)[:MOST_CHANNELS]
        if facts.second is not None and facts.route not in NEVER_ASK | IN_PASSING:
            # 999 is no door to show by the way.
            other = [i for i in _of_row(replace(facts, route=facts.second), doors)[:1] if i != "999"]
            shown = _unique((*shown[: MOST_CHANNELS - 1], *other, *shown))[:MOST_CHANNELS]
    if ids and not any(doors.answers(i, now, facts.area) for i in shown):
        for spare in OPEN_FOR[facts.speaker]:
            if doors.answers(spare, now, facts.area):
                return (*shown[: MOST_CHANNELS - 1], spare)
    return shown


def _of_row(facts: Facts, doors: Doors) -> tuple[str, ...]:
    """The services of the row that fits, for this place and age."""
    return fitting(_unique(doors.for_area(i, facts.area) for i in row_for(facts).channels), facts, doors)


def fitting(services: Iterable[str], facts: Facts, doors: Doors) -> tuple[str, ...]:
    """The services that are there for this place and this age; for a young speaker those that take any child first."""
    fitting = [i for i in services if facts.area is None or doors.serves(i, facts.area)]
    if facts.speaker == "young":
        fitting = [i for i in fitting if doors.takes(i, TEEN_AGE)]
        fitting.sort(key=lambda i: not doors.takes(i, CHILD_AGE))
    return tuple(fitting)


def question_for(facts: Facts, doors: Doors, now: datetime, areas: Iterable[str]) -> str | None:
    """The one fact whose answer would change the channels, or None.

    `areas` are the area ids a person can choose from; an area is only asked for where the row names a local service.
    """
    if _as_asked(facts).route in NEVER_ASK:
        return None
    today = channels_for(facts, doors, now)
    local = not LOCAL.isdisjoint(row_for(facts).channels)
    choices = {"speaker": FACT_VALUES["speaker"], "area": tuple(areas) if local else ()}
    for name in ASKABLE:
        if getattr(facts, name) is None and any(
            channels_for(replace(facts, **{name: value}), doors, now) != today for value in choices[name]
        ):
            return name
    return None


def signpost(facts: Facts, doors: Doors, now: datetime, areas: Iterable[str] = ()) -> Signpost:
    """Decide for `facts` at `now` (aware): the response to utter, the channels and the one question worth asking."""
    row = row_for(facts)
    return Signpost(
        row=row,
        # Somebody who wrote in another language is answered in it, whatever it is about, and asked nothing in English.
        response=f"utter_language_{facts.lang}" if facts.lang else f"utter_{row.words or row.route}",
        channels=channels_for(facts, doors, now),
        ask=None if facts.lang else question_for(facts, doors, now, areas),
    )


def known_facts() -> tuple[str, ...]:
    """The names of all facts, as the tracker's slots and a quick reply's `means` spell them."""
    return tuple(f.name for f in fields(Facts))
