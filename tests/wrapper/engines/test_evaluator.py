"""What a worker of an engine makes of its rows, against the sandbox's server."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runflow_client import PollPolicy, errors, open_journal
from runflow_client.batch.journals.stored.worker import StoredWorker
from runflow_client.engines.evaluator import COLUMNS, Evaluator, Settings
from runflow_client.sandbox import Sandbox, SandboxServer, faults, sharp_picture

KEY = "rf_sandbox_key"
URL = "https://images.example.com/a.png"
DATA = sharp_picture()
SOON = PollPolicy(first=0.01, then=0.01, longest=0.01)


def settings(**changes: Any) -> Settings:
    values: dict[str, Any] = {
        "batch_id": "batch",
        "task_type": "product",
        "journal": "env:JOURNAL",
        "budget": None,
        "price": None,
        "rate": None,
        "timeout": 60.0,
        "poll": SOON,
    }
    return Settings(**(values | changes))


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(images={URL: DATA}, evaluation_seconds=0, price="0.05")


@pytest.fixture
def worker(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The environment of a worker; returns the path of its journal."""
    with SandboxServer(sandbox) as server:
        path = tmp_path / "journal"
        for name, value in {"RUNFLOW_API_KEY": KEY, "RUNFLOW_BASE_URL": server.url, "JOURNAL": str(path)}.items():
            monkeypatch.setenv(name, value)
        yield path


def evaluate(item_ids: list[Any], images: list[Any], **changes: Any) -> list[dict[str, Any]]:
    """Evaluate items, and return the rows in the order of the ids as text."""
    in_flight = changes.pop("in_flight", 10)
    evaluator = Evaluator(settings(**changes))
    rows = list(evaluator.rows(zip(item_ids, images, strict=True), in_flight))
    evaluator.close()
    return sorted((dict(zip(COLUMNS, row, strict=True)) for row in rows), key=lambda row: str(row["item_id"]))


def test_each_item_is_a_row(sandbox: Sandbox, worker: Path) -> None:
    sandbox.outcomes.extend(["passed", "rejected", "failed"])
    rows = evaluate(["a", 7, "c"], [URL, DATA, URL])
    assert [row["item_id"] for row in rows] == ["7", "a", "c"]
    assert sorted(str(row["verdict"]) for row in rows) == ["None", "passed", "rejected"]
    assert sorted(row["outcome"] for row in rows) == ["completed", "completed", "failed"]
    passed = next(row for row in rows if row["verdict"] == "passed")
    assert isinstance(passed["score"], float)
    assert Decimal(passed["charged"]) == Decimal("0.05")
    assert json.loads(passed["raw"])["id"] == passed["evaluation_id"]
    assert passed["key"] is not None and passed["error"] is None
    failed = next(row for row in rows if row["outcome"] == "failed")
    assert failed["error"].startswith("EvaluationFailedError: ")


def test_rows_that_come_again_are_not_submitted(sandbox: Sandbox, worker: Path) -> None:
    first = evaluate(["a", "b"], [URL, URL])
    again = evaluate(["b", "a"], [URL, URL])
    assert sandbox.evaluations == 2
    assert {row["evaluation_id"] for row in first} == {row["evaluation_id"] for row in again}
    journal = open_journal(worker)
    assert journal.totals("batch").spent == Decimal("0.10")
    journal.close()


def test_items_are_read_as_there_is_room(sandbox: Sandbox, worker: Path) -> None:
    read: list[int] = []

    def items() -> Iterator[tuple[str, str]]:
        for number in range(20):
            read.append(number)
            yield str(number), URL

    evaluator = Evaluator(settings())
    rows = evaluator.rows(items(), in_flight=2)
    next(rows)
    assert len(read) <= 4
    assert len(list(rows)) == 19
    evaluator.close()


def test_fault_of_item_is_a_row(sandbox: Sandbox, worker: Path) -> None:
    rows = evaluate([None, "b", "c"], [URL, "no image", URL], budget="0.05", price="0.05")
    assert [row["outcome"] for row in rows] == ["error", "error", "completed"]
    assert rows[0]["item_id"] is None
    assert "has no item id" in rows[0]["error"]
    assert rows[1]["error"].startswith("InvalidRequestError: ")
    [row] = evaluate(["d"], [URL], budget="0.05", price="0.05")
    assert row["error"].startswith("BudgetExceededError: ")
    assert sandbox.evaluations == 1


def test_timeout_after_submit_keeps_the_evaluation(sandbox: Sandbox, worker: Path) -> None:
    sandbox.faults.always(faults.refuse(503), on=("GET", "/v1/evaluations/*"))
    [row] = evaluate(["a"], [URL], timeout=0.2)
    assert (row["outcome"], row["verdict"]) == ("error", None)
    assert row["evaluation_id"] is not None
    assert row["error"].startswith("WaitTimeoutError: ")


def test_fault_of_journal_is_a_row_for_each_item(worker: Path) -> None:
    journal = open_journal(worker, create=True)
    journal.begin("batch", account="of somebody else")
    journal.close()
    rows = evaluate(["a", None, "b"], [URL, URL, URL])
    assert [(row["item_id"], row["outcome"]) for row in rows] == [(None, "error"), ("a", "error"), ("b", "error")]
    assert "has no item id" in rows[0]["error"]
    assert all("another account" in row["error"] for row in rows[1:])


def test_fault_of_journal_keeps_rows_before_it(sandbox: Sandbox, worker: Path) -> None:
    evaluator = Evaluator(settings())
    rows = evaluator.rows([(str(number), URL) for number in range(5)], in_flight=2)
    first = next(rows)
    assert evaluator._journal is not None
    evaluator._journal.close()
    others = list(rows)
    evaluator.close()
    assert sorted(row[0] for row in [first, *others]) == list("01234")
    assert first[1] == "completed" and others[-1][1] == "error"
    assert str(others[-1][7]).startswith("JournalError: ")
    assert sandbox.evaluations < 5


def test_batch_that_fails_once_is_begun_again(sandbox: Sandbox, worker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = [2, 4, 6]
    finished = StoredWorker.finished

    def fail(self: StoredWorker, *arguments: Any, **options: Any) -> bool:
        if failing and sandbox.evaluations >= failing[0]:
            failing.pop(0)
            raise errors.JournalError("the transaction was ended")
        return finished(self, *arguments, **options)

    monkeypatch.setattr(StoredWorker, "finished", fail)
    rows = evaluate([str(number) for number in range(9)], [URL] * 9, in_flight=2)
    assert not failing
    assert [(row["item_id"], row["outcome"]) for row in rows] == [(each, "completed") for each in "012345678"]
    assert (sandbox.evaluations, len(sandbox.charges)) == (9, 9)


def test_journal_that_cannot_be_opened_is_a_row(
    sandbox: Sandbox, worker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.write_bytes(b"no journal, but long enough to be told from an empty file" * 100)
    evaluator = Evaluator(settings())
    [row] = evaluator.rows([("a", URL)], in_flight=1)
    assert str(row[7]).startswith("JournalError: ")
    worker.unlink()
    [row] = evaluator.rows([("a", URL)], in_flight=1)
    evaluator.close()
    assert row[1] == "completed"


def test_no_rows_give_none(worker: Path) -> None:
    assert evaluate([], []) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [("JOURNAL", "the environment variable JOURNAL"), ("RUNFLOW_API_KEY", "RUNFLOW_API_KEY")],
    ids=["journal", "key"],
)
def test_worker_without_variable_gives_error_rows(
    worker: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.delenv(name)
    [row] = evaluate(["a"], [URL])
    assert row["error"].startswith("ConfigurationError: ") and message in row["error"]


def test_address_in_place_of_variable_is_refused() -> None:
    with pytest.raises(errors.InvalidRequestError, match="must name the environment variable") as raised:
        settings(journal="postgresql://user:S3cret@db/runs")
    assert "S3cret" not in str(raised.value)


def test_settings_can_be_sent_to_workers() -> None:
    assert pickle.loads(pickle.dumps(settings())) == settings()
