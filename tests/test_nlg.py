"""bot.nlg: approved words with the directory's names and numbers in them, and nothing else."""

import asyncio
import copy
import re
from datetime import datetime
from typing import Any

import pytest
from conftest import ROOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.clock import UK, at
from bot.directory import shared
from bot.errors import SignpostError
from bot.nlg import PARTS, DirectoryNLG, Words
from bot.signposting import ROUTES, TABLE

DOMAIN = Domain.load(ROOT / "domain.yml")
DIRECTORY = shared()
#: A Tuesday that is no bank holiday anywhere.
DAY, NIGHT = datetime(2026, 1, 13, 12, tzinfo=UK), datetime(2026, 1, 13, 3, tzinfo=UK)
CHILDLINE, SAMARITANS = DIRECTORY["childline"], DIRECTORY["samaritans"]
#: A line with office hours, and one that never shuts.
SHUT_AT_NIGHT = next(s.id for s in DIRECTORY.values() if s.phone and s.is_open(DAY) and s.is_open(NIGHT) is False)
ALWAYS_OPEN = "samaritans"


def words(**texts: str) -> Words:
    """Words over these texts and the real directory."""
    return Words({key: [{"text": text}] for key, text in texts.items()}, DIRECTORY)


@pytest.fixture(scope="module")
def approved() -> Words:
    return Words(DOMAIN.responses, DIRECTORY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ring {childline}.", f"Ring {CHILDLINE.call_phrase(DAY)}."),
        ("Ring {childline_name}.", f"Ring {CHILDLINE.short}."),
        ("Ring {lead}.", f"Ring {SAMARITANS.call_phrase(DAY)}."),
        ("Ring {lead_name}.", f"Ring {SAMARITANS.short}."),
        ("{lead_name} {opens}.", f"{SAMARITANS.short} open now."),
        ("Or {open}.", f"Or {CHILDLINE.call_phrase(DAY)}."),
        ("Or {open_name}.", f"Or {CHILDLINE.short}."),
        ("{999} {999}", "{0} {0}".format(DIRECTORY["999"].call_phrase(DAY))),
        ("No {Place} here, nor { this }.", "No {Place} here, nor { this }."),
    ],
)
def test_placeholders(text: str, said: str) -> None:
    assert words(utter=text).say("utter", channels=[ALWAYS_OPEN, "childline"], now=DAY)["text"] == said


def test_a_placeholder_fills_nothing_twice() -> None:
    """What the directory gives is not read for placeholders again."""
    assert words(utter="{childline}").fill("{childline}{childline_name}", [], None, DAY).count("{") == 0


def test_open_falls_back_to_999() -> None:
    said = words(utter="Ring {open}.").say("utter", channels=[SHUT_AT_NIGHT], now=DAY)
    assert said["text"] == f"Ring {DIRECTORY['999'].call_phrase(DAY)}."


@pytest.mark.parametrize("text", ["{no_such_line}", "{no_such_line_name}", "{lead}", "{lead_name}", "{opens}"])
def test_what_cannot_be_filled_is_an_error(text: str) -> None:
    with pytest.raises(SignpostError):
        words(utter=text).say("utter", now=DAY)


def test_a_response_that_is_not_there_is_an_error_that_names_it() -> None:
    with pytest.raises(SignpostError, match="utter_missing"):
        words(utter="x").say("utter_missing")


def test_the_speakers_own_version() -> None:
    own = words(utter="for all", utter_young="for the young")
    assert own.say("utter", speaker="young")["text"] == "for the young"
    assert own.say("utter", speaker="adult")["text"] == "for all"
    assert own.say("utter")["text"] == "for all"


@pytest.mark.parametrize(("others", "key"), [(["childline"], "utter_lead_closed"), ([], "utter_lead_closed_only")])
def test_a_lead_that_is_shut_says_when_it_opens(others: list[str], key: str) -> None:
    own = words(
        utter="Talk to {lead}.\n\nThank you.", utter_lead_closed="Shut: {opens}, but {open}.",
        utter_lead_closed_only="Shut: {opens}.",
    )  # fmt: skip
    shown = [SHUT_AT_NIGHT, *others]
    lead = DIRECTORY[SHUT_AT_NIGHT]
    note = f"Shut: {lead.opens_in_words(NIGHT)}" + (f", but {CHILDLINE.call_phrase(NIGHT)}." if others else ".")
    assert own.say("utter", channels=shown, now=NIGHT)["text"] == (
        f"Talk to {lead.call_phrase(NIGHT)}.\n\n{note}\n\nThank you."
    )
    assert note not in own.say("utter", channels=shown, now=DAY)["text"]
    assert key in DOMAIN.responses


def test_fixed_channels_get_no_note() -> None:
    """The crisis texts fix their own; nothing may come between somebody and 999."""
    fixed = Words({"utter": [{"text": "Ring {999}.", "custom": {"channels": [SHUT_AT_NIGHT]}}]}, DIRECTORY)
    said = fixed.say("utter", now=NIGHT)
    assert said["text"] == f"Ring {DIRECTORY['999'].call_phrase(NIGHT)}."
    assert said["custom"]["channels"] == [SHUT_AT_NIGHT]


def test_the_time_is_the_clocks() -> None:
    own = words(utter="{lead_name}", utter_lead_closed="shut", utter_lead_closed_only="shut")
    with at(NIGHT):
        assert own.say("utter", channels=[SHUT_AT_NIGHT])["text"].endswith("shut")
    with at(DAY):
        assert not own.say("utter", channels=[SHUT_AT_NIGHT])["text"].endswith("shut")


@pytest.mark.parametrize("moment", [DAY, NIGHT])
@pytest.mark.parametrize("response", sorted(set(DOMAIN.responses) - PARTS))
def test_every_approved_response_can_be_said(response: str, moment: datetime, approved: Words) -> None:
    before = copy.deepcopy(DOMAIN.responses[response])
    for lead in (["childline", "101"], [SHUT_AT_NIGHT, "childline"], ["report_remove"]):
        said = approved.say(response, channels=lead, now=moment)
        assert said["text"].strip()
        assert not re.search(r"\{[a-z0-9_]+\}", said["text"])
        assert said["custom"]["channels"] == lead
        said["custom"]["planted"] = said["buttons"].append({})
    assert DOMAIN.responses[response] == before, "what one reply is given, no other sees"


@pytest.mark.parametrize("route", ROUTES)
def test_every_row_of_the_table_can_be_said(route: str, approved: Words) -> None:
    for row in TABLE:
        if row.route == route:
            for speaker in (None, "young", "adult"):
                for area in (None, "liverpool", "wales", "scotland"):
                    channels = [DIRECTORY.for_area(channel, area) for channel in row.channels]
                    said = approved.say(
                        f"utter_{row.words or row.route}", speaker=speaker, channels=channels, area=area, now=NIGHT
                    )
                    assert said["text"]
                    assert said["custom"].get("area") == area


def generated(response: str, *slots: SlotSet, **given: Any) -> dict[str, Any] | None:
    """What Rasa gets when an action or a rule utters `response`."""
    tracker = DialogueStateTracker("somebody", DOMAIN.slots)
    for slot in slots:
        tracker.update(slot)
    return asyncio.run(DirectoryNLG(domain=DOMAIN).generate(response, tracker, "web", **given))


def test_what_an_action_gives_names_channels_area_and_route() -> None:
    said = generated(
        "utter_worried_about_child", SlotSet("speaker", "adult"), SlotSet("area", "wirral"),
        custom={"route": "worried_about_child", "channels": ["nspcc", "101"], "area": "liverpool"},
    )  # fmt: skip
    assert said is not None
    shown = {name: said["custom"][name] for name in ("route", "channels", "area")}
    assert shown == {"route": "worried_about_child", "channels": ["nspcc", "101"], "area": "liverpool"}
    assert DIRECTORY["nspcc"].phone in said["text"]
    own = Words(DOMAIN.responses, DIRECTORY).say("utter_worried_about_child", speaker="adult", channels=["nspcc", "101"])
    assert said["text"] == own["text"]


def test_a_rule_gets_the_responses_own_channels() -> None:
    said = generated("utter_urgent_danger", SlotSet("area", "wirral"))
    assert said is not None
    assert said["custom"]["channels"] == ["999"]
    assert said["custom"]["route"] == "urgent_danger"
    assert said["buttons"] == DOMAIN.responses["utter_urgent_danger"][0]["buttons"]


def test_no_action_can_change_a_fixed_route() -> None:
    said = generated("utter_urgent_danger", custom={"route": "thanks", "exit": True})
    assert said is not None
    assert said["custom"]["route"] == "urgent_danger"


def test_a_missing_response_is_an_error_not_silence() -> None:
    with pytest.raises(SignpostError):
        generated("utter_nothing_of_the_kind")
