"""The sandbox's time of a server."""

from runflow_client.sandbox.server.clock import ServerClock


def test_clock_begins_at_its_start_and_runs_at_its_speed():
    clock = ServerClock(100, 1_000_000)
    while clock.now() < 101:
        pass
    assert clock.seconds_until(50) == 0
    assert 0 < ServerClock(0, 2).seconds_until(100) <= 50


def test_clock_without_a_due_time_has_no_seconds_until_it():
    assert ServerClock(0, 1).seconds_until(None) is None
