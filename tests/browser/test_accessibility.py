"""For everybody: axe in every state, width and colour scheme; the keyboard; what a screen reader is told."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .conftest import API, Chat, Traffic
from .test_chat import DANGER, PAST, channel, reply_with
from .test_failing import SAFE

WIDTHS = {"phone": (360, 640), "tablet": (768, 1024), "desk": (1280, 800)}
LOOKS: dict[str, dict[str, str]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


def start(chat: Chat) -> None:
    chat.open()


def before_any_answer(chat: Chat) -> None:
    chat.hang("conversations")
    chat.load()


def typed(chat: Chat) -> None:
    chat.open()
    chat.box.fill("some words\nand more words")


def full_box(chat: Chat) -> None:
    chat.open()
    chat.box.fill("words " * 666)


def replied(chat: Chat) -> None:
    chat.open()
    chat.say(PAST)


def urgent(chat: Chat) -> None:
    replied(chat)
    chat.say(DANGER)


def numbers(chat: Chat) -> None:
    replied(chat)
    chat.numbers_button.click()


def details(chat: Chat) -> None:
    chat.open()
    reply_with(
        chat.page,
        {
            "text": "مرحبا",
            "lang": "ar",
            "channels": [
                channel(
                    phone="01632 960000",
                    tel="tel:01632960000",
                    text="01632 960001",
                    sms="sms:01632960001",
                    url="https://www.example.org",
                    hours="9 to 5",
                    open_now=False,
                    cost="free",
                    about="It helps.",
                    details={
                        "for": "Anyone.",
                        "languages": ["English", "Welsh"],
                        "ways": [{"label": "Chat", "text": "https://example.org/", "link": "https://example.org/"}],
                    },
                )
            ],
            "quick_replies": [{"title": "Yes", "payload": "y"}],
        },
    )
    chat.say(PAST)
    for summary in chat.page.locator("summary").all():
        summary.click()


def still_trying(chat: Chat) -> None:
    chat.open()
    chat.hang()
    chat.box.fill(PAST)
    chat.box.press("Enter")
    expect(chat.status).to_contain_text("Still trying")


def unreachable(chat: Chat) -> None:
    replied(chat)
    chat.break_messages()
    chat.box.fill(PAST)
    chat.box.press("Enter")
    expect(chat.status).to_contain_text("can't connect")


def too_many(chat: Chat) -> None:
    replied(chat)
    chat.break_messages(status=429, headers={"Retry-After": "50"}, body=json.dumps(SAFE))
    chat.box.fill(PAST)
    chat.box.press("Enter")
    expect(chat.status).to_contain_text("Please wait")


def cleared(chat: Chat) -> None:
    chat.page.clock.install()
    replied(chat)
    chat.page.clock.fast_forward("10:10")
    expect(chat.status).to_contain_text("cleared for your safety")


STATES = [
    start,
    before_any_answer,
    typed,
    full_box,
    replied,
    urgent,
    numbers,
    details,
    still_trying,
    unreachable,
    too_many,
    cleared,
]


@pytest.mark.parametrize("state", STATES, ids=lambda f: f.__name__)
def test_axe_finds_nothing(chat: Chat, traffic: Traffic, state: Callable[[Chat], None]) -> None:
    traffic.expect("Failed to load resource")
    state(chat)
    problems = []
    for look, media in LOOKS.items():
        for width, (across, down) in WIDTHS.items():
            chat.page.set_viewport_size({"width": across, "height": down})
            chat.page.emulate_media(**{"color_scheme": None, "forced_colors": None, **media})
            chat.page.wait_for_timeout(150)  # colours fade in
            for problem in Axe().run(chat.page, options=RULES).response["violations"]:
                targets = [node["target"] for node in problem["nodes"]]
                problems.append(f"{look}, {width}: {problem['id']}: {problem['help']} {targets}")
    assert problems == []


def test_the_keyboard_reaches_the_exit_first_and_then_everything(chat: Chat) -> None:
    chat.open()
    names = []
    for _ in range(20):
        chat.page.keyboard.press("Tab")
        names.append(
            chat.page.evaluate(
                "() => (document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim().slice(0, 40)"
            )
        )
    assert names[:2] == ["Exit now", "Numbers"]
    wanted = ["How to delete your history", chat.choices.first.inner_text(), "Write here", "Send"]
    places = [next(i for i, name in enumerate(names) if name.startswith(one[:40])) for one in wanted]
    assert places == sorted(places)


def test_a_whole_conversation_by_keyboard(chat: Chat) -> None:
    chat.open()
    choice = chat.choices.first
    for _ in range(20):
        chat.page.keyboard.press("Tab")
        if choice.evaluate("b => b === document.activeElement"):
            break
    chat.answer_to(lambda: chat.page.keyboard.press("Space"))
    chat.box.focus()
    chat.page.keyboard.type(PAST)
    chat.answer_to(lambda: chat.page.keyboard.press("Enter"))
    expect(chat.box).to_be_focused()


def test_the_focus_stays_where_it_was_when_words_arrive(chat: Chat) -> None:
    chat.open()
    chat.numbers_button.focus()
    chat.page.evaluate("() => { document.querySelector('#words').value = 'hello'; document.querySelector('.send').click() }")
    expect(chat.own_words).to_have_count(1)
    expect(chat.numbers_button).to_be_focused()


def test_new_words_are_announced_once(chat: Chat) -> None:
    chat.open()
    log = chat.page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "off")
    region = chat.page.locator("[aria-live=polite]:not([role])")
    expect(region).to_have_count(1)
    assert not region.evaluate("r => !!r.closest('[role=log]')")
    chat.page.evaluate(
        """() => {
          window.heard = [];
          new MutationObserver(all => all.forEach(one => one.addedNodes.forEach(node => heard.push(node.textContent))))
            .observe(document.querySelector('[aria-live=polite]:not([role])'), {childList: true, subtree: true});
        }"""
    )
    answer = chat.say(PAST)
    heard = " ".join(chat.page.evaluate("heard"))
    for message in answer["messages"]:
        first = message["text"].split("\n")[0]
        assert heard.count(first) == 1
        for one in message["channels"]:
            assert one["name"] in heard
        for choice in message["quick_replies"]:
            assert choice["title"] in heard
    assert PAST not in heard


def test_the_announcement_goes_away(chat: Chat) -> None:
    chat.page.clock.install()
    chat.open()
    chat.say(PAST)
    chat.page.clock.run_for(10_100)
    expect(chat.page.locator("[aria-live=polite]:not([role])")).to_be_empty()


def test_trouble_is_announced(chat: Chat, traffic: Traffic) -> None:
    traffic.expect("Failed to load resource")
    chat.open()
    chat.break_messages()
    chat.box.fill(PAST)
    chat.box.press("Enter")
    expect(chat.page.get_by_role("status")).to_contain_text("can't connect")


SMALLEST_PX = 44

SIZES = """() => [...document.querySelectorAll('a, button, summary, textarea')]
  .filter(one => one.checkVisibility())
  .map(one => [one.textContent.trim() || one.id, one.getBoundingClientRect()])
  .map(([name, box]) => [name, Math.round(box.width), Math.round(box.height)])"""


def test_everything_to_tap_is_large_enough(chat: Chat) -> None:
    urgent(chat)
    chat.numbers_button.click()
    small = [one for one in chat.page.evaluate(SIZES) if one[1] < SMALLEST_PX or one[2] < SMALLEST_PX]
    assert small == []


def sideways(page: Page) -> int:
    """How far anything sticks out to the side, in pixels."""
    over: int = page.evaluate(
        """() => Math.max(0, ...[document.documentElement, ...document.querySelectorAll('main, .log, #numbers')]
             .map(one => one.scrollWidth - one.clientWidth))"""
    )
    return over


@pytest.mark.parametrize("size", [(320, 568), (320, 256), (360, 330), (640, 320)])
def test_small_screens_and_fourfold_zoom(chat: Chat, size: tuple[int, int]) -> None:
    chat.page.set_viewport_size({"width": size[0], "height": size[1]})
    urgent(chat)
    for open_numbers in (False, True):
        if open_numbers:
            chat.numbers_button.click()
            expect(chat.numbers.get_by_role("link").first).to_be_in_viewport()
        assert sideways(chat.page) == 0
        expect(chat.exit).to_be_in_viewport(ratio=1)
        chat.box.scroll_into_view_if_needed()
        expect(chat.box).to_be_in_viewport(ratio=1)
        expect(chat.exit).to_be_in_viewport(ratio=1)


def test_text_at_twice_the_size(chat: Chat) -> None:
    chat.page.set_viewport_size({"width": 360, "height": 640})
    chat.open()
    chat.page.evaluate("() => { document.documentElement.style.fontSize = '212.5%' }")
    chat.say(PAST)
    assert sideways(chat.page) == 0
    expect(chat.exit).to_be_in_viewport(ratio=1)
    expect(chat.numbers_button).to_be_in_viewport(ratio=1)
    expect(chat.send).to_be_in_viewport(ratio=1)


def test_nothing_is_printed(chat: Chat) -> None:
    replied(chat)
    chat.page.emulate_media(media="print")
    expect(chat.page.locator("body")).to_be_hidden()


@pytest.mark.parametrize("context", [{"reduced_motion": "reduce"}], indirect=True)
def test_nothing_moves_for_those_who_asked_for_stillness(chat: Chat) -> None:
    replied(chat)
    moving = chat.page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(one =>
             getComputedStyle(one).transitionDuration !== '0s' || getComputedStyle(one).scrollBehavior === 'smooth').length"""
    )
    assert moving == 0


@pytest.mark.parametrize("context", [{"has_touch": True, "is_mobile": True}], indirect=True)
def test_a_phone_is_not_told_about_keys(chat: Chat) -> None:
    chat.open()
    expect(chat.page.locator(".intro")).not_to_contain_text("Esc", use_inner_text=True)


def test_the_page_says_its_language(chat: Chat) -> None:
    chat.page.route(API + "conversations", lambda route: route.fallback())
    chat.load()
    expect(chat.page.locator("html")).to_have_attribute("lang", "en-GB")
