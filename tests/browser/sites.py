"""Other people's sites, on a small server of the test's own: the demo page, under two names.

They are real pages from a real address: a browser treats a page that a test makes up as one from the public internet,
and keeps it away from servers on this machine.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bot.directory import shared
from bot.embed import DEMO_POLICY, demo_files, tag
from bot.page import Pages
from bot.settings import Settings

#: A site that may show the chat, and one that may not.
HOST_SITE = "http://school.localhost"
OTHER_SITE = "http://stranger.localhost"

NAMES = (HOST_SITE.removeprefix("http://"), OTHER_SITE.removeprefix("http://"))

#: A page that shows another page in a frame.
AROUND = '<!doctype html><html lang="en"><title>Around</title><iframe src="{inner}" title="inner" width="900" height="700">'


class Sites:
    """What the pages say. `own` is Signpost's origin; `settings` are the tag's data- attributes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.own = ""
        self.settings: dict[str, str] = {}
        #: Without an integrity value, and so without asking to read the script.
        self.plain = False
        self.integrity = Pages(Settings(), shared()).integrity()

    @property
    def rules(self) -> str:
        """Tells Chromium where these sites are."""
        return "--host-resolver-rules=" + ",".join(f"MAP {name} 127.0.0.1:{self.port}" for name in NAMES)

    def tag(self) -> str:
        """The tag on the pages, as `signpost embed` prints it."""
        whole = tag(self.own, self.integrity, **{"label": "Talk", **self.settings})
        return re.sub(r'\s(integrity|crossorigin)="[^"]*"', "", whole) if self.plain else whole


@contextmanager
def serve() -> Iterator[Sites]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # Firefox takes this server for a proxy, and names the whole address.
            path, _, inner = re.sub(r"^http://[^/?]+", "", self.path).partition("?")
            files = demo_files(sites.tag())
            file = files.get(path, files["/"])
            body = AROUND.format(inner=inner).encode() if path == "/around" else file.content
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if path == "/around" else file.kind)
            if path != "/around":
                self.send_header("Content-Security-Policy", DEMO_POLICY.format(own=sites.own))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sites = Sites(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield sites
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
