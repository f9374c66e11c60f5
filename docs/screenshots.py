"""Takes the pictures in docs/images: `make screenshots`. Needs Debian's chromium and a trained model.

Six, always the same: three sizes, light and dark. The hour shows, for a line is open or shut as it is now.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import FrameLocator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = Path(__file__).parent / "images"
CHROMIUM = "/usr/bin/chromium"
READY_SECONDS = 120

PHONE, TABLET, DESK = (360, 640), (768, 1024), (1280, 800)


def free_ports() -> int:
    """A port nobody listens on, whose neighbour is free too."""
    for _ in range(100):
        with socket.socket() as one, socket.socket() as next_one:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            try:
                next_one.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise RuntimeError("no two free ports")


@contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """Signpost and the demo page, while the block runs: their two addresses."""
    port = free_ports()
    environment = {**os.environ, "SIGNPOST_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "bot.cli", "demo"], cwd=ROOT, env=environment)
    try:
        own, site = f"http://127.0.0.1:{port}", f"http://localhost:{port + 1}"
        for _ in range(READY_SECONDS):
            try:
                with urlopen(f"{own}/readyz") as answer:  # noqa: S310
                    if answer.status == 200:
                        break
            except URLError:
                time.sleep(1)
        else:
            raise RuntimeError("Signpost did not answer")
        yield own, site
    finally:
        process.terminate()
        process.wait(10)


def say(page: Page | FrameLocator, *texts: str) -> None:
    """Type and send each text, and wait for its answer."""
    expect(page.locator(".from-bot").first).to_be_visible()
    for text in texts:
        shown = page.locator(".from-person").count()
        page.get_by_label("Write here").fill(text)
        page.get_by_role("button", name="Send").click()
        expect(page.locator(".from-person")).to_have_count(shown + 1)


def opened(page: Page) -> None:
    expect(page.locator(".choices")).to_be_visible()


def danger(page: Page) -> None:
    say(page, "he has a knife and he is going to kill me")


def numbers(page: Page) -> None:
    say(page, "my uncle hurt me when i was little")
    page.get_by_role("button", name="Numbers").click()


def past(page: Page) -> None:
    say(page, "my uncle hurt me when i was little")


def on_a_site(page: Page) -> None:
    page.get_by_label("Search").press_sequentially("term")
    page.get_by_role("button", name="Need to talk?").click()
    frame = page.frame_locator("iframe")
    say(frame, "im worried about my friend")
    page.wait_for_timeout(1200)  # the page's own script looks around once a second


Scene = tuple[str, tuple[int, int], str, str, Callable[[Page], None]]

SCENES: list[Scene] = [
    ("phone-open", PHONE, "light", "/chat/", opened),
    ("phone-danger", PHONE, "dark", "/chat/", danger),
    ("tablet-reply", TABLET, "light", "/chat/", past),
    ("tablet-numbers", TABLET, "dark", "/chat/", numbers),
    ("desk-site", DESK, "light", "site", on_a_site),
    ("desk-reply", DESK, "dark", "/chat/", past),
]


def main(folder: Path = IMAGES) -> None:
    """Write every picture into `folder`."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with demo() as (own, site), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        for name, (width, height), scheme, path, act in SCENES:
            options: dict[str, Any] = {"has_touch": True, "is_mobile": True} if width < DESK[0] else {}
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=1.5, **options
            )
            page = context.new_page()
            page.goto(site + "/" if path == "site" else own + path)
            act(page)
            page.wait_for_timeout(300)
            page.screenshot(path=folder / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
