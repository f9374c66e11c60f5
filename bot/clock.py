"""The time that replies are made for: now, unless a test or a staff rehearsal sets another hour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from zoneinfo import ZoneInfo

#: The services' opening hours are given in UK time.
UK = ZoneInfo("Europe/London")

_set: ContextVar[datetime | None] = ContextVar("signpost_clock", default=None)


def now() -> datetime:
    """The current UK time, aware."""
    return _set.get() or datetime.now(UK)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within the block, in this task and those it starts, `now()` is `moment` (a naive one is taken as UK time)."""
    token = _set.set(moment if moment.tzinfo else moment.replace(tzinfo=UK))
    try:
        yield
    finally:
        _set.reset(token)
