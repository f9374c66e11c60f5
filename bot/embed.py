"""The tag that puts the chat on another site, and a page to try that out on."""

from __future__ import annotations

import html
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from bot.errors import SignpostError
from bot.page import LOADER, WIDGET, File

#: The demo page's own policy: as strict as a site's can be that still shows the chat.
DEMO_POLICY = (
    "default-src 'none'; script-src 'self' {own}; style-src 'self'; frame-src {own}; img-src data:; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

_KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


def check_address(address: str) -> str:
    """Where Signpost is reached, without a slash at the end.

    Raises:
        SignpostError: it is no https:// address (http:// only for this machine).
    """
    parts = urlsplit(address)
    local = parts.hostname in ("localhost", "127.0.0.1")
    if parts.scheme not in ("https", "http" if local else "https") or not parts.hostname or parts.query or parts.fragment:
        raise SignpostError(f"`{address}` is not where Signpost is reached. Give an address like https://chat.example.org")
    return address.rstrip("/")


def tag(address: str, integrity: str, label: str, **settings: str) -> str:
    """The script tag for a site's page, and before it the plain link that stands there until the script has run.

    `address` is where Signpost is reached, `integrity` the value of `Pages.integrity`; `settings` are the tag's other
    data- attributes by name.
    """
    named = {"label": label, **settings}
    data = "".join(f' data-{name}="{html.escape(value, quote=True)}"' for name, value in named.items())
    chat = html.escape(f"{address}/chat/", quote=True)
    return (
        f'<a href="{chat}" rel="noreferrer" data-signpost-link>{html.escape(label)}</a>\n'
        f'<script src="{chat}{LOADER}" integrity="{integrity}"\n'
        f'        crossorigin="anonymous" async{data}></script>'
    )


def demo_files(tag: str) -> dict[str, File]:
    """The demo page's files by path, with `tag` in the page."""
    files = {
        f"/{path.name}": File.of(path.read_bytes(), _KINDS[path.suffix]) for path in sorted((WIDGET / "demo").iterdir())
    }
    page = files.pop("/index.html")
    return {"/": File.of(page.content.replace(b"{{tag}}", tag.encode()), "text/html"), **files}


def demo_server(tag: str, own: str, port: int) -> ThreadingHTTPServer:
    """A server of the demo page on this machine alone, not yet serving. `own` is Signpost's origin.

    Raises:
        SignpostError: something else listens on the port.
    """
    files = demo_files(tag)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = files.get(self.path, files["/"])
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", file.kind)
            self.send_header("Content-Security-Policy", DEMO_POLICY.format(own=own))
            self.end_headers()
            self.wfile.write(file.content)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    try:
        return ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        raise SignpostError(f"cannot serve the demo page on port {port} ({error.strerror}). Set SIGNPOST_PORT.") from error


def serve_demo(server: ThreadingHTTPServer) -> None:
    """Serve in the background for as long as the process lives."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
