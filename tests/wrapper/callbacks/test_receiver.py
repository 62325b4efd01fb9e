"""A receiver wakes the waits for an evaluation, keeps early callbacks for a while, and says when to poll without one."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

import pytest

from runflow_client.callbacks import Callback, Receiver
from runflow_client.callbacks import receiver as module
from runflow_client.errors import ConfigurationError


class Time:
    now = 50.0

    def __call__(self) -> float:
        return self.now


def arrive(receiver: Receiver, evaluation_id: str | None) -> None:
    receiver(Callback("evaluation.completed", evaluation_id, None, "completed", {}))


def counter() -> tuple[list[int], Callable[[], None]]:
    calls: list[int] = []
    return calls, lambda: calls.append(1)


def test_callback_wakes_every_wait_for_its_evaluation_once() -> None:
    receiver = Receiver()
    expected = [receiver.expect("e-1"), receiver.expect("E-1")]
    other = receiver.expect("e-2")
    calls, wake = counter()
    for one in (*expected, other):
        one.on_arrival(wake)
    for _ in range(3):
        arrive(receiver, "e-1")
    assert len(calls) == 2 and all(one.has_arrived for one in expected) and not other.has_arrived


def test_function_set_after_the_arrival_is_called_at_once() -> None:
    receiver = Receiver()
    expected = receiver.expect("e-1")
    arrive(receiver, "E-1")
    calls, wake = counter()
    expected.on_arrival(wake)
    expected.on_arrival(None)
    assert len(calls) == 1


def test_early_callback_is_kept_for_five_minutes() -> None:
    time = Time()
    receiver = Receiver(now=time)
    for name in ("early", "late"):
        arrive(receiver, name)
    time.now += 300
    assert receiver.expect("early").has_arrived and not receiver.expect("early").has_arrived
    time.now += 1
    assert not receiver.expect("late").has_arrived


def test_kept_callbacks_are_bounded_in_number_and_age(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_EARLY", 3)
    time = Time()
    receiver = Receiver(now=time)
    for name in "abcdc":
        arrive(receiver, name)
    assert list(receiver._early) == ["b", "d", "c"]
    time.now += 301
    arrive(receiver, "e")
    assert list(receiver._early) == ["e"]


def test_callback_without_evaluation_id_is_ignored() -> None:
    receiver = Receiver()
    arrive(receiver, None)
    assert not receiver._early


def test_closed_expectation_leaves_nothing_behind() -> None:
    receiver = Receiver()
    first, second = receiver.expect("e-1"), receiver.expect("e-1")
    first.close()
    arrive(receiver, "e-1")
    second.close()
    second.close()
    assert (first.has_arrived, second.has_arrived, receiver._expected) == (False, True, {})


def test_first_poll_is_after_patience_and_later_ones_in_proportion() -> None:
    receiver = Receiver(patience=150)
    assert [receiver.pause_at(elapsed) for elapsed in (0.0, 50.0, 149.9999999, 150.0, 600.0)] == [
        150.0,
        100.0,
        pytest.approx(75),
        75.0,
        300.0,
    ]


@pytest.mark.parametrize("patience", [0, -1.0, math.inf, math.nan, True, "150", None])
def test_patience_must_be_a_positive_number(patience: Any) -> None:
    with pytest.raises(ConfigurationError, match="^patience must be a number of seconds above 0, not "):
        Receiver(patience=patience)


def test_patience_follows_the_slowest_callback_of_late() -> None:
    receiver = Receiver(patience=150)
    for _ in range(9):
        receiver.learn(20.0, arrived=True)
    assert receiver.pause_at(0.0) == 150.0
    receiver.learn(30.0, arrived=True)
    assert receiver.pause_at(0.0) == 40.0, "ten seconds more than the slowest"
    receiver.learn(100.0, arrived=True)
    assert receiver.pause_at(0.0) == 125.0, "a quarter more than the slowest"
    receiver.learn(500.0, arrived=True)
    assert receiver.pause_at(0.0) == 150.0
    for _ in range(100):
        receiver.learn(20.0, arrived=True)
    assert receiver.pause_at(0.0) == 30.0


def test_patience_is_kept_while_few_of_many_have_arrived() -> None:
    receiver = Receiver(patience=150)
    waiting = [receiver.expect(str(number)) for number in range(10)]
    for _ in range(29):
        receiver.learn(20.0, arrived=True)
    assert receiver.pause_at(0.0) == 150.0
    waiting[0].close()
    assert receiver.pause_at(0.0) == 30.0


def test_mostly_lost_callbacks_end_the_seldom_polls() -> None:
    receiver = Receiver(patience=150)
    for _ in range(2):
        receiver.learn(None, arrived=False)
    assert receiver.pause_at(0.0) == 150.0
    receiver.learn(None, arrived=False)
    assert receiver.pause_at(0.0) is None
    for _ in range(3):
        receiver.learn(None, arrived=True)
    assert receiver.pause_at(0.0) == 150.0


def test_ten_lost_callbacks_in_a_row_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    receiver = Receiver()
    for _ in range(9):
        receiver.learn(None, arrived=False)
    assert not caplog.records
    for _ in range(20):
        receiver.learn(None, arrived=False)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "none of the last 10 evaluations had a callback" in caplog.text
