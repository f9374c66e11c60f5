"""What stays behind on the device: nothing that was said, in no store of the browser and in no file of its profile."""

from __future__ import annotations

import os
import secrets
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import API, Chat, Launch, LiveServer, Traffic, expect_elsewhere, token_of, watch
from .sites import HOST_SITE, Sites

STORES = """async () => ({
  local: localStorage.length,
  session: sessionStorage.length,
  cookies: document.cookie,
  databases: (await indexedDB.databases()).length,
  caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  state: history.state,
  name: window.name,
})"""

EMPTY: dict[str, Any] = {
    "local": 0,
    "session": 0,
    "cookies": "",
    "databases": 0,
    "caches": 0,
    "workers": 0,
    "state": None,
    "name": "",
}


@pytest.fixture
def canaries() -> dict[str, str]:
    """Words found nowhere else on this machine: one sent, one only typed."""
    return {"sent": "canarysent" + secrets.token_hex(8), "draft": "canarydraft" + secrets.token_hex(8)}


def find(profile: Path, words: dict[str, str]) -> list[str]:
    """Where in the profile any of these words are, in either of the encodings that Chromium writes."""
    needles = {f"{name} ({code})": word.encode(code) for name, word in words.items() for code in ("utf-8", "utf-16-le")}
    found = []
    for file in profile.rglob("*"):
        if not file.is_file() or file.is_symlink():
            continue
        try:
            data = file.read_bytes()
        except FileNotFoundError:  # Chromium tidies up while we look.
            continue
        found += [f"{name} in {file.relative_to(profile)}" for name, needle in needles.items() if needle in data]
    return found


def converse(page: Page, url: str, canaries: dict[str, str]) -> dict[str, str]:
    """Sends one canary, leaves the other in the box; gives back all words that must not be found."""
    chat = Chat(page, url)
    with page.expect_response(API + "conversations") as opened:
        chat.open()
    answer = chat.say(f"my name is {canaries['sent']}")
    chat.box.fill(canaries["draft"])
    # Chromium saves its session at intervals; the worst case is one that falls now.
    page.wait_for_timeout(3000)
    reply = next(line for m in answer["messages"] for line in m["text"].split("\n") if len(line) > 20)
    return {**canaries, "reply": reply[:60], "token": token_of(opened.value)}


def test_the_browsers_stores_stay_empty(chat: Chat, context: BrowserContext) -> None:
    chat.open()
    chat.say("hello")
    assert chat.page.evaluate(STORES) == EMPTY
    chat.box.fill("a draft")
    chat.again.click()
    chat.page.wait_for_timeout(300)
    assert chat.page.evaluate(STORES) == EMPTY
    chat.exit.click()
    expect_elsewhere(chat.page)
    # Back on the chat's own origin, to see what the exit left there.
    chat.load()
    assert chat.page.evaluate(STORES) == EMPTY
    assert context.cookies() == []


def test_every_field_asks_the_browser_not_to_remember(chat: Chat) -> None:
    chat.open()
    fields = chat.page.locator("input, textarea, select, [contenteditable]").all()
    assert len(fields) == 1
    wanted = {"autocomplete": "off", "spellcheck": "false", "autocorrect": "off", "autocapitalize": "off"}
    for one in fields:
        assert {name: one.get_attribute(name) for name in wanted} == wanted
    assert chat.page.locator("form").count() == 0


def test_a_reload_brings_no_words_back(chat: Chat) -> None:
    chat.open()
    chat.say("hello")
    chat.box.fill("a draft")
    chat.page.reload()
    assert chat.box.input_value() == ""
    assert chat.own_words.count() == 0


def test_nothing_on_disk_after_the_exit(
    launch: Launch, live_server: LiveServer, traffic: Traffic, tmp_path: Path, canaries: dict[str, str]
) -> None:
    profile = tmp_path / "kept"
    context = launch(profile)
    watch(context, traffic)
    page = context.pages[0]
    secret = converse(page, live_server.url, canaries)
    assert find(profile, secret) == [], "while the chat is open"
    Chat(page, live_server.url).exit.click()
    expect_elsewhere(page)
    page.wait_for_timeout(1000)
    assert find(profile, secret) == [], "after the exit"
    context.close()
    assert find(profile, secret) == [], "after the browser was closed"


def test_nothing_on_disk_after_the_exit_from_somebodys_site(
    launch: Launch, live_server: LiveServer, traffic: Traffic, sites: Sites, tmp_path: Path, canaries: dict[str, str]
) -> None:
    profile = tmp_path / "kept"
    context = launch(profile, viewport={"width": 1280, "height": 800})
    watch(context, traffic)
    page = context.pages[0]
    sites.own, sites.plain, sites.settings = live_server.url, False, {}
    page.goto(HOST_SITE + "/")
    page.get_by_role("button", name="Talk").click()
    frame = page.frame_locator("iframe")
    frame.get_by_label("Write here").fill(f"my name is {canaries['sent']}")
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator(".from-person")).to_be_visible()
    frame.get_by_label("Write here").fill(canaries["draft"])
    page.wait_for_timeout(3000)
    assert find(profile, canaries) == [], "while the chat is open"
    page.get_by_label("Search").press("Escape")
    expect_elsewhere(page)
    page.wait_for_timeout(1000)
    context.close()
    assert find(profile, canaries) == [], "after the exit"


def test_nothing_on_disk_when_the_window_is_closed_on_the_chat(
    launch: Launch, live_server: LiveServer, traffic: Traffic, tmp_path: Path, canaries: dict[str, str]
) -> None:
    profile = tmp_path / "kept"
    context = launch(profile)
    watch(context, traffic)
    secret = converse(context.pages[0], live_server.url, canaries)
    context.close()
    assert find(profile, secret) == []


def test_nothing_on_disk_when_the_browser_is_killed(
    launch: Launch, live_server: LiveServer, traffic: Traffic, tmp_path: Path, canaries: dict[str, str]
) -> None:
    profile = tmp_path / "kept"
    context = launch(profile)
    watch(context, traffic)
    secret = converse(context.pages[0], live_server.url, canaries)
    kill_browser(profile)
    assert find(profile, secret) == []


def test_the_search_finds_what_a_page_does_store(launch: Launch, live_server: LiveServer, tmp_path: Path) -> None:
    """The control: were the search blind, every test above would pass."""
    profile = tmp_path / "kept"
    planted = {"planted": "canaryplanted" + secrets.token_hex(8)}
    context = launch(profile)
    page = context.pages[0]
    page.goto(live_server.url + "/chat/")
    page.evaluate("word => localStorage.setItem('x', word)", planted["planted"])
    page.wait_for_timeout(500)
    context.close()
    assert find(profile, planted) != []


def kill_browser(profile: Path) -> None:
    """Kills the one browser that runs on this profile, as a dead battery would."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if f"--user-data-dir={profile}".encode() in command and not any(c.startswith(b"--type=") for c in command):
            os.kill(int(entry.name), signal.SIGKILL)
    time.sleep(1)
