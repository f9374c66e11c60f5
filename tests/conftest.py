"""What the tests share: a served Signpost, and one assembled in this process."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import structlog

from bot import runtime
from bot.settings import Settings

runtime.prepare()
# Without bot.log, which takes over the whole process, Rasa would print every message of the tests.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

#: A model file to test with in place of the one of the project as it is now, for whoever tries a model out.
CHOSEN_MODEL = os.environ.pop("SIGNPOST_TEST_MODEL", None)
ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60.0


@dataclass
class Server:
    """A running Signpost: its address, its process and the file its output goes to."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def post(self, path: str, body: Any, **kwargs: Any) -> requests.Response:
        """POST JSON to the API."""
        return requests.post(f"{self.url}/webhooks/web/{path}", json=body, timeout=30, **kwargs)

    def open(self) -> str:
        """Open a conversation and return its token."""
        return str(self.post("conversations", {}).json()["conversation"])

    def say(self, token: str, text: str) -> dict[str, Any]:
        """Send a text and return the reply's JSON."""
        return dict(self.post("messages", {"conversation": token, "text": text}).json())

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


RUN = ("-m", "bot.cli", "run")


def start_server(
    folder: Path, *, wait_for: str = "/chat/", command: Sequence[str] = RUN, port: int | None = None, **settings: str
) -> Server:
    """Start Signpost in a process of its own, with SIGNPOST_ settings by name; its output goes to a file in `folder`.

    `command` are Python's arguments, for a test that must put something in place first; `port` is for one that starts
    a server again where the last one was.
    """
    port = port or free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith("SIGNPOST_")}
    env |= {"SIGNPOST_PORT": str(port), "SIGNPOST_MODEL": CHOSEN_MODEL or str(ROOT / "models")}
    env |= {f"SIGNPOST_{name.upper()}": value for name, value in settings.items()}
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"server-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env, stdout=out, stderr=out)
    server = Server(f"http://127.0.0.1:{port}", process, log)
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}: {log.read_text()[-2000:]}")
        try:
            requests.get(server.url + wait_for, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.2)
        else:
            return server
    server.stop()
    raise RuntimeError(f"the server did not answer in {READY_SECONDS:.0f} s: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def trained_model() -> Path:
    """The model made of the project as it is now; `make test` trains it first."""
    from bot import training

    model = Path(CHOSEN_MODEL) if CHOSEN_MODEL else training.current_model(ROOT / "models")
    if model is None:
        pytest.fail("There is no model of the project as it is now. Run `make train` (or `make test`).", pytrace=False)
    return model


@pytest.fixture(scope="session")
def live_server(trained_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Signpost served with the trained model, for the whole session."""
    server = start_server(tmp_path_factory.mktemp("server"), wait_for="/readyz")
    yield server
    server.stop()


def serving(folder: Path) -> Iterator[Callable[..., Server]]:
    """A function that starts servers with the settings it is given; they end when the iterator goes on."""
    started: list[Server] = []

    def start(**settings: Any) -> Server:
        server = start_server(folder, **settings)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def serve(tmp_path: Path, trained_model: Path) -> Iterator[Callable[..., Server]]:
    """Start servers with settings of the test's own; they end with the test."""
    yield from serving(tmp_path)


@pytest.fixture(scope="module")
def serve_shared(tmp_path_factory: pytest.TempPathFactory, trained_model: Path) -> Iterator[Callable[..., Server]]:
    """Like `serve`, for servers that the tests of a module share."""
    yield from serving(tmp_path_factory.mktemp("servers"))


@pytest.fixture(scope="session")
def parts(trained_model: Path) -> Any:
    """Signpost assembled in this process, without HTTP."""
    from bot.server import assemble

    return assemble(Settings(model=trained_model))


class Talk:
    """One conversation in this process."""

    def __init__(self, parts: Any) -> None:
        self._talk = parts.conversations
        self.token, self.messages = self._talk.open()
        self.id = self._talk.find(self.token)
        self.exit = False

    def say(self, text: str) -> list[dict[str, Any]]:
        """Type something; the messages in reply."""
        reply = asyncio.run(self._talk.reply(self.id, text))
        self.messages, self.exit = reply.messages, reply.exit
        return self.messages

    def press(self, title: str) -> list[dict[str, Any]]:
        """Press the quick reply with this title."""
        offered = {q["title"]: q["payload"] for m in self.messages for q in m["quick_replies"]}
        return self.say(offered[title])

    @property
    def routes(self) -> list[str]:
        """The routes of the last reply."""
        return [m["route"] for m in self.messages]

    @property
    def channels(self) -> list[str]:
        """The channel ids of the last reply, in the order shown."""
        return [c["id"] for m in self.messages for c in m["channels"]]

    @property
    def text(self) -> str:
        """All words of the last reply."""
        return "\n\n".join(m["text"] for m in self.messages)


@pytest.fixture
def talk(parts: Any) -> Callable[[], Talk]:
    """Start conversations in this process."""
    return lambda: Talk(parts)
