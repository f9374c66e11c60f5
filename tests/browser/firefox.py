"""Debian's Firefox, driven over WebDriver BiDi, which it speaks by itself: Playwright needs a Firefox of its own making.

https://w3c.github.io/webdriver-bidi/ names the commands.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

FIREFOX = "/usr/bin/firefox-esr"
PATIENCE_S = 20.0

#: How the keys without a letter are named.
KEYS = {"Escape": "\ue00c", "Tab": "\ue004", "Enter": "\ue006"}

#: Pages of the rest of the web.
ELSEWHERE = "<!doctype html><title>Elsewhere</title><p>Elsewhere</p>"

_PREFERENCES = """
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", {proxy});
user_pref("network.proxy.no_proxies_on", "127.0.0.1");
user_pref("network.proxy.allow_hijacking_localhost", true);
user_pref("browser.sessionstore.interval", 1000);
"""


class Firefox:
    """One window of a Firefox on a profile of its own. Plain http:// but for 127.0.0.1 goes to the server at `proxy`,
    https:// is answered with an empty page."""

    def __init__(self, profile: Path, proxy: int) -> None:
        profile.mkdir(parents=True, exist_ok=True)
        (profile / "user.js").write_text(_PREFERENCES.format(proxy=proxy))
        self.complaints: list[str] = []
        self.left: list[dict[str, Any]] = []
        self._number = 0
        # In a group of its own, so that its children end with it.
        self._process = subprocess.Popen(
            [FIREFOX, "--no-remote", "--remote-debugging-port=0", "--profile", str(profile)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
            env={**os.environ, "HOME": str(profile), "MOZ_HEADLESS": "1", "MOZ_CRASHREPORTER_DISABLE": "1"},
        )  # fmt: skip
        self._open = ExitStack()
        self._socket: ClientConnection = self._open.enter_context(connect(self._address() + "/session", max_size=None))
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        pattern = {"type": "pattern", "protocol": "https"}
        self.call("network.addIntercept", phases=["beforeRequestSent"], urlPatterns=[pattern])
        # The first window has no focus when nobody sees it, and then Enter presses no button.
        self._tab: str = self.call("browsingContext.create", type="window")["context"]
        self.call("browsingContext.activate", context=self._tab)

    def _address(self) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if found := re.search(rb"BiDi listening on (ws://\S+)", line):
                return found[1].decode()
        raise RuntimeError("Firefox ended before it listened")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its result; what happens meanwhile is noted."""
        self._number += 1
        mine = self._number
        self._socket.send(json.dumps({"id": mine, "method": method, "params": parameters}))
        while True:
            said = json.loads(self._socket.recv(timeout=60))
            if said.get("id") == mine:
                if said["type"] == "error":
                    raise RuntimeError(f"{method}: {said['message']}")
                result: dict[str, Any] = said["result"]
                return result
            if said["type"] == "event":
                self._note(said["method"], said["params"])

    def _note(self, event: str, what: dict[str, Any]) -> None:
        if event == "log.entryAdded" and what["level"] in ("error", "warn"):
            self.complaints.append(what["text"])
        elif event == "network.beforeRequestSent" and what["isBlocked"]:
            request = what["request"]
            if what["navigation"]:
                self.left.append({"url": request["url"], "headers": [h["name"].lower() for h in request["headers"]]})
            # Nobody waits for this answer here: it comes among the others and is passed over.
            self._number += 1
            answer = {
                "request": request["request"], "statusCode": 200,
                "headers": [{"name": "Content-Type", "value": {"type": "string", "value": "text/html"}}],
                "body": {"type": "string", "value": ELSEWHERE},
            }  # fmt: skip
            self._socket.send(json.dumps({"id": self._number, "method": "network.provideResponse", "params": answer}))

    def open(self, url: str) -> None:
        """Go to an address and wait until the page is there."""
        self.call("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    def resize(self, width: int, height: int) -> None:
        """Give the page this size, in CSS pixels."""
        size = {"width": width, "height": height}
        self.call("browsingContext.setViewport", context=self._tab, viewport=size)

    def back(self, delta: int = -1) -> None:
        """Press the Back button; with a positive `delta`, Forward."""
        self.call("browsingContext.traverseHistory", context=self._tab, delta=delta)

    def frame(self) -> str:
        """The chat's frame in the page, as a place for `evaluate`."""
        [tab] = self.call("browsingContext.getTree", root=self._tab)["contexts"]
        name: str = tab["children"][0]["context"]
        return name

    def evaluate(self, expression: str, where: str | None = None) -> Any:
        """The value of a JavaScript expression in the page, or in the frame `where`."""
        done = self.call(
            "script.evaluate", expression=f"(async () => JSON.stringify(await ({expression}) ?? null))()",
            target={"context": where or self._tab}, awaitPromise=True,
        )  # fmt: skip
        if done["type"] == "exception":
            raise RuntimeError(done["exceptionDetails"]["text"])
        return json.loads(done["result"]["value"])

    def run(self, script: str) -> None:
        """Run a script in the page, without waiting for what it starts."""
        self.call("script.evaluate", expression=script, target={"context": self._tab}, awaitPromise=False)

    def wait(self, expression: str, where: str | None = None) -> Any:
        """Wait until the expression is true; gives its value."""
        return self.until(lambda: self.evaluate(expression, where), expression)

    def until(self, true: Callable[[], Any], words: str) -> Any:
        """Wait until `true()`; errors on the way, as from a page that is just going, count as not yet."""
        deadline = time.monotonic() + PATIENCE_S
        last: object = None
        while time.monotonic() < deadline:
            try:
                last = true()
            except RuntimeError as error:
                last = error
            else:
                if last:
                    return last
            time.sleep(0.05)
        raise AssertionError(f"not in {PATIENCE_S:.0f} s: {words} (last: {last})")

    def press(self, *keys: str, where: str | None = None) -> None:
        """Press keys, by name or as letters."""
        strokes = [
            {"type": kind, "value": key} for name in keys for key in (KEYS.get(name) or name) for kind in ("keyDown", "keyUp")
        ]
        self._perform({"type": "key", "id": "keyboard", "actions": strokes}, where)

    def click(self, selector: str, where: str | None = None) -> None:
        """Click in the middle of the first element found."""
        place = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        x, y = self.wait(f"(r => r.width && [r.x + r.width / 2, r.y + r.height / 2])({place})", where)
        moves: list[dict[str, Any]] = [
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._perform({"type": "pointer", "id": "mouse", "actions": moves}, where)

    def _perform(self, source: dict[str, Any], where: str | None) -> None:
        self.call("input.performActions", context=where or self._tab, actions=[source])

    def close(self) -> None:
        """Close the browser as a person does, or end it where it does not. Once closed, it does nothing."""
        if self._process.poll() is not None:
            return
        try:
            self.call("browser.close")
            self._process.wait(20)
        except Exception:  # Whatever went wrong, it must not stay.
            os.killpg(self._process.pid, signal.SIGKILL)
        finally:
            self._open.close()
            self._process.wait(20)
            if self._process.stderr is not None:
                self._process.stderr.close()
