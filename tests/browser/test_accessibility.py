"""For everybody: axe in every state, width and colour scheme; the keyboard; what a screen reader is told."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .conftest import API, Chat, Figures, LiveServer, Traffic
from .sites import HOST_SITE, Sites
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
    chat.send(PAST)
    expect(chat.status).to_contain_text("Still trying")


def unreachable(chat: Chat) -> None:
    replied(chat)
    chat.break_messages()
    chat.send(PAST)
    expect(chat.status).to_contain_text("can't connect")


def too_many(chat: Chat) -> None:
    replied(chat)
    chat.break_messages(status=429, headers={"Retry-After": "50"}, body=json.dumps(SAFE))
    chat.send(PAST)
    expect(chat.status).to_contain_text("Please wait")


def cleared(chat: Chat) -> None:
    chat.page.clock.install()
    replied(chat)
    chat.page.clock.fast_forward("10:10")
    expect(chat.status).to_contain_text("cleared for your safety")


def offline(chat: Chat) -> None:
    replied(chat)
    chat.page.context.set_offline(True)
    expect(chat.status).to_contain_text("You are offline.")


def sending(chat: Chat) -> None:
    replied(chat)
    chat.hang()
    chat.send(PAST)
    expect(chat.page.locator(".dots")).to_be_visible()


def far_too_long(chat: Chat) -> None:
    chat.open()
    chat.box.evaluate("box => { box.value = 'a'.repeat(9000) }")
    chat.box.press("Enter")
    expect(chat.status).to_contain_text("too long")


def safe_reply(chat: Chat) -> None:
    chat.open()
    chat.break_messages(status=503, content_type="application/json", body=json.dumps(SAFE))
    chat.send(PAST)
    expect(chat.status).to_contain_text("went wrong")


def history_help(chat: Chat) -> None:
    chat.open()
    chat.page.locator(".intro summary").click()


def about_to_be_cleared(chat: Chat) -> None:
    chat.page.clock.install()
    replied(chat)
    chat.page.clock.fast_forward("09:10")
    expect(chat.status).to_contain_text("clears itself")


def ten_messages(chat: Chat) -> None:
    chat.open()
    for text in [PAST, "ok", DANGER, "thank you", "what do you mean " * 30] * 2:
        chat.say(text)


def no_chat(chat: Chat) -> None:
    """Its script did not come: a page of numbers with an exit."""
    chat.page.route("**/chat/signpost-chat.js", lambda route: route.abort("connectionreset"))
    chat.load()
    expect(chat.numbers).to_be_visible()
    expect(chat.page.locator(".no-chat")).to_be_visible()


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
    offline,
    sending,
    far_too_long,
    safe_reply,
    history_help,
    about_to_be_cleared,
    ten_messages,
    no_chat,
]


def violations(page: Page, forced_within: str | None = None) -> list[str]:
    """What axe finds wrong at every width and in every colour scheme; in forced colours only within a selector, where
    one is given."""
    problems = []
    for look, media in LOOKS.items():
        for width, (across, down) in WIDTHS.items():
            page.set_viewport_size({"width": across, "height": down})
            page.emulate_media(**{"color_scheme": None, "forced_colors": None, **media})
            page.wait_for_timeout(150)  # colours fade in
            within = forced_within if "forced_colors" in media else None
            for problem in Axe().run(page, context=within, options=RULES).response["violations"]:
                targets = [node["target"] for node in problem["nodes"]]
                problems.append(f"{look}, {width}: {problem['id']}: {problem['help']} {targets}")
    return problems


@pytest.mark.parametrize("state", STATES, ids=lambda f: f.__name__)
def test_axe_finds_nothing(chat: Chat, traffic: Traffic, figures: Figures, state: Callable[[Chat], None]) -> None:
    traffic.expect("Failed to load resource")
    state(chat)
    assert violations(chat.page) == []
    figures.looked(state.__name__, len(WIDTHS) * len(LOOKS))


def shut(page: Page) -> None:
    expect(page.get_by_role("button", name="Talk")).to_be_visible()


def opened(page: Page) -> None:
    page.get_by_role("button", name="Talk").click()
    expect(page.frame_locator("iframe").locator(".from-bot").first).to_be_visible()


def waiting(page: Page) -> None:
    page.route("**/chat/frame", lambda route: None)
    page.get_by_role("button", name="Talk").click()
    expect(page.get_by_text("Opening the chat…")).to_be_visible()


def not_opened(page: Page) -> None:
    waiting(page)
    expect(page.get_by_role("link", name="Call 999")).to_be_visible()


@pytest.mark.parametrize("state", [shut, opened, waiting, not_opened], ids=lambda f: f.__name__)
def test_axe_finds_nothing_on_somebodys_site(
    page: Page, sites: Sites, live_server: LiveServer, figures: Figures, state: Callable[[Page], None]
) -> None:
    """In forced colours axe misreads the demo page's own; the loader's part is looked at in all of them."""
    sites.own, sites.plain, sites.settings = live_server.url, False, {}
    page.goto(HOST_SITE + "/")
    state(page)
    assert violations(page, forced_within="[data-signpost-chat]") == []
    figures.looked(f"site {state.__name__}", len(WIDTHS) * len(LOOKS))


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
    chat.send(PAST)
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
    expect(chat.send_button).to_be_in_viewport(ratio=1)


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


TREE_AT_THE_START = """
- banner:
  - link "Exit now"
  - button "Numbers"
- main:
  - log "Chat":
    - region "Before you start":
      - heading "Before you start" [level=2]
      - paragraph: /leaves this page fast.*does not erase your browsing history/
    - article:
      - text: "Reply:"
      - paragraph: /Hello/
    - group "Choose one, or write your own words":
      - button "I'm being hurt"
  - status
  - textbox "Write here. No names, please."
  - button "Send"
"""

TREE_OF_A_REPLY = """
- log "Chat":
  - article:
    - text: "You said:"
    - paragraph: /uncle/
  - article:
    - text: "Reply:"
    - paragraph: /.+/
    - list:
      - listitem:
        - heading /.+/ [level=3]
        - link /Call .+/
"""


def test_what_a_screen_reader_finds(chat: Chat) -> None:
    """Roles, names and their order, as the browser hands them on."""
    chat.open()
    expect(chat.page.locator("body")).to_match_aria_snapshot(TREE_AT_THE_START)
    chat.say(PAST)
    expect(chat.page.locator("main")).to_match_aria_snapshot(TREE_OF_A_REPLY)
    # The dots and the words that are read out by themselves are not met a second time in the tree's buttons and links.
    assert chat.page.locator(".dots").get_attribute("aria-hidden") == "true"


SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }'
    + ' p { margin-bottom: 2em !important }');
  document.adoptedStyleSheets = [sheet];
}"""

CLIPPED = """() => [...document.querySelectorAll('a, button, summary, h3, p, li')]
  .filter(one => one.checkVisibility() && !one.closest('.for-ears') && getComputedStyle(one).clipPath === 'none')
  .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflow !== 'visible')
  .map(one => one.textContent)"""


@pytest.mark.parametrize("size", [(320, 568), (360, 640), (1280, 800)])
def test_text_set_wider(chat: Chat, size: tuple[int, int]) -> None:
    """WCAG 1.4.12: nothing is cut off or covered when a person spaces the text out."""
    chat.page.set_viewport_size({"width": size[0], "height": size[1]})
    urgent(chat)
    chat.page.evaluate(SPACING)
    for _ in range(2):
        assert sideways(chat.page) == 0
        assert chat.page.evaluate(CLIPPED) == []
        expect(chat.exit).to_be_in_viewport(ratio=1)
        expect(chat.numbers_button).to_be_in_viewport(ratio=1)
        chat.numbers_button.click()


FOCUS = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const points = [0.1, 0.3, 0.5, 0.7, 0.9].flatMap(x => [0.1, 0.5, 0.9].map(y => [box.x + box.width * x, box.y + box.height * y]));
  return {
    name: (one.labels?.[0] ?? one).textContent.trim().slice(0, 30),
    ring: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
    seen: points.some(([x, y]) => one.contains(document.elementFromPoint(x, y))),
  };
}"""


@pytest.mark.parametrize("size", [(320, 256), (360, 640), (1280, 800)])
def test_the_focus_is_always_seen(chat: Chat, size: tuple[int, int]) -> None:
    """WCAG 2.4.7 and 2.4.11, forwards and backwards, with the numbers open."""
    chat.page.set_viewport_size({"width": size[0], "height": size[1]})
    urgent(chat)
    chat.numbers_button.click()
    chat.page.evaluate("document.activeElement.blur()")
    for key in ("Tab", "Shift+Tab"):
        stops = []
        for _ in range(45):
            chat.page.keyboard.press(key)
            stops.append(chat.page.evaluate(FOCUS))
        assert [stop for stop in stops if stop and (stop["ring"] < 2 or not stop["seen"])] == []
        assert len({stop["name"] for stop in stops if stop}) > 10


def test_the_keyboard_alone_on_somebodys_site(page: Page, sites: Sites, live_server: LiveServer) -> None:
    """In through the button, out through Hide, the focus where one would look for it."""
    sites.own, sites.plain, sites.settings = live_server.url, False, {}
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(HOST_SITE + "/")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.hasAttribute('data-signpost-chat')"):
            break
    page.keyboard.press("Enter")
    frame = page.frame_locator("iframe")
    expect(frame.locator(".choices button").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(frame.get_by_role("link", name="Exit now")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(frame.get_by_role("button", name="Hide")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Talk")).to_be_focused()
