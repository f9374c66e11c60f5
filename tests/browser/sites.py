"""Other people's sites, on a small server of the test's own.

They are real pages from a real address: a browser treats a page that a test makes up as one from the public internet,
and keeps it away from servers on this machine.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: A site that may show the chat, and one that may not.
HOST_SITE = "http://school.localhost"
OTHER_SITE = "http://stranger.localhost"

NAMES = (HOST_SITE.removeprefix("http://"), OTHER_SITE.removeprefix("http://"))

#: As strict as a page can be and still show the chat.
POLICY = "default-src 'none'; script-src {own}; frame-src {own}; img-src data:"

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A school</title><link rel="icon" href="data:,">
<h1>A school</h1><p>About <a href="/next">something</a></p><input aria-label="Search">
<script src="{own}/chat/widget.js" {attributes}></script>"""


class Sites:
    """What the pages say. `own` is Signpost's origin; `attributes` are the loader's settings."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.own = ""
        self.attributes = ""

    @property
    def rules(self) -> str:
        """Tells Chromium where these sites are."""
        return "--host-resolver-rules=" + ",".join(f"MAP {name} 127.0.0.1:{self.port}" for name in NAMES)


@contextmanager
def serve() -> Iterator[Sites]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = PAGE.format(own=sites.own, attributes=sites.attributes).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", POLICY.format(own=sites.own))
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
