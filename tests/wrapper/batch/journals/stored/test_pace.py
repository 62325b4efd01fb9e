"""The rate that all workers of a batch share: one cut for all requests that were sent before, and the way back."""

from __future__ import annotations

import pytest
from journal_runs import Machine

from runflow_client.batch.journals.journal import Journal, Worker
from runflow_client.batch.journals.stored.pace import Pace

RATE = 8.0


def spacing(worker: Worker) -> float:
    """Return the seconds between two requests."""
    first = worker.pace(RATE)
    return worker.pace(RATE) - first


def test_refused_request_halves_the_rate_of_all_workers(worker: Worker, other: Worker) -> None:
    assert spacing(other) == 1 / RATE
    worker.slow_down(RATE, sent_ago=0.5)
    assert spacing(other) == 2 / RATE


def test_requests_sent_before_a_cut_cause_no_further_one(worker: Worker, other: Worker, machine: Machine) -> None:
    worker.slow_down(RATE, sent_ago=0.5)
    machine.seconds += 1.0
    for sent_ago in (1.1, 2.0, 60.0):
        other.slow_down(RATE, sent_ago=sent_ago)
    assert spacing(worker) < 2.01 / RATE
    other.slow_down(RATE, sent_ago=0.5)
    assert spacing(worker) > 3.0 / RATE


def test_hold_stops_all_workers(worker: Worker, other: Worker, machine: Machine) -> None:
    worker.slow_down(RATE, sent_ago=0.0, hold=30.0)
    assert other.pace(RATE) == 30.0
    machine.seconds += 10.0
    other.slow_down(RATE, sent_ago=20.0, hold=5.0)
    assert 20.0 < worker.pace(RATE) < 21.0


def test_rate_rises_again_within_ten_seconds(worker: Worker, machine: Machine) -> None:
    worker.slow_down(RATE, sent_ago=0.0)
    spacings = []
    for _ in range(30):
        spacings.append(round(spacing(worker) * RATE, 6))
        machine.seconds += 1.0
    assert spacings == sorted(spacings, reverse=True)
    assert (spacings[0], spacings[-1]) == (2.0, 1.0)
    assert spacings.index(1.0) in (10, 11)


def test_rate_is_not_cut_to_nothing(worker: Worker, machine: Machine) -> None:
    for _ in range(20):
        machine.seconds += 0.001
        worker.slow_down(RATE, sent_ago=0.0)
    assert spacing(worker) <= 1 / 0.2


def test_slow_caller_is_not_quickened(worker: Worker) -> None:
    worker.slow_down(0.1, sent_ago=0.0)
    first = worker.pace(0.1)
    assert worker.pace(0.1) - first == pytest.approx(10.0)


def test_batches_slow_down_by_themselves(worker: Worker, journal: Journal) -> None:
    worker.slow_down(RATE, sent_ago=0.0, hold=30.0)
    assert journal.begin("another", account="account").pace(RATE) == 0.0


def test_pace_survives_as_text() -> None:
    pace = Pace()
    assert Pace.from_text("") == Pace.from_text(pace.to_text()) == pace
    pace.slow_down(1000.0, RATE, 0.0, 5.0)
    pace.reserve(1001.0, RATE, 3)
    assert Pace.from_text(pace.to_text()) == pace
