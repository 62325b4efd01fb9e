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
    evaluator = Evaluator(settings(**changes))
    columns = evaluator.evaluate(item_ids, images)
    evaluator.close()
    assert tuple(columns) == COLUMNS
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def test_rows_are_evaluated_in_their_order(sandbox: Sandbox, worker: Path) -> None:
    sandbox.outcomes.extend(["passed", "rejected", "failed"])
    rows = evaluate(["a", 7, "c"], [URL, DATA, URL])
    assert [row["item_id"] for row in rows] == ["a", "7", "c"]
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


def test_fault_of_journal_is_a_row_for_each_item_left(worker: Path) -> None:
    journal = open_journal(worker)
    journal.begin("batch", account="of somebody else")
    journal.close()
    rows = evaluate(["a", "b"], [URL, URL])
    assert [(row["item_id"], row["outcome"]) for row in rows] == [("a", "error"), ("b", "error")]
    assert rows[0]["error"].startswith("JournalError: ") and "another account" in rows[1]["error"]


def test_no_rows_give_empty_columns(worker: Path) -> None:
    assert evaluate([], []) == []


def test_worker_without_journal_is_refused(worker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOURNAL")
    with pytest.raises(errors.ConfigurationError, match="the environment variable JOURNAL"):
        Evaluator(settings())


def test_address_in_place_of_variable_is_refused() -> None:
    with pytest.raises(errors.InvalidRequestError, match="must name the environment variable") as raised:
        settings(journal="postgresql://user:S3cret@db/runs")
    assert "S3cret" not in str(raised.value)


def test_settings_can_be_sent_to_workers() -> None:
    assert pickle.loads(pickle.dumps(settings())) == settings()
