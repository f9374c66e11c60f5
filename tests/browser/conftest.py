"""A real Chromium for the browser tests, and the chat as a person meets it.

The server is the real one, as in the other tests, set to let sites.HOST_SITE frame the chat.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit

import pytest
from conftest import start_server
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Playwright,
    Request,
    Response,
    Route,
    expect,
    sync_playwright,
)

from .sites import HOST_SITE, NAMES, Sites
from .sites import serve as serve_sites

CHROMIUM = "/usr/bin/chromium"

ELSEWHERE = "<!doctype html><title>Elsewhere</title><p>Elsewhere</p>"

API = "**/webhooks/web/"


class LiveServer(Protocol):
    """What these tests need to know of a server: its address, without a slash at the end."""

    url: str


@pytest.fixture(scope="session")
def live_server(trained_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = start_server(tmp_path_factory.mktemp("server"), wait_for="/readyz", embed_origins=HOST_SITE)
    yield server
    server.stop()


class Figures:
    """What was measured, printed at the end of the run whether it passed or not."""

    lines: ClassVar[list[str]] = []

    looks: ClassVar[dict[str, int]] = {}

    def note(self, line: str) -> None:
        """Keep one line for the end."""
        self.lines.append(line)

    def looked(self, state: str, times: int) -> None:
        """Axe found nothing in this state, in so many widths and colour schemes."""
        self.looks[state] = times


@pytest.fixture(scope="session")
def figures() -> Figures:
    return Figures()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints the figures."""
    looks, lines = Figures.looks, list(Figures.lines)
    if looks:
        lines.append(f"axe: 0 violations in {sum(looks.values())} looks at {len(looks)} states: {', '.join(looks)}")
    if lines:
        terminalreporter.section("figures of the widget")
    for line in lines:
        terminalreporter.write_line(line)


@dataclass
class Traffic:
    """What the browser asked for and complained about."""

    own: str
    foreign: list[Request] = field(default_factory=list)
    left: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Allow complaints that match `pattern`, in tests that break things on purpose."""
        self.expected.append(pattern)

    def unexpected(self) -> list[str]:
        return [c for c in self.complaints if not any(re.search(p, c) for p in self.expected)]

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text}")

    def answer(self, route: Route) -> None:
        """Stands in for the rest of the web: pages are empty ones, anything else is a leak."""
        if route.request.is_navigation_request():
            self.left.append(route.request)
            route.fulfill(content_type="text/html", body=ELSEWHERE)
        else:
            self.foreign.append(route.request)
            route.abort()


@dataclass
class Chat:
    """The chat page, by what a person can do there."""

    page: Page
    url: str

    def open(self) -> None:
        self.page.goto(self.url + "/chat/")
        expect(self.replies.first).to_be_visible()

    def load(self) -> None:
        """Opens the page without waiting for the greeting."""
        self.page.goto(self.url + "/chat/")

    def send(self, text: str) -> None:
        """Types and sends `text`, whatever comes of it."""
        self.box.fill(text)
        self.box.press("Enter")

    def say(self, text: str) -> dict[str, Any]:
        """The same; gives back the server's answer once it is on screen."""
        return self.answer_to(lambda: self.send(text))

    def answer_to(self, act: Callable[[], None]) -> dict[str, Any]:
        shown = self.replies.count()
        with self.page.expect_response("**/webhooks/web/messages") as waiting:
            act()
        body: dict[str, Any] = waiting.value.json()
        expect(self.replies).to_have_count(shown + len(body["messages"]))
        return body

    @property
    def box(self) -> Locator:
        return self.page.get_by_label("Write here")

    @property
    def send_button(self) -> Locator:
        return self.page.get_by_role("button", name="Send")

    @property
    def exit(self) -> Locator:
        return self.page.get_by_role("link", name="Exit now")

    @property
    def replies(self) -> Locator:
        return self.page.locator(".transcript .from-bot")

    @property
    def own_words(self) -> Locator:
        return self.page.locator(".transcript .from-person")

    @property
    def choices(self) -> Locator:
        return self.page.locator(".choices button:not([aria-disabled=true])")

    @property
    def status(self) -> Locator:
        return self.page.get_by_role("status")

    @property
    def numbers(self) -> Locator:
        return self.page.locator("#numbers")

    @property
    def numbers_button(self) -> Locator:
        return self.page.get_by_role("button", name="Numbers")

    @property
    def again(self) -> Locator:
        return self.page.get_by_role("button", name="Start again")

    def break_messages(self, **answer: Any) -> None:
        """From now on messages get this answer (as for Route.fulfill), or none at all."""

        def handle(route: Route) -> None:
            if answer:
                route.fulfill(**answer)
            else:
                route.abort("connectionrefused")

        self.page.route(API + "messages", handle)

    def hang(self, path: str = "messages") -> None:
        """From now on this call never gets an answer."""
        self.page.route(API + path, lambda route: None)

    def hold(self, path: str = "messages") -> list[Route]:
        """From now on this call waits until the test answers it."""
        held: list[Route] = []
        self.page.route(API + path, lambda route: held.append(route))
        return held

    def mend(self) -> None:
        self.page.unroute_all(behavior="ignoreErrors")


#: For a busy machine. What is really timed has its own, tighter limit in its test.
PATIENCE_MS = 15_000


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium. Its absence is a failure: these tests must not be skipped in silence."""
    if not shutil.which(CHROMIUM):
        pytest.fail(f"{CHROMIUM} is not there. The browser tests need it: apt-get install chromium", pytrace=False)
    return CHROMIUM


@pytest.fixture(scope="session")
def sites() -> Iterator[Sites]:
    with serve_sites() as serving:
        yield serving


Launch = Callable[..., BrowserContext]


@pytest.fixture
def launch(playwright: Playwright, chromium: str, sites: Sites, tmp_path: Path) -> Iterator[Launch]:
    """Starts Chromium on a profile of its own, and ends it afterwards.

    The back-forward cache is on, as in people's browsers. Playwright turns it off by default, and then a chat that
    comes back with the Back button goes unnoticed.
    """
    running: list[BrowserContext] = []

    def start(profile: Path = tmp_path / "profile", **options: Any) -> BrowserContext:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium,
            ignore_default_args=["--disable-back-forward-cache"],
            args=[sites.rules, *(["--no-sandbox"] if os.geteuid() == 0 else [])],
            **{"locale": "en-GB", "viewport": {"width": 390, "height": 760}, **options},
        )
        context.set_default_timeout(PATIENCE_MS)
        running.append(context)
        return context

    yield start
    for context in running:
        with suppress(Error):  # A test may have closed or killed it.
            context.close()


@pytest.fixture
def traffic(live_server: LiveServer) -> Iterator[Traffic]:
    """Fails the test on a console error, a breach of the security policy, or a request to anybody else."""
    seen = Traffic(live_server.url)
    yield seen
    assert seen.unexpected() == []
    assert [r.url for r in seen.foreign] == []


@pytest.fixture
def context(launch: Launch, traffic: Traffic, request: pytest.FixtureRequest) -> BrowserContext:
    """Chromium, with the rest of the web stood in for. `@pytest.mark.parametrize("context", [{...}], indirect=True)`
    gives it other options."""
    started = launch(**getattr(request, "param", {}))
    watch(started, traffic)
    return started


def watch(context: BrowserContext, traffic: Traffic) -> None:
    served = {urlsplit(traffic.own).netloc, *NAMES}
    context.route(lambda url: urlsplit(url).netloc not in served and url.startswith("http"), traffic.answer)
    context.on("console", traffic.on_console)
    context.on("weberror", lambda error: traffic.complaints.append(f"uncaught: {error.error}"))


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.pages[0]


@pytest.fixture
def chat(page: Page, live_server: LiveServer) -> Chat:
    return Chat(page, live_server.url)


def use_server(page: Page, traffic: Traffic, server: LiveServer) -> Chat:
    """The chat of another server than the one that the tests share."""
    traffic.own = server.url
    page.context.unroute_all()
    watch(page.context, traffic)
    return Chat(page, server.url)


def with_setting(page: Page, name: str, value: str) -> None:
    """Serves the chat page as a server with another setting would."""

    def rewrite(route: Route) -> None:
        response = route.fetch()
        body = re.sub(rf'{name}="[^"]*"', f'{name}="{value}"', response.text())
        route.fulfill(response=response, body=body)

    page.route("**/chat/", rewrite)


def expect_elsewhere(page: Page) -> None:
    """The exit has been carried out to its end."""
    expect(page).to_have_title("Elsewhere")


def token_of(response: Response) -> str:
    token: str = response.json()["conversation"]
    return token
