"""A Signpost of its own for a measurement: started on a free port, stopped at the end."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
#: A server that is not ready by then has failed.
READY_SECONDS = 180.0


@dataclass(frozen=True)
class Served:
    """A running server: where, which process, and how many seconds it took to answer a probe with 999."""

    url: str
    pid: int
    seconds_to_ready: float


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def served(**settings: str) -> Iterator[Served]:
    """Serve with SIGNPOST_ settings by name, beside those of the environment; the process ends with the block.

    Raises:
        RuntimeError: it ended at once, or was not ready in time.
    """
    port = free_port()
    env = os.environ | {"SIGNPOST_PORT": str(port)} | {f"SIGNPOST_{k.upper()}": v for k, v in settings.items()}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "run"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}"
        while True:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with {process.returncode}; `signpost run` says why")
            if time.perf_counter() - began > READY_SECONDS:
                raise RuntimeError(f"the server was not ready in {READY_SECONDS:.0f} s; is there a model?")
            try:
                if requests.get(f"{url}/readyz", timeout=30).status_code == 200:
                    break
            except requests.ConnectionError:
                pass
            time.sleep(0.05)
        yield Served(url, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


class Caller:
    """The public contract over one kept-open connection."""

    def __init__(self, url: str) -> None:
        self._base = f"{url}/webhooks/web"
        self._http = requests.Session()

    def open(self) -> str:
        """A new conversation's token."""
        answer = self._http.post(f"{self._base}/conversations", json={}, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["conversation"])

    def say(self, token: str, text: str) -> tuple[dict, float]:
        """The reply's JSON and how many seconds it took."""
        began = time.perf_counter()
        answer = self._http.post(f"{self._base}/messages", json={"conversation": token, "text": text}, timeout=60)
        took = time.perf_counter() - began
        return {"status": answer.status_code, **answer.json()}, took

    def forget(self, token: str) -> None:
        """Drop the conversation."""
        self._http.delete(f"{self._base}/conversations/{token}", timeout=60)
