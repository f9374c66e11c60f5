"""On somebody else's site: the loader, the frame, and the exit of the page around them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, Route, expect

from bot.directory import shared
from bot.page import Pages
from bot.settings import Settings

from .conftest import API, Chat, LiveServer, Traffic, expect_elsewhere, token_of, use_server
from .sites import HOST_SITE, OTHER_SITE, Sites
from .test_exit import SAME_TICK_MS, answer_status, eventually

WORDS = "something nobody must see"
UNSEEN = "my uncle hurt me unseencanary"
#: A busy machine may be so much late.
BUSY_MS = 1500


@pytest.fixture
def host(page: Page, sites: Sites, live_server: LiveServer) -> Page:
    """A page with the loader on it."""
    sites.own, sites.plain, sites.settings = live_server.url, False, {"exit": "https://weather.example/"}
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
    sites.settings = {"position": "left", "exit": "javascript:alert(1)"}
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
    sites.own, sites.plain, sites.settings = live_server.url, True, {}
    page.goto(OTHER_SITE + "/")
    page.get_by_role("button", name="Talk").click()
    expect(page.get_by_text("The chat has not opened. You can call a number now.")).to_be_visible()
    expect(page.get_by_role("link", name="Open the chat on its own page")).to_have_attribute("href", live_server.url + "/chat/")
    assert all(".from-bot" not in frame.content() for frame in page.frames if frame.url.startswith(live_server.url))


def test_a_stranger_cannot_even_read_the_script(page: Page, sites: Sites, live_server: LiveServer, traffic: Traffic) -> None:
    traffic.expect("blocked by CORS policy|Failed to load resource|integrity")
    sites.own, sites.plain, sites.settings = live_server.url, False, {}
    page.goto(OTHER_SITE + "/")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("button", name="Talk")).to_have_count(0)
    expect(page.get_by_role("link", name="Talk")).to_be_visible()


def test_a_stranger_around_the_allowed_site_cannot_show_it(
    page: Page, sites: Sites, live_server: LiveServer, traffic: Traffic
) -> None:
    traffic.expect("frame-ancestors|Refused to frame|Failed to execute 'postMessage'|Framing")
    sites.own, sites.plain, sites.settings = live_server.url, False, {}
    page.goto(f"{OTHER_SITE}/around?{HOST_SITE}/")
    inner = page.frame_locator("iframe[title=inner]")
    inner.get_by_role("button", name="Talk").click()
    expect(inner.get_by_text("The chat has not opened.")).to_be_visible()


def test_a_script_that_was_changed_on_the_way_does_not_run(
    page: Page, sites: Sites, live_server: LiveServer, traffic: Traffic
) -> None:
    """What an integrity value is for. The plain link is what is left."""
    traffic.expect("integrity")

    def change(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text() + "\n//")

    page.route("**/chat/widget.js", change)
    sites.own, sites.plain, sites.settings = live_server.url, False, {}
    page.goto(HOST_SITE + "/")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("button", name="Talk")).to_have_count(0)
    expect(page.get_by_role("link", name="Talk")).to_have_attribute("href", live_server.url + "/chat/")


def test_the_button_takes_the_place_of_the_link(host: Page) -> None:
    expect(host.get_by_role("button", name="Talk")).to_be_visible()
    expect(host.get_by_role("link", name="Talk")).to_have_count(0)


def test_an_old_browser_gets_a_link(page: Page, sites: Sites, live_server: LiveServer) -> None:
    page.add_init_script("delete Document.prototype.adoptedStyleSheets")
    sites.own, sites.plain, sites.settings = live_server.url, False, {}
    page.goto(HOST_SITE + "/")
    link = page.get_by_role("link", name="Talk")
    expect(link).to_have_count(1)
    expect(link).to_have_css("position", "fixed")
    link.click()
    expect(page.get_by_role("link", name="Exit now")).to_be_visible()
    assert page.url == live_server.url + "/chat/"


def hang(page: Page) -> None:
    """The frame is asked for and never comes."""
    page.route("**/chat/frame", lambda route: None)


@DESK
def test_a_frame_that_never_answers(host: Page, traffic: Traffic) -> None:
    hang(host)
    host.get_by_role("button", name="Talk").click()
    panel = host.get_by_role("region", name="Talk")
    expect(panel.get_by_role("link", name="Exit now")).to_be_visible()
    expect(panel.get_by_role("status")).to_have_text("Opening the chat…")
    expect(panel.get_by_role("link", name="Call")).to_have_count(0)
    expect(panel.get_by_role("link", name="Call 999")).to_be_visible(timeout=3000 + BUSY_MS)
    expect(panel.get_by_role("link", name="Call")).to_have_count(2)
    expect(panel.get_by_role("status")).to_contain_text("You can call a number now.")
    host.keyboard.press("Tab")
    expect(panel.get_by_role("link", name="Exit now")).to_be_focused()
    host.keyboard.press("Enter")
    expect_elsewhere(host)
    assert host.url == "https://weather.example/"
    assert "referer" not in traffic.left[-1].headers


def test_escape_works_while_the_frame_does_not_answer(host: Page) -> None:
    hang(host)
    host.get_by_role("button", name="Talk").click()
    host.keyboard.press("Escape")
    expect_elsewhere(host)


@PHONE
def test_what_does_not_answer_can_be_put_away_on_a_phone(host: Page) -> None:
    hang(host)
    host.get_by_role("button", name="Talk").click()
    expect(host.get_by_role("link", name="Exit now")).to_be_in_viewport(ratio=1)
    host.get_by_role("button", name="Hide chat").click()
    expect(host.get_by_role("region", name="Talk")).to_be_hidden()


def test_a_frame_that_answers_late_takes_its_place(host: Page) -> None:
    held: list[Route] = []
    host.route("**/chat/frame", lambda route: held.append(route))
    host.get_by_role("button", name="Talk").click()
    expect(host.get_by_role("link", name="Call 999")).to_be_visible()
    held[0].continue_()
    expect(inside(host).locator(".from-bot").first).to_be_visible()
    expect(host.get_by_text("The chat has not opened.")).to_be_hidden()


ESCAPE_AND_LOOK = """() => {
  const start = performance.now();
  document.querySelector('input').dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true, cancelable: true}));
  return {
    took: performance.now() - start,
    seen: [...document.body.children].filter(one => one.checkVisibility()).length,
    text: document.body.innerText.trim(),
    title: document.title,
    icons: [...document.querySelectorAll('link[rel=icon]')].map(one => one.href),
  };
}"""


@DESK
def test_the_host_page_is_empty_in_the_same_tick(host: Page) -> None:
    frame = open_chat(host)
    frame.get_by_label("Write here").fill(WORDS)
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator(".from-person")).to_be_visible()
    seen = host.evaluate(ESCAPE_AND_LOOK)
    assert seen.pop("took") < SAME_TICK_MS
    assert seen == {"seen": 0, "text": "", "title": "weather.example", "icons": ["data:,"]}
    expect_elsewhere(host)


@DESK
@pytest.mark.parametrize("way", ["click", "escape outside"])
def test_other_tabs_of_the_site_leave_too_and_the_server_forgets(host: Page, context: BrowserContext, way: str) -> None:
    other = context.new_page()
    other.goto(HOST_SITE + "/")
    open_chat(other)
    host.bring_to_front()
    with host.expect_response(API + "conversations") as opened:
        frame = open_chat(host)
    token = token_of(opened.value)
    if way == "click":
        frame.get_by_role("link", name="Exit now").click()
    else:
        host.get_by_label("Search").press("Escape")
    expect_elsewhere(host)
    expect_elsewhere(other)
    url = opened.value.url.split("/webhooks")[0]
    assert eventually(lambda: answer_status(context, url, token) == 404)


@DESK
@pytest.mark.parametrize("key", ["off", "escape-twice"])
def test_another_exit_key_is_the_frames_to_count(
    page: Page, sites: Sites, serve: Callable[..., LiveServer], traffic: Traffic, key: str
) -> None:
    """With the setting in the script, its bytes are others, and so is its integrity value."""
    server = serve(wait_for="/readyz", embed_origins=HOST_SITE, exit_key=key)
    use_server(page, traffic, server)
    before = sites.integrity
    sites.own, sites.plain, sites.settings = server.url, False, {"exit": "https://weather.example/"}
    sites.integrity = Pages(Settings(exit_key=key), shared()).integrity()  # type: ignore[arg-type]
    assert sites.integrity != before
    try:
        page.goto(HOST_SITE + "/")
        open_chat(page)
        page.get_by_label("Search").press("Escape")
        page.wait_for_timeout(300)
        expect(inside(page).locator(".from-bot").first).to_be_visible()
        page.get_by_label("Search").press("Escape")
        if key == "escape-twice":
            expect_elsewhere(page)
        else:
            page.wait_for_timeout(300)
            assert page.url == HOST_SITE + "/"
    finally:
        sites.integrity = before


@DESK
def test_the_hosts_own_script_sees_nothing_of_the_chat(host: Page) -> None:
    """The demo page's script listens to every key and pries into every frame (widget/demo/host.js)."""
    host.get_by_label("Search").press_sequentially("seencanary")
    expect(host.locator("#seen")).to_contain_text("seencanary")
    frame = open_chat(host)
    frame.get_by_label("Write here").press_sequentially(UNSEEN)
    frame.get_by_label("Write here").press("Enter")
    expect(frame.locator(".from-person")).to_contain_text(UNSEEN)
    reply = frame.locator(".from-bot .words p").all_inner_texts()
    frame.get_by_label("Write here").press_sequentially("draftcanary")
    host.wait_for_timeout(1500)  # it looks once a second
    seen = host.evaluate("seen.join('\\n')")
    for way in ("contentDocument", "document", "selection", "address", "name"):
        assert re.search(rf"^{way}: (undefined|null|refused \(\w+\))$", seen, re.MULTILINE), way
    for words in (UNSEEN, "draftcanary", *reply):
        assert words not in seen
    assert set(re.findall(r"^message from .*: (.*)$", seen, re.MULTILINE)) == {'{"version":1}'}
    assert "/webhooks/" not in seen


COLOURS = {"#ffffff": "rgb(0, 0, 0)", "#0b5566": "rgb(255, 255, 255)", "#767676": "rgb(0, 0, 0)", "#ff0000": "rgb(0, 0, 0)"}


@pytest.mark.parametrize(("colour", "ink"), COLOURS.items())
def test_a_button_in_the_sites_own_colour_can_be_read(host: Page, sites: Sites, colour: str, ink: str) -> None:
    sites.settings = {"colour": colour}
    host.goto(HOST_SITE + "/")
    expect(host.get_by_role("button", name="Talk")).to_have_css("color", ink)


@pytest.mark.parametrize("colour", ["red", "#fff", "url(https://evil.example/)", "#12345g", ""])
def test_a_colour_that_is_none_changes_nothing(host: Page, sites: Sites, colour: str) -> None:
    sites.settings = {"colour": colour}
    host.goto(HOST_SITE + "/")
    expect(host.get_by_role("button", name="Talk")).to_have_css("background-color", "rgb(11, 85, 102)")


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
