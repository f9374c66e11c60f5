"""Logs that cannot hold a word anybody typed.

Rasa, Sanic, asyncio and Python itself put user text into messages, arguments, warnings and exception texts, most of all
on their failure paths. So no third-party message is ever formatted: of a foreign record only its logger's name, level
and place in the code are written, and of an exception only its type and the places it passed. Signpost's own lines carry
an event name and numbers. Safe by construction, not by search and replace.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import traceback
import warnings
from types import TracebackType
from typing import Any, TextIO

import structlog

#: The levels of Signpost's own events.
ERROR, INFO, DEBUG = logging.ERROR, logging.INFO, logging.DEBUG

#: Logger whose records carry an event name and fields chosen by Signpost itself.
OWN = "signpost"

#: What a field of Signpost's own may hold: numbers, flags and words from fixed lists, never text from outside.
Field = str | int | float | bool


def places(trace: TracebackType | None, most: int = 8) -> list[str]:
    """The innermost `most` places of a traceback as module:line:function; never the source line or the message."""
    frames = traceback.extract_tb(trace)[-most:]
    return [f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno}:{f.name}" for f in frames]


class ClosedFormatter(logging.Formatter):
    """One JSON object a line with a closed set of keys: hour, level, component, event, where, error, at, fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for `record`, without its message or arguments unless Signpost made them."""
        line: dict[str, Any] = {
            # The hour, not the minute: a line must not help anybody say who was typing when.
            "hour": time.strftime("%Y-%m-%dT%HZ", time.gmtime(record.created)),
            "level": record.levelname,
            "component": record.name,
        }
        if record.name == OWN:
            line["event"] = record.msg
            line.update(getattr(record, "signpost_fields", {}))
        else:
            line["where"] = f"{record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["at"] = places(record.exc_info[2])
        return json.dumps(line)


def event(name: str, level: int = logging.INFO, *, error: BaseException | None = None, **fields: Field) -> None:
    """Log one of Signpost's own events: `name` and `fields` come from the code, never from a person."""
    info = (type(error), error, error.__traceback__) if error is not None else None
    logging.getLogger(OWN).log(level, name, exc_info=info, extra={"signpost_fields": fields})


def _drop_text(_logger: Any, method: str, event_dict: dict[str, Any]) -> tuple[tuple[str], dict[str, Any]]:
    """Structlog's last processor: hands the standard logger the method's name and the exception, and nothing else.

    The arguments of that call: a bare dict would be taken for keyword arguments, and the call would raise.
    """
    return (method,), {"exc_info": event_dict.get("exc_info")}


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    info = (kind, error or Exception(), trace)
    logging.getLogger(OWN).critical("uncaught", exc_info=info, extra={"signpost_fields": {}})


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Route every logger, structlog, warnings and uncaught errors to one closed format at `level` on `stream`.

    To be called after Rasa is imported and before it loads anything: Rasa's own set-up would print each message.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(ClosedFormatter())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    structlog.configure(
        processors=[_drop_text],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=False,
    )
    logging.captureWarnings(True)
    # A warning's text may quote the message that caused it, so it is logged by category and place alone.
    warnings.showwarning = _warned  # type: ignore[assignment]
    # What Python would print itself, with the exception's text: uncaught errors of threads and destructors too, and a
    # line that cannot be written.
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    logging.raiseExceptions = False


def _warned(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any) -> None:
    event("warning", logging.DEBUG, category=category.__name__, place=f"{filename.rsplit('/', 1)[-1]}:{lineno}")
