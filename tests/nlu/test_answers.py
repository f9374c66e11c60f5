"""bot.nlu.answers: a few words that only state facts are an answer; one word more, and they are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.directory import shared
from bot.nlu.answers import ABOUT_999, IN_CRISIS, MOST_WORDS, Reading, in_crisis, onward, reading, stated
from bot.nlu.normalise import normalise
from bot.signposting import FACT_VALUES, ROUTES, SMALL_TALK

AREAS = shared().areas

FACTS: dict[str, dict[str, str]] = {
    "im 15": {"speaker": "young"},
    "I am 42": {"speaker": "adult"},
    "15": {"speaker": "young"},
    "18": {"speaker": "young"},
    "19": {"speaker": "adult"},
    "i'm fifteen": {"speaker": "young"},
    "im only 12 xx": {"speaker": "young"},
    "15 year old girl": {"speaker": "young"},
    "Under 19": {"speaker": "young"},
    "19 or over": {"speaker": "adult"},
    "im in year 9": {"speaker": "young"},
    "im an adult": {"speaker": "adult"},
    "i'm his mum": {"speaker": "adult"},
    "Liverpool": {"area": "liverpool"},
    "i live in Widnes": {"area": "halton"},
    "from near st helens": {"area": "st_helens"},
    "Bootle, Liverpool": {"area": "sefton"},
    "Widnes. 16.": {"area": "halton", "speaker": "young"},
    "im 14 and im from the wirral": {"area": "wirral", "speaker": "young"},
    "my friend": {"about": "other"},
    "No, it's my friend!": {"about": "other"},
    "not me its my mate from school": {"about": "other"},
    "for my little brother": {"about": "other"},
    "someone else": {"about": "other"},
    "she's 4": {"about": "other"},
    "for my son": {"about": "other", "speaker": "adult"},
    "its me": {"about": "self"},
    "for myself": {"about": "self"},
    "last year": {"when": "past"},
    "that was about 3 years ago": {"when": "past"},
    "when i was seven": {},
    "when i was 7": {"when": "past"},
    "in 1998": {"when": "past"},
    "it stopped": {"when": "past"},
    "its still happening": {"when": "now"},
    "right now": {"when": "now"},
    "i want to report it": {"wants": "report"},
    "anonymously": {"wants": "anonymous"},
    "im 14, actually sorry 15, no 20": {"speaker": "adult"},
}


@pytest.mark.parametrize(("text", "facts"), FACTS.items(), ids=FACTS)
def test_the_facts_of_a_short_answer(text: str, facts: dict[str, str]) -> None:
    assert (stated(normalise(text), AREAS) or {}) == facts


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "!!", "yes", "no", "help", "im scared", "im 15 and scared", "my dad", "its my dad", "my brother", "my cousin",
        "im 10 minutes away", "im 15 weeks pregnant", "im 13 stone", "101", "999", "2019", "im 3", "im late", "im home",
        "in the kitchen", "he is in liverpool with a knife", "my friend has taken tablets", "my friend is bleeding",
        "my son is missing", "last year he hit me", "prince of wales", "liverpool fc", "my friend " * MOST_WORDS,
        "im 15 he is outside", "my mum is in widnes", "i want to die", "now he is here", "im at my nans in bootle and hes here",
    ],
)  # fmt: skip
def test_more_than_an_answer_is_left_to_the_classifiers(text: str) -> None:
    assert stated(normalise(text), AREAS) is None


@given(st.text(max_size=60))
def test_any_text_is_read_without_fault_and_only_known_facts_come_of_it(text: str) -> None:
    facts = stated(normalise(text), AREAS) or {}
    for name, value in facts.items():
        assert value in (AREAS if name == "area" else FACT_VALUES[name])


@given(st.sampled_from(sorted(FACTS)), st.sampled_from(["knife", "bleeding", "hes hitting me", "she wont wake up", "help"]))
def test_an_answer_with_something_else_in_it_is_none(answer: str, more: str) -> None:
    for text in (f"{answer} {more}", f"{more} {answer}"):
        assert stated(normalise(text), AREAS) is None


def read(text: str, topic: str | None = "bullying", last: str = "action_signpost", **slots: str) -> Reading | None:
    return reading(normalise(text), AREAS, {"topic": topic, **slots}, last)


def test_an_answer_goes_on_with_the_topic() -> None:
    assert read("im 15") == Reading("inform", {"speaker": "young"})
    assert read("no its my friend") == Reading("inform", {"about": "other"})
    assert read("no its my neighbours lad") == Reading("inform", {"about": "other"})


@pytest.mark.parametrize("topic", [None, *sorted(SMALL_TALK)])
def test_without_a_topic_only_age_and_place_are_an_answer(topic: str | None) -> None:
    assert read("im 15 from bootle", topic) == Reading("inform", {"speaker": "young", "area": "sefton", "topic": "unsure"})
    # These begin a topic, which the classifiers name.
    assert read("my friend", topic) is None
    assert read("last year", topic) is None
    assert read("anonymous", topic) is None


def test_a_topic_that_was_not_meant_is_none() -> None:
    assert read("im 15", last="utter_not_what_i_meant") == Reading("inform", {"speaker": "young", "topic": "unsure"})


def test_a_wish_the_topic_knows_is_an_answer_and_any_other_a_topic_of_its_own() -> None:
    assert read("i want to report it", "past_abuse") == Reading("inform", {"wants": "report"})
    assert read("i want to report it", "bullying") is None
    assert read("anonymously", "modern_slavery") == Reading("inform", {"wants": "anonymous"})
    assert read("anonymously", "past_abuse") is None


def test_another_time_makes_abuse_now_the_past_and_the_other_way() -> None:
    assert read("last year", "abuse_now") == Reading("inform", {"when": "past", "topic": "past_abuse"})
    assert read("last year", "abuse_now", about="other") == Reading(
        "inform", {"about": "other", "when": "past", "topic": "past_abuse"}
    )
    assert read("its still happening", "past_abuse") == Reading("inform", {"when": "now", "topic": "abuse_now"})
    assert read("last year", "bullying") == Reading("inform", {"when": "past"})


@pytest.mark.parametrize("text", ["right now", "now", "its happening now", "tonight", "today"])
def test_at_this_moment_is_for_the_danger_classifier_too(text: str) -> None:
    found = read(text)
    assert found is not None
    assert not found.sure


@pytest.mark.parametrize("text", ["yes", "Yes!", "yeah he is", "yh", "ye its my little sister", "aye", "yes im 12"])
def test_a_yes_after_the_danger_check_is_danger_whatever_follows_it(text: str) -> None:
    assert read(text, last="utter_danger_check") == Reading("affirm_danger", {})


@pytest.mark.parametrize("topic", [None, *ROUTES])
def test_after_the_danger_check_a_time_answers_it_and_nothing_else_does(topic: str | None) -> None:
    for text, intent in {"right now": "affirm_danger", "last year": "deny_danger"}.items():
        assert read(text, topic, "utter_danger_check").intent == intent  # type: ignore[union-attr]
    for text in ("im 12", "my friend", "bootle", "im an adult", "anonymous"):
        found = read(text, topic, "utter_danger_check")
        assert found is not None
        assert found.intent == "danger_check"
        assert "topic" not in found.facts


def test_a_no_with_more_behind_it_is_left_to_the_classifiers() -> None:
    assert read("no but he will be back in a minute", last="utter_danger_check") is None


# --- What goes on with the last reply ---

CRISIS_REPLIES = ("utter_urgent_danger", "utter_cannot_speak", "utter_danger_check", "utter_language_cy_urgent", "utter_language_cy_check")


def goes_on(intent: str, last: str | None, *, words: int = 3, sure: bool = True, service: str = "", **slots: str) -> Reading | None:
    facts = {"service": service} if service else {}
    return onward(Reading(intent, facts, sure), instead="privacy", words=words, remembered=slots, last_action=last)


@pytest.mark.parametrize("last", CRISIS_REPLIES)
@pytest.mark.parametrize("intent", IN_CRISIS)
def test_help_stays_in_front_after_a_reply_about_danger(intent: str, last: str) -> None:
    found = goes_on(intent, last)
    assert found is not None
    assert found.intent in ("urgent_danger", "danger_check", "cannot_speak")
    if last == "utter_danger_check" and found.intent != "cannot_speak":
        assert found.intent == "danger_check", "the question stands until it is answered"


def test_what_a_classifier_read_is_still_judged_for_danger() -> None:
    found = goes_on("unsure", "utter_danger_check", sure=False)
    assert found is not None
    assert not found.sure


@pytest.mark.parametrize("intent", ["leave_now", "show_numbers", "what_happens", "goodbye", "start_over"])
def test_leaving_numbers_and_questions_stay_what_they_are_in_danger(intent: str) -> None:
    assert goes_on(intent, "utter_urgent_danger") is None


def test_a_reply_about_ringing_999_is_about_danger_too() -> None:
    assert in_crisis("action_follow_up", ABOUT_999)
    assert not in_crisis("action_follow_up", None)
    assert not in_crisis("action_signpost", ABOUT_999)
    assert not in_crisis(None, None)


@pytest.mark.parametrize(
    ("intent", "means"), [("cannot_call", "cannot_call_them"), ("which_number", "back_again"), ("unsure", "back_again")]
)
def test_what_says_nothing_new_goes_on_with_the_topic(intent: str, means: str) -> None:
    assert goes_on(intent, "action_signpost", topic="bullying") == Reading(means, {}, False)
    for longer in (goes_on(intent, "action_signpost", topic="bullying", words=20),
                   goes_on(intent, "action_signpost", topic="bullying", service="childline")):
        assert longer is None or longer.intent == intent
    assert goes_on(intent, "action_signpost", topic="privacy") is None
    assert goes_on(intent, "utter_not_what_i_meant", topic="bullying") is None
    assert goes_on(intent, None) is None


def test_whom_a_question_in_passing_is_about_says_nothing_of_the_topic() -> None:
    asked = Reading("privacy", {"about": "self", "when": "now", "area": "wirral"}, False)
    found = onward(asked, instead="privacy", words=5, remembered={"topic": "bullying"}, last_action="action_signpost")
    assert found == Reading("privacy", {"area": "wirral"}, False)
    assert onward(asked, instead="privacy", words=5, remembered={}, last_action=None) is None


def test_them_is_nobody_before_somebody_was_named() -> None:
    assert goes_on("what_happens", None) == Reading("privacy", {}, False)
    assert goes_on("what_happens", None, service="childline") is None
    assert goes_on("what_happens", "action_signpost", topic="bullying") is None


@pytest.mark.parametrize(
    ("text", "intent"), [("yes thanks", "helped"), ("it did", "helped"), ("not really", "not_helped"), ("no sorry", "not_helped")]
)
def test_a_typed_answer_to_whether_it_helped(text: str, intent: str) -> None:
    slots: dict[str, str | None] = {"asked": "helped", "topic": "bullying"}
    found = reading(normalise(text), AREAS, slots, "action_goodbye")
    assert found is not None
    assert found.intent == intent
    elsewhere = reading(normalise(text), AREAS, {**slots, "asked": None}, "action_goodbye")
    assert elsewhere is None or elsewhere.intent != intent


def test_a_longer_answer_to_whether_it_helped_is_read() -> None:
    slots: dict[str, str | None] = {"asked": "helped", "topic": "bullying"}
    assert reading("no he is here with a knife", AREAS, slots, "action_goodbye") is None
