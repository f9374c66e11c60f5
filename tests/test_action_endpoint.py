"""bot.action_endpoint: an action that hangs, fails or answers nonsense holds nobody up."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from conftest import free_port
from faults.action_server import FaultyActions
from jsonschema import ValidationError, validate
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import ClientResponseError
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.action_endpoint import ActionServer, InProcessActions, compile_response_check, in_own_thread
from bot.clock import at, now

LIMIT = 0.3
#: Set at the end of the module, so that the threads of hanging actions end too.
RELEASED = threading.Event()


class Hangs(Action):
    """Blocks its thread, as a slow file system or a bad regular expression would."""

    def name(self) -> str:
        return "action_test_hangs"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        RELEASED.wait(60)
        return []


class Waits(Action):
    """Never returns, but lets others run."""

    def name(self) -> str:
        return "action_test_waits"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        while not RELEASED.is_set():
            await asyncio.sleep(0.05)
        return []


class Raises(Action):
    """Fails with what somebody wrote in its message."""

    def name(self) -> str:
        return "action_test_raises"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        raise LookupError(tracker.latest_message["text"])


class Answers(Action):
    """Utters what it sees, to show that nothing is lost on the way."""

    def name(self) -> str:
        return "action_test_answers"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        dispatcher.utter_message(response="utter_x", json_message={"hour": now().hour, "domain": domain})
        return [{"event": "slot", "name": "topic", "value": tracker.get_slot("topic")}]


class Mumbles(Action):
    """Returns what is no list of events."""

    def name(self) -> str:
        return "action_test_mumbles"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Any:
        return [None, "x", {"no": "event"}, {"event": "slot", "name": "topic", "value": "x"}]


@pytest.fixture(scope="module")
def actions() -> Iterator[InProcessActions]:
    yield InProcessActions(seconds=LIMIT)
    RELEASED.set()


def call(name: str, text: str = "") -> dict[str, Any]:
    """What Rasa sends an action server."""
    tracker = {
        "sender_id": "somebody", "slots": {"topic": "past_abuse"}, "latest_message": {"text": text}, "events": [],
        "paused": False, "followup_action": None, "active_loop": {}, "latest_action_name": "action_listen",
    }  # fmt: skip
    return {"next_action": name, "tracker": tracker, "domain": {}, "version": "3.6.2"}


def ask(actions: Any, name: str, **kwargs: Any) -> dict[str, Any]:
    """Run one action."""
    return dict(asyncio.run(actions.request(json=call(name, **kwargs), method="post", timeout=300)))


def test_the_projects_action_is_there(actions: InProcessActions) -> None:
    assert "action_signpost" in actions.action_names


def test_a_package_without_actions_is_refused_at_start() -> None:
    with pytest.raises(SystemExit):
        InProcessActions(package="no_such_package")


def test_what_an_action_utters_and_remembers_comes_back(actions: InProcessActions) -> None:
    with at(now().replace(hour=3)):
        found = ask(actions, "action_test_answers")
    [said] = found["responses"]
    assert (said["response"], said["custom"]) == ("utter_x", {"hour": 3, "domain": {}}), "at the hour the test has set"
    assert found["events"] == [{"event": "slot", "name": "topic", "value": "past_abuse"}]
    compile_response_check()
    assert RemoteAction("action_test_answers", actions)._validate_action_result(found)


@pytest.mark.parametrize("name", ["action_test_hangs", "action_test_waits"])
def test_an_action_that_hangs_is_given_up_in_time(name: str, actions: InProcessActions) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        ask(actions, name)
    assert time.monotonic() - began < LIMIT + 0.5


def test_hanging_actions_hold_nobody_else_up(actions: InProcessActions) -> None:
    """More than any shared pool of threads has room for."""

    async def crowd() -> float:
        stuck = [asyncio.ensure_future(actions.request(json=call("action_test_hangs"))) for _ in range(50)]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await actions.request(json=call("action_test_answers"))
        took = time.monotonic() - began
        outcomes = await asyncio.gather(*stuck, return_exceptions=True)
        assert all(isinstance(outcome, TimeoutError) for outcome in outcomes)
        return took

    assert asyncio.run(crowd()) < LIMIT


def test_threads_of_hanging_actions_do_not_keep_the_process_alive(actions: InProcessActions) -> None:
    with pytest.raises(TimeoutError):
        ask(actions, "action_test_hangs")
    stuck = [thread for thread in threading.enumerate() if thread.name == "action"]
    assert stuck
    assert all(thread.daemon for thread in stuck)


def test_an_action_that_finishes_late_does_no_harm() -> None:
    async def late() -> None:
        released = threading.Event()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await in_own_thread(lambda: released.wait(10))
        released.set()
        await asyncio.sleep(0.05)

    asyncio.run(late())


def test_what_an_action_raises_passes_through(actions: InProcessActions) -> None:
    with pytest.raises(LookupError, match="zebra"):
        ask(actions, "action_test_raises", text="zebra")


def test_an_action_nobody_knows_is_an_error(actions: InProcessActions) -> None:
    with pytest.raises(Exception, match="action_test_unknown"):
        ask(actions, "action_test_unknown")


def test_events_that_are_none_are_left_out(actions: InProcessActions) -> None:
    assert ask(actions, "action_test_mumbles")["events"] == [{"event": "slot", "name": "topic", "value": "x"}]


@pytest.fixture(scope="module")
def faulty() -> Iterator[FaultyActions]:
    with FaultyActions() as server:
        yield server


def test_a_stock_action_server_is_asked_as_rasa_asks_it(faulty: FaultyActions) -> None:
    faulty.mode = "nothing"
    assert ask(ActionServer(faulty.url, LIMIT), "action_signpost") == {"events": [], "responses": []}
    assert json.loads(faulty.last_request)["next_action"] == "action_signpost"


@pytest.mark.parametrize("mode", ["hang", "trickle"])
def test_a_server_that_hangs_is_given_up_in_time(mode: str, faulty: FaultyActions) -> None:
    faulty.mode = mode
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        ask(ActionServer(faulty.url, LIMIT), "action_signpost")
    assert time.monotonic() - began < LIMIT + 0.5


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("crash", ClientResponseError), ("cut", aiohttp.ClientError), ("close", aiohttp.ClientError),
        ("garbage", ValueError),
    ],
)  # fmt: skip
def test_a_server_that_fails_is_an_error(mode: str, error: type[Exception], faulty: FaultyActions) -> None:
    faulty.mode = mode
    with pytest.raises(error):
        ask(ActionServer(faulty.url, LIMIT), "action_signpost")


def test_a_server_that_is_not_there_is_an_error() -> None:
    with pytest.raises(aiohttp.ClientConnectionError):
        ask(ActionServer(f"http://127.0.0.1:{free_port()}/", LIMIT), "action_signpost")


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": {}, "responses": []}, {"events": [{"name": "x"}], "responses": []}, {"events": "x"},
        {"events": [], "responses": "x"}, {"events": [], "responses": ["x"]}, {"events": [{"event": 7}]}, [], None, "x",
    ],
)  # fmt: skip
def test_the_compiled_check_refuses_what_rasas_own_does(wrong: Any, actions: InProcessActions) -> None:
    with pytest.raises(ValidationError):
        validate(wrong, RemoteAction.action_response_format_spec())
    compile_response_check()
    with pytest.raises(ValidationError):
        RemoteAction("action_signpost", actions)._validate_action_result(wrong)
