"""bot.server: how Signpost starts, what it does without a model, and how it refuses what cannot work."""

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from conftest import ROOT, Server, start_server
from sanic import Sanic

from bot.brain import RasaBrain, newest_model
from bot.channel import LARGEST_BODY
from bot.directory import shared
from bot.errors import ModelError, SignpostError
from bot.page import Pages
from bot.server import Parts, assemble, make_app
from bot.settings import Settings


def truncated(model: Path, folder: Path) -> Path:
    """A model file that was cut off while it was copied."""
    folder.mkdir(exist_ok=True)
    cut = folder / "cut.tar.gz"
    content = model.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    return cut


def damaged(model: Path, folder: Path) -> Path:
    """A model file with a wrong byte every few kilobytes."""
    folder.mkdir(exist_ok=True)
    content = bytearray(model.read_bytes())
    for place in range(5_000, len(content), 5_000):
        content[place] ^= 0xFF
    wrong = folder / "damaged.tar.gz"
    wrong.write_bytes(content)
    return wrong


def nonsense(_model: Path, folder: Path) -> Path:
    """A file that was never a model."""
    folder.mkdir(exist_ok=True)
    file = folder / "nonsense.tar.gz"
    file.write_bytes(random.Random(1).randbytes(10_000))
    return file


def hollow(_model: Path, folder: Path) -> Path:
    """An archive with nothing of a model in it."""
    folder.mkdir(exist_ok=True)
    (folder / "readme.txt").write_text("hello")
    with tarfile.open(folder / "hollow.tar.gz", "w:gz") as archive:
        archive.add(folder / "readme.txt", "readme.txt")
    return folder / "hollow.tar.gz"


def nothing(_model: Path, folder: Path) -> Path:
    """A folder without a model."""
    folder.mkdir(exist_ok=True)
    return folder


def missing(_model: Path, folder: Path) -> Path:
    """A folder that is not there."""
    return folder / "gone"


FAULTS = (truncated, damaged, nonsense, hollow, nothing, missing)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_model_that_cannot_be_read_is_told_by_its_name(
    fault: Callable[[Path, Path], Path], trained_model: Path, tmp_path: Path, parts: Parts
) -> None:
    file = fault(trained_model, tmp_path / "models")
    agent = parts.brain._agent
    brain = RasaBrain(parts.store, agent.action_endpoint, agent.nlg, agent.domain)
    with pytest.raises(ModelError, match=r"Train (one|again) with `make train`") as refused:
        brain.load(file)
    assert str(file) in str(refused.value)
    assert not brain.ready


def test_a_model_that_fails_later_leaves_none_half_loaded(trained_model: Path, tmp_path: Path, parts: Parts) -> None:
    agent = parts.brain._agent
    brain = RasaBrain(parts.store, agent.action_endpoint, agent.nlg, agent.domain)
    brain.load(trained_model)
    assert brain.ready
    with pytest.raises(ModelError):
        brain.load(truncated(trained_model, tmp_path))
    assert not brain.ready, "red health and safe replies, not half a model"


def test_the_newest_model_is_taken(tmp_path: Path) -> None:
    for age, name in enumerate(("b.tar.gz", "a.tar.gz", "c.tar.gz")):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    (tmp_path / "newer.txt").write_text("x")
    assert newest_model(tmp_path) == tmp_path / "b.tar.gz"
    assert newest_model(tmp_path / "a.tar.gz") == tmp_path / "a.tar.gz"
    assert newest_model(tmp_path / "none") is None


@pytest.fixture(scope="module", params=[nothing, truncated], ids=["no model", "truncated model"])
def modelless(
    request: pytest.FixtureRequest, serve_shared: Callable[..., Server], trained_model: Path, tmp_path_factory: Any
) -> Server:
    """A server that has no model to answer with."""
    return serve_shared(model=str(request.param(trained_model, tmp_path_factory.mktemp("faults") / "models")))


def test_without_a_model_the_page_and_the_numbers_are_served(modelless: Server) -> None:
    page = requests.get(f"{modelless.url}/chat/", timeout=30)
    assert page.status_code == 200
    assert f"tel:{shared()['childline'].phone}".replace(" ", "") in page.text
    assert requests.get(f"{modelless.url}/chat/widget.js", timeout=30).status_code == 200
    opened = modelless.post("conversations", {})
    assert opened.status_code == 201
    assert opened.json()["messages"][0]["route"] == "greeting"


def test_without_a_model_every_message_gets_999_and_childline(modelless: Server) -> None:
    token = modelless.open()
    for text in ("my dad hits me", "he has a knife", ""):
        answer = modelless.post("messages", {"conversation": token, "text": text})
        assert answer.status_code == 503
        body = answer.json()
        assert body["error"]["code"] == "no_model"
        assert [channel["id"] for channel in body["messages"][0]["channels"]] == ["999", "childline"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_without_a_model_it_says_so_to_the_load_balancer(path: str, modelless: Server) -> None:
    answer = requests.get(modelless.url + path, timeout=30)
    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})


def test_without_a_model_the_log_says_so_once(modelless: Server) -> None:
    lines = [json.loads(line) for line in modelless.log.read_text().splitlines() if line.startswith("{")]
    [told] = [line for line in lines if line.get("event") == "no_model"]
    assert (told["level"], told["error"]) == ("ERROR", "ModelError")


def copy_of_the_project(folder: Path) -> Path:
    """What `signpost run` needs, to be broken."""
    for name in ("bot", "actions", "widget", "directory"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "domain.yml", folder)
    return folder


def run_in(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command that is expected to end by itself."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SIGNPOST_") and k != "PYTHONPATH"}
    environment |= {f"SIGNPOST_{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip


def test_a_broken_directory_is_refused_at_start_with_file_and_line(tmp_path: Path) -> None:
    folder = copy_of_the_project(tmp_path / "copy")
    broken = folder / "directory" / "uk.yml"
    content = broken.read_text()
    first = re.search(r"^ *hours:.*$", content, re.MULTILINE)
    assert first
    broken.write_text(content[: first.start()] + "    hours: sometimes" + content[first.end() :])
    done = run_in(folder, "run", model="none")
    assert done.returncode == 2
    assert "Signpost is ready" not in done.stdout
    refusal = done.stderr.partition("signpost: ")[2]
    assert f"uk.yml:{content[: first.start()].count(chr(10)) + 1}:" in refusal
    assert "Traceback" not in done.stderr


def test_a_missing_page_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(SignpostError, match=r"chat\.html: the chat page is missing"):
        Pages(Settings(), shared(), tmp_path)


def test_a_port_that_is_taken_is_told_plainly(live_server: Server) -> None:
    port = live_server.url.rsplit(":", 1)[1]
    done = run_in(ROOT, "run", port=port, model="none")
    assert done.returncode == 2
    assert f"signpost: cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "SIGNPOST_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_listens_where_it_says_and_nowhere_else(live_server: Server) -> None:
    port = int(live_server.url.rsplit(":", 1)[1])
    listening = [
        connection.laddr
        for connection in psutil.Process(live_server.process.pid).net_connections("all")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", port)]
    assert f"Signpost is ready: {live_server.url}/chat/" in live_server.log.read_text()


def test_a_crash_writes_no_memory_to_disk(live_server: Server) -> None:
    limits = Path(f"/proc/{live_server.process.pid}/limits").read_text()
    [core] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"]


def test_it_stops_when_asked_even_while_somebody_waits(trained_model: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as never_answers:
        url = f"http://127.0.0.1:{never_answers.getsockname()[1]}/"
        server = start_server(tmp_path, action_url=url, action_seconds="10", reply_seconds="30")
        token = server.open()
        port = int(server.url.rsplit(":", 1)[1])
        body = json.dumps({"conversation": token, "text": "my dad hits me"}).encode()
        with socket.create_connection(("127.0.0.1", port)) as waiting:
            head = f"POST /webhooks/web/messages HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            waiting.sendall(head.encode() + body)
            never_answers.accept()
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(30) == 0
    assert time.monotonic() - began < 20


def test_the_app_is_closed_and_quiet(parts: Parts) -> None:
    app = make_app(Settings(), parts)
    try:
        assert not app.config.ACCESS_LOG
        assert LARGEST_BODY == app.config.REQUEST_MAX_SIZE == 32 * 1024
        assert {bp.name for bp in app.blueprints.values()} == {"signpost_web"}
    finally:
        Sanic.unregister_app(app)


def test_actions_run_here_unless_there_is_a_server_for_them(trained_model: Path) -> None:
    here = assemble(Settings(model=Path("none"), action_seconds=2))
    there = assemble(Settings(model=Path("none"), action_url="http://localhost:5055/webhook", action_seconds=2))
    assert type(here.brain._agent.action_endpoint).__name__ == "InProcessActions"
    assert type(there.brain._agent.action_endpoint).__name__ == "ActionServer"
    assert here.brain._agent.action_endpoint._seconds == there.brain._agent.action_endpoint._seconds == 2
