"""bot.tracker_store: what is remembered, for how long, and that no words are."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Talk
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.tracker_store import FORGOTTEN_SECONDS, LISTEN, ForgettingTrackerStore, events_from, remembered

DOMAIN = Domain.load(ROOT / "domain.yml")
WORDS = "zebra quartz my uncle at seven Acacia"
MEGABYTE = 1024 * 1024


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> ForgettingTrackerStore:
    return ForgettingTrackerStore(DOMAIN, idle_minutes=30, most=100, timer=clock)


def tracker_of(*events: Any) -> DialogueStateTracker:
    """A tracker after these events."""
    tracker = DialogueStateTracker("somebody", DOMAIN.slots)
    for event in events:
        tracker.update(event)
    return tracker


def said(intent: str, **entities: str) -> UserUttered:
    """What somebody said, with its words wherever Rasa keeps them."""
    found = [{"entity": name, "value": value, "text": WORDS} for name, value in entities.items()]
    parsed = {"text": WORDS, "intent": {"name": intent, "confidence": 0.9}, "entities": found, "text_tokens": [[0, 5]]}
    return UserUttered(WORDS, parsed["intent"], found, parsed, metadata={"words": WORDS})  # type: ignore[arg-type]


def test_facts_last_intent_and_its_actions_are_remembered_and_no_words() -> None:
    kept = remembered(
        tracker_of(
            ActionExecuted(LISTEN), said("greeting"), ActionExecuted("utter_greeting"), ActionExecuted(LISTEN),
            said("past_abuse", speaker="young"), SlotSet("speaker", "young"), ActionExecuted("action_signpost"),
            BotUttered(WORDS), SlotSet("topic", "past_abuse"), ActionExecuted(LISTEN),
        )
    )  # fmt: skip
    assert json.loads(kept) == {
        "s": {"speaker": "young", "topic": "past_abuse"}, "i": "past_abuse", "a": ["action_signpost"],
    }  # fmt: skip
    assert not any(word.encode() in kept for word in WORDS.split())


def test_what_comes_back_is_where_it_was(store: ForgettingTrackerStore) -> None:
    before = tracker_of(
        ActionExecuted(LISTEN), said("danger_check"), ActionExecuted("utter_danger_check"), ActionExecuted(LISTEN)
    )
    asyncio.run(store.save(before))
    after = asyncio.run(store.retrieve("somebody"))
    assert after is not None
    assert after.latest_message is not None
    assert after.latest_message.intent["name"] == "danger_check"
    assert not after.latest_message.text
    assert [e.action_name for e in after.events if isinstance(e, ActionExecuted)][-2:] == ["utter_danger_check", LISTEN]
    assert after.latest_action_name == LISTEN
    assert remembered(after) == remembered(before), "remembering again changes nothing"


@pytest.mark.parametrize(
    "texts",
    [
        [f"{WORDS} touched me when i was 9"],
        ["hello", f"i think my friend is being hurt, {WORDS}", "yes", WORDS, "thank you, she is in Bootle with her nan"],
        ["he has a knife", f"no it is ok now {WORDS}"],
        [f"zebra{'a' * 3000} quartz"],
    ],
)
def test_after_real_turns_no_word_is_kept(texts: list[str], talk: Callable[[], Talk], parts: Any) -> None:
    spoken = talk()
    for text in texts:
        spoken.say(text)
        kept = parts.store._kept[spoken.id]
        assert len(kept) < 600
        for word in (*WORDS.split(), "Bootle", "knife", "touched"):
            assert word.encode() not in kept
        state = json.loads(kept)
        assert set(state) == {"s", "i", "a"}
        assert set(state["s"]) <= {slot.name for slot in DOMAIN.slots}


def test_a_quick_reply_is_remembered_as_facts(talk: Callable[[], Talk], parts: Any) -> None:
    spoken = talk()
    spoken.say("somebody hurt me when i was little")
    choice = next(q for m in spoken.messages for q in m["quick_replies"] if q["means"])
    spoken.press(choice["title"])
    state = json.loads(parts.store._kept[spoken.id])
    for name, value in choice["means"].items():
        assert state["s"][name] == value
    assert choice["title"] not in json.dumps(state)


def test_idle_conversations_go_and_each_message_begins_the_time_anew(
    store: ForgettingTrackerStore, clock: Clock
) -> None:
    store.begin("somebody")
    clock.now += 29 * 60
    asyncio.run(store.save(tracker_of(said("greeting"))))
    clock.now += 29 * 60
    assert store.knows("somebody")
    clock.now += 61
    assert not store.knows("somebody")
    assert asyncio.run(store.retrieve("somebody")) is None
    assert len(store) == 0
    assert list(asyncio.run(store.keys())) == []


def test_the_sweep_frees_the_memory_without_a_visitor(store: ForgettingTrackerStore, clock: Clock) -> None:
    for number in range(50):
        store.begin(str(number))
    store.forget("0")
    clock.now += max(30 * 60, FORGOTTEN_SECONDS)
    store.sweep()
    # The sizes themselves: len() of a cache leaves out what has expired and is still there.
    assert len(list(store._kept._Cache__data)) == 0  # type: ignore[attr-defined]
    assert len(list(store._forgotten._Cache__data)) == 0  # type: ignore[attr-defined]


def test_when_it_is_full_the_one_idle_for_longest_goes(store: ForgettingTrackerStore, clock: Clock) -> None:
    for number in range(100):
        clock.now += 1
        store.begin(str(number))
    clock.now += 1
    asyncio.run(store.retrieve("0"))
    store.put("0", b'{"s":{},"i":null,"a":[]}')
    store.begin("one more")
    assert len(store) == 100
    assert store.knows("0"), "somebody who is writing stays"
    assert not store.knows("1")
    assert store.knows("one more")


def test_forgetting_is_at_once_and_for_good(store: ForgettingTrackerStore, clock: Clock) -> None:
    store.begin("somebody")
    store.forget("somebody")
    store.forget("somebody")
    store.forget("nobody")
    assert not store.knows("somebody")
    # A turn that was running when its conversation was forgotten saves it at its end.
    asyncio.run(store.save(tracker_of(said("past_abuse"))))
    clock.now += FORGOTTEN_SECONDS - 1
    asyncio.run(store.save(tracker_of(said("past_abuse"))))
    assert not store.knows("somebody")


@pytest.mark.parametrize(
    "damaged",
    [
        b"", b"\xff\xfe", b"{", b"null", b"[]", b"7", b'"words"', b"{}", b'{"s":{}}', b'{"s":[],"i":null,"a":[]}',
        b'{"s":{},"i":7,"a":[]}', b'{"s":{},"i":"greeting","a":"x"}', b'{"s":{},"i":"greeting","a":[7]}',
    ],
)  # fmt: skip
def test_a_damaged_conversation_starts_over(damaged: bytes, talk: Callable[[], Talk], parts: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        events_from(damaged)
    spoken = talk()
    spoken.say("my dad hits me")
    parts.store.put(spoken.id, damaged)
    spoken.say("he has a knife and he is coming for me now")
    assert spoken.routes == ["urgent_danger"]
    assert json.loads(parts.store._kept[spoken.id])["i"] == "urgent_danger", "and it is whole again"


@given(st.binary())
def test_no_bytes_do_worse_than_a_value_error(kept: bytes) -> None:
    with suppress(ValueError):
        events_from(kept)


def test_slots_that_the_domain_no_longer_has_are_passed_over(store: ForgettingTrackerStore) -> None:
    store.put("somebody", b'{"s":{"gone":"x","speaker":"young"},"i":"greeting","a":[]}')
    tracker = asyncio.run(store.retrieve("somebody"))
    assert tracker is not None
    assert tracker.get_slot("speaker") == "young"


def test_an_event_broker_is_never_given_anything() -> None:
    class Broker:
        """Stands for anything that would carry events away."""

    assert ForgettingTrackerStore(DOMAIN, Broker()).event_broker is None  # type: ignore[arg-type]


def test_a_hundred_thousand_conversations_fit_beside_the_model(trained_model: Path) -> None:
    """Measured as the server is: model loaded, states of real turns, each in bytes of its own."""
    program = f"""
import asyncio, json, os, secrets
from bot import runtime
runtime.prepare()
from pathlib import Path
from bot.server import assemble
from bot.settings import Settings

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

parts = assemble(Settings(model={str(trained_model)!r}))
talk = parts.conversations

async def turns():
    states = []
    for texts in (["hello"], ["my dad hits me", "i am 12 and i am scared of him"], ["someone has sent my pictures round", "yes"],
                  ["my friend said her stepdad does things to her", "she is 14 and we are in Wirral", "thank you"]):
        token, _ = talk.open()
        for text in texts:
            await talk.reply(talk.find(token), text)
            states.append(parts.store._kept[talk.find(token)])
    return states

states = asyncio.run(turns())
before = resident()
for number in range(100_000):
    parts.store.put(secrets.token_urlsafe(16), bytes(bytearray(states[number % len(states)])))
print(json.dumps({{"before": before, "after": resident(), "kept": len(parts.store), "sizes": [len(s) for s in states]}}))
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SIGNPOST_")}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["kept"] == 100_000
    assert max(found["sizes"]) < 400
    assert found["after"] - found["before"] < 60 * MEGABYTE, "about 400 bytes a conversation, its id and the table included"
