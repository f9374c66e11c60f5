"""When something breaks: numbers on screen within three seconds, words kept, the exit working."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import start_server
from playwright.sync_api import BrowserContext, Page, Route, expect

from .conftest import API, Chat, LiveServer, Traffic, expect_elsewhere, token_of, use_server

WORDS = "please help me with something"

SAFE_TEXT = "Something went wrong here."
SAFE = {
    "error": {"code": "any", "message": "any"},
    "messages": [
        {
            "text": SAFE_TEXT,
            "route": "unsure",
            "channels": [
                {
                    "id": "a",
                    "name": "A helpline",
                    "phone": "01632 960000",
                    "tel": "tel:01632960000",
                    "text": None,
                    "url": None,
                    "hours": None,
                    "open_now": True,
                    "cost": None,
                    "about": None,
                }
            ],
            "quick_replies": [],
        }
    ],
}


@pytest.fixture(autouse=True)
def broken_on_purpose(traffic: Traffic) -> None:
    traffic.expect("Failed to load resource")


def expect_help_and_the_words(chat: Chat) -> None:
    expect(chat.numbers).to_be_visible()
    expect(chat.numbers.get_by_role("link").first).to_be_in_viewport()
    expect(chat.box).to_have_value(WORDS)
    expect(chat.status).to_contain_text("Your words are still in the box.")
    expect(chat.own_words).to_have_count(0)


def test_three_seconds_without_an_answer(chat: Chat) -> None:
    chat.page.clock.install()
    chat.open()
    chat.hang()
    chat.send(WORDS)
    chat.page.clock.run_for(700)
    expect(chat.status).to_have_text("Sending…")
    expect(chat.numbers).to_be_hidden()
    chat.page.clock.run_for(2400)
    expect(chat.status).to_contain_text("Still trying")
    expect(chat.numbers).to_be_visible()
    expect(chat.box).to_be_focused()
    expect(chat.box).to_have_value(WORDS)
    chat.page.clock.run_for(7000)
    expect(chat.status).to_contain_text("The chat did not answer.")
    expect_help_and_the_words(chat)
    # And it works again as soon as the server does.
    chat.mend()
    chat.answer_to(lambda: chat.box.press("Enter"))
    expect(chat.own_words).to_have_count(1)
    expect(chat.box).to_have_value("")
    expect(chat.status).to_be_empty()


def test_three_seconds_without_a_greeting(chat: Chat) -> None:
    chat.page.clock.install()
    chat.hang("conversations")
    chat.load()
    expect(chat.box).to_be_visible()
    chat.page.clock.run_for(3100)
    expect(chat.status).to_contain_text("Still trying")
    expect(chat.numbers).to_be_visible()
    chat.page.clock.run_for(7000)
    expect(chat.status).to_contain_text("The chat did not answer.")
    chat.mend()
    chat.say(WORDS)
    expect(chat.own_words).to_have_count(1)


def test_nobody_there(chat: Chat) -> None:
    chat.open()
    chat.break_messages()
    chat.box.fill(WORDS)
    chat.send_button.click()
    expect(chat.status).to_contain_text("The chat can't connect.")
    expect_help_and_the_words(chat)


def test_nobody_there_from_the_start(chat: Chat) -> None:
    chat.page.route(API + "conversations", lambda route: route.abort("connectionrefused"))
    chat.load()
    expect(chat.status).to_contain_text("The chat can't connect.")
    expect(chat.numbers).to_be_visible()
    chat.mend()
    chat.say(WORDS)
    expect(chat.own_words).to_have_count(1)


def test_offline(chat: Chat, context: BrowserContext) -> None:
    chat.open()
    context.set_offline(True)
    expect(chat.status).to_contain_text("You are offline.")
    expect(chat.numbers).to_be_visible()
    chat.send(WORDS)
    expect_help_and_the_words(chat)
    expect(chat.status).to_contain_text("You are offline.")
    context.set_offline(False)
    expect(chat.status).to_contain_text("You are online again.")
    chat.answer_to(lambda: chat.box.press("Enter"))
    expect(chat.own_words).to_have_count(1)


EMPTY_OR_WRONG = {
    "empty list": "[]",
    "no messages": json.dumps({"messages": [], "exit": False}),
    "null": "null",
    "not json": "<html>gateway</html>",
    "nothing": "",
    "wrong types": json.dumps({"messages": [{"text": 5, "channels": "x", "quick_replies": {}}, None, 7], "exit": "yes"}),
}


@pytest.mark.parametrize("body", EMPTY_OR_WRONG.values(), ids=EMPTY_OR_WRONG.keys())
def test_an_answer_with_nothing_in_it(chat: Chat, body: str) -> None:
    chat.open()
    chat.break_messages(status=200, content_type="application/json", body=body)
    chat.send(WORDS)
    expect(chat.status).to_contain_text("Something went wrong in the chat.")
    expect_help_and_the_words(chat)


@pytest.mark.parametrize("status", [400, 413, 422, 500, 502, 503, 504])
def test_an_error_shows_the_safe_reply_it_carries(chat: Chat, status: int) -> None:
    chat.open()
    before = chat.replies.count()
    chat.break_messages(status=status, content_type="application/json", body=json.dumps(SAFE))
    chat.box.fill(WORDS)
    for _ in range(2):
        # Trying again must not pile up the same safe reply.
        chat.box.press("Enter")
        expect(chat.send_button).to_be_enabled()
        expect(chat.replies).to_have_count(before + 1)
    expect(chat.replies.last).to_contain_text(SAFE_TEXT)
    expect(chat.replies.last.get_by_role("link", name="Call 01632 960000")).to_be_visible()
    expect(chat.box).to_have_value(WORDS)
    chat.mend()
    chat.box.press("Enter")
    expect(chat.own_words).to_have_count(1)
    expect(chat.page.locator(".transcript").get_by_text(SAFE_TEXT)).to_have_count(0)


@pytest.mark.parametrize("status", [500, 503])
def test_an_error_without_a_safe_reply_shows_the_numbers(chat: Chat, status: int) -> None:
    chat.open()
    chat.break_messages(status=status, content_type="text/html", body="<h1>Bad gateway</h1>")
    chat.send(WORDS)
    expect_help_and_the_words(chat)


def test_too_many_messages(chat: Chat) -> None:
    chat.page.clock.install()
    chat.open()
    sent: list[str] = []

    def refuse(route: Route) -> None:
        sent.append(route.request.url)
        route.fulfill(status=429, headers={"Retry-After": "7"}, content_type="application/json", body=json.dumps(SAFE))

    chat.page.route(API + "messages", refuse)
    chat.send(WORDS)
    expect(chat.status).to_contain_text("Please wait 7 seconds.")
    expect(chat.replies.last).to_contain_text(SAFE_TEXT)
    expect(chat.box).to_have_value(WORDS)
    expect(chat.send_button).to_be_disabled()
    chat.box.press("Enter")
    chat.page.clock.run_for(7100)
    expect(chat.status).to_have_text("You can send again now.")
    assert len(sent) == 1
    chat.mend()
    chat.box.press("Enter")
    expect(chat.own_words).to_have_count(1)


def test_a_forgotten_conversation_begins_anew_and_sends_the_words_once(chat: Chat) -> None:
    with chat.page.expect_response(API + "conversations") as opened:
        chat.open()
    token = token_of(opened.value)
    chat.page.request.delete(f"{chat.url}/webhooks/web/conversations/{token}")
    sent: list[dict[str, str]] = []
    chat.page.on("request", lambda r: sent.append(r.post_data_json) if r.url.endswith("/messages") else None)
    chat.send(WORDS)
    expect(chat.own_words).to_have_count(1)
    expect(chat.box).to_have_value("")
    assert [s["text"] for s in sent] == [WORDS, WORDS]
    assert sent[0]["conversation"] == token != sent[1]["conversation"]


def test_a_choice_in_a_forgotten_conversation_is_sent_as_words(chat: Chat) -> None:
    with chat.page.expect_response(API + "conversations") as opened:
        chat.open()
    chat.page.request.delete(f"{chat.url}/webhooks/web/conversations/{token_of(opened.value)}")
    sent: list[str] = []
    chat.page.on("request", lambda r: sent.append(r.post_data_json["text"]) if r.url.endswith("/messages") else None)
    title = chat.choices.first.inner_text()
    chat.choices.first.click()
    expect(chat.own_words).to_contain_text([title])
    assert sent[-1] == title


def test_a_server_that_always_forgets_is_asked_once_more_and_no_more(chat: Chat) -> None:
    chat.open()
    sent: list[str] = []

    def forget(route: Route) -> None:
        sent.append(route.request.url)
        route.fulfill(status=404, content_type="application/json", body=json.dumps(SAFE))

    chat.page.route(API + "messages", forget)
    chat.send(WORDS)
    expect(chat.status).to_contain_text("This chat has ended.")
    expect(chat.replies.last).to_contain_text(SAFE_TEXT)
    expect(chat.box).to_have_value(WORDS)
    assert len(sent) == 2


def test_a_choice_that_did_not_get_through_can_be_made_again(chat: Chat) -> None:
    chat.open()
    chat.break_messages()
    chat.choices.first.click()
    expect(chat.status).to_contain_text("You can tap it again.")
    expect(chat.numbers).to_be_visible()
    chat.mend()
    chat.answer_to(chat.choices.first.click)
    expect(chat.own_words).to_have_count(1)


def test_the_server_goes_after_the_page_came(chat: Chat) -> None:
    chat.open()
    chat.page.route("**/*", lambda route: route.abort("connectionrefused"))
    chat.numbers_button.click()
    expect(chat.numbers.get_by_role("link").first).to_be_visible()
    chat.send(WORDS)
    expect_help_and_the_words(chat)
    chat.mend()
    chat.exit.click()
    expect_elsewhere(chat.page)


def test_a_style_sheet_that_never_comes(chat: Chat) -> None:
    chat.page.route("**/chat/chat.css", lambda route: route.abort("connectionreset"))
    chat.open()
    chat.say(WORDS)
    chat.numbers_button.click()
    expect(chat.numbers.get_by_role("link").first).to_be_visible()
    chat.exit.click()
    expect_elsewhere(chat.page)


def test_starting_again_while_an_answer_is_under_way(chat: Chat) -> None:
    chat.open()
    chat.say("hello")
    chat.hang()
    chat.send(WORDS)
    chat.again.click()
    expect(chat.replies).to_have_count(1)
    chat.mend()
    chat.page.wait_for_timeout(300)
    expect(chat.own_words).to_have_count(0)
    chat.say(WORDS)
    expect(chat.own_words).to_have_count(1)


def test_what_is_far_too_long_is_refused_here(chat: Chat) -> None:
    """A server may break off the connection while so much is still being sent, and then no answer arrives at all."""
    chat.open()
    sent: list[str] = []
    chat.page.on("request", lambda r: sent.append(r.url) if r.url.endswith("/messages") else None)
    chat.box.evaluate("box => { box.value = 'a'.repeat(1_000_000) }")
    chat.box.press("Enter")
    expect(chat.status).to_contain_text("That is too long to send. Please send a shorter part.")
    expect(chat.status).to_contain_text("Your words are still in the box.")
    expect(chat.numbers.get_by_role("link").first).to_be_in_viewport()
    assert chat.box.evaluate("box => box.value.length") == 1_000_000
    assert sent == []
    chat.say(WORDS)
    expect(chat.own_words).to_have_count(1)


def test_as_much_as_the_box_takes_is_sent_and_answered(chat: Chat) -> None:
    """In the bytes that take most room: the server's limit for a body is not met before that for a text."""
    chat.open()
    for letter in ("\u20ac", "\u0001"):
        chat.box.evaluate("(box, text) => { box.value = text }", "a" + letter * 3998 + "a")
        chat.answer_to(lambda: chat.box.press("Enter"))
    expect(chat.own_words).to_have_count(2)


@pytest.mark.parametrize("reason", ["connectionreset", "connectionaborted", "timedout", "namenotresolved"])
def test_a_connection_that_breaks(chat: Chat, reason: str) -> None:
    chat.open()
    chat.page.route(API + "messages", lambda route: route.abort(reason))
    chat.send(WORDS)
    expect_help_and_the_words(chat)


def expect_too_fast(chat: Chat) -> None:
    expect(chat.status).to_contain_text("Please wait 10 seconds.")
    expect(chat.replies.last.get_by_role("link", name="Call 999")).to_be_visible()
    expect(chat.exit).to_be_in_viewport(ratio=1)


def test_the_servers_own_limit_for_a_conversation(page: Page, traffic: Traffic, serve: Callable[..., LiveServer]) -> None:
    chat = use_server(page, traffic, serve(wait_for="/readyz", messages_per_minute="2"))
    chat.open()
    chat.say("hello")
    chat.say("hello")
    chat.send(WORDS)
    expect_too_fast(chat)
    expect(chat.box).to_have_value(WORDS)
    expect(chat.own_words).to_have_count(2)


#: Addresses of this machine are never limited, so this server takes them for somebody else's.
ANYBODY = """
from bot.limits import Limits
allows = Limits.source_allows
Limits.source_allows = lambda self, address: allows(self, "192.0.2.1")
from bot.cli import main
main(["run"])
"""


def test_the_servers_own_limit_for_an_address(page: Page, traffic: Traffic, serve: Callable[..., LiveServer]) -> None:
    server = serve(wait_for="/readyz", command=("-c", ANYBODY), source_per_minute="3")
    chat = use_server(page, traffic, server)
    chat.open()
    chat.say("hello")
    chat.say("hello")
    chat.send(WORDS)
    expect_too_fast(chat)
    expect(chat.box).to_have_value(WORDS)
    # Opening counts as well, and finds the same answer.
    chat.load()
    expect_too_fast(chat)
    expect(chat.numbers_button).to_be_visible()


def test_a_server_that_was_started_again(page: Page, traffic: Traffic, trained_model: Path, tmp_path: Path) -> None:
    """It knows no conversation of before; the person sees their words answered."""
    server = start_server(tmp_path, wait_for="/readyz")
    try:
        chat = use_server(page, traffic, server)
        chat.open()
        chat.say("hello")
        server.stop()
        chat.send(WORDS)
        expect_help = chat.numbers.get_by_role("link").first
        expect(expect_help).to_be_visible()
        expect(chat.box).to_have_value(WORDS)
        server = start_server(tmp_path, wait_for="/readyz", port=int(server.url.rsplit(":", 1)[1]))
        chat.box.press("Enter")
        expect(chat.own_words).to_have_count(2)
        expect(chat.own_words.last).to_contain_text(WORDS)
        expect(chat.box).to_have_value("")
        expect(chat.status).to_be_empty()
    finally:
        server.stop()
