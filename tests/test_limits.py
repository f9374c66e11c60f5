"""bot.limits: who is slowed down, and that nothing of it is kept."""

import pickle

import pytest

from bot.limits import MOST_COUNTED, WINDOW_SECONDS, Limits, Window

#: Addresses of RFC 5737 and RFC 3849, kept for examples.
SOMEBODY, SOMEBODY_ELSE = "192.0.2.7", "192.0.2.8"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_conversation_may_send_so_many_and_no_more(clock: Clock) -> None:
    limits = Limits(3, 100, clock)
    assert [limits.conversation_allows("a") for _ in range(5)] == [True, True, True, False, False]
    assert limits.conversation_allows("b"), "each conversation has its own"


def test_the_minute_moves(clock: Clock) -> None:
    limits = Limits(2, 100, clock)
    assert limits.conversation_allows("a")
    clock.now += 40
    assert limits.conversation_allows("a")
    assert not limits.conversation_allows("a")
    clock.now += 21
    assert limits.conversation_allows("a"), "the first is older than a minute"
    assert not limits.conversation_allows("a"), "the second is not"


def test_what_was_refused_does_not_count(clock: Clock) -> None:
    limits = Limits(1, 100, clock)
    assert limits.conversation_allows("a")
    for _ in range(59):
        clock.now += 1
        assert not limits.conversation_allows("a")
    clock.now += 1
    assert limits.conversation_allows("a"), "impatience does not lock anybody out for longer"


def test_an_address_may_ask_so_often_and_no_more(clock: Clock) -> None:
    limits = Limits(100, 2, clock)
    assert [limits.source_allows(SOMEBODY) for _ in range(3)] == [True, True, False]
    assert limits.source_allows(SOMEBODY_ELSE)
    assert limits.conversation_allows(SOMEBODY), "the two limits do not mix"


def test_a_household_has_one_ipv6_prefix(clock: Clock) -> None:
    limits = Limits(100, 2, clock)
    assert limits.source_allows("2001:db8:1:2::1")
    assert limits.source_allows("2001:db8:1:2:ffff::9")
    assert not limits.source_allows("2001:db8:1:2::2")
    assert limits.source_allows("2001:db8:1:3::1")


def test_an_ipv4_address_is_the_same_however_the_socket_writes_it(clock: Clock) -> None:
    limits = Limits(100, 1, clock)
    assert limits.source_allows(SOMEBODY)
    assert not limits.source_allows(f"::ffff:{SOMEBODY}")
    assert limits.source_allows(f"::ffff:{SOMEBODY_ELSE}"), "not one limit for all of IPv4"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "", "unix", "1.2.3"])
def test_a_proxy_on_this_machine_is_never_limited(address: str, clock: Clock) -> None:
    limits = Limits(100, 1, clock)
    assert all(limits.source_allows(address) for _ in range(10))


def test_counts_are_gone_after_a_minute(clock: Clock) -> None:
    window = Window(5, clock)
    for key in ("a", "b", "c"):
        window.allows(key)
    clock.now += WINDOW_SECONDS - 1
    window.sweep()
    assert len(window) == 3
    clock.now += 1
    window.sweep()
    assert len(window) == 0


def test_an_address_cannot_be_read_from_memory(clock: Clock) -> None:
    limits = Limits(5, 5, clock)
    limits.source_allows(SOMEBODY)
    kept = list(limits._sources._hits)
    assert len(kept) == 1
    assert SOMEBODY not in kept[0]
    again = Limits(5, 5, clock)
    again.source_allows(SOMEBODY)
    assert list(again._sources._hits) != kept, "the same address is another key in another process"
    assert SOMEBODY.encode() not in pickle.dumps([*kept, limits._key])


def test_what_is_counted_is_bounded(clock: Clock) -> None:
    window = Window(1, clock)
    for number in range(MOST_COUNTED + 10):
        window.allows(str(number))
    assert len(window) == MOST_COUNTED
    assert not window.allows(str(MOST_COUNTED + 9)), "the newest are still counted"
