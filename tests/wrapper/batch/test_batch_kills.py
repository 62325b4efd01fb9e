"""A batch with a journal that is killed at any point, and run again: one charge and one outcome an item."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from journal_runs import Machine, in_process
from sandbox_process import KEY, URL, ServerProcess, server_process

from runflow_client import EvaluationRequest, PollPolicy, Runflow, open_journal
from runflow_client.batch.journals import sqlite as sqlite_form
from runflow_client.batch.journals.sqlite.store import SQLiteStore
from runflow_client.flows.base.steps import Send, Step, StepResult
from runflow_client.runtime.sync_driver import SyncDriver

ITEMS = ("a", "b", "c")
PRICE = "0.05"
SOON = PollPolicy(first=0.01, then=0.01, longest=0.01)


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    with server_process(evaluation_seconds=0, price=PRICE) as server:
        yield server


def run(url: str, journal: Path, *, kill_at: int | None = None, machine: Machine | None = None) -> int:
    """Run the batch in a process of its own, and return its exit status.

    Args:
        url: the server.
        journal: the journal.
        kill_at: the number of the point at which the process kills itself; None for none. The names of the points that it
            reached are written to a file beside the journal.
        machine: its boot clock.
    """
    log = journal.with_suffix(".points")
    log.unlink(missing_ok=True)

    def at_point(name: str) -> None:
        with log.open("a") as file:
            file.write(f"{name}\n")
        if kill_at is not None and len(log.read_text().splitlines()) > kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def batch() -> None:
        with pytest.MonkeyPatch.context() as patch:
            _watch(patch, at_point)
            opened = sqlite_form.open_journal(journal, clock=machine or Machine())
            requests = [EvaluationRequest(URL, "headshot", item_id=item_id) for item_id in ITEMS]
            with Runflow(KEY, base_url=url) as client:
                for _ in client.evaluations.evaluate_many(
                    requests, journal=opened, max_in_flight=1, max_requests=1, poll=SOON, budget="0.15", price=PRICE
                ):
                    at_point("an outcome")
            opened.close()

    return in_process(batch)


def _watch(patch: pytest.MonkeyPatch, at_point: Any) -> None:
    """Have a function called before and after each commit, and before and after each submit."""
    commit, perform = SQLiteStore._commit, SyncDriver.perform

    def watched_commit(store: SQLiteStore) -> None:
        changed = store._connection.total_changes
        at_point("before a commit")
        commit(store)
        at_point("after a commit")
        assert store._connection.total_changes >= changed

    def watched_perform(driver: SyncDriver, step: Step) -> StepResult:
        is_submit = isinstance(step, Send) and step.request.operation == "submit_evaluation"
        if is_submit:
            at_point("before a submit")
        outcome = perform(driver, step)
        if is_submit:
            at_point("between a submit and its response")
        return outcome

    patch.setattr(SQLiteStore, "_commit", watched_commit)
    patch.setattr(SyncDriver, "perform", watched_perform)


def points(journal: Path) -> list[str]:
    return journal.with_suffix(".points").read_text().splitlines()


def ended(journal: Path) -> Counter[str]:
    opened = open_journal(journal)
    found = Counter(outcome.item_id for outcome in opened.outcomes("default"))
    opened.close()
    return found


def test_batch_killed_at_any_point_charges_once(tmp_path: Path, server: ServerProcess) -> None:
    assert run(server.url, tmp_path / "whole") == 0
    names = points(tmp_path / "whole")
    assert Counter(names)["between a submit and its response"] == len(ITEMS)
    assert len(names) >= 30
    for point in range(len(names)):
        before = server.state()
        journal = tmp_path / f"killed-{point}"
        assert run(server.url, journal, kill_at=point) == -signal.SIGKILL
        assert points(journal) == names[: point + 1]
        assert run(server.url, journal, machine=Machine(seconds=1100.0)) == 0
        assert ended(journal) == Counter(ITEMS), names[point]
        after = server.state()
        assert after["charges"] - before["charges"] == len(ITEMS), names[point]


def test_batch_continued_after_keys_expired_charges_once(tmp_path: Path, server: ServerProcess) -> None:
    assert run(server.url, tmp_path / "whole") == 0
    names = points(tmp_path / "whole")
    server.state(forget_keys=True)
    unknown = 0
    for point in (number for number, name in enumerate(names) if "submit" in name or "commit" in name):
        before = server.state()
        journal = tmp_path / f"killed-{point}"
        run(server.url, journal, kill_at=point)
        assert run(server.url, journal, machine=Machine(seconds=1000.0 + 3600.0)) == 0
        opened = open_journal(journal)
        totals = opened.totals("default")
        opened.close()
        assert totals.passed + totals.unknown == len(ITEMS)
        after = server.state()
        charges = after["charges"] - before["charges"]
        assert totals.passed <= charges <= len(ITEMS), names[point]
        unknown += totals.unknown
    assert unknown
