"""bot.embed: the tag that an operator copies, and the page to try it on."""

import re
import threading
from html import unescape
from urllib.request import urlopen

import pytest
from conftest import free_port
from test_cli import signpost
from test_headers import policy

from bot.directory import shared
from bot.embed import check_address, demo_files, demo_server, tag
from bot.errors import SignpostError
from bot.page import Pages
from bot.settings import Settings

HERE = "https://chat.example.org"


def test_the_tag() -> None:
    made = tag(HERE, "sha384-abc", "Need to talk?", position="left")
    assert f'<script src="{HERE}/chat/widget.js" integrity="sha384-abc"' in made
    assert 'crossorigin="anonymous" async data-label="Need to talk?" data-position="left"></script>' in made
    # For whoever runs no script: it stands there until the script has put in its button.
    assert made.startswith(f'<a href="{HERE}/chat/" rel="noreferrer" data-signpost-link>Need to talk?</a>')


def test_a_label_cannot_end_the_tag() -> None:
    label = "\"><script>alert('x')</script>&"
    made = tag(HERE, "sha384-abc", label)
    assert made.count("<script") == 1
    found = re.search(r'data-label="([^"]*)"', made)
    assert found is not None
    assert unescape(found[1]) == label


@pytest.mark.parametrize("address", [HERE, "https://example.org/help", "http://localhost:5005", "http://127.0.0.1:5005"])
def test_where_signpost_may_be(address: str) -> None:
    assert check_address(address) == address
    assert check_address(address + "/") == address


@pytest.mark.parametrize("address", ["", "chat.example.org", "http://example.org", "ftp://x", "https://", HERE + "/?a=b", HERE + "#x"])
def test_where_signpost_is_not(address: str) -> None:
    with pytest.raises(SignpostError, match="Give an address like"):
        check_address(address)


def test_the_command_prints_the_tag_of_the_file_that_is_served() -> None:
    """The server's own side of this is in test_channel.py: its bytes have this value."""
    done = signpost("embed", HERE + "/", "--label", "Talk", embed_origins="https://www.example.org")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == tag(HERE, Pages(Settings(), shared()).integrity(), "Talk")


def test_the_command_says_when_no_site_may_show_the_chat() -> None:
    done = signpost("embed", embed_origins="", port="5099")
    assert done.returncode == 0
    assert 'src="http://127.0.0.1:5099/chat/widget.js"' in done.stdout
    assert "SIGNPOST_EMBED_ORIGINS" in done.stderr


def test_the_command_refuses_what_is_no_address() -> None:
    done = signpost("embed", "example.org")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("signpost: `example.org` is not where Signpost is reached.")


def test_the_demo_page_has_the_tag_and_is_not_part_of_what_signpost_serves() -> None:
    files = demo_files("<b>tag</b>")
    assert set(files) == {"/", "/host.js", "/host.css"}
    assert b"<b>tag</b>" in files["/"].content
    assert b"{{" not in files["/"].content
    assert not set(Pages(Settings(), shared()).files) & {"host.js", "host.css", "index.html"}


def test_the_demo_server() -> None:
    port = free_port()
    server = demo_server("<b>tag</b>", HERE, port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert b"<b>tag</b>" in answer.read()
            found = policy(dict(answer.headers))
        assert found["frame-src"] == [HERE]
        assert found["script-src"] == ["'self'", HERE]
        assert "unsafe" not in str(found)
        with pytest.raises(SignpostError, match=f"on port {port}"):
            demo_server("", HERE, port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
