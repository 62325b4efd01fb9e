"""What an item costs: round trips, and bytes on the disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from journal_forms import DatabasePlace
from journal_runs import PRICE, ask

from runflow_client.batch.journals.journal import Answer, Verdict, Worker
from runflow_client.batch.journals.postgres.session import Session, Statement
from scripts.testing.postgres_server import server

LIMIT = 512  # bytes an item, beside results


@contextmanager
def round_trips() -> Iterator[list[int]]:
    """Count how often statements are sent, and how many together."""
    counted: list[int] = []
    send = Session._send

    def counting(self: Session, statements: Sequence[Statement]) -> Any:
        counted.append(len(statements))
        return send(self, statements)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "_send", counting)
        yield counted


def test_group_takes_two_round_trips(worker: Worker) -> None:
    items = [str(index) for index in range(50)]
    with round_trips() as counted, worker.group(items):
        for item_id in items:
            ask(worker, item_id, budget=None)
    assert len(counted) == 2
    with round_trips() as counted, worker.group(items):
        for item_id in items:
            worker.submitted(item_id, f"e-{item_id}")
    assert len(counted) == 2
    with round_trips() as counted, worker.group([*items, "new"]):
        for item_id in items:
            worker.finished(item_id, Verdict.PASSED, evaluation="{}", cost=PRICE)
        assert worker.find("new") is None
    assert len(counted) == 2
    with round_trips() as counted, worker.group(items):
        assert {ask(worker, item_id).answer for item_id in items} == {Answer.DONE}
    assert len(counted) == 2


def test_call_takes_two_round_trips(worker: Worker) -> None:
    calls = [
        lambda: ask(worker, "a"),
        lambda: worker.submitted("a", "e-1"),
        lambda: worker.finished("a", Verdict.PASSED),
        lambda: worker.pace(1.0),
    ]
    for call in calls:
        with round_trips() as counted:
            call()
        assert len(counted) == 2


def test_group_without_calls_asks_nobody(worker: Worker) -> None:
    with round_trips() as counted, worker.group():
        pass
    assert counted == []


def test_finished_item_is_found_in_one_round_trip(worker: Worker) -> None:
    ask(worker, "a")
    worker.finished("a", Verdict.UNDECIDED, evaluation="{}")
    with round_trips() as counted:
        found = worker.find("a")
    assert found is not None and found.answer is Answer.DONE
    assert len(counted) == 1


def test_item_takes_half_a_kilobyte_at_most(worker: Worker, database: DatabasePlace) -> None:
    count, size = 4_000, 200
    for first in range(0, count, size):
        items = [f"catalogue/2026/product-{index:09}.png" for index in range(first, first + size)]
        with worker.group(items):
            for item_id in items:
                url = f"https://images.example/{item_id}?signature=0123456789abcdef"
                ask(worker, item_id, digest="0" * 64, image_references=(url,), budget=None)
        with worker.group(items):
            for item_id in items:
                worker.submitted(item_id, f"0191f9ac-0000-7000-8000-{item_id[-16:-4]}")
        with worker.group(items):
            for item_id in items:
                worker.finished(item_id, Verdict.PASSED, cost=PRICE)
        if first % 1_000 == 0:
            server().execute(database.name, "VACUUM runflow_journal.items")  # as the server does by itself in time
    tables = ("batches", "workers", "items")
    sizes = " + ".join(f"pg_total_relation_size('runflow_journal.{table}')" for table in tables)
    ((total,),) = server().execute(database.name, f"SELECT {sizes}")
    assert total / count <= LIMIT
