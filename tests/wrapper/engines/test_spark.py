"""The function for `mapInArrow`, with a stand-in for Arrow, against the sandbox's server. `make engines` runs the real ones."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runflow_client import PollPolicy
from runflow_client.engines import spark
from runflow_client.engines.evaluator import COLUMNS
from runflow_client.errors import ConfigurationError, InvalidRequestError
from runflow_client.sandbox import Sandbox, SandboxServer

URL = "https://images.example.com/a.png"
SECRETS = {"RUNFLOW_API_KEY": "rf_sandbox_key", "JOURNAL": "S3cret"}


class RecordBatch:
    """A record batch of two columns."""

    def __init__(self, *item_ids: str) -> None:
        self.num_rows = len(item_ids)
        self._columns = {"sku": item_ids, "picture": [URL] * len(item_ids)}

    def column(self, name: str) -> list[Any]:
        return [SimpleNamespace(as_py=lambda value=value: value) for value in self._columns[name]]


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    sandbox = Sandbox(evaluation_seconds=0, price="0.05")
    with SandboxServer(sandbox) as server:
        monkeypatch.setenv("RUNFLOW_API_KEY", SECRETS["RUNFLOW_API_KEY"])
        monkeypatch.setenv("RUNFLOW_BASE_URL", server.url)
        monkeypatch.setenv("JOURNAL", str(tmp_path / SECRETS["JOURNAL"]))
        yield sandbox


def function(**changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "batch_id": "batch",
        "task_type": "product",
        "item_id": "sku",
        "image": "picture",
        "journal": "env:JOURNAL",
        "in_flight": 2,
        "poll": PollPolicy(first=0.01, then=0.01, longest=0.01),
    }
    return spark.evaluate(**(arguments | changes))


@pytest.mark.usefixtures("arrow")
def test_partition_gives_record_batches_of_fixed_schema(sandbox: Sandbox) -> None:
    found = list(function()([RecordBatch("a", "b"), RecordBatch("c")]))
    assert [tuple(schema) for _, schema in found] == [COLUMNS, COLUMNS]
    assert sorted(item_id for columns, _ in found for item_id in columns[0]) == ["a", "b", "c"]
    assert [len(columns[0]) for columns, _ in found] == [2, 1]


@pytest.mark.usefixtures("arrow")
def test_task_that_runs_again_charges_nothing(sandbox: Sandbox) -> None:
    task = pickle.loads(pickle.dumps(function()))
    task_is_killed = task([RecordBatch("a", "b", "c")])
    next(task_is_killed)
    task_is_killed.close()
    again = list(task([RecordBatch("a", "b", "c")]))
    assert sum(len(columns[0]) for columns, _ in again) == 3
    assert (sandbox.evaluations, len(sandbox.charges)) == (3, 3)


def test_function_that_is_sent_holds_no_secret(sandbox: Sandbox) -> None:
    sent = pickle.dumps(function(budget="5.00", price="0.05"))
    assert b"5.00" in sent
    assert not [secret for secret in SECRETS.values() if secret.encode() in sent]


def test_schema_names_the_columns_of_the_result() -> None:
    assert [field.split() for field in spark.SCHEMA.split(", ")] == [
        [name, "double" if name == "score" else "string"] for name in COLUMNS
    ]


def test_address_of_journal_is_not_taken() -> None:
    with pytest.raises(InvalidRequestError, match="environment variable"):
        function(journal="postgresql://user:password@db/runs")


def test_missing_pyarrow_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match='needs pyarrow.*pip install .*"pyarrow'):
        next(function()([RecordBatch("a")]))
