"""bot.page: what is sent, with the numbers of the directory in it and nothing left to fill in."""

import base64
import gzip
import hashlib
import json
import re
import shutil
from html import unescape
from pathlib import Path

import pytest

from bot.directory import shared
from bot.errors import SignpostError
from bot.page import LOADER, LOADER_NUMBERS, NUMBERS, WIDGET, Pages
from bot.settings import Settings

DIRECTORY = shared()


def filled(pages: Pages) -> dict[str, object]:
    """What the embed script knows, read as a browser reads it: a string of JavaScript that holds JSON."""
    script = pages.files[LOADER].content.decode()
    text = re.search(r"JSON\.parse\((\"(?:[^\"\\]|\\.)*\")\)", script)
    assert text is not None
    known: dict[str, object] = json.loads(json.loads(text[1]))
    return known


def test_the_page_has_every_number_and_nothing_left_to_fill_in() -> None:
    page = Pages(Settings(), DIRECTORY).chat.content.decode()
    for name in NUMBERS:
        service = DIRECTORY[name]
        assert f'href="tel:{re.sub(" ", "", service.phone or "")}">Call {service.phone}</a>' in page
        assert service.about in unescape(page)
    assert "{{" not in page


def test_the_embed_script_has_the_first_numbers_the_exit_and_its_key() -> None:
    pages = Pages(Settings(exit_url="https://weather.example/now", exit_key="escape-twice"), DIRECTORY)
    known = filled(pages)
    assert (known["exit"], known["exitKey"]) == ("https://weather.example/now", "escape-twice")
    services = [DIRECTORY[name] for name in LOADER_NUMBERS]
    assert known["numbers"] == [
        {"name": s.name, "call": f"Call {s.phone}", "tel": "tel:" + re.sub(" ", "", s.phone or "")} for s in services
    ]
    assert not re.search(r"\{\{\w+\}\}", pages.files[LOADER].content.decode())


def test_the_integrity_value_is_that_of_the_bytes_that_are_sent() -> None:
    pages = Pages(Settings(), DIRECTORY)
    digest = hashlib.sha384(pages.files[LOADER].content).digest()
    assert pages.integrity() == "sha384-" + base64.b64encode(digest).decode()
    assert pages.integrity() == Pages(Settings(), DIRECTORY).integrity(), "the same at every start, on every replica"
    assert pages.integrity() != Pages(Settings(exit_url="https://weather.example/"), DIRECTORY).integrity()


def test_files_are_packed_once_and_the_same_on_every_replica() -> None:
    one, other = Pages(Settings(), DIRECTORY), Pages(Settings(), DIRECTORY)
    for file, again in zip([one.chat, *one.files.values()], [other.chat, *other.files.values()], strict=True):
        assert gzip.decompress(file.packed) == file.content
        assert file == again


@pytest.mark.parametrize("name", ["chat.html", LOADER])
def test_a_missing_file_is_told(name: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(WIDGET, tmp_path / "widget"))
    (folder / name).unlink()
    with pytest.raises(SignpostError, match=rf"{re.escape(name)}: the chat page is missing"):
        Pages(Settings(), DIRECTORY, folder)
