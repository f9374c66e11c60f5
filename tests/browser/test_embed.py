"""On somebody else's site: the loader, the frame, and the exit of the page around them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from .conftest import Chat, LiveServer, Traffic, expect_elsewhere
from .sites import HOST_SITE, OTHER_SITE, Sites

WORDS = "something nobody must see"


@pytest.fixture
def host(page: Page, sites: Sites, live_server: LiveServer) -> Page:
    """A page with the loader on it."""
    sites.own = live_server.url
    sites.attributes = 'data-label="Talk" data-exit="https://weather.example/"'
    page.goto(HOST_SITE + "/")
    return page


#: Most tests are about a page with room for the chat beside it.
DESK = pytest.mark.parametrize("context", [{"viewport": {"width": 1280, "height": 800}}], indirect=True, ids=["desk"])
PHONE = pytest.mark.parametrize("context", [{"viewport": {"width": 360, "height": 640}}], indirect=True, ids=["phone"])


def inside(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title=Talk]")


def open_chat(page: Page) -> FrameLocator:
    page.get_by_role("button", name="Talk").click()
    frame = inside(page)
    expect(frame.locator(".from-bot").first).to_be_visible()
    return frame


@DESK
def test_nothing_is_loaded_until_somebody_opens_it(host: Page) -> None:
    expect(host.locator("iframe")).to_have_count(0)
    button = host.get_by_role("button", name="Talk")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.focus()
    host.keyboard.press("Enter")
    expect(inside(host).locator(".from-bot").first).to_be_visible()
    expect(host.get_by_role("button", name="Hide chat")).to_have_attribute("aria-expanded", "true")
    host.keyboard.press("Tab")
    expect(inside(host).get_by_role("link", name="Exit now")).to_be_focused()


def test_a_conversation_in_the_frame(host: Page) -> None:
    frame = open_chat(host)
    frame.get_by_label("Write here").fill(WORDS)
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator(".from-person")).to_contain_text(WORDS)
    assert WORDS not in host.content()
    address = host.locator("iframe").get_attribute("src") or ""
    assert re.fullmatch(r"http://[^/]+/chat/frame", address)


@DESK
@pytest.mark.parametrize("way", ["click", "escape inside", "escape outside", "word"])
def test_the_exit_takes_the_whole_page(host: Page, traffic: Traffic, way: str) -> None:
    length = host.evaluate("history.length")
    frame = open_chat(host)
    frame.get_by_label("Write here").fill(WORDS)
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator(".from-person")).to_be_visible()
    match way:
        case "click":
            frame.get_by_role("link", name="Exit now").click()
        case "escape inside":
            frame.get_by_label("Write here").press("Escape")
        case "escape outside":
            host.get_by_label("Search").press("Escape")
        case "word":
            frame.get_by_label("Write here").fill("leave")
            frame.get_by_label("Write here").press("Enter")
    expect_elsewhere(host)
    assert host.url == "https://weather.example/"
    assert host.evaluate("history.length") <= length
    assert "referer" not in traffic.left[-1].headers


def test_without_an_exit_of_its_own_the_site_uses_signposts(host: Page, sites: Sites, chat: Chat) -> None:
    chat.load()
    address = chat.exit.get_attribute("href") or ""
    sites.attributes = 'data-label="Talk" data-position="left" data-exit="javascript:alert(1)"'
    host.goto(HOST_SITE + "/")
    open_chat(host).get_by_role("link", name="Exit now").click()
    expect_elsewhere(host)
    assert host.url.rstrip("/") == address.rstrip("/")


@DESK
def test_escape_on_the_page_means_nothing_while_the_chat_is_shut(host: Page) -> None:
    host.keyboard.press("Escape")
    open_chat(host)
    host.get_by_role("button", name="Hide chat").click()
    host.keyboard.press("Escape")
    host.wait_for_timeout(300)
    assert host.url == HOST_SITE + "/"


@PHONE
def test_on_a_phone_the_chat_fills_the_screen_and_can_be_put_away(host: Page) -> None:
    frame = open_chat(host)
    assert host.locator("iframe").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 640}
    frame.get_by_role("button", name="Hide").click()
    expect(host.locator("iframe")).to_be_hidden()
    expect(host.get_by_role("button", name="Talk")).to_be_focused()
    # Put away is not thrown away.
    host.get_by_role("button", name="Talk").click()
    expect(frame.locator(".from-bot").first).to_be_visible()


def test_a_stranger_cannot_show_the_chat(page: Page, sites: Sites, live_server: LiveServer, traffic: Traffic) -> None:
    traffic.expect("frame-ancestors|Refused to frame|Failed to execute 'postMessage'|Framing")
    sites.own, sites.attributes = live_server.url, 'data-label="Talk"'
    page.goto(OTHER_SITE + "/")
    page.get_by_role("button", name="Talk").click()
    expect(page.get_by_text("The chat did not open here.")).to_be_visible()
    assert all(".from-bot" not in frame.content() for frame in page.frames if frame.url.startswith(live_server.url))


HOSTILE = """[null, 1, "exit", {exit: "https://evil.example/"}, {version: 1, exit: "javascript:alert(1)"},
  {version: 2, exit: "https://evil.example/"}, {version: 1, height: 0}, {version: 1, exit: true}, [], {version: "1"}]"""


def test_messages_from_anybody_else_do_nothing(host: Page) -> None:
    frame = open_chat(host)
    # To the host page, from itself and from a frame it made; to the chat, from a frame that is not its parent.
    host.evaluate(f"() => {HOSTILE}.forEach(data => window.postMessage(data, '*'))")
    chat_frame = next(f for f in host.frames if f.url.endswith("/chat/frame"))
    chat_frame.evaluate(f"() => {HOSTILE}.forEach(data => window.postMessage(data, '*'))")
    host.wait_for_timeout(300)
    assert host.url == HOST_SITE + "/"
    expect(frame.locator(".from-bot").first).to_be_visible()
    expect(host.locator("iframe")).to_be_visible()


CHAT_WINDOW = "parent.document.querySelector('[data-signpost-chat]').shadowRoot.querySelector('iframe').contentWindow"


def test_another_frame_of_the_same_site_is_not_the_host_page(host: Page) -> None:
    frame = open_chat(host)
    host.evaluate("() => document.body.append(document.createElement('iframe'))")
    beside = next(f for f in host.frames if f.url == "about:blank")
    beside.evaluate(f"() => {HOSTILE}.forEach(data => {CHAT_WINDOW}.postMessage(data, '*'))")
    host.wait_for_timeout(300)
    assert host.url == HOST_SITE + "/"
    expect(frame.locator(".from-bot").first).to_be_visible()


def test_another_frame_of_signposts_is_not_the_chat(host: Page, live_server: LiveServer) -> None:
    open_chat(host)
    host.evaluate(
        "url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f) }",
        live_server.url + "/chat/frame",
    )
    host.wait_for_function("() => frames.length === 1")
    host.wait_for_timeout(500)
    chats = [f for f in host.frames if f.url.endswith("/chat/frame")]
    assert len(chats) == 2
    chats[-1].evaluate(f"() => {HOSTILE}.forEach(data => parent.postMessage(data, '*'))")
    host.wait_for_timeout(300)
    assert host.url == HOST_SITE + "/"
    expect(host.locator("[data-signpost-chat] iframe")).to_be_visible()


def test_little_is_said_between_page_and_frame(host: Page) -> None:
    host.evaluate("() => { window.said = []; addEventListener('message', e => said.push([e.origin, e.data])) }")
    frame = open_chat(host)
    frame.get_by_label("Write here").fill(WORDS)
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator(".from-person")).to_be_visible()
    said = host.evaluate("said")
    assert said
    assert all(set(data) <= {"version", "exit", "height"} for _, data in said)
    assert WORDS not in str(said)


def test_the_loader_leaves_nothing_on_the_host_page(host: Page) -> None:
    globals_before = host.evaluate("Object.keys(window).length")
    open_chat(host)
    assert host.evaluate("Object.keys(window).filter(k => isNaN(k)).length") <= globals_before + 1
    assert host.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    # And can't look into the frame.
    assert (
        host.evaluate("document.querySelector('[data-signpost-chat]').shadowRoot.querySelector('iframe').contentDocument") is None
    )


def test_back_to_the_host_page_finds_an_empty_chat(host: Page) -> None:
    frame = open_chat(host)
    frame.get_by_label("Write here").fill(WORDS)
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator(".from-person")).to_be_visible()
    host.goto("http://after.localhost/")
    expect_elsewhere(host)
    host.evaluate("() => setTimeout(() => history.back())")
    expect(host.get_by_role("heading", name="A school")).to_be_visible()
    expect(host.get_by_role("button", name="Talk", exact=True)).to_be_visible()
    open_chat(host)
    expect(inside(host).locator(".from-person")).to_have_count(0)
