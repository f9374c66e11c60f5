"""The web channel: HTTP in, HTTP out. Its API is docs/web-channel.md; what a turn does is bot/conversation.py.

A Rasa input channel whose blueprint also carries the page and the health checks, since all of them must stand when the
model does not. It translates and nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.exceptions import MethodNotAllowed, NotFound, PayloadTooLarge, SanicException

from bot import log
from bot.conversation import LONGEST_TEXT, Conversations
from bot.headers import headers
from bot.limits import Limits
from bot.page import LOADER, File, Pages
from bot.settings import Settings

#: Largest request body in bytes (the contract's 32 KB).
LARGEST_BODY = 32 * 1024
API = "/webhooks/web"

#: Our error codes: HTTP status, what went wrong in words for a developer, and the response the person is shown.
ERRORS = {
    "malformed": (400, "The body is not the JSON object this call takes.", "utter_safe_reply"),
    "unknown_conversation": (404, "This conversation is unknown or has expired. Start a new one.", "utter_start_again"),
    "not_found": (404, "There is nothing here.", "utter_safe_reply"),
    "method_not_allowed": (405, "This address does not take that method.", "utter_safe_reply"),
    "too_large": (413, "The body is over 32 KB.", "utter_too_long"),
    "not_json": (415, "Send JSON with content-type application/json.", "utter_safe_reply"),
    "too_long": (422, f"The text is over {LONGEST_TEXT} characters.", "utter_too_long"),
    "too_fast": (429, "Too many messages. Wait a little.", "utter_too_fast"),
    "failed": (500, "Something went wrong.", "utter_safe_reply"),
    "no_model": (503, "No model is loaded.", "utter_safe_reply"),
}
_CODE_OF_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class Refused(Exception):
    """A request that cannot be answered as asked; `code` is a key of ERRORS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WebChannel(InputChannel):
    """Serves the contract, the page and the health checks."""

    def __init__(self, settings: Settings, conversations: Conversations, pages: Pages) -> None:
        self._settings, self._conversations, self._pages = settings, conversations, pages
        self._limits = Limits(settings.messages_per_minute, settings.source_per_minute)

    @classmethod
    def name(cls) -> str:
        """The channel's name in Rasa."""
        return "web"

    def url_prefix(self) -> str:
        """The root: the page and the health checks stand beside the API."""
        return "/"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]] | None = None) -> Blueprint:
        """All addresses of the public app."""
        web = Blueprint("signpost_web")
        add = web.add_route
        add(self.open, f"{API}/conversations", methods=["POST"])
        add(self.message, f"{API}/messages", methods=["POST"])
        add(self.forget, f"{API}/conversations/<token:str>", methods=["DELETE"], name="delete")
        add(self.forget, f"{API}/conversations/<token:str>/forget", methods=["POST"], name="forget")
        add(self.health, "/healthz", methods=["GET"], name="healthz")
        add(self.health, "/readyz", methods=["GET"], name="readyz")
        add(self.chat, "/chat/", methods=["GET"], name="chat")
        add(self.frame, "/chat/frame", methods=["GET"], name="frame")
        add(self.file, "/chat/<name:str>", methods=["GET"], name="file")
        add(self.home, "/", methods=["GET"], name="home")
        return web

    def guard(self, app: Sanic) -> None:
        """Put the headers on every answer of `app`, and the safe reply in every error."""
        app.on_response(self._with_headers)
        app.error_handler.add(Exception, self._failed)

    def sweep(self) -> None:
        """Drop the counts of requests that are older than a minute."""
        self._limits.sweep()

    async def open(self, request: Request) -> HTTPResponse:
        """POST conversations: 201 with the token and the greeting."""
        self._source(request)
        self._body(request)
        token, messages = self._conversations.open()
        return _json({"conversation": token, "messages": messages}, 201)

    async def message(self, request: Request) -> HTTPResponse:
        """POST messages: 200 with the reply."""
        self._source(request)
        body = self._body(request)
        text = body.get("text")
        if not isinstance(text, str) or not isinstance(body.get("conversation"), str):
            raise Refused("malformed")
        conversation = self._conversations.find(body["conversation"])
        if conversation is None:
            raise Refused("unknown_conversation")
        if len(text) > LONGEST_TEXT:
            raise Refused("too_long")
        if not self._limits.conversation_allows(conversation):
            raise Refused("too_fast")
        if not self._conversations.ready:
            raise Refused("no_model")
        reply = await self._conversations.reply(conversation, text)
        return _json({"messages": reply.messages, "exit": reply.exit})

    async def forget(self, request: Request, token: str) -> HTTPResponse:
        """DELETE a conversation, or POST its /forget from a page that is closing: 204 always."""
        self._conversations.forget(token)
        return HTTPResponse(status=204)

    async def health(self, request: Request) -> HTTPResponse:
        """GET healthz, readyz: 200 while a probe message is answered with 999 first, else 503."""
        well = await self._conversations.healthy()
        return _json({"status": "ok" if well else "failing"}, 200 if well else 503)

    async def chat(self, request: Request) -> HTTPResponse:
        """GET the chat page, which nobody may frame."""
        return _file(request, self._pages.chat)

    async def frame(self, request: Request) -> HTTPResponse:
        """GET the same page for the embed script's iframe, on the configured sites only."""
        return _file(request, self._pages.chat)

    async def file(self, request: Request, name: str) -> HTTPResponse:
        """GET one of the widget's files."""
        if name not in self._pages.files:
            raise NotFound
        return _file(request, self._pages.files[name])

    async def home(self, request: Request) -> HTTPResponse:
        """GET / leads to the chat page."""
        return HTTPResponse(status=308, headers={"Location": "/chat/"})

    def _source(self, request: Request) -> None:
        if not self._limits.source_allows(request.ip):
            raise Refused("too_fast")

    def _body(self, request: Request) -> dict[str, Any]:
        """The request's JSON object.

        Only application/json is taken: a browser sends that across sites after asking first, and is refused.
        """
        if (request.headers.get("content-type") or "").split(";")[0].strip().lower() != "application/json":
            raise Refused("not_json")
        if request.headers.get("content-encoding") or request.headers.get("sec-fetch-site") == "cross-site":
            raise Refused("not_json")
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            raise Refused("malformed") from None
        if not isinstance(body, dict):
            raise Refused("malformed")
        return body

    async def _with_headers(self, request: Request, response: HTTPResponse) -> None:
        path = request.path if request is not None else ""
        sites = self._settings.embed_origins
        embed = sites if path == "/chat/frame" else None
        asks = request.headers.get("origin") if request is not None else None
        known = headers(embed=embed, shared=path == f"/chat/{LOADER}", reader=asks if asks in sites else None)
        if "Vary" in known and "Vary" in response.headers:
            known["Vary"] = f"{response.headers['Vary']}, {known['Vary']}"
        response.headers.update(known)

    async def _failed(self, request: Request, error: Exception) -> HTTPResponse:
        """Every error of the app: our code, and the safe reply in `messages`."""
        if isinstance(error, Refused):
            code = error.code
        elif isinstance(error, PayloadTooLarge):
            code = "too_large"
        elif isinstance(error, SanicException):
            code = _CODE_OF_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "failed")
        else:
            code = "failed"
        if code == "failed":
            log.event("request_failed", log.ERROR, error=error)
        status, words, response = ERRORS[code]
        body = {"error": {"code": code, "message": words}, "messages": self._conversations.safe(response)}
        answer = _json(body, status)
        if status == 429:
            answer.headers["Retry-After"] = "10"
        if isinstance(error, MethodNotAllowed):
            answer.headers.update(error.headers)
        return answer


def _file(request: Request, file: File) -> HTTPResponse:
    """A file, packed where the browser takes that: on a slow line it is the difference between two seconds and six."""
    offered = {part.replace(" ", "") for part in (request.headers.get("accept-encoding") or "").split(",")}
    # With a weight (`gzip;q=0` refuses it) only old proxies ask, and they get it as it is.
    packed = {"Content-Encoding": "gzip"} if "gzip" in offered else {}
    body = file.packed if packed else file.content
    return HTTPResponse(body, content_type=file.kind, headers={**packed, "Vary": "Accept-Encoding"})


def _json(body: dict[str, Any], status: int = 200) -> HTTPResponse:
    return HTTPResponse(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json")
