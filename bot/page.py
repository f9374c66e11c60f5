"""The chat page: widget files read once, with the directory's numbers written into the HTML itself."""

from __future__ import annotations

import html
import mimetypes
from pathlib import Path

from bot import clock
from bot.directory import Channel, Directory
from bot.errors import SignpostError
from bot.settings import Settings

WIDGET = Path(__file__).resolve().parent.parent / "widget"

#: The lines shown on the page before and beside the chat, the most urgent first.
NUMBERS = ("999", "childline", "nspcc", "101", "samaritans", "domestic_abuse", "crimestoppers", "stop_it_now")

#: What is served under /chat/, besides the page itself. Nothing outside this list is read.
SERVED = (".js", ".css", ".svg")


def numbers_html(directory: Directory) -> str:
    """The numbers as list items that work with JavaScript off."""
    now = clock.now()
    return "\n".join(_item(directory.channel(c, now)) for c in NUMBERS)


def _item(channel: Channel) -> str:
    name, about, hours, cost = (html.escape(str(channel[k])) for k in ("name", "about", "hours", "cost"))
    call = (
        f'<a class="call" href="{html.escape(channel["tel"])}">Call {html.escape(channel["phone"] or "")}</a>'
        if channel["tel"]
        else ""
    )
    return f'<li><strong>{name}</strong> {call}<span class="about">{about}</span> <span class="when">{hours}; {cost}</span></li>'


class Pages:
    """The page and the widget's files, ready to be sent."""

    def __init__(self, settings: Settings, directory: Directory, folder: Path = WIDGET) -> None:
        template = folder / "chat.html"
        if not template.is_file():
            raise SignpostError(f"{template}: the chat page is missing. Check out the widget/ folder again.")
        values = {
            "title": "Chat",
            "exit_url": html.escape(settings.exit_url, quote=True),
            "exit_key": settings.exit_key,
            "numbers": numbers_html(directory),
        }
        page = template.read_text(encoding="utf-8")
        for name, value in values.items():
            page = page.replace("{{" + name + "}}", value)
        self.chat = page.encode()
        self.files = {
            path.name: (path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream")
            for path in sorted(folder.iterdir())
            if path.suffix in SERVED
        }
