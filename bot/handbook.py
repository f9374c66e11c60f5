"""The handbook: docs/signposting.md and docs/directory.md, made of the table, the approved words and the directory.

Helpline staff read these pages, so they are written from the very data Signpost answers with; a test compares them with
what is committed. `signpost docs` writes them anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from bot.clock import UK
from bot.directory import Directory, shared
from bot.onward import BESIDES
from bot.service import Service
from bot.signposting import (
    FACT_VALUES,
    ROLE_DOMESTIC_ABUSE,
    ROLE_MENTAL_HEALTH,
    ROLE_SEXUAL_VIOLENCE,
    TABLE,
    Facts,
    Row,
    row_for,
)

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / "docs"
MADE = "<!-- Made by `signpost docs` from {sources}. Do not edit: change those and run it again. -->\n"

#: Channels that are another service in each place.
ROLES = {
    ROLE_SEXUAL_VIOLENCE: "sexual violence service of the place",
    ROLE_DOMESTIC_ABUSE: "domestic abuse line of the nation",
    ROLE_MENTAL_HEALTH: "mental health line of the nation",
    "childrens_services": "children's services of the place",
}
#: Conditions as a person says them.
CONDITIONS = {
    ("speaker", "young"): "under 19", ("speaker", "adult"): "19 or over", ("about", "self"): "about themselves",
    ("about", "other"): "about somebody else", ("wants", "report"): "wants to report", ("wants", "talk"): "wants to talk",
    ("wants", "anonymous"): "wants to give no name", ("when", "now"): "now", ("when", "past"): "in the past",
}  # fmt: skip
#: What the directory says of the lead, where words speak of it.
OF_THE_LEAD = {
    "expect": "what to expect", "tells": "what they keep private", "cost": "the cost", "bill": "whether a bill shows it",
    "ways": "how to write to each",
}
#: Words of the follow-ups, by what somebody says.
FOLLOW_UPS = {
    "utter_someone_else": "Is there someone else?", "utter_nobody_else": "Is there someone else? (when there is not)",
    "utter_not_open": "They're shut. No one answers.", "utter_what_happens": "What happens if I ring them?",
    "utter_what_happens_emergency": "What happens if I ring 999?", "utter_cannot_call_them": "I can't talk on the phone.",
    "utter_back_again": "I'm back.",
}
GROUPS = {
    "emergency": "Emergency", "police": "Police and crime", "children": "Children and young people",
    "adults_worried": "Adults worried about a child", "online": "Online", "harmful_behaviour": "Worries about behaviour",
    "survivors": "People who were abused", "crisis": "Crisis and mental health", "domestic": "Abuse at home",
    "specialist": "For one kind of harm", "professionals": "People who work with children",
    "local_authority": "Councils", "local": "Merseyside and Cheshire",
}  # fmt: skip
#: Only for what a page shows of a moment, which is nothing: the ways in are the same at any hour.
ANY_TIME = datetime(2026, 1, 1, tzinfo=UK)


def pages(directory: Directory, responses: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, str]:
    """The pages by file name. `responses` are those of domain.yml."""
    return {
        "signposting.md": "\n".join(_signposting(directory, responses)) + "\n",
        "directory.md": "\n".join(_directory(directory)) + "\n",
    }


def current() -> dict[str, str]:
    """The pages of the project as it is now."""
    domain = yaml.safe_load((PROJECT / "domain.yml").read_text(encoding="utf-8"))
    return pages(shared(), domain["responses"])


def write(folder: Path, made: Mapping[str, str]) -> None:
    """Write the pages into `folder`."""
    for name, page in made.items():
        (folder / name).write_text(page, encoding="utf-8")


def out_of_date(folder: Path, made: Mapping[str, str]) -> list[str]:
    """The names of the pages in `folder` that are not there or not what they are now."""
    return [n for n, page in made.items() if not (folder / n).is_file() or (folder / n).read_text("utf-8") != page]


def _signposting(directory: Directory, responses: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    yield MADE.format(sources="bot/signposting.py, domain.yml and directory/")
    yield "# Signposting\n"
    yield (
        "What Signpost answers on each route: under which conditions, with which channels (the first one leads) and in which\n"
        "words. The first row that fits decides. A row with no condition is for everybody the rows above it leave.\n\n"
        "Beyond the table: services that are not there for the place, or for somebody's age, are left out; for somebody\n"
        "under 19 those that take any child stand first; where a message may well be about another matter too, the first\n"
        "channel of that takes the last place; when nobody on a row answers at this hour, it goes to a line that is open.\n"
        "In the words, names stand where Signpost gives the name with its number."
    )
    for route, rows in groupby(TABLE, key=lambda row: row.route):
        kept = list(rows)
        yield f"\n## {route}\n"
        yield "| who, what | channels | words |\n|---|---|---|"
        spoken: dict[str, Row] = {}
        for row in kept:
            keys = _words_of(row, responses)
            spoken |= {key: row for key in keys if key not in spoken}
            channels = ", ".join(_name(channel, directory) for channel in row.channels) or "none"
            who = "everybody" if len(kept) == 1 else _condition(row, directory)
            yield f"| {who} | {channels} | {', '.join(f'`{key}`' for key in keys)} |"
        for key, row in spoken.items():
            yield f"\n`{key}`\n"
            yield "\n".join(f"> {line}".rstrip() for line in _filled(responses[key][0], row, directory).splitlines())
    yield from _onward(directory, responses)


def _onward(directory: Directory, responses: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """Who else there is, and the words of the follow-ups."""
    yield "\n# Going on\n"
    yield (
        "Whoever asks for somebody else is given the next three of their row above and then of this table, never one they\n"
        "were shown before; whoever could not get through, those that answer now; whoever cannot speak, those that can be\n"
        "written to. The reply keeps its route.\n"
    )
    yield "| route | who | who else there is |\n|---|---|---|"
    for row in BESIDES:
        channels = ", ".join(_name(channel, directory) for channel in row.channels)
        yield f"| {row.route} | {_condition(row, directory)} | {channels} |"
    lead = Row("", ("childline",))
    for key, asked in FOLLOW_UPS.items():
        yield f"\n`{key}`: {asked}\n"
        yield "\n".join(f"> {line}".rstrip() for line in _filled(responses[key][0], lead, directory).splitlines())


def _condition(row: Row, directory: Directory) -> str:
    said = {k: v for k, v in row.conditions.items() if v is not None}
    area = said.pop("area", None)
    words = [CONDITIONS[name, value] for name, value in said.items()]
    return ", ".join([*words, *([f"in {directory.areas[area].name}"] if area else [])]) or "everybody else"


def _words_of(row: Row, responses: Mapping[str, Any]) -> list[str]:
    """The responses this row is spoken in: the speaker's own where there is one."""
    base = f"utter_{row.words or row.route}"
    keys = []
    for speaker in (row.conditions["speaker"],) if "speaker" in row.conditions else (*FACT_VALUES["speaker"], None):
        own = f"{base}_{speaker}"
        fits = row_for(Facts(row.route, **{**row.conditions, "speaker": speaker})) is row
        keys += [own if own in responses else base] if fits else []
    return list(dict.fromkeys(keys))


def _name(channel: str, directory: Directory) -> str:
    return ROLES.get(channel) or directory[channel].short


def _filled(response: Mapping[str, Any], row: Row, directory: Directory) -> str:
    """The words with names in bold in the place of `{placeholders}`."""

    def name(match: re.Match[str]) -> str:
        asked = match.group(1).removesuffix("_name").removesuffix("_line")
        if asked in OF_THE_LEAD:
            return f"[{OF_THE_LEAD[asked]}]"
        if asked == "lead" and not row.route:
            return "**the first channel**"
        return f"**{_name(row.channels[0] if asked == 'lead' else asked, directory)}**"

    return re.sub(r"\{([a-z0-9_]+)\}", name, response["text"])


def _directory(directory: Directory) -> Iterator[str]:
    yield MADE.format(sources="directory/")
    yield "# The directory of services\n"
    yield (
        "Every service Signpost knows, with where the facts come from and when they were last checked. What nobody has\n"
        "confirmed stands under 'not confirmed': ring or read the operator's page before a release."
    )
    yield "\n## Who answers where\n"
    roles = directory.areas.roles
    yield "| area | " + " | ".join(role.replace("_", " ") for role in roles) + " |"
    yield "|---" * (len(roles) + 1) + "|"
    for area in directory.areas.values():
        yield f"| {area.name} | " + " | ".join(directory[directory.for_area(role, area.id)].short for role in roles) + " |"
    for group, title in GROUPS.items():
        yield f"\n## {title}"
        for service in (service for service in directory.values() if service.group == group):
            yield f"\n### {service.name}\n"
            yield service.about + "\n"
            yield from _facts(service, directory)


def _facts(service: Service, directory: Directory) -> Iterator[str]:
    yield f"- id: `{service.id}`"
    details = directory.channel(service.id, ANY_TIME)["details"]
    for way in details["ways"]:
        yield f"- {way['label'].lower()}: {way['text']}" + (f" ({way['note']})" if way["note"] else "")
    yield f"- hours: {service.hours_in_words()}"
    yield f"- cost: {service.cost}"
    yield f"- for: {service.for_}"
    yield f"- not for: {service.not_for}"
    low, high = service.ages.min, service.ages.max
    if low is not None or high is not None:
        yield f"- ages: {low} and over" if high is None else f"- ages: {'up' if low is None else low} to {high}"
    yield f"- where: {_list(directory.areas[area].name for area in service.areas)}"
    yield f"- what to expect: {service.expect}"
    yield f"- private: {service.confidentiality}"
    yield f"- languages: {_list(service.languages)}"
    yield f"- source: {'; '.join(service.source)}"
    yield f"- checked on: {service.checked_on}"
    if service.unverified:
        yield f"- not confirmed: {'; '.join(service.unverified)}"


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)
