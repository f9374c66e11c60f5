"""How often one conversation, and one address, may send. Counts live in memory for a minute and then are gone."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class Limits:
    """Two limits a minute: messages of a conversation, and requests from an address other than this machine's."""

    def __init__(self, messages_per_minute: int, source_per_minute: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._messages = RateLimitItemPerMinute(messages_per_minute)
        self._source = RateLimitItemPerMinute(source_per_minute)
        # Addresses are only known under a key of this process, so that no memory dump names one.
        self._key = secrets.token_bytes(32)

    def conversation_allows(self, conversation: str) -> bool:
        """Count one message of a conversation; False when it was one too many."""
        return bool(self._limiter.hit(self._messages, "conversation", conversation))

    def source_allows(self, address: str) -> bool:
        """Count one request of an address; False when it was one too many. Loopback (a proxy's) is never limited."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return True
        if ip.is_loopback:
            return True
        # A household has one /64 of IPv6 addresses; a school may have one IPv4 address for all.
        prefix = ipaddress.ip_network((ip, 64), strict=False) if ip.version == 6 else ip
        key = hashlib.blake2b(str(prefix).encode(), key=self._key, digest_size=16).hexdigest()
        return bool(self._limiter.hit(self._source, "source", key))
