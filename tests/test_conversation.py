"""bot.conversation: whatever breaks behind it, somebody who writes gets 999 and Childline, in time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from conftest import Talk
from faults.action_server import MODES, FaultyActions
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain

from bot.conversation import LONGEST_TEXT, PROBE, Conversations, plain_words
from bot.directory import shared
from bot.nlg import Words
from bot.server import PROJECT, assemble
from bot.settings import Settings
from bot.tokens import Tokens
from bot.tracker_store import ForgettingTrackerStore

DOMAIN = Domain.load(PROJECT / "domain.yml")
LIMIT = 0.3
HELLO = {"text": "Hello", "custom": {"route": "greeting", "channels": []}}
URGENT = {"text": "Ring", "custom": {"route": "urgent_danger", "channels": ["999"]}}


@dataclass
class Brain:
    """A brain that answers, or goes wrong, as a test says."""

    act: Callable[[str], Awaitable[Any]]
    ready: bool = True
    heard: list[tuple[str, str, Any]] = field(default_factory=list)

    async def answer(self, conversation: str, text: str, parsed: dict[str, Any] | None) -> Any:
        self.heard.append((conversation, text, parsed))
        return await self.act(conversation)


class Fixture:
    """Conversations over a brain that does `act`, with everything else real."""

    def __init__(self, act: Callable[[str], Awaitable[Any]], *, ready: bool = True, seconds: float = LIMIT) -> None:
        self.brain = Brain(act, ready)
        self.store = ForgettingTrackerStore(DOMAIN)
        self.tokens = Tokens()
        words = Words(DOMAIN.responses, shared())
        self.talk = Conversations(self.brain, self.store, words, self.tokens, shared(), seconds)
        self.token, self.greeting = self.talk.open()
        self.id = self.talk.find(self.token) or ""

    def say(self, text: str) -> Any:
        """One turn."""
        return asyncio.run(self.talk.reply(self.id, text))


def answering(drafts: Any) -> Callable[[str], Awaitable[Any]]:
    """A brain that always answers `drafts`."""

    async def act(_conversation: str) -> Any:
        return drafts

    return act


async def crash(_conversation: str) -> Any:
    raise RuntimeError("zebra quartz")


async def hang(_conversation: str) -> Any:
    await asyncio.sleep(60)


def is_safe(messages: list[dict[str, Any]]) -> bool:
    """Whether these are the safe reply: 999 first, then Childline, by number and in words."""
    [message] = messages
    ids = [channel["id"] for channel in message["channels"]]
    numbers = [channel["phone"] for channel in message["channels"]]
    return message["route"] == "unsure" and ids == ["999", "childline"] and all(n in message["text"] for n in numbers)


WRONG_ANSWERS: dict[str, Any] = {
    "none": None,
    "empty": [],
    "no text": [{}],
    "empty text": [{"text": "", "custom": {"route": "greeting"}}],
    "text is a number": [{"text": 7}],
    "text is a list": [{"text": ["Hello"]}],
    "text is endless": [{"text": "x" * (LONGEST_TEXT + 1)}],
    "draft is text": ["Hello"],
    "drafts are text": "Hello",
    "drafts are a number": 7,
    "custom is text": [{"text": "Hello", "custom": "x"}],
    "route is a list": [{"text": "Hello", "custom": {"route": ["a"]}}],
    "no such channel": [{"text": "Hello", "custom": {"channels": ["no_such_line"]}}],
    "no such area": [{"text": "Hello", "custom": {"channels": ["childrens_services"], "area": "atlantis"}}],
    "channels are a number": [{"text": "Hello", "custom": {"channels": 7}}],
    "button without payload": [{"text": "Hello", "buttons": [{"title": "x"}]}],
    "button with words": [{"text": "Hello", "buttons": [{"title": "x", "payload": "hello"}]}],
    "right and wrong together": [HELLO, {"text": 7}],
}


@pytest.mark.parametrize("kind", WRONG_ANSWERS)
def test_a_wrong_answer_becomes_the_safe_reply(kind: str) -> None:
    reply = Fixture(answering(WRONG_ANSWERS[kind])).say("hello")
    assert is_safe(reply.messages)
    assert not reply.exit


def test_a_crash_becomes_the_safe_reply_and_the_next_turn_is_fine() -> None:
    broken = Fixture(crash)
    assert is_safe(broken.say("hello").messages)
    broken.brain.act = answering([HELLO])
    assert [m["text"] for m in broken.say("hello").messages] == ["Hello"]


def test_a_hang_becomes_the_safe_reply_in_time() -> None:
    stuck = Fixture(hang)
    began = time.monotonic()
    assert is_safe(stuck.say("hello").messages)
    assert time.monotonic() - began < LIMIT + 0.2
    assert stuck.talk.find(stuck.token) == stuck.id, "the conversation is still there"


@pytest.mark.parametrize("response", ["utter_safe_reply", "utter_too_long", "utter_too_fast", "utter_start_again"])
def test_every_ready_made_reply_has_999_and_childline(response: str) -> None:
    [message] = Fixture(crash).talk.safe(response)
    assert [channel["id"] for channel in message["channels"]][:2] == ["999", "childline"]
    assert message["quick_replies"] == [], "no conversation, no choices"


def test_what_is_right_is_passed_on_whole() -> None:
    button = {"title": "I'm under 19", "payload": '/inform{"speaker": "young"}'}
    draft = {"text": "Hello", "custom": {"route": "bullying", "channels": ["childline"], "lang": "cy"}, "buttons": [button]}
    one = Fixture(answering([draft, HELLO]))
    first, second = one.say("hello").messages
    assert (first["text"], first["route"], first["lang"]) == ("Hello", "bullying", "cy")
    assert [channel["id"] for channel in first["channels"]] == ["childline"]
    [choice] = first["quick_replies"]
    assert (choice["title"], choice["means"]) == (button["title"], {"speaker": "young"})
    assert set(second) == {"text", "route", "channels", "quick_replies"}
    # Sent back, it arrives as what it means; the words of the payload are never read as a text.
    one.say(choice["payload"])
    _, text, parsed = one.brain.heard[-1]
    assert text == ""
    assert parsed["intent"] == {"name": "inform", "confidence": 1.0}
    assert [(e["entity"], e["value"]) for e in parsed["entities"]] == [("speaker", "young")]


@pytest.mark.parametrize("change", [lambda p: p, lambda p: p[:-3], lambda p: p + "A", lambda p: "choice.x", lambda p: "choice."])
def test_a_payload_that_was_not_offered_here_says_nothing(change: Callable[[str], str]) -> None:
    """Its letters are chance, and would be understood by chance as anything at all."""
    one = Fixture(answering([HELLO]))
    other, _ = one.tokens.new()
    one.say(change(one.tokens.offer(other, "/affirm_danger")))
    [(_, text, parsed)] = one.brain.heard
    assert (text, parsed["intent"]["name"]) == ("", "unsure")


def test_words_that_begin_like_a_payload_are_words() -> None:
    one = Fixture(answering([HELLO]))
    one.say("choice. i have no choice")
    assert one.brain.heard == [(one.id, "choice. i have no choice", None)]


@pytest.mark.parametrize("text", ["", " ", "\n\t", "/", "///", " / / ", "\u2003/\u00a0", "\x1c/\x1f"])
def test_nothing_is_unsure(text: str) -> None:
    one = Fixture(answering([HELLO]))
    one.say(text)
    [(_, words, parsed)] = one.brain.heard
    assert words == ""
    assert parsed["intent"]["name"] == "unsure"


def test_leaving_forgets_at_once() -> None:
    one = Fixture(answering([{"text": "Leaving", "custom": {"exit": True}}]))
    assert one.say("quick").exit
    assert one.talk.find(one.token) is None


def test_what_is_forgotten_while_it_is_being_answered_stays_forgotten() -> None:
    one = Fixture(crash)

    async def save_late(conversation: str) -> Any:
        await asyncio.sleep(0.05)
        one.store.put(conversation, b'{"s":{},"i":"past_abuse","a":[]}')
        return [HELLO]

    async def both() -> None:
        turn = asyncio.ensure_future(one.talk.reply(one.id, "hello"))
        await asyncio.sleep(0.01)
        one.talk.forget(one.token)
        await turn

    one.brain.act = save_late
    asyncio.run(both())
    assert one.talk.find(one.token) is None


def test_a_made_up_token_opens_nothing_and_forgets_nothing() -> None:
    one = Fixture(answering([HELLO]))
    for token in ("", "x", one.id, one.token + "x", Tokens().new()[1], None, 7, [one.token]):
        assert one.talk.find(token) is None
        one.talk.forget(token)
    assert one.talk.find(one.token) == one.id


@pytest.mark.parametrize(
    ("act", "ready", "well"),
    [
        (answering([URGENT]), True, True),
        (answering([{**URGENT, "custom": {"route": "danger_check", "channels": ["999"]}}]), True, True),
        (answering([URGENT]), False, False),
        (answering([HELLO]), True, False),
        (answering([HELLO, URGENT]), True, False),
        (answering([{**URGENT, "custom": {"route": "urgent_danger", "channels": ["childline", "999"]}}]), True, False),
        (answering([{**URGENT, "custom": {"route": "urgent_danger", "channels": []}}]), True, False),
        (answering([]), True, False),
        (crash, True, False),
        (hang, True, False),
    ],
)
def test_healthy_means_999_first(act: Callable[[str], Awaitable[Any]], ready: bool, well: bool) -> None:
    one = Fixture(act, ready=ready)
    before = len(one.store)
    assert asyncio.run(one.talk.healthy()) is well
    assert len(one.store) == before, "the probe leaves no conversation behind"
    assert [text for _, text, _ in one.brain.heard] == ([PROBE] if ready else [])


def test_health_is_asked_again_after_a_while() -> None:
    one = Fixture(answering([URGENT]))

    async def over_time() -> list[bool]:
        found = [await one.talk.healthy(), await one.talk.healthy()]
        assert len(one.brain.heard) == 1, "a busy load balancer costs one probe"
        one.brain.act = crash
        found.append(await one.talk.healthy(fresh_seconds=-1))
        one.brain.act = answering([URGENT])
        found.append(await one.talk.healthy(fresh_seconds=-1))
        return found

    assert asyncio.run(over_time()) == [True, True, False, True]


@given(st.text(st.characters(exclude_categories=())))
def test_plain_words_are_never_a_command(text: str) -> None:
    words = plain_words(text)
    assert not words.startswith("/")
    assert words == words.strip() == plain_words(words)
    words.encode()
    assert plain_words("/" + text) == words
    assert plain_words("\u3000/\n//\x1d/ " + text) == words


@given(st.text(st.characters(exclude_categories=("Cs",))).filter(lambda t: not t.strip().startswith("/")))
def test_plain_words_are_otherwise_what_was_typed(text: str) -> None:
    assert plain_words(text) == text.strip()


# --- With Rasa and the real model behind it ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def faulty() -> Iterator[FaultyActions]:
    with FaultyActions() as server:
        yield server


@pytest.fixture(scope="module")
def faulty_parts(faulty: FaultyActions, trained_model: Any) -> Any:
    """Signpost with an action server that goes wrong."""
    return assemble(Settings(model=trained_model, action_url=faulty.url, action_seconds=LIMIT, reply_seconds=4))


@pytest.mark.parametrize("mode", MODES)
def test_whatever_the_action_server_does(mode: str, faulty: FaultyActions, faulty_parts: Any) -> None:
    faulty.mode = mode
    talk = Talk(faulty_parts)
    for text in ("they call me names at school", "no"):
        began = time.monotonic()
        talk.say(text)
        assert time.monotonic() - began < 5, "the contract's figure"
        assert is_safe(talk.messages)
    # The crisis path needs no action.
    talk.say("he has a knife and he is going to kill me")
    assert (talk.routes, talk.channels[0]) == (["urgent_danger"], "999")


def test_it_recovers_without_anybodys_help(faulty: FaultyActions, faulty_parts: Any) -> None:
    talk = Talk(faulty_parts)
    faulty.mode = "hang"
    assert is_safe(talk.say("they call me names at school"))
    faulty.mode = "said again"
    faulty.bodies["said again"] = {"events": [], "responses": [{"response": "utter_thanks"}]}
    talk.say("they call me names at school")
    assert talk.routes == ["thanks"]


def test_a_turn_that_hangs_cannot_bring_a_forgotten_conversation_back(
    faulty: FaultyActions, faulty_parts: Any
) -> None:
    faulty.mode = "hang"
    talk = Talk(faulty_parts)

    async def both() -> None:
        turn = asyncio.ensure_future(faulty_parts.conversations.reply(talk.id, "they call me names at school"))
        await asyncio.sleep(LIMIT / 3)
        faulty_parts.conversations.forget(talk.token)
        await turn

    asyncio.run(both())
    assert not faulty_parts.store.knows(talk.id)


def test_ten_messages_at_once_are_answered_one_after_the_other(parts: Any) -> None:
    talk = Talk(parts)
    texts = ["he has a knife and he is going to kill me", "thank you"] * 5

    async def together() -> list[Any]:
        return await asyncio.gather(*(parts.conversations.reply(talk.id, text) for text in texts))

    began = time.monotonic()
    replies = asyncio.run(together())
    assert [reply.messages[0]["route"] for reply in replies] == ["urgent_danger", "thanks"] * 5
    assert time.monotonic() - began < 5


def test_conversations_do_not_mix(parts: Any) -> None:
    """Pairs that are answered at the same time, each with its own subject."""
    subjects = {
        "people at school keep hitting me and calling me names": "bullying",
        "someone shared my nudes": "online_images",
    }
    for _ in range(5):
        talks = [Talk(parts) for _ in subjects]

        async def at_once(talks: list[Talk], texts: Iterable[str]) -> list[Any]:
            pairs = zip(talks, texts, strict=True)
            return await asyncio.gather(*(parts.conversations.reply(talk.id, text) for talk, text in pairs))

        replies = asyncio.run(at_once(talks, subjects))
        assert [reply.messages[0]["route"] for reply in replies] == list(subjects.values())
        asyncio.run(at_once(talks, ["thank you", "thank you"]))
        kept = [asyncio.run(parts.store.retrieve(talk.id)).get_slot("topic") for talk in talks]
        assert kept == list(subjects.values())


@pytest.mark.parametrize("act", [crash, hang, answering([])])
def test_somebody_who_writes_welsh_gets_the_safe_reply_in_welsh(act: Callable[[str], Awaitable[Any]]) -> None:
    reply = Fixture(act).say("dw i angen help, mae ofn arna i")
    [message] = reply.messages
    assert message["lang"] == "cy"
    assert [channel["id"] for channel in message["channels"]] == ["999", "childline"]
    assert "999" in message["text"]


def test_a_language_that_cannot_be_told_gets_the_safe_reply_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_text: str) -> str:
        raise RuntimeError("zebra quartz")

    monkeypatch.setattr("bot.conversation.detect", broken)
    assert is_safe(Fixture(crash).say("hello").messages)
