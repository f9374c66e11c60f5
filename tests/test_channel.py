"""bot.channel: the whole contract over HTTP, against the server as it is run."""

import base64
import gzip
import hashlib
import http.client
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pytest
import requests
from conftest import ROOT, Server, Talk
from rasa.shared.core.domain import Domain
from sanic import Sanic
from test_headers import policy

from bot.areas import Area
from bot.channel import API, ERRORS, LARGEST_BODY
from bot.conversation import LONGEST_TEXT
from bot.directory import shared
from bot.headers import headers
from bot.page import LOADER, Pages
from bot.server import make_app
from bot.settings import Settings
from bot.signposting import FACT_VALUES, ROUTES
from bot.tokens import parse_payload

DOMAIN = Domain.load(ROOT / "domain.yml")
DIRECTORY = shared()
SITE = "https://school.example.org"
JSON = {"Content-Type": "application/json"}
#: A text whose answer is the crisis reply, whoever wrote it and whatever went before.
URGENT = "he has a knife and he is going to kill me"


@pytest.fixture(scope="module")
def strict(serve_shared: Callable[..., Server]) -> Server:
    """A server that forgets after three seconds, takes three messages a minute and may be framed by one site."""
    return serve_shared(
        wait_for="/readyz", idle_minutes="0.05", messages_per_minute="3", embed_origins=SITE, log_level="DEBUG"
    )


@dataclass
class Answer:
    """An HTTP answer, read without a client's kindness."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


def ask(server: Server, method: str, path: str, body: bytes | None = None, **given: str) -> Answer:
    """One request as it stands: header names are the keywords, with _ for -."""
    named = {name.replace("_", "-"): value for name, value in given.items()}
    connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rsplit(":", 1)[1]), timeout=30)
    try:
        connection.request(method, path, body, named)
        found = connection.getresponse()
        return Answer(found.status, found.headers, found.read())
    finally:
        connection.close()


def raw(server: Server, request: bytes) -> Answer:
    """Bytes as they stand, malformed or not."""
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=30) as connection:
        connection.sendall(request)
        found = http.client.HTTPResponse(connection)
        found.begin()
        return Answer(found.status, found.headers, found.read())


def post(server: Server, path: str, body: Any) -> Answer:
    """A call of the API with a JSON body."""
    return ask(server, "POST", f"{API}/{path}", json.dumps(body).encode(), **{"Content-Type": "application/json"})


def say(server: Server, token: str, text: str) -> Answer:
    """A message."""
    return post(server, "messages", {"conversation": token, "text": text})


def check_message(message: dict[str, Any]) -> None:
    """A Message of the contract: these keys, these types."""
    assert set(message) - {"lang"} == {"text", "route", "channels", "quick_replies"}
    assert isinstance(message["text"], str)
    assert message["text"].strip()
    assert "{" not in message["text"]
    assert message["route"] in ROUTES
    for channel in message["channels"]:
        assert set(channel) - {"details", "sms"} == {
            "id", "name", "phone", "tel", "text", "url", "hours", "open_now", "cost", "about",
        }  # fmt: skip
        assert all(isinstance(channel[name], str) for name in ("id", "name", "hours", "cost", "about"))
        assert all(isinstance(channel[name], str | None) for name in ("phone", "tel", "text", "url"))
        assert channel["open_now"] in (True, False, None)
        assert channel["phone"] or channel["text"] or channel["url"]
        assert channel["tel"] is None or re.fullmatch(r"tel:\d+", channel["tel"])
        assert channel["url"] is None or channel["url"].startswith("https://")
    for reply in message["quick_replies"]:
        assert set(reply) == {"title", "payload", "means"}
        assert reply["title"].strip()
        assert reply["payload"].startswith("choice.")
        assert isinstance(reply["means"], dict)


def check_answer(answer: Answer, reader: str | None = None) -> None:
    """What holds for every answer of the server, whatever its status; `reader` is the site that may read it."""
    wanted = headers()
    for name in set(wanted) - {"Content-Security-Policy", "Cross-Origin-Resource-Policy", "X-Frame-Options"}:
        assert answer.headers.get_all(name) == [wanted[name]], name
    assert len(answer.headers.get_all("Content-Security-Policy") or ()) == 1
    assert policy(dict(answer.headers))["default-src"] == ["'none'"]
    names = {name.lower() for name in answer.headers}
    assert not names & {"set-cookie", "server", "x-powered-by", "etag", "last-modified", "clear-site-data"}
    told = {name for name in names if name.startswith("access-control-")}
    assert told == ({"access-control-allow-origin"} if reader else set())
    assert answer.headers["Access-Control-Allow-Origin"] == reader


def check_refusal(answer: Answer, code: str, echo: str = "") -> None:
    """An error of the contract: its code and status, and the reply with 999 and Childline."""
    status, words, _ = ERRORS[code]
    check_answer(answer)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error", "messages"}
    assert body["error"] == {"code": code, "message": words}
    [message] = body["messages"]
    check_message(message)
    assert [channel["id"] for channel in message["channels"]][:2] == ["999", "childline"]
    assert message["quick_replies"] == []
    if echo:
        assert echo not in answer.body.decode()


def without_payloads(found: Any) -> Any:
    """A reply without what is different in each conversation."""
    return json.loads(re.sub(r'"payload": "[^"]*"', '"payload": ""', json.dumps(found)))


# --- The calls ----------------------------------------------------------------------------------------------------


def test_a_conversation_opens_with_the_greeting(live_server: Server) -> None:
    answer = post(live_server, "conversations", {})
    check_answer(answer)
    assert answer.status == 201
    body = answer.json()
    assert set(body) == {"conversation", "messages"}
    assert re.fullmatch(r"[A-Za-z0-9_.-]{40,200}", body["conversation"])
    [greeting] = body["messages"]
    check_message(greeting)
    assert greeting["route"] == "greeting"
    assert greeting["quick_replies"]


def test_a_message_is_answered(live_server: Server) -> None:
    answer = say(live_server, live_server.open(), "my uncle used to touch me when i was 9")
    check_answer(answer)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"messages", "exit"}
    assert body["exit"] is False
    for message in body["messages"]:
        check_message(message)
    assert body["messages"][0]["route"] == "past_abuse"
    assert body["messages"][0]["channels"]


def test_the_client_chooses_nothing(live_server: Server) -> None:
    """Neither the token nor anything else that Rasa's own channels take from the body."""
    extra = {"sender": "me", "conversation": "mine", "metadata": {"a": 1}, "input_channel": "x", "stream": True}
    token = post(live_server, "conversations", extra).json()["conversation"]
    assert token != "mine"
    assert token != post(live_server, "conversations", extra).json()["conversation"]
    body = {**extra, "conversation": token, "text": URGENT, "parse_data": {"intent": {"name": "thanks"}}}
    answer = post(live_server, "messages?sender=x&token=y", body)
    assert answer.json()["messages"][0]["route"] == "urgent_danger"


@pytest.mark.parametrize("way", ["delete", "forget"])
def test_forgetting_is_at_once_and_never_an_error(way: str, live_server: Server) -> None:
    token = live_server.open()
    path = f"{API}/conversations/{token}"
    for _ in range(2):
        # sendBeacon posts text/plain and cannot choose otherwise.
        answer = (
            ask(live_server, "DELETE", path)
            if way == "delete"
            else ask(live_server, "POST", f"{path}/forget", b"", Content_Type="text/plain;charset=UTF-8")
        )
        check_answer(answer)
        assert (answer.status, answer.body) == (204, b"")
        check_refusal(say(live_server, token, "hello"), "unknown_conversation", token)


@pytest.mark.parametrize("token", ["x", "a.b", "%00", "x" * 3000, "..%2f..", "%ff", "💬".encode().hex()])
def test_forgetting_what_never_was(token: str, live_server: Server) -> None:
    assert ask(live_server, "DELETE", f"{API}/conversations/{token}").status == 204
    assert ask(live_server, "POST", f"{API}/conversations/{token}/forget", b"").status == 204


def test_leaving_ends_the_conversation(live_server: Server) -> None:
    token = live_server.open()
    body = say(live_server, token, "quick exit").json()
    assert body["exit"] is True
    assert [m["route"] for m in body["messages"]] == ["quick_exit"]
    check_refusal(say(live_server, token, "hello"), "unknown_conversation")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health(path: str, live_server: Server) -> None:
    answer = ask(live_server, "GET", path)
    check_answer(answer)
    assert (answer.status, answer.json()) == (200, {"status": "ok"})


def test_the_page_and_its_files(live_server: Server) -> None:
    page = ask(live_server, "GET", "/chat/")
    check_answer(page)
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert DIRECTORY["childline"].phone.encode() in page.body  # type: ignore[union-attr]
    assert page.headers["X-Frame-Options"] == "DENY"
    home = ask(live_server, "GET", "/")
    check_answer(home)
    assert (home.status, home.headers["Location"]) == (308, "/chat/")
    kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    files = [path for path in (ROOT / "widget").iterdir() if path.suffix in kinds]
    assert files
    for path in files:
        answer = ask(live_server, "GET", f"/chat/{path.name}")
        check_answer(answer)
        assert answer.status == 200
        # The embed script has the numbers filled in (test_page.py).
        assert answer.body == path.read_bytes() or path.name == LOADER
        assert answer.headers["Content-Type"] == f"{kinds[path.suffix]}; charset=utf-8"
        shared_with = "cross-origin" if path.name == LOADER else "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == shared_with


@pytest.mark.parametrize("path", ["/chat/", "/chat/frame", f"/chat/{LOADER}", "/chat/chat.css"])
def test_files_travel_packed_where_the_browser_takes_that(path: str, strict: Server) -> None:
    plain = ask(strict, "GET", path)
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    for asked in ("gzip", "br, gzip", "gzip, deflate, br, zstd"):
        packed = ask(strict, "GET", path, Accept_Encoding=asked)
        check_answer(packed)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert gzip.decompress(packed.body) == plain.body
        assert len(packed.body) < len(plain.body)
    for asked in ("identity", "br", "gzip;q=0"):
        assert ask(strict, "GET", path, Accept_Encoding=asked).body == plain.body


def test_the_embed_script_may_be_read_by_the_chosen_site_alone(strict: Server, live_server: Server) -> None:
    """Without that, a browser refuses a script that has an integrity value."""
    loader = f"/chat/{LOADER}"
    allowed = ask(strict, "GET", loader, Origin=SITE)
    check_answer(allowed, reader=SITE)
    assert {part.strip() for part in allowed.headers["Vary"].split(",")} == {"Accept-Encoding", "Origin"}
    value = base64.b64encode(hashlib.sha384(allowed.body).digest()).decode()
    assert Pages(Settings(embed_origins=(SITE,)), DIRECTORY).integrity() == f"sha384-{value}"
    for origin in ("https://evil.example.org", "null", "*", SITE + "/", SITE + ":443", SITE.upper(), SITE + ".evil.org"):
        check_answer(ask(strict, "GET", loader, Origin=origin))
    check_answer(ask(live_server, "GET", loader, Origin=SITE))
    for path in ("/chat/", "/chat/frame", "/chat/chat.js", "/healthz", "/nothing"):
        check_answer(ask(strict, "GET", path, Origin=SITE))


def test_only_the_frame_may_be_framed_and_only_by_the_chosen_site(strict: Server, live_server: Server) -> None:
    frame = ask(strict, "GET", "/chat/frame")
    check_answer(frame)
    assert policy(dict(frame.headers))["frame-ancestors"] == [SITE]
    assert "X-Frame-Options" not in frame.headers
    assert frame.body == ask(strict, "GET", "/chat/").body
    for path in ("/chat/", "/chat/widget.js", "/", "/healthz", "/chat/frame/x", "/chat/frames"):
        other = ask(strict, "GET", path)
        assert policy(dict(other.headers))["frame-ancestors"] == ["'none'"], path
        assert other.headers["X-Frame-Options"] == "DENY"


# --- What may not be asked ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/rest/webhook", "/webhooks/rest/", "/webhooks/callback/webhook", "/webhooks/socketio", "/socket.io/",
        "/socket.io/?EIO=4&transport=polling", "/webhooks/web", "/webhooks/web/", "/webhooks", "/conversations",
        "/conversations/default/tracker", "/conversations/default/messages", "/conversations/default/story",
        "/conversations/default/execute", "/conversations/default/predict", "/conversations/default/trigger_intent",
        "/model", "/model/parse", "/model/predict", "/model/train", "/model/test/stories", "/status", "/version",
        "/domain", "/webhook", "/health", "/actions", "/auth", "/docs", "/metrics", "/.env", "/chat/chat.html",
        "/chat/../.env", "/chat/%2e%2e/.env", "/chat/..%2f.env", "/chat/%2fetc%2fpasswd", "/chat/x.js", "/robots.txt",
        "/favicon.ico", "/%00", "/%ff", "/webhooks/web/messages/x",
        "/webhooks/web/conversations/x/y", "/webhooks/web/conversations/x/forget/y", "/" + "x" * 5000,
    ],
)  # fmt: skip
def test_there_is_nothing_else(path: str, live_server: Server) -> None:
    """Of Rasa's own addresses least of all: its REST and SocketIO channels and its API."""
    check_refusal(ask(live_server, "GET", path), "not_found")
    a_file = path.startswith("/chat/") and path.count("/") == 2
    check_refusal(ask(live_server, "POST", path, b"{}", **JSON), "method_not_allowed" if a_file else "not_found")


@pytest.fixture(scope="module")
def routes(parts: Any) -> Iterator[dict[str, set[str]]]:
    """Every address of the app with its methods, from the router itself."""
    app = make_app(Settings(), parts)
    app.router.finalize()
    found: dict[str, set[str]] = {}
    for route in app.router.routes_all.values():
        path = "/" + "/".join("x" if part.startswith("<") else part for part in route.parts)
        found.setdefault(path, set()).update(route.methods)
    yield found
    Sanic.unregister_app(app)


def test_the_addresses_are_those_of_the_contract(routes: dict[str, set[str]]) -> None:
    assert routes == {
        f"{API}/conversations": {"POST"}, f"{API}/messages": {"POST"}, f"{API}/conversations/x": {"DELETE"},
        f"{API}/conversations/x/forget": {"POST"}, "/healthz": {"GET"}, "/readyz": {"GET"}, "/chat": {"GET"},
        "/chat/frame": {"GET"}, "/chat/x": {"GET"}, "/": {"GET"},
    }  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "BREW"])
def test_every_address_with_every_method(method: str, routes: dict[str, set[str]], live_server: Server) -> None:
    for path, methods in routes.items():
        answer = ask(live_server, method, path, b"{}" if method == "POST" else None, **JSON)
        check_answer(answer)
        if method in methods:
            assert answer.status in (200, 201, 204, 308, 400, 404), path
        elif method == "HEAD":
            assert (answer.status, answer.body) == (405, b"")
        else:
            check_refusal(answer, "method_not_allowed")
            assert set(answer.headers["Allow"].replace(",", " ").split()) == methods


def test_another_site_is_told_nothing(live_server: Server) -> None:
    """No CORS at all: a preflight is refused, and no answer may be read elsewhere."""
    for origin in ("https://evil.example.org", "null", live_server.url, "http://localhost", "https://www.bbc.co.uk"):
        asked = ask(
            live_server, "OPTIONS", f"{API}/messages", Origin=origin, Access_Control_Request_Method="POST",
            Access_Control_Request_Headers="content-type",
        )  # fmt: skip
        check_refusal(asked, "method_not_allowed")
        check_answer(ask(live_server, "POST", f"{API}/conversations", b"{}", Origin=origin, **JSON))
        check_answer(ask(live_server, "GET", "/chat/", Origin=origin))


@pytest.mark.parametrize(
    "given",
    [
        {"Content-Type": "text/plain"}, {"Content-Type": "text/plain;charset=UTF-8"}, {},
        {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/jsonx"}, {"Content-Type": "application/json-patch+json"}, {"Content-Type": ""},
        {"Content-Type": "text/plain; application/json"}, {**JSON, "Content-Encoding": "gzip"},
        {**JSON, "Sec-Fetch-Site": "cross-site"},
    ],
)  # fmt: skip
def test_what_another_site_could_send_without_asking_is_refused(given: dict[str, str], live_server: Server) -> None:
    token = live_server.open()
    for path, body in (("conversations", {}), ("messages", {"conversation": token, "text": URGENT})):
        answer = ask(live_server, "POST", f"{API}/{path}", json.dumps(body).encode(), **given)
        check_refusal(answer, "not_json")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON;x=y"])
def test_json_is_json_however_it_is_written(kind: str, live_server: Server) -> None:
    assert ask(live_server, "POST", f"{API}/conversations", b"{}", Content_Type=kind).status == 201


MALFORMED = {
    "nothing": b"", "a space": b" ", "words": b"hello", "half": b'{"text": "hello"', "a quote": b'"', "an array": b"[]",
    "a string": b'"hello"', "a number": b"7", "null": b"null", "true": b"true", "single quotes": b"{'a': 1}",
    "a comma": b'{"a": 1,}', "a comment": b"{} // x", "two objects": b"{}{}", "no quotes": b"{a: 1}", "NaN": b"NaN",
    "not UTF-8": b'{"a": "\xff\xfe"}', "a cut character": b'{"a": "\xe2\x82"}', "NUL": b"\x00", "a raw newline": b'{"a": "\n"}',
    "deep arrays": b"[" * 15_000, "deep objects": b'{"a":' * 5_000, "a wide number": b'{"a": ' + b"9" * 20_000 + b"}",
    "a bad escape": b'{"a": "\\x41"}', "a form": b"text=hello&conversation=x", "a BOM alone": b"\xef\xbb\xbf",
}  # fmt: skip


@pytest.mark.parametrize("path", ["conversations", "messages"])
@pytest.mark.parametrize("kind", MALFORMED)
def test_what_is_no_json_object_is_malformed(kind: str, path: str, live_server: Server) -> None:
    check_refusal(ask(live_server, "POST", f"{API}/{path}", MALFORMED[kind], **JSON), "malformed")


@pytest.mark.parametrize("wrong", [None, 7, 1.5, True, [], ["hello"], {}, {"text": "hello"}])
@pytest.mark.parametrize("name", ["text", "conversation"])
def test_wrong_types_are_malformed(name: str, wrong: Any, live_server: Server) -> None:
    right = {"conversation": live_server.open(), "text": "hello"}
    check_refusal(post(live_server, "messages", {**right, name: wrong}), "malformed")
    del right[name]
    check_refusal(post(live_server, "messages", right), "malformed")


def test_of_a_key_that_stands_twice_the_last_counts(live_server: Server) -> None:
    body = f'{{"text": "thanks", "conversation": "x", "conversation": "{live_server.open()}", "text": "{URGENT}"}}'
    answer = ask(live_server, "POST", f"{API}/messages", body.encode(), **JSON)
    assert answer.json()["messages"][0]["route"] == "urgent_danger"


@pytest.mark.parametrize("token", ["", "x", "default", "a.b", "x" * 5000, "\x00", "\ud800", "/../x", "choice.x", "💬"])
def test_an_unknown_conversation(token: str, live_server: Server) -> None:
    check_refusal(say(live_server, token, "zebra quartz"), "unknown_conversation", "zebra")


def test_a_changed_token_is_unknown(live_server: Server) -> None:
    token = live_server.open()
    for changed in (token[:-4], token + "A", "A" + token[1:], token.swapcase(), token.split(".")[0]):
        check_refusal(say(live_server, changed, "hello"), "unknown_conversation")


def test_an_idle_conversation_expires(strict: Server) -> None:
    token = strict.open()
    time.sleep(3.1)
    check_refusal(say(strict, token, "hello"), "unknown_conversation")


def test_too_many_messages_are_slowed_down_and_others_are_not(strict: Server) -> None:
    token = strict.open()
    assert [say(strict, token, URGENT).status for _ in range(3)] == [200, 200, 200]
    answer = say(strict, token, URGENT)
    check_refusal(answer, "too_fast")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert say(strict, strict.open(), URGENT).status == 200


# --- Sizes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filler", ["a", "ha ", "é", "💬", "\u0301", "a" * 79 + " "])
def test_the_longest_text_is_read_to_its_end(filler: str, live_server: Server) -> None:
    ending = f". {URGENT}"
    text = (filler * LONGEST_TEXT)[: LONGEST_TEXT - len(ending)] + ending
    body = {"conversation": live_server.open(), "text": text}
    sent = json.dumps(body, ensure_ascii=False).encode()
    assert len(text) == LONGEST_TEXT
    answer = ask(live_server, "POST", f"{API}/messages", sent, **JSON)
    assert answer.status == 200
    assert answer.json()["messages"][0]["route"] in ("urgent_danger", "danger_check")
    body["text"] = "a" + text
    sent = json.dumps(body, ensure_ascii=False).encode()
    check_refusal(ask(live_server, "POST", f"{API}/messages", sent, **JSON), "too_long", "knife")


def test_a_body_of_just_32_kb_is_read_and_one_byte_more_is_not(live_server: Server) -> None:
    body = json.dumps({"conversation": live_server.open(), "text": URGENT}).encode()
    answer = ask(live_server, "POST", f"{API}/messages", body.ljust(LARGEST_BODY), **JSON)
    assert answer.status == 200
    check_refusal(ask(live_server, "POST", f"{API}/messages", body.ljust(LARGEST_BODY + 1), **JSON), "too_large")


@pytest.mark.parametrize("size", [33_000, 100_000, 1_000_000, 5_000_000])
def test_a_large_body_is_refused(size: int, live_server: Server) -> None:
    body = json.dumps({"conversation": live_server.open(), "text": "a" * size}).encode()
    for path in (f"{API}/messages", f"{API}/conversations"):
        answer = requests.post(live_server.url + path, data=body, headers=JSON, timeout=30)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "too_large"


def test_a_large_body_in_pieces_is_refused(live_server: Server) -> None:
    pieces = iter([b"{" + b" " * 30_000] * 10)
    answer = requests.post(f"{live_server.url}{API}/messages", data=pieces, headers=JSON, timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


# --- Unusual texts -------------------------------------------------------------------------------------------------

TEXTS = {
    "NUL": "he has\x00 a knife and\x00 he is going to kill me\x00",
    "lone surrogates": f"\ud800{URGENT}\udc00 \udfff\ud83d",
    "right to left": f"\u202e{URGENT}\u202c \u2066x\u2069 \u200f",
    "zero width": f"\u200b\ufeff{URGENT}\u200d",
    "combining marks": f"{URGENT} " + "e" + "\u0301" * 1000,
    "marks on every letter": "".join(c + "\u0336" for c in URGENT),
    "fullwidth": "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in URGENT),
    "HTML": f"<script>alert(1)</script><b>{URGENT}</b><img src=x onerror=alert(1)>",
    "SQL and templates": f"'; DROP TABLE x; -- {{{{7*7}}}} ${{7*7}} %s {{childline}} {URGENT}",
    "noncharacters": f"\ufffe\uffff\U0010ffff {URGENT}",
    "control characters": f"\x01\x02\x1b[31m{URGENT}\x7f\x85",
    "line ends": URGENT.replace(" ", "\r\n"),
    "a long ligature": "\ufdfa" * 200 + f" {URGENT}",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_unusual_texts_are_read_all_the_same(kind: str, live_server: Server) -> None:
    answer = say(live_server, live_server.open(), TEXTS[kind])
    check_answer(answer)
    assert answer.status == 200
    messages = answer.json()["messages"]
    for message in messages:
        check_message(message)
    assert messages[0]["route"] in ("urgent_danger", "danger_check")
    for part in ("script", "alert", "DROP", "\u202e", "\x00", "knife"):
        assert part not in answer.body.decode(), "nothing of what was typed comes back"


NOTHINGS = [
    "", " ", "\n\n", "\x00", "\u200b", "\ufeff", "😀", "😭😭😭💔🔪", "👨‍👩‍👧‍👦" * 100, "?", "...", "!" * 4000, "\u0301" * 1000,
    "\u202e", "7", "-1", "null", "undefined", "[]", "{}", "<!--", "\ud800", "ﷺ", "كلب", "我", "🏴󠁧󠁢󠁷󠁬󠁳󠁿",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(NOTHINGS)))
def test_a_text_that_says_nothing_is_answered_with_words(number: int, live_server: Server) -> None:
    answer = say(live_server, live_server.open(), NOTHINGS[number])
    assert answer.status == 200
    assert answer.json()["messages"]
    for message in answer.json()["messages"]:
        check_message(message)


# --- Typed slashes -------------------------------------------------------------------------------------------------

#: Whatever Python's strip() takes away stands before a slash as if it were not there.
SPACES = [
    "", " ", "\t", "\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u1680", "\u2000",
    "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a", "\u2028",
    "\u2029", "\u202f", "\u205f", "\u3000",
]  # fmt: skip
PREFIXES = [
    *(f"{space}/" for space in SPACES), "//", "///", "/ /", "/\u3000/", "/\x00", "\u200b/", "\ufeff/", "\u2060/",
    "\u202e/", "\uff0f", "\u2215", "\u2044", "%2F", "\\/", "&#47;", "\ud800/",
]  # fmt: skip
COMMANDS = [
    "restart", "back", "session_start", "out_of_scope", "nlu_fallback", 'urgent_danger{"x": 1}', "affirm_danger",
    "intent@0.01", "urgent_danger@0.01", 'inform{"speaker": "adult"}', 'inform{"topic": ["past_abuse"]}',
    'inform{"speaker": {"a": 1}}', 'past_abuse@1.0{"speaker": "young"}', "EXTERNAL: urgent_danger",
    "EXTERNAL: restart", "no_such_intent", "quick_exit", "action_listen", "utter_numbers",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_typed_command_is_ordinary_words(command: str, live_server: Server) -> None:
    """After a first message, so that a command that was obeyed would show in what comes next as well."""

    def dialogue(text: str) -> list[Any]:
        token = live_server.open()
        replies = [say(live_server, token, said).json() for said in ("my stepdad hits me", text, "no", "thank you")]
        return [without_payloads(reply) for reply in replies]

    plain = dialogue(command)
    assert dialogue(f"/{command}") == plain
    assert dialogue(f"\u2003/\n/ {command}") == plain


@pytest.mark.parametrize("prefix", PREFIXES)
def test_no_prefix_makes_a_command(prefix: str, talk: Callable[[], Talk], parts: Any) -> None:
    """What Rasa would obey, it would obey to the letter: this intent, these facts, and nothing of the words' own."""
    command = 'past_abuse@0.5{"when": "zebra", "wants": "quartz"}'
    plain, slashed = talk(), talk()
    plain.say(command)
    slashed.say(prefix + command)
    facts = json.loads(parts.store._kept[slashed.id])["s"]
    assert "zebra" not in json.dumps(facts)
    assert "quartz" not in json.dumps(facts)
    if not prefix.strip().strip("/\u3000 "):
        assert without_payloads(slashed.messages) == without_payloads(plain.messages)
        assert parts.store._kept[slashed.id] == parts.store._kept[plain.id]


@pytest.mark.parametrize("intent", [*DOMAIN.intents])
def test_no_intent_can_be_typed(intent: str, talk: Callable[[], Talk], parts: Any) -> None:
    spaces = cycle(SPACES)
    plain, slashed = talk(), talk()
    plain.say(intent)
    slashed.say(f"{next(spaces)}/{intent}")
    assert without_payloads(slashed.messages) == without_payloads(plain.messages)
    assert parts.store._kept.get(slashed.id) == parts.store._kept.get(plain.id), "facts and intent alike"


# --- Quick replies -------------------------------------------------------------------------------------------------


def test_a_quick_reply_is_honoured_where_it_was_offered(live_server: Server) -> None:
    opened = post(live_server, "conversations", {}).json()
    choice = next(q for q in opened["messages"][0]["quick_replies"] if q["means"].get("topic") == "past_abuse")
    body = say(live_server, opened["conversation"], choice["payload"]).json()
    assert body["messages"][0]["route"] == "past_abuse"


def test_a_payload_elsewhere_or_made_up_is_not_honoured(live_server: Server) -> None:
    other = post(live_server, "conversations", {}).json()
    stolen = next(q for q in other["messages"][0]["quick_replies"] if q["means"].get("topic") == "past_abuse")["payload"]
    forged = [stolen, stolen[:-3], stolen + "A", stolen.replace("choice.", "choice..", 1), "choice.", "choice.x"]
    for payload in forged:
        answer = say(live_server, live_server.open(), payload)
        assert answer.status == 200
        assert [m["route"] for m in answer.json()["messages"]] == ["unsure"]


def test_payloads_are_opaque_and_different_in_each_conversation(live_server: Server) -> None:
    first, second = (post(live_server, "conversations", {}).json()["messages"][0] for _ in range(2))
    for one, other in zip(first["quick_replies"], second["quick_replies"], strict=True):
        assert one["title"] == other["title"]
        assert one["payload"] != other["payload"]
        assert "/" not in one["payload"]


def test_every_choice_says_what_it_means_in_the_contracts_words() -> None:
    allowed: dict[str, tuple[Any, ...]] = {
        **FACT_VALUES, "danger_now": (True, False), "topic": ROUTES, "area": tuple(area.id for area in areas()),
    }  # fmt: skip
    for name, variants in DOMAIN.responses.items():
        for button in variants[0].get("buttons") or ():
            intent, means = parse_payload(button["payload"])
            assert intent in DOMAIN.intents, name
            for key, value in means.items():
                assert value in allowed[key], name


def areas() -> tuple[Area, ...]:
    """The areas of the directory."""
    return tuple(DIRECTORY.areas[area] for area in DIRECTORY.areas)


# --- Malformed HTTP ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_bytes", "code"),
    [
        (b"GARBAGE zebra\r\n\r\n", "malformed"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", "malformed"),
        (b"GET /zebra\xff HTTP/1.1\r\nHost: x\r\n\r\n", "malformed"),
        (b"GET /zebra HTTP/9.9\r\nHost: x\r\n\r\n", "malformed"),
        (b"GET /zebra HTTP/1.1\r\nno colon here\r\n\r\n", "malformed"),
        (b"GET / HTTP/1.1\r\nX: " + b"zebra" * 4000 + b"\r\n\r\n", "too_large"),
        (b"POST /webhooks/web/messages HTTP/1.1\r\nContent-Length: -5\r\n\r\nzebra", "malformed"),
        (b"POST /webhooks/web/messages HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nzz", "malformed"),
        (b"POST /webhooks/web/messages HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzebra",
         "malformed"),
        (b"POST /webhooks/web/messages HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
         b"zebra\r\n\r\n", "malformed"),
        (b"POST /webhooks/web/messages HTTP/1.1\r\nExpect: zebra\r\nContent-Length: 5\r\n\r\nzebra", "malformed"),
    ],
)  # fmt: skip
def test_malformed_http_gets_the_headers_and_the_safe_reply_too(
    request_bytes: bytes, code: str, live_server: Server
) -> None:
    check_refusal(raw(live_server, request_bytes), code, "zebra")


def test_after_all_that_it_is_well_and_has_logged_no_fault(live_server: Server) -> None:
    assert say(live_server, live_server.open(), URGENT).json()["messages"][0]["route"] == "urgent_danger"
    events = [json.loads(line) for line in live_server.log.read_text().splitlines() if line.startswith("{")]
    assert not [line for line in events if line.get("event") in ("request_failed", "reply_failed", "uncaught")]
