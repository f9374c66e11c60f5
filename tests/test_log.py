"""bot.log: whatever is logged, by whomever, at whatever level, no word from outside is in it."""

import ast
import gc
import io
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from conftest import ROOT
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot import log

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
WORDS = "zebra quartz my uncle"
#: Every key a line may have: the format's own, and the fields of Signpost's events.
KEYS = {"hour", "level", "component", "where", "event", "error", "at", "category", "place", "helped"}


@pytest.fixture
def configured() -> Iterator[Callable[[str], io.StringIO]]:
    """A function that configures logging at a level and gives the stream; everything is put back afterwards."""
    names = [None, *logging.root.manager.loggerDict]
    loggers = [logging.getLogger(name) for name in names]
    before = [(one, one.level, one.propagate, list(one.handlers)) for one in loggers]
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning, logging.raiseExceptions)
    structured = structlog.get_config()

    def configure(level: str) -> io.StringIO:
        stream = io.StringIO()
        log.configure(level, stream)
        return stream

    yield configure
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning, logging.raiseExceptions = hooks
    for one, level, propagate, handlers in before:
        one.setLevel(level)
        one.propagate, one.handlers[:] = propagate, handlers
    structlog.configure(**structured)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """The lines written, each checked: one JSON object of known keys, plain ASCII, the hour and no minute."""
    found = []
    for line in stream.getvalue().splitlines():
        assert line.isascii()
        assert line.isprintable()
        parsed = json.loads(line)
        assert set(parsed) <= KEYS
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\dZ", parsed["hour"])
        found.append(parsed)
    return found


def fail(text: str) -> None:
    """Raise with words in the exception, its cause, its context and its notes."""
    try:
        try:
            raise KeyError(text)
        except KeyError as inner:
            raise ValueError(text, {"text": text}) from inner
    except ValueError as error:
        error.add_note(text)
        raise


class Careless:
    """An object that fails while it is being destroyed, with words in the exception."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __del__(self) -> None:
        raise RuntimeError(self.text)


def say_it_everywhere(text: str) -> None:
    """Every way known in which a library gets words into a log."""
    library = logging.getLogger("rasa.core.processor")
    structured = structlog.get_logger("rasa.core.channels.rest")
    for method in ("debug", "info", "warning", "error", "critical"):
        getattr(library, method)(text)
        getattr(library, method)("message %s", text, extra={"text": text}, stack_info=True)
        getattr(library, method)("%d %(no)s", text)
        getattr(structured, method)(text)
        getattr(structured, method)("rest.message.received", text=text, message={"text": text})
    library.log(logging.INFO, {"text": text})
    try:
        fail(text)
    except ValueError as error:
        library.exception(error, exc_info=True)
        structured.exception("rest.message.received.failure", text=text)
        structured.error("rest.message.received.timeout", text=text, exc_info=True)
        log.event("reply_failed", log.ERROR, error=error)
        sys.excepthook(type(error), error, error.__traceback__)
    warnings.warn(text, UserWarning, stacklevel=1)
    thread = threading.Thread(target=fail, args=(text,), name=text)
    thread.start()
    thread.join()
    Careless(text)
    gc.collect()


@pytest.mark.parametrize("level", LEVELS)
def test_no_words_at_any_level(
    level: str, configured: Callable[[str], io.StringIO], capfd: pytest.CaptureFixture[str]
) -> None:
    stream = configured(level)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = log._warned  # type: ignore[assignment]
        say_it_everywhere(WORDS)
    found = lines(stream)
    assert not any(word in stream.getvalue() for word in WORDS.split())
    assert min(logging.getLevelName(line["level"]) for line in found) == logging.getLevelName(level)
    # That it is silent about words does not make it silent.
    assert {line.get("event") for line in found} >= {"reply_failed", "uncaught"}
    assert {line.get("error") for line in found} >= {"ValueError", "RuntimeError"}
    assert sum(line["component"] == "rasa.core.processor" for line in found) >= 4
    assert sum(line["component"] == "rasa.core.channels.rest" for line in found) >= 4
    out, err = capfd.readouterr()
    assert (out, err) == ("", ""), "and nothing goes past it"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(text=st.text(st.characters(exclude_categories=()), min_size=1))
@example(text="a\r\nb")
@example(text="\x1b[31mred\x1b[0m\x07")
@example(text="\u202eabc\u2066\u2028\u2029\x85")
@example(text='"}\n{"level": "INFO"}')
@example(text="%s%n%(message)s{0}")
def test_no_text_makes_a_line_of_its_own(text: str, configured: Callable[[str], io.StringIO]) -> None:
    stream = configured("DEBUG")
    logging.getLogger("library").info(text)
    logging.getLogger("library").info("%s", text)
    structlog.get_logger().info(text, text=text)
    assert len(lines(stream)) == 3


def test_a_foreign_record_says_where_it_came_from(configured: Callable[[str], io.StringIO]) -> None:
    stream = configured("INFO")
    logging.getLogger("rasa.some").warning(WORDS)
    [line] = lines(stream)
    assert (line["component"], line["level"]) == ("rasa.some", "WARNING")
    assert re.fullmatch(r"test_log:\d+", line["where"])


def test_an_error_says_its_kind_and_the_places_it_passed(configured: Callable[[str], io.StringIO]) -> None:
    stream = configured("INFO")
    try:
        fail(WORDS)
    except ValueError as error:
        log.event("reply_failed", log.ERROR, error=error)
    [line] = lines(stream)
    assert line["error"] == "ValueError"
    assert [place.rsplit(":", 1)[1] for place in line["at"]] == [
        "test_an_error_says_its_kind_and_the_places_it_passed", "fail",
    ]  # fmt: skip
    assert all(re.fullmatch(r"test_log\.py:\d+:\w+", place) for place in line["at"]), "a place, never a source line"


def test_a_deep_fault_is_cut_to_its_innermost_places() -> None:
    def sink(depth: int) -> None:
        if depth == 0:
            raise ValueError(WORDS)
        sink(depth - 1)

    with pytest.raises(ValueError, match="zebra") as deep:
        sink(50)
    assert len(log.places(deep.value.__traceback__)) == 8
    assert log.places(None) == []


def test_own_events_have_a_name_and_numbers(configured: Callable[[str], io.StringIO]) -> None:
    stream = configured("INFO")
    log.event("warning", place="a:1")
    log.event("warning", log.DEBUG, place="b:2")
    assert [(line["event"], line["place"]) for line in lines(stream)] == [("warning", "a:1")]


def test_loggers_made_before_and_after_lose_their_own_handlers(configured: Callable[[str], io.StringIO]) -> None:
    aside = io.StringIO()
    early = logging.getLogger("made.before")
    early.addHandler(logging.StreamHandler(aside))
    early.propagate = False
    early.setLevel("CRITICAL")
    stream = configured("INFO")
    early.warning(WORDS)
    logging.getLogger("made.after").warning(WORDS)
    assert aside.getvalue() == ""
    assert [line["component"] for line in lines(stream)] == ["made.before", "made.after"]


def test_a_log_that_cannot_be_written_prints_nothing(
    configured: Callable[[str], io.StringIO], capfd: pytest.CaptureFixture[str]
) -> None:
    configured("INFO").close()
    logging.getLogger("library").error(WORDS)
    log.event("reply_failed", log.ERROR)
    assert capfd.readouterr() == ("", "")


def test_stopping_by_the_keyboard_is_no_fault(configured: Callable[[str], io.StringIO]) -> None:
    stream = configured("INFO")
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert lines(stream) == []


def test_every_event_of_the_code_has_a_fixed_name_and_known_fields() -> None:
    """What makes the format closed: no call builds a name, or passes a field, from what it was given."""
    calls = [
        (path.name, call)
        for folder in ("bot", "actions")
        for path in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("log.event", "event")
    ]
    assert len(calls) > 3
    for file, call in calls:
        where = f"{file}:{call.lineno}"
        assert isinstance(call.args[0], ast.Constant), where
        assert {keyword.arg for keyword in call.keywords} <= KEYS, where


def test_nobody_logs_past_it() -> None:
    for folder in ("bot", "actions"):
        for path in (ROOT / folder).rglob("*.py"):
            if path != ROOT / "bot" / "log.py":
                source = path.read_text(encoding="utf-8")
                assert not re.search(r"\b(getLogger|structlog|traceback)\b", source), path
