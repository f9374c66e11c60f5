"""A phrase that exists nowhere else goes down every path into the server, faults included, and is found nowhere after.

The logs of happy paths were always clean; it is the failing ones that quote what somebody wrote.
"""

import http.client
import json
import mmap
import os
import re
import secrets
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Server

from .action_server import FaultyActions

#: Letters and digits only, so that no quoting hides it; different at each run, so that old files do not count.
CANARY = f"kestrel{secrets.token_hex(8)}"
#: Where the person seems to write from.
ADDRESS = "127.0.0.77"
PHRASE = f"my dad hits me {CANARY} and i am scared"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
KEYS = {"hour", "level", "component", "where", "event", "error", "at", "category", "place"}

#: Runs Signpost as `signpost run` does, and at its end writes down what the store holds.
RUN_AND_TELL = """
import sys
from bot import runtime, settings
runtime.prepare()
from bot import server
assemble, made = server.assemble, []
def keep(*arguments):
    made.append(assemble(*arguments))
    return made[-1]
server.assemble = keep
server.serve(settings.load())
kept = made[0].store._kept
with open(sys.argv[1], "wb") as file:
    for key in list(kept):
        file.write(key.encode() + b" " + kept[key] + b"\\n")
"""


@dataclass
class Case:
    """A server, what may be wrong with its actions, and where it writes its store's contents."""

    name: str
    server: Server
    actions: FaultyActions | None
    kept: Path | None


def request(server: Server, method: str, path: str, body: bytes | None = None, **given: str) -> tuple[int, bytes]:
    """One request with the canary wherever a request has room; an answer that never comes is none."""
    headers = {
        "User-Agent": CANARY, "Referer": f"https://{CANARY}.example.org/{CANARY}", "X-Forwarded-For": CANARY,
        "Cookie": f"{CANARY}={CANARY}", "Origin": f"https://{CANARY}.example.org", "X-Request-ID": CANARY, CANARY: CANARY,
        "Content-Type": "application/json", **given,
    }  # fmt: skip
    port = int(server.url.rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(ADDRESS, 0))
    try:
        connection.request(method, path, body, headers)
        found = connection.getresponse()
        return found.status, found.read()
    finally:
        connection.close()


def raw(server: Server, data: bytes, *, wait: bool = True) -> None:
    """Bytes as they stand; without `wait` the sender is gone before the answer."""
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=30) as connection:
        connection.sendall(data)
        while wait and connection.recv(65536):
            pass


def every_path(case: Case) -> list[str]:
    """Send the canary down every path; the replies' texts."""
    server, api = case.server, "/webhooks/web"
    replies: list[str] = []

    def post(path: str, body: Any, **given: str) -> int:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, answer = request(server, "POST", f"{api}/{path}?{CANARY}={CANARY}", sent, **given)
        replies.append(answer.decode())
        return status

    def say(token: str, text: Any) -> int:
        return post("messages", {"conversation": token, "text": text})

    token = server.open()
    # What is answered, and what only looks like a command or a choice.
    for text in (
        PHRASE, f"he has a knife {CANARY}", CANARY, f"/{CANARY}", f'/{CANARY}{{"{CANARY}": "{CANARY}"}}', f"/restart {CANARY}",
        f"\u3000/urgent_danger@0.01{{{CANARY}", f"EXTERNAL: {CANARY}", f"choice.{CANARY}", f"choice. {CANARY}",
        f"\ud800{CANARY}\x00", f"{CANARY}\r\n{{}}\r\n{CANARY}", f"{'a' * 3900} {CANARY}", f"thank you {CANARY}",
    ):  # fmt: skip
        assert say(token, text) in (200, 503)
    # What the actions may do to it.
    if case.actions is not None:
        for mode in ("crash", "hang", "refuse", "cut", "close", "garbage", "html", "wrong types", "unknown response", "null"):
            case.actions.mode = mode
            assert say(server.open(), PHRASE) == 200
    # What is refused: types, sizes, forms, tokens.
    for wrong in ([PHRASE], {PHRASE: PHRASE}, None, 7):
        assert say(token, wrong) == 400
    assert say(token, PHRASE + "a" * 4000) == 422
    assert say(CANARY, PHRASE) == 404
    assert say(f"{token}{CANARY}", PHRASE) == 404
    assert say("\ud800" + CANARY, PHRASE) == 404
    assert post("messages", PHRASE.encode()) == 400
    assert post("messages", f'{{"text": "{PHRASE}'.encode()) == 400
    assert post("messages", b'{"text": "\xff' + PHRASE.encode() + b'"}') == 400
    assert post("messages", {"conversation": token, "text": PHRASE, CANARY: "a" * 33_000}) == 413
    assert post("messages", f"text={CANARY}".encode(), **{"Content-Type": CANARY}) == 415
    assert post(CANARY, {"text": PHRASE}) == 404
    assert post("conversations", {CANARY: CANARY}) == 201
    for method, path in (
        ("DELETE", f"{api}/conversations/{CANARY}"), ("POST", f"{api}/conversations/{CANARY}/forget"), ("GET", f"/{CANARY}"),
        ("GET", f"/chat/{CANARY}"), ("GET", f"/chat/?{CANARY}"), ("GET", f"/chat/%2e%2e/{CANARY}"), ("PUT", f"/chat/{CANARY}"),
        (CANARY.upper(), "/"), ("GET", f"/healthz?{CANARY}"), ("POST", f"/webhooks/rest/webhook?{CANARY}"),
    ):  # fmt: skip
        replies.append(request(server, method, path, PHRASE.encode())[1].decode())
    # What is no HTTP, and senders that are gone before they are answered.
    port_line = f"Host: {CANARY}\r\n".encode()
    words = PHRASE.encode()
    head = b"POST /webhooks/web/messages HTTP/1.1\r\nContent-Type: application/json\r\n" + port_line
    body = json.dumps({"conversation": token, "text": PHRASE}).encode()
    raw(server, words + b"\r\n\r\n")
    raw(server, f"GET /{CANARY} HTTP/9.9\r\n{CANARY}\r\n\r\n".encode())
    raw(server, f"GET /{CANARY}\u00e9 HTTP/1.1\r\n\r\n".encode())
    raw(server, b"GET / HTTP/1.1\r\nX: " + CANARY.encode() * 1000 + b"\r\n\r\n")
    raw(server, head + b"Content-Length: -1\r\n\r\n" + body)
    raw(server, head + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + words + b"\r\n\r\n")
    raw(server, head + b"Content-Length: 5000\r\n\r\n" + body, wait=False)
    if case.actions is not None:
        case.actions.mode = "hang"
    raw(server, head + b"Content-Length: %d\r\n\r\n" % len(body) + body, wait=False)
    assert request(server, "GET", "/healthz")[0] in (200, 503)
    return replies


@pytest.fixture(scope="module")
def began() -> float:
    """When the run began, by the clock that files are stamped with."""
    with tempfile.NamedTemporaryFile() as stamp:
        return os.stat(stamp.name).st_mtime


@pytest.fixture(scope="module")
def visited(
    began: float, serve_shared: Callable[..., Server], live_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[list[Case], list[str]]]:
    """Servers at every level, each with an action server that goes wrong, one without a model, and the usual one."""
    folder = tmp_path_factory.mktemp("canary")
    with ExitStack() as stack:

        def start(name: str) -> Case:
            kept = folder / f"{name}.kept"
            settings: dict[str, Any] = {"command": ("-c", RUN_AND_TELL, str(kept)), "messages_per_minute": "10000"}
            if name == "no model":
                settings |= {"log_level": "DEBUG", "model": str(folder / "none")}
                return Case(name, serve_shared(**settings), None, kept)
            actions = stack.enter_context(FaultyActions())
            actions.bodies["nothing"] = {"events": [], "responses": [{"response": "utter_thanks"}]}
            settings |= {"log_level": name, "action_url": actions.url}
            # At one level the whole turn is cut off, at the others the action.
            limits = {"action_seconds": "5", "reply_seconds": "0.7"} if name == "WARNING" else {"action_seconds": "0.3"}
            return Case(name, serve_shared(**settings, **limits), actions, kept)

        with ThreadPoolExecutor(2) as pool:
            cases = list(pool.map(start, (*LEVELS, "no model")))
            cases.append(Case("as usual", live_server, None, None))
            replies = [reply for found in pool.map(every_path, cases) for reply in found]
        for case in cases:
            if case.kept is not None:
                case.server.stop()
        yield cases, replies


def holds_words(file: Path) -> bool:
    """Whether the canary stands in a file, as UTF-8 or UTF-16, in either case, or the address does."""
    if file.stat().st_size == 0:
        return False
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        wanted = (CANARY.encode(), CANARY.encode("utf-16-le"))
        return re.search(b"|".join(map(re.escape, wanted)), content, re.IGNORECASE) is not None


def written_since(moment: float, folders: tuple[Path, ...]) -> Iterator[Path]:
    """Every file in the folders that was written after `moment`."""
    for folder in folders:
        for path, _, names in os.walk(folder):
            for name in names:
                file = Path(path) / name
                # Others may write and remove files here too, while this looks.
                with suppress(OSError):
                    if file.is_file() and not file.is_symlink() and file.stat().st_mtime >= moment:
                        yield file


def test_every_path_was_taken(visited: tuple[list[Case], list[str]]) -> None:
    cases, _ = visited
    assert [case.name for case in cases] == [*LEVELS, "no model", "as usual"]
    for case in cases:
        if case.actions is not None:
            assert CANARY.encode() in case.actions.last_request, "the actions were asked, with the words"
            events = {line.get("event") for line in logged(case)}
            assert {"reply_empty", "reply_failed"} & events, "and their faults were noticed"


def test_nothing_of_it_comes_back(visited: tuple[list[Case], list[str]]) -> None:
    _, replies = visited
    assert len(replies) > 200
    assert not [reply[:200] for reply in replies if CANARY in reply.lower()]


def logged(case: Case) -> list[dict[str, Any]]:
    """The lines of a server's log, apart from the one that says it is ready."""
    text = case.server.log.read_text(encoding="ascii")
    lines = [line for line in text.splitlines() if not line.startswith("Signpost is ready: ")]
    assert all(line.isprintable() for line in lines)
    return [json.loads(line) for line in lines]


def test_no_log_holds_it_at_any_level(visited: tuple[list[Case], list[str]]) -> None:
    cases, _ = visited
    for case in cases:
        assert not holds_words(case.server.log), case.name
        assert ADDRESS not in case.server.log.read_text(), case.name
        for line in logged(case):
            assert set(line) <= KEYS, case.name


def test_no_store_holds_it(visited: tuple[list[Case], list[str]]) -> None:
    cases, _ = visited
    for case in cases:
        if case.kept is not None:
            assert case.kept.stat().st_size > 0, "there were conversations to keep"
            assert not holds_words(case.kept), case.name


def test_no_file_written_since_holds_it(visited: tuple[list[Case], list[str]], began: float, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    planted.write_text(f"x{CANARY.upper()}x", encoding="utf-16-le")
    folders = (ROOT, Path(tempfile.gettempdir()), Path("/dev/shm"))
    found = set()
    for file in written_since(began, folders):
        with suppress(OSError):
            if holds_words(file):
                found.add(file)
    assert found == {planted}, "the search finds what is there, and there is nothing else"
    assert time.time() >= began
