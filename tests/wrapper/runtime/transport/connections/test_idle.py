"""Connections that are kept: which one is used next, and which are closed."""

from __future__ import annotations

import pytest

from runflow_client.runtime.transport.connections.idle import IDLE_SECONDS, IdleConnections
from runflow_client.runtime.transport.requests import Origin

HERE, THERE = Origin("https", "here", 443), Origin("https", "there", 443)


class Kept:
    """Stands in for a connection."""

    def __init__(self, origin: Origin = HERE) -> None:
        self.origin = origin
        self.idle_since = 0.0
        self.stale = False
        self.closed = 0

    def is_stale(self) -> bool:
        return self.stale

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def time() -> list[float]:
    return [100.0]


@pytest.fixture
def idle(time: list[float]) -> IdleConnections[Kept]:
    return IdleConnections(3, lambda: time[0])


def test_the_connection_used_last_is_used_next(idle: IdleConnections[Kept]) -> None:
    one, two, other = Kept(), Kept(), Kept(THERE)
    for connection in (one, two, other):
        idle.keep(connection)
    assert [idle.take(HERE) for _ in range(3)] == [two, one, None]
    assert idle.take(THERE) is other
    assert len(idle) == 0
    assert one.closed == two.closed == other.closed == 0


def test_a_stale_connection_is_closed_and_not_used(idle: IdleConnections[Kept]) -> None:
    one, two = Kept(), Kept()
    idle.keep(one)
    idle.keep(two)
    two.stale = True
    assert idle.take(HERE) is one
    assert (one.closed, two.closed) == (0, 1)


@pytest.mark.parametrize(("seconds", "is_kept"), [(IDLE_SECONDS, True), (IDLE_SECONDS + 0.1, False)])
def test_a_connection_is_kept_for_sixty_seconds(
    seconds: float, is_kept: bool, idle: IdleConnections[Kept], time: list[float]
) -> None:
    assert IDLE_SECONDS == 60
    one = Kept()
    idle.keep(one)
    time[0] += seconds
    assert (idle.take(HERE) is one) == is_kept
    assert one.closed == (not is_kept)


def test_oldest_idle_connection_is_closed_over_the_limit(idle: IdleConnections[Kept]) -> None:
    many = [Kept(Origin("https", f"storage-{number}", 443)) for number in range(40)]
    for connection in many:
        idle.keep(connection)
    assert len(idle) == 3
    assert [connection.closed for connection in many] == [1] * 37 + [0] * 3
    assert idle.take(many[0].origin) is None
    assert idle.take(many[-1].origin) is many[-1]


def test_stale_connections_to_other_origins_are_closed_once_a_second(
    idle: IdleConnections[Kept], time: list[float]
) -> None:
    one = Kept(THERE)
    idle.keep(one)
    one.stale = True
    time[0] += 0.9
    idle.keep(Kept())
    assert one.closed == 0
    time[0] += 0.2
    last = Kept()
    idle.keep(last)
    assert (one.closed, len(idle)) == (1, 2)
    assert idle.take(HERE) is last


def test_all_are_forgotten_at_once(idle: IdleConnections[Kept]) -> None:
    one, other = Kept(), Kept(THERE)
    idle.keep(one)
    idle.keep(other)
    assert idle.clear() == [one, other]
    assert len(idle) == 0
    assert idle.take(HERE) is None
    assert one.closed == 0
