"""Leaving: at once, from every state, and without a way back to the words."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from .conftest import API, Chat, Traffic, expect_elsewhere, token_of, with_setting

WORDS = "something nobody must see"
SAME_TICK_MS = 50


def by_click(chat: Chat) -> None:
    chat.exit.click()


def by_enter_on_the_link(chat: Chat) -> None:
    chat.exit.focus()
    chat.page.keyboard.press("Enter")


def by_escape(chat: Chat) -> None:
    chat.page.keyboard.press("Escape")


def by_word(chat: Chat) -> None:
    chat.send("exit")


def by_word_and_button(chat: Chat) -> None:
    chat.box.fill(" Leave! ")
    chat.send_button.click(force=True)  # also while it says it is busy


WAYS = [by_click, by_enter_on_the_link, by_escape, by_word, by_word_and_button]


def nothing(chat: Chat) -> None:
    """The plain state: a conversation."""


def typing(chat: Chat) -> None:
    chat.box.fill("a draft")
    chat.box.focus()


def a_reply_under_way(chat: Chat) -> None:
    chat.hang()
    chat.send("hello")


def details_open(chat: Chat) -> None:
    chat.page.locator(".intro summary").click()


def numbers_open(chat: Chat) -> None:
    chat.numbers_button.click()
    chat.numbers.get_by_role("link").first.focus()


def a_dialog_open(chat: Chat) -> None:
    chat.page.evaluate(
        "() => { const d = document.createElement('dialog'); document.body.append(d); d.showModal(); d.close(); d.show() }"
    )


def server_gone(chat: Chat) -> None:
    chat.page.route("**/webhooks/**", lambda route: route.abort("connectionrefused"))


def scrolled_far(chat: Chat) -> None:
    chat.page.locator(".log").evaluate("log => { log.scrollTop = log.scrollHeight }")


STATES = [nothing, typing, a_reply_under_way, details_open, numbers_open, a_dialog_open, server_gone, scrolled_far]


@pytest.mark.parametrize("way", WAYS, ids=lambda f: f.__name__)
def test_every_way_out_works_in_every_state(chat: Chat, traffic: Traffic, way: Callable[[Chat], None]) -> None:
    traffic.expect("Failed to load resource")
    for state in STATES:
        chat.open()
        address = (chat.exit.get_attribute("href") or "").rstrip("/")
        length = chat.page.evaluate("history.length")
        chat.say(WORDS)
        state(chat)
        way(chat)
        expect(chat.page, f"after {state.__name__}").to_have_title("Elsewhere")
        assert chat.page.url.rstrip("/") == address
        assert chat.page.evaluate("history.length") <= length
        assert "referer" not in traffic.left[-1].headers
        chat.mend()


def answer_status(context: BrowserContext, url: str, token: str) -> int:
    """How the server answers a message in this conversation: 404 once it has forgotten it."""
    message = {"conversation": token, "text": "hello"}
    return context.request.post(f"{url}/webhooks/web/messages", data=message).status


FORGOTTEN_WITHIN_S = 5


def eventually(true: Callable[[], bool]) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + FORGOTTEN_WITHIN_S
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.1)
    return False


def test_the_server_says_leave(chat: Chat) -> None:
    chat.open()
    chat.page.route(
        API + "messages",
        lambda route: route.fulfill(content_type="application/json", body=json.dumps({"messages": [], "exit": True})),
    )
    chat.send("hello")
    expect_elsewhere(chat.page)


@pytest.mark.parametrize("word", ["exit", "/exit", "leave", "quit", "close", "EXIT!", " Quit. "])
def test_the_words_for_leaving_are_never_sent(chat: Chat, word: str) -> None:
    chat.open()
    sent: list[str] = []
    chat.page.on("request", lambda r: sent.append(r.url) if r.url.endswith("/messages") else None)
    chat.send(word)
    expect_elsewhere(chat.page)
    assert sent == []


def test_longer_sentences_with_such_a_word_are_sent(chat: Chat) -> None:
    chat.open()
    chat.say("i want to leave home")
    expect(chat.own_words).to_have_count(1)


LEAVE_AND_LOOK = """act => {
  const before = document.title, start = performance.now();
  act === 'click'
    ? document.querySelector('a.exit').click()
    : document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true, cancelable: true}));
  return {
    took: performance.now() - start,
    text: document.documentElement.textContent,
    left: document.body.childNodes.length,
    sameTitle: document.title === before,
    icon: !!document.querySelector('link[rel=icon]'),
  };
}"""


@pytest.mark.parametrize("act", ["click", "escape"])
def test_the_page_is_empty_in_the_same_tick(chat: Chat, act: str) -> None:
    chat.open()
    for _ in range(3):
        chat.say(WORDS)
    # The next page is slow to come.
    chat.page.route("**/*", lambda route: chat.page.wait_for_timeout(300) or route.fallback())
    seen = chat.page.evaluate(LEAVE_AND_LOOK, act)
    assert seen["left"] == 0
    assert WORDS not in seen["text"]
    assert seen["sameTitle"]
    assert seen["icon"]
    assert seen["took"] < SAME_TICK_MS
    expect_elsewhere(chat.page)


def test_pressing_escape_again_does_not_stop_the_exit(chat: Chat) -> None:
    chat.open()
    prevented = chat.page.evaluate(
        """() => [1, 2, 3].map(() => !document.body.dispatchEvent(
             new KeyboardEvent('keydown', {key: 'Escape', bubbles: true, cancelable: true})))"""
    )
    assert prevented == [True, True, True]
    expect_elsewhere(chat.page)


def test_escape_while_composing_a_word_stays(chat: Chat) -> None:
    chat.open()
    for how in ({"isComposing": True}, {"keyCode": 229}):
        chat.box.dispatch_event("keydown", {"key": "Escape", "bubbles": True, "cancelable": True, **how})
    chat.page.wait_for_timeout(200)
    expect(chat.replies.first).to_be_visible()


def test_escape_twice(chat: Chat) -> None:
    with_setting(chat.page, "data-exit-key", "escape-twice")
    chat.open()
    expect(chat.page.locator(".intro")).to_contain_text("pressing Esc twice", use_inner_text=True)
    chat.page.keyboard.press("Escape")
    chat.box.press("a")
    chat.page.keyboard.press("Escape")
    chat.page.wait_for_timeout(2100)
    chat.page.keyboard.press("Escape")
    expect(chat.replies.first).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect_elsewhere(chat.page)


def test_escape_switched_off(chat: Chat) -> None:
    with_setting(chat.page, "data-exit-key", "off")
    chat.open()
    expect(chat.page.locator(".intro")).not_to_contain_text("Esc", use_inner_text=True)
    for _ in range(3):
        chat.page.keyboard.press("Escape")
    expect(chat.replies.first).to_be_visible()
    chat.exit.click()
    expect_elsewhere(chat.page)


def test_an_unreadable_setting_leaves_escape_on(chat: Chat) -> None:
    with_setting(chat.page, "data-exit-key", "nonsense")
    chat.open()
    chat.page.keyboard.press("Escape")
    expect_elsewhere(chat.page)


def test_the_server_forgets(chat: Chat) -> None:
    with chat.page.expect_response(API + "conversations") as opened:
        chat.open()
    token = token_of(opened.value)
    chat.say(WORDS)
    with chat.page.expect_request(f"**/conversations/{token}/forget") as told:
        chat.exit.click()
    assert told.value.method == "POST"
    expect_elsewhere(chat.page)
    assert eventually(lambda: answer_status(chat.page.context, chat.url, token) == 404)


def by_reload(page: Page) -> None:
    page.reload()


def by_another_address(page: Page) -> None:
    page.goto("http://after.localhost/")


def by_closing_the_tab(page: Page) -> None:
    page.close(run_before_unload=True)


@pytest.mark.parametrize("go", [by_reload, by_another_address, by_closing_the_tab], ids=lambda f: f.__name__)
def test_going_away_in_another_manner_forgets_as_well(chat: Chat, context: BrowserContext, go: Callable[[Page], None]) -> None:
    context.new_page()  # so that closing the tab does not close the browser
    with chat.page.expect_response(API + "conversations") as opened:
        chat.open()
    token = token_of(opened.value)
    chat.say(WORDS)
    go(chat.page)
    # The request itself is sent as the page goes, and Playwright no longer sees it.
    assert eventually(lambda: answer_status(context, chat.url, token) == 404)


def test_what_is_under_way_ends_with_the_chat(chat: Chat) -> None:
    chat.open()
    chat.hang()
    chat.send(WORDS)
    with chat.page.expect_event("requestfailed", lambda r: r.url.endswith("/messages")):
        chat.exit.click()
    expect_elsewhere(chat.page)


def test_other_tabs_leave_too(chat: Chat, context: BrowserContext) -> None:
    chat.open()
    other = Chat(context.new_page(), chat.url)
    other.open()
    other.say(WORDS)
    chat.page.bring_to_front()
    chat.exit.click()
    expect_elsewhere(chat.page)
    expect_elsewhere(other.page)


def test_back_and_forward_after_the_exit_show_no_words(chat: Chat) -> None:
    chat.page.goto("http://before.localhost/")
    chat.open()
    chat.say(WORDS)
    chat.exit.click()
    expect_elsewhere(chat.page)
    for move in ("history.back()", "history.back()", "history.forward()", "history.forward()"):
        chat.page.evaluate(f"() => setTimeout(() => {move})")
        chat.page.wait_for_timeout(400)
        assert "/chat/" not in chat.page.url
        assert WORDS not in chat.page.content()


def kept_for_the_back_button(chat: Chat) -> None:
    """Serves everything without no-store, which is what keeps today's Chromium from holding on to the page. Other
    browsers, and other versions of Chromium, hold on to it all the same."""

    def without_no_store(route: Route) -> None:
        response = route.fetch()
        headers = {name: value for name, value in response.headers.items() if name != "cache-control"}
        route.fulfill(response=response, headers=headers)

    chat.page.route(chat.url + "/**", without_no_store)


def go_away_and_back(chat: Chat) -> None:
    chat.open()
    chat.say(WORDS)
    chat.page.goto("http://after.localhost/")
    expect_elsewhere(chat.page)
    chat.page.evaluate("() => setTimeout(() => history.back())")


def test_the_back_button_finds_a_fresh_page(chat: Chat) -> None:
    go_away_and_back(chat)
    expect(chat.replies.first).to_be_visible()
    assert WORDS not in chat.page.content()


def test_a_page_kept_for_the_back_button_is_blank_and_leaves(chat: Chat) -> None:
    kept_for_the_back_button(chat)
    chat.load()
    address = chat.exit.get_attribute("href") or ""
    go_away_and_back(chat)
    # Only a page that was kept whole can do this: a fresh one would greet.
    chat.page.wait_for_url(address + "**")
    expect_elsewhere(chat.page)


def test_the_title_and_the_address_never_change(chat: Chat) -> None:
    chat.page.add_init_script(
        """window.titles = new Set();
           new MutationObserver(() => titles.add(document.title)).observe(document, {subtree: true, childList: true})"""
    )
    response = chat.page.goto(chat.url + "/chat/")
    assert response is not None
    title = re.search("<title>(.*?)</title>", response.text())
    assert title is not None
    expect(chat.replies.first).to_be_visible()
    chat.say(WORDS)
    chat.numbers_button.click()
    assert chat.page.url == chat.url + "/chat/"
    assert set(chat.page.evaluate("[...titles]")) <= {"", title[1]}
    assert not re.search("abuse|child|safe|police|signpost|report", title[1], re.IGNORECASE)


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True)
def test_without_javascript(chat: Chat, traffic: Traffic) -> None:
    chat.load()
    expect(chat.numbers).to_be_visible()
    assert chat.numbers.get_by_role("link").count() >= 3
    expect(chat.page.locator(".no-chat")).to_be_visible()
    expect(chat.box).to_be_hidden()
    expect(chat.numbers_button).to_be_hidden()
    chat.exit.click()
    expect_elsewhere(chat.page)
    assert "referer" not in traffic.left[-1].headers


@pytest.mark.parametrize("missing", ["signpost-chat.js", "message.js", "api.js", "idle.js"])
def test_the_exit_works_when_the_chat_does_not_load(chat: Chat, traffic: Traffic, missing: str) -> None:
    traffic.expect("Failed to load resource")
    chat.page.route(f"**/chat/{missing}", lambda route: route.abort("connectionreset"))
    chat.load()
    expect(chat.numbers).to_be_visible()
    assert chat.numbers.get_by_role("link").count() >= 3
    chat.page.keyboard.press("Escape")
    expect_elsewhere(chat.page)


def test_the_exit_is_a_link_while_its_script_is_missing(chat: Chat, traffic: Traffic) -> None:
    traffic.expect("Failed to load resource")
    chat.page.route("**/chat/*.js", lambda route: route.abort("connectionreset"))
    chat.load()
    chat.exit.click()
    expect_elsewhere(chat.page)


def test_no_answer_of_the_exit_clears_site_data(chat: Chat, page: Page) -> None:
    """Clear-Site-Data stalls Chromium for seconds."""
    headers: list[dict[str, str]] = []
    page.on("response", lambda r: headers.append(r.headers))
    chat.open()
    chat.exit.click()
    expect_elsewhere(page)
    assert headers
    assert not [h for h in headers if "clear-site-data" in h]
