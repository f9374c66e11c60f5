"""The widget's files as they lie: small, and without what must not be in them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

WIDGET = Path(__file__).parents[2] / "widget"
FILES = sorted(file for file in WIDGET.iterdir() if file.suffix in {".js", ".css", ".html", ".svg"})
SCRIPTS = [file for file in FILES if file.suffix == ".js"]

#: Loader and chat together, as they travel.
MOST_BYTES = 30_000

#: A name space, and addresses that belong to nobody (RFC 2606).
KNOWN_ADDRESSES = {"http://www.w3.org/2000/svg", "https://signpost.example/chat/widget.js", "https://www.example.org/"}


def test_loader_and_chat_together_are_small() -> None:
    assert sum(len(gzip.compress(file.read_bytes())) for file in FILES) < MOST_BYTES


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_no_address_of_anybody_else(file: Path) -> None:
    addresses = set(re.findall(r"https?://[\w.-]+[^\s\"'<>)]*", file.read_text(encoding="utf-8")))
    assert addresses <= KNOWN_ADDRESSES


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_no_telephone_number(file: Path) -> None:
    text = re.sub(r"#[0-9a-f]{3,8}\b", "", file.read_text(encoding="utf-8"))  # colours
    assert re.findall(r"\b(?:0\d{2,}[\d ]{3,}|999|101|111|112|11[68] ?\d{3})\b", text) == []


KEPT = "localStorage|sessionStorage|indexedDB|document\\.cookie|pushState|replaceState|serviceWorker|caches\\."
MARKUP = "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|new Function|console\\."


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda f: f.name)
def test_no_script_stores_words_or_makes_markup_of_them(file: Path) -> None:
    assert re.findall(f"{KEPT}|{MARKUP}", file.read_text(encoding="utf-8")) == []


def test_nothing_in_the_page_needs_a_looser_policy() -> None:
    page = (WIDGET / "chat.html").read_text(encoding="utf-8")
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|<form", page) == []


def test_the_page_promises_nothing_it_cannot_keep() -> None:
    page = (WIDGET / "chat.html").read_text(encoding="utf-8").lower()
    assert "this does not erase your browsing history" in page
    for promise in ("no trace", "untraceable", "anonymous", "secret", "invisible"):
        assert promise not in page


MOST_WORDS = 20


def test_sentences_are_short() -> None:
    """Twenty words at most, as everywhere in Signpost."""
    page = re.sub(r"<!--.*?-->|<head>.*</head>", "", (WIDGET / "chat.html").read_text(encoding="utf-8"), flags=re.DOTALL)
    texts = re.split(r"</?(?:p|li|h\d|summary|label|button|a|div|section)\b[^>]*>", page)
    texts += re.findall(r'"((?:[A-Z][^"\n]*[.?!]))"', "".join(file.read_text(encoding="utf-8") for file in SCRIPTS))
    sentences = [s for text in texts for s in re.split(r"(?<=[.?!])\s", re.sub(r"<[^>]+>", "", text))]
    long = [s for s in sentences if len(s.split()) > MOST_WORDS]
    assert len(sentences) > 30
    assert long == []
