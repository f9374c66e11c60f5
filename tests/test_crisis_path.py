"""The crisis path is intent -> one response: nothing on it can fail, differ, or be switched off."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from conftest import ROOT, Talk
from rasa.shared.core.domain import Domain
from rasa.shared.core.slots import Slot

from bot.directory import shared
from bot.nlg import Words
from bot.tokens import parse_payload

DOMAIN = Domain.load(ROOT / "domain.yml")
RAW: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
WORDS = Words(DOMAIN.responses, shared())
#: Intents that mean danger now, or the question whether there is: found by name, so that a new one is not forgotten.
CRISIS = [i for i in DOMAIN.intents if re.match(r"urgent_danger|danger_check|affirm_danger|cannot_speak", i)]
#: Where a conversation may be when danger is told of.
BEFORE = {
    "nothing": [], "a topic": ["/past_abuse"], "the danger check": ["/danger_check"], "a denial": ["/danger_check", "/deny_danger"],
    "facts": ['/inform{"speaker": "adult", "area": "wales"}', '/inform{"topic": "bullying"}'],
    "another language": ['/other_language{"lang": "cy"}'], "the crisis itself": ["/urgent_danger", "/cannot_speak"],
    "small talk": ["/greeting", "/thanks", "/not_what_i_meant"],
}  # fmt: skip


def steps() -> Iterator[tuple[str, str, list[dict[str, Any]], dict[str, Any]]]:
    """Every rule and story: its kind, name, steps and itself."""
    for path in [*(ROOT / "data" / "rules").glob("*.yml"), *(ROOT / "data" / "stories").glob("*.yml")]:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for kind in ("rule", "story"):
            for one in content.get({"rule": "rules", "story": "stories"}[kind]) or ():
                yield kind, one[kind], one["steps"], one


RULES = {
    intent: [(name, one) for kind, name, found, one in steps() if kind == "rule" and found[0].get("intent") == intent]
    for intent in CRISIS
}
UTTERED = {intent: rules[0][1]["steps"][1]["action"] for intent, rules in RULES.items() if rules}


def test_the_intents_are_found() -> None:
    assert {"urgent_danger", "danger_check", "affirm_danger", "cannot_speak"} < set(CRISIS)
    assert len(CRISIS) >= 4 + 11, "and one for each language whose danger is understood"


@pytest.mark.parametrize("intent", CRISIS)
def test_one_rule_of_two_steps_and_no_conditions(intent: str) -> None:
    [(_, rule)] = RULES[intent]
    assert set(rule) == {"rule", "steps"}, "no condition, no conversation_start, no wait_for_user_input"
    heard, said = rule["steps"]
    assert heard == {"intent": intent}, "no entity, no slot"
    assert set(said) == {"action"}
    assert said["action"].startswith("utter_"), "a response, not an action that could fail"


@pytest.mark.parametrize("intent", CRISIS)
def test_no_story_says_otherwise(intent: str) -> None:
    for _, name, found, _ in steps():
        for step, following in zip(found, [*found[1:], {}], strict=True):
            if step.get("intent") == intent:
                assert step == {"intent": intent}, name
                assert following == {"action": UTTERED[intent]}, name


@pytest.mark.parametrize("response", sorted(set(UTTERED.values())))
def test_one_response_with_one_variant_for_everybody(response: str) -> None:
    [variant] = RAW["responses"][response]
    assert set(variant) <= {"text", "custom", "buttons"}, "no condition, no channel, no image, no id"
    assert set(variant["custom"]) <= {"route", "channels", "lang"}
    assert variant["custom"]["route"] in ("urgent_danger", "danger_check")
    assert variant["custom"]["channels"][0] == "999"
    assert "{999}" in variant["text"].split("\n\n")[0], "in its first paragraph"
    # Filled from the directory alone: nothing that depends on who is asking, where, or when.
    for name in re.findall(r"\{([a-z0-9_]+)\}", variant["text"]):
        assert name.removesuffix("_name") in shared().ids()
    for channel in variant["custom"]["channels"]:
        assert channel in shared().ids(), "no role that depends on the area"
    assert not [name for name in RAW["responses"] if re.fullmatch(rf"{response}_(young|adult)", name)]
    for button in variant.get("buttons") or ():
        assert parse_payload(button["payload"])[0] in DOMAIN.intents


def test_nothing_else_in_the_domain_can_come_between() -> None:
    assert all(name.startswith("action_") for name in RAW["actions"]), "the crisis texts are responses, not actions"
    used = {one["steps"][1]["action"] for kind, _, _, one in steps() if kind == "rule"}
    assert set(RAW["actions"]) <= used, "no action that a rule does not name"
    assert not RAW.get("forms")
    assert not any(slot.influence_conversation for slot in DOMAIN.slots if isinstance(slot, Slot))
    assert not DOMAIN.session_config.are_sessions_enabled(), "no session starts over in the middle"
    assert not any(isinstance(intent, dict) for intent in RAW["intents"]), "no use_entities, no triggers"


def test_one_action_each_turn_may_follow_an_intent() -> None:
    """A rule that goes on after its response would show two replies where one must be read."""
    for kind, name, found, _ in steps():
        if kind == "rule":
            assert len(found) == 2, name


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("intent", CRISIS)
def test_the_real_model_answers_with_that_response_wherever_the_talk_has_been(
    intent: str, before: str, parts: Any
) -> None:
    talk = Talk(parts)

    def press(payload: str) -> Any:
        return asyncio.run(parts.conversations.reply(talk.id, parts.conversations._tokens.offer(talk.id, payload)))

    for payload in BEFORE[before]:
        press(payload)
    reply = press(f"/{intent}")
    [message] = reply.messages
    [variant] = DOMAIN.responses[UTTERED[intent]]
    assert message["route"] == variant["custom"]["route"]
    assert message["channels"][0]["id"] == "999"
    assert message["text"] == WORDS.say(UTTERED[intent])["text"]
    assert len(message["quick_replies"]) == len(variant.get("buttons") or ())
    assert not reply.exit
