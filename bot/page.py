"""The chat page and the widget's files, read once; the directory's numbers are written into what is sent."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from bot import clock
from bot.directory import Channel, Directory
from bot.errors import SignpostError
from bot.settings import Settings

WIDGET = Path(__file__).resolve().parent.parent / "widget"

#: The lines shown on the page before and beside the chat, the most urgent first.
NUMBERS = ("999", "childline", "nspcc", "101", "samaritans", "domestic_abuse", "crimestoppers", "stop_it_now")

#: Those that the embed script shows on somebody's site when the chat does not open there.
LOADER_NUMBERS = ("999", "childline")

#: What is served under /chat/, besides the page itself. Nothing outside this list is read.
SERVED = (".js", ".css", ".svg")

LOADER = "widget.js"


@dataclass(frozen=True)
class File:
    """What is sent: the bytes, the same compressed, and their kind."""

    content: bytes
    packed: bytes
    kind: str

    @classmethod
    def of(cls, content: bytes, kind: str) -> File:
        """A file of `content`; packed once here, and the same on every machine."""
        return cls(content, gzip.compress(content, mtime=0), f"{kind}; charset=utf-8")


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


def _fill(template: str, values: dict[str, str]) -> bytes:
    for name, value in values.items():
        template = template.replace("{{" + name + "}}", value)
    return template.encode()


def _loader(settings: Settings, directory: Directory) -> str:
    """What the embed script must know before the chat has answered, as the inside of a JavaScript string."""
    now = clock.now()
    lines = [directory.channel(c, now) for c in LOADER_NUMBERS]
    known = {
        "exit": settings.exit_url,
        "exitKey": settings.exit_key,
        "numbers": [{"name": c["name"], "call": f"Call {c['phone']}", "tel": c["tel"]} for c in lines],
    }
    return json.dumps(json.dumps(known))[1:-1]


class Pages:
    """The page and the widget's files, ready to be sent.

    Nothing in them depends on who asks, so packing them tells nobody anything.
    """

    def __init__(self, settings: Settings, directory: Directory, folder: Path = WIDGET) -> None:
        template, loader = folder / "chat.html", folder / LOADER
        for file in (template, loader):
            if not file.is_file():
                raise SignpostError(f"{file}: the chat page is missing. Check out the widget/ folder again.")
        values = {
            "title": "Chat",
            "exit_url": html.escape(settings.exit_url, quote=True),
            "exit_key": settings.exit_key,
            "numbers": numbers_html(directory),
        }
        self.chat = File.of(_fill(template.read_text(encoding="utf-8"), values), "text/html")
        self.files = {
            path.name: File.of(path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream")
            for path in sorted(folder.iterdir())
            if path.suffix in SERVED
        }
        known = {"loader": _loader(settings, directory)}
        self.files[LOADER] = File.of(_fill(loader.read_text(encoding="utf-8"), known), "text/javascript")

    def integrity(self) -> str:
        """The embed script's subresource integrity value: of the very bytes that are served."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.files[LOADER].content).digest()).decode()
