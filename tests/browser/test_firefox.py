"""The same promises in another browser: what is said, the ways out, what stays behind, axe. See firefox.py."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest

from .conftest import Figures, LiveServer
from .firefox import FIREFOX, Firefox
from .sites import HOST_SITE, Sites
from .test_accessibility import RULES, WIDTHS
from .test_traces import EMPTY, STORES, find

WORDS = "my uncle hurt me when i was little"
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"

GREETED = "document.querySelectorAll('.choices button').length"
GONE = "document.title === 'Elsewhere'"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return tmp_path / "firefox"


@pytest.fixture
def firefox(profile: Path, sites: Sites, live_server: LiveServer) -> Iterator[Firefox]:
    if not shutil.which(FIREFOX):
        pytest.fail(f"{FIREFOX} is not there. The browser tests need it: apt-get install firefox-esr", pytrace=False)
    sites.own, sites.plain, sites.settings = live_server.url, False, {"exit": "https://weather.example/"}
    browser = Firefox(profile, sites.port)
    yield browser
    browser.close()
    # The policy's own breaches are among these, and the scripts' errors.
    assert [c for c in browser.complaints if "Content-Security-Policy" in c or "Error" in c] == []


@pytest.fixture
def chat(firefox: Firefox, live_server: LiveServer) -> Firefox:
    firefox.open(live_server.url + "/chat/")
    firefox.wait(GREETED)
    return firefox


def say(firefox: Firefox, words: str, where: str | None = None) -> None:
    firefox.wait(GREETED, where)
    before = firefox.evaluate("document.querySelectorAll('.from-person').length", where)
    firefox.click("#words", where)
    firefox.press(words, where=where)
    firefox.press("Enter", where=where)
    firefox.wait(f"document.querySelectorAll('.from-person').length > {before}", where)


def by_click(firefox: Firefox, where: str | None = None) -> None:
    firefox.click("a.exit", where)


def by_escape(firefox: Firefox, where: str | None = None) -> None:
    firefox.click("#words", where)
    firefox.press("Escape", where=where)


def by_word(firefox: Firefox, where: str | None = None) -> None:
    firefox.click("#words", where)
    firefox.press("exit", where=where)
    firefox.press("Enter", where=where)


WAYS = [by_click, by_escape, by_word]


def test_every_way_out_and_no_way_back(firefox: Firefox, live_server: LiveServer) -> None:
    firefox.open("http://before.localhost/")
    for way in WAYS:
        firefox.open(live_server.url + "/chat/")
        firefox.wait(GREETED)
        length = firefox.evaluate("history.length")
        say(firefox, WORDS)
        way(firefox)
        firefox.wait(GONE)
        assert firefox.evaluate("history.length") == length
        assert firefox.left[-1]["url"].startswith("https://www.bbc.co.uk/weather")
        assert "referer" not in firefox.left[-1]["headers"]
    for move in (-1, -1, 1):
        firefox.back(move)
        firefox.wait("document.readyState === 'complete'")
        assert "/chat/" not in firefox.evaluate("location.pathname")
        assert WORDS not in firefox.evaluate("document.documentElement.textContent")


def test_a_page_that_comes_back_shows_no_words(chat: Firefox) -> None:
    say(chat, WORDS)
    chat.open("http://after.localhost/")
    chat.back()
    chat.until(lambda: "after" not in chat.evaluate("location.host"), "back")
    assert WORDS not in chat.evaluate("document.documentElement.textContent + (document.querySelector('#words')?.value ?? '')")


def test_a_reload_shows_no_words(chat: Firefox) -> None:
    say(chat, WORDS)
    chat.click("#words")
    chat.press("a draft")
    chat.run("location.reload()")
    chat.wait("performance.getEntriesByType('navigation')[0].type === 'reload' && " + GREETED)
    assert chat.evaluate("document.querySelectorAll('.from-person').length") == 0
    assert chat.evaluate("document.querySelector('#words').value") == ""


def test_the_keyboard_alone(chat: Firefox) -> None:
    focused = "document.activeElement.textContent.trim()"
    chat.press("Tab")
    assert chat.evaluate(focused) == "Exit now"
    chat.press("Tab")
    assert chat.evaluate(focused) == "Numbers"
    chat.press("Enter")
    chat.wait("!document.querySelector('#numbers').hidden")
    for _ in range(30):
        chat.press("Tab")
        if chat.evaluate("document.activeElement.closest('.choices') !== null"):
            break
    title = chat.evaluate(focused)
    chat.press("Enter")
    chat.wait("document.querySelectorAll('.from-person').length")
    assert title in chat.evaluate("document.querySelector('.from-person').textContent")
    ring = "(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)(getComputedStyle(document.activeElement))"
    assert chat.evaluate(ring)


@pytest.mark.parametrize("way", [*WAYS, "escape outside"], ids=lambda way: getattr(way, "__name__", way))
def test_the_exit_takes_the_whole_host_page(firefox: Firefox, way: object) -> None:
    firefox.resize(1280, 800)
    firefox.open(HOST_SITE + "/")
    root = "document.querySelector('[data-signpost-chat]').shadowRoot"
    firefox.wait(f"!!{root}.querySelector('button')")
    firefox.run(f"{root}.querySelector('button').click()")
    firefox.wait("document.querySelector('[data-signpost-chat]').hasAttribute('data-answered')")
    frame = firefox.frame()
    say(firefox, WORDS, frame)
    assert WORDS not in firefox.evaluate("seen.join()")
    if callable(way):
        way(firefox, frame)
    else:
        firefox.click("input")
        firefox.press("Escape")
    firefox.wait(GONE)
    assert firefox.left[-1]["url"] == "https://weather.example/"
    assert "referer" not in firefox.left[-1]["headers"]


def test_axe_finds_nothing(chat: Firefox, figures: Figures) -> None:
    counted = 0
    chat.run(AXE.read_text())

    def look(state: str) -> None:
        nonlocal counted
        for across, down in WIDTHS.values():
            chat.resize(across, down)
            found = chat.evaluate(f"axe.run(document, {json.dumps(RULES)}).then(r => r.violations.map(v => [v.id, v.nodes[0].html]))")
            assert found == [], f"{state}, {across} wide"
            counted += 1

    look("start")
    say(chat, WORDS)
    look("replied")
    say(chat, "he has a knife and he is going to kill me")
    look("urgent")
    chat.click(".toggle-numbers")
    look("numbers")
    figures.note(f"axe in Firefox: 0 violations in {counted} looks (4 states, 3 widths)")


def test_nothing_stays_behind(chat: Firefox, profile: Path) -> None:
    canaries = {"sent": "canarysent" + secrets.token_hex(8), "draft": "canarydraft" + secrets.token_hex(8)}
    say(chat, f"my uncle hurt me {canaries['sent']}")
    chat.click("#words")
    chat.press(canaries["draft"])
    assert chat.evaluate(f"({STORES})()") == EMPTY
    # Firefox saves its session at intervals (a second here).
    chat.until(lambda: (profile / "sessionstore-backups").exists() or None, "the session was saved")
    assert find(profile, canaries) == [], "while the chat is open"
    by_click(chat)
    chat.wait(GONE)
    chat.close()
    assert find(profile, canaries) == [], "after the browser was closed"
