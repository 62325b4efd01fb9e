"""The rate of a batch after 429s, and polls that follow learned durations."""

from __future__ import annotations

import math
import random

import pytest
from player import response

from runflow_client import PollPolicy
from runflow_client.batch.pacing import Durations, LearningPollPolicy, Pacer

TOO_MANY = response(429)


def unbounded() -> float:
    """Return the least pause where no rate bounds the polls."""
    return 0.0


def send(pacer: Pacer, start: float, count: int) -> list[float]:
    times = []
    now = start
    for _ in range(count):
        now = max(now, pacer.opens_at())
        pacer.sent(now)
        times.append(now)
    return times


def test_rate_spaces_requests_evenly() -> None:
    times = send(Pacer(10.0), 100.0, 21)
    assert times[-1] - times[0] == pytest.approx(2.0, abs=0.03)


def test_late_timer_is_caught_up_only_a_little() -> None:
    pacer = Pacer(100.0)
    pacer.sent(0.0)
    pacer.sent(5.0)
    assert pacer.opens_at() == pytest.approx(4.99)


def test_one_cut_per_epoch_halves_the_measured_rate() -> None:
    pacer = Pacer(None)
    assert pacer.opens_at() == -math.inf
    for number in range(100):
        pacer.sent(number / 100)
    for _ in range(30):
        pacer.finished(0.5, 1.0, TOO_MANY)
    assert pacer.rate == pytest.approx(50, rel=0.05)
    pacer.finished(1.1, 1.2, response(503))
    assert pacer.rate < 50


def test_responses_that_ask_for_nothing_change_no_rate() -> None:
    pacer = Pacer(None)
    pacer.finished(0.0, 0.0, response(500))
    assert pacer.rate == math.inf


def test_rate_recovers_evenly_until_nothing_bounds_it() -> None:
    pacer = Pacer(None)
    for number in range(100):
        pacer.sent(number / 100)
    pacer.finished(0.5, 1.0, TOO_MANY)
    times = send(pacer, 1.0, 4_000)
    halfway = sum(time <= 6.0 for time in times)
    assert 280 < halfway < 340, "from 50 to 75 a second in five seconds"
    assert pacer.rate == math.inf
    assert times[-1] < 35


def test_rate_recovers_to_the_callers_own_bound() -> None:
    pacer = Pacer(20.0)
    send(pacer, 0.0, 20)
    pacer.finished(0.5, 1.0, TOO_MANY)
    assert pacer.rate == pytest.approx(10.0, rel=0.1)
    send(pacer, 1.0, 400)
    assert pacer.rate == 20.0


def test_retry_after_holds_all_requests_up_to_a_minute() -> None:
    pacer = Pacer(None)
    pacer.finished(0.0, 10.0, response(429, retry_after="7"))
    assert pacer.opens_at() == 17.0
    times = send(pacer, 10.0, 2)
    assert times[0] == 17.0 and times[1] > 17.0, "no herd after the pause"
    pacer.finished(20.0, 20.0, response(429, retry_after="900"))
    assert pacer.opens_at() == 80.0


def test_few_durations_teach_nothing() -> None:
    durations = Durations()
    assert durations.mean is None
    for _ in range(19):
        durations.add(30.0)
    assert durations.pause(0.0) is None and durations.mean == 30.0


def test_first_poll_waits_for_the_shortest_known_duration() -> None:
    durations = Durations()
    for seconds in range(40, 140):
        durations.add(float(seconds))
    first = durations.pause(0.0)
    assert first is not None and 40 < first < 60
    assert durations.pause(139.0) is None, "longer than all that is known"


def test_only_recent_durations_count() -> None:
    durations = Durations()
    for _ in range(500):
        durations.add(10.0)
    for _ in range(500):
        durations.add(100.0)
    assert durations.mean == 100.0


def test_learning_policy_follows_its_policy_until_it_has_learned() -> None:
    durations = Durations()
    policy = LearningPollPolicy.of(PollPolicy(), durations, lambda: 0.5, unbounded)
    assert policy.first == PollPolicy().first and policy.pause_at(5.0, None) == PollPolicy().then
    for _ in range(100):
        durations.add(random.Random(1).uniform(60, 70))
    assert LearningPollPolicy.of(PollPolicy(), durations, lambda: 0.5, unbounded).first > 60
    assert policy.pause_at(10.0, 3.0) > 50


def test_polls_are_spread_by_a_tenth() -> None:
    pauses = {
        LearningPollPolicy.of(PollPolicy(first=10.0), Durations(), lambda chance=chance: chance, unbounded).first
        for chance in (0.0, 0.5, 1.0)
    }
    assert pauses == {9.0, 10.0, 11.0}


def test_polls_leave_room_for_submits_within_a_rate() -> None:
    durations = Durations()
    for _ in range(30):
        durations.add(10.0)
    policy = LearningPollPolicy.of(PollPolicy(), durations, lambda: 0.5, lambda: 40.0)
    assert policy.first == policy.pause_at(40.0, 40.0) == 40.0
