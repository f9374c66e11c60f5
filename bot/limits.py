"""How often one conversation, and one address, may send. Counts live in memory for a minute and then are gone."""

from __future__ import annotations

import bisect
import hashlib
import ipaddress
import secrets
import time
from collections.abc import Callable

from cachetools import TTLCache

WINDOW_SECONDS = 60.0
#: Conversations, and addresses, that are counted at once; beyond it the one longest silent is counted anew.
MOST_COUNTED = 100_000


class Window:
    """Counts what each key did in the last minute."""

    def __init__(self, most: int, timer: Callable[[], float]) -> None:
        self._most, self._timer = most, timer
        # `limits` from PyPI does this too, but keeps every key it ever saw and walks through all of them at each hit.
        self._hits: TTLCache[str, list[float]] = TTLCache(maxsize=MOST_COUNTED, ttl=WINDOW_SECONDS, timer=timer)

    def allows(self, key: str) -> bool:
        """Count one hit of `key`; False, and not counted, when it was one too many."""
        now = self._timer()
        hits = self._hits.get(key, [])
        del hits[: bisect.bisect_right(hits, now - WINDOW_SECONDS)]
        if len(hits) >= self._most:
            return False
        hits.append(now)
        # Set again, so that its minute begins anew.
        self._hits[key] = hits
        return True

    def sweep(self) -> None:
        """Drop what is older than a minute."""
        self._hits.expire()

    def __len__(self) -> int:
        return len(self._hits)


class Limits:
    """Two limits a minute: messages of a conversation, and requests from an address other than this machine's."""

    def __init__(
        self, messages_per_minute: int, source_per_minute: int, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._messages, self._sources = Window(messages_per_minute, timer), Window(source_per_minute, timer)
        # Addresses are only known under a key of this process, so that no memory dump names one.
        self._key = secrets.token_bytes(32)

    def conversation_allows(self, conversation: str) -> bool:
        """Count one message of a conversation; False when it was one too many."""
        return self._messages.allows(conversation)

    def source_allows(self, address: str) -> bool:
        """Count one request of an address; False when it was one too many. Loopback (a proxy's) is never limited."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return True
        # ::ffff:192.0.2.1 is how an IPv4 address looks to a socket that listens on both.
        ip = getattr(ip, "ipv4_mapped", None) or ip
        return ip.is_loopback or self._sources.allows(self._source(ip))

    def _source(self, ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
        # A household has one /64 of IPv6 addresses; a school may have one IPv4 address for all.
        prefix = ipaddress.ip_network((ip, 64), strict=False) if ip.version == 6 else ip
        return hashlib.blake2b(str(prefix).encode(), key=self._key, digest_size=16).hexdigest()

    def sweep(self) -> None:
        """Drop the counts that are older than a minute, so that they do not wait for the next visitor."""
        self._messages.sweep()
        self._sources.sweep()
