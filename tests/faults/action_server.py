"""An action server that goes wrong in every way an action server can, each on demand."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

#: What each mode answers with, as JSON; the other modes are in `_Handler`.
BODIES: dict[str, Any] = {
    "nothing": {"events": [], "responses": []},
    "null": None,
    "list": [],
    "wrong types": {"events": "x", "responses": [{"text": 7}]},
    "number as text": {"events": [], "responses": [{"text": 7}]},
    "empty text": {"events": [], "responses": [{"text": ""}]},
    "unknown response": {"events": [], "responses": [{"response": "utter_nothing_of_the_kind"}]},
    "unknown channel": {"events": [], "responses": [{"text": "x", "custom": {"channels": ["no_such_line"]}}]},
    "unknown event": {"events": [{"event": "no_such_event"}], "responses": []},
    "wrong route": {"events": [], "responses": [{"text": "x", "custom": {"route": {"a": 1}}}]},
    "wrong button": {"events": [], "responses": [{"text": "x", "buttons": [{"title": "x", "payload": "no payload"}]}]},
    "custom is text": {"events": [], "responses": [{"text": "x", "custom": "x"}]},
}
MODES = (*BODIES, "hang", "trickle", "crash", "refuse", "cut", "close", "garbage", "html", "huge")


class FaultyActions:
    """Answers every call as `mode` says; use as a context manager. Its port stays open in each mode."""

    def __init__(self) -> None:
        self.mode = "nothing"
        self.bodies = dict(BODIES)
        self.last_request = b""
        self.stopped = threading.Event()
        owner = self

        class Handler(_Handler):
            faulty = owner

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    faulty: FaultyActions

    def do_POST(self) -> None:
        """Read the call, then go wrong."""
        self.faulty.last_request = self.rfile.read(int(self.headers["Content-Length"]))
        mode = self.faulty.mode
        if mode in self.faulty.bodies:
            self._answer(200, json.dumps(self.faulty.bodies[mode]).encode())
        elif mode == "hang":
            self.faulty.stopped.wait(60)
        elif mode == "trickle":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            while not self.faulty.stopped.wait(0.05):
                self.wfile.write(b" ")
        elif mode == "crash":
            # A server in trouble may well send back what it was sent.
            self._answer(500, self.faulty.last_request)
        elif mode == "refuse":
            refusal = {"action_name": "action_signpost", "error": self.faulty.last_request.decode()}
            self._answer(400, json.dumps(refusal).encode())
        elif mode == "cut":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"events": [')
        elif mode == "garbage":
            self._answer(200, b"\x00\xff{not json" + self.faulty.last_request)
        elif mode == "html":
            self._answer(200, b"<html>" + self.faulty.last_request, "text/html")
        elif mode == "huge":
            words = "x" * 5_000_000
            self._answer(200, json.dumps({"events": [], "responses": [{"text": words}]}).encode())
        self.close_connection = True

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_one_request(self) -> None:
        """One request; a caller who has given up is no error here."""
        try:
            super().handle_one_request()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing: what it was sent holds somebody's words."""
