"""Plain processes that are one batch: the program of docs/many-machines.md, killed and started again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from journal_forms import DatabasePlace, places
from sandbox_process import KEY, ServerProcess, server_process

from runflow_client import EvaluationRequest, Runflow, open_journal
from runflow_client.batch.journals.journal import Totals
from runflow_client.errors import InvalidRequestError

PAGE = Path(__file__).parents[3] / "docs" / "many-machines.md"
SHARDS = 4
ITEMS = 60
PRICE = Decimal("0.05")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The program of the page, with a budget for exactly all items, and sooner polls."""
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    text = found[1].replace('"500.00"', f'"{ITEMS * PRICE}"').replace("rate=200", "max_in_flight=15")
    path = tmp_path / "shard.py"
    path.write_text(text, encoding="utf-8")
    items = "\n".join(f"https://images.example.com/{number}.png" for number in range(ITEMS))
    (tmp_path / "items.txt").write_text(items, encoding="utf-8")
    return path


@pytest.fixture
def database(tmp_path: Path) -> DatabasePlace:
    place = places("postgres", tmp_path)("shards")
    assert isinstance(place, DatabasePlace)
    return place


def start(program: Path, database: DatabasePlace, server: ServerProcess) -> list[subprocess.Popen[bytes]]:
    variables = {
        "RUNFLOW_JOURNAL": database.address,
        "RUNFLOW_API_KEY": KEY,
        "RUNFLOW_BASE_URL": server.url,
        "ITEMS": str(program.with_name("items.txt")),
        "SHARD_COUNT": str(SHARDS),
    }
    return [
        subprocess.Popen(
            [sys.executable, str(program)],
            env={**os.environ, **variables, "SHARD_NUMBER": str(number)},
            stdout=subprocess.DEVNULL,
        )
        for number in range(1, SHARDS + 1)
    ]


def wait_for(server: ServerProcess, evaluations: int, processes: Sequence[subprocess.Popen[bytes]]) -> None:
    while server.state()["evaluations"] < evaluations and any(each.poll() is None for each in processes):
        time.sleep(0.01)


def test_killed_shards_that_start_again_charge_once(program: Path, database: DatabasePlace) -> None:
    with server_process(evaluation_seconds=0, price=str(PRICE)) as server:
        for share in (3, 2):
            processes = start(program, database, server)
            wait_for(server, ITEMS // share, processes)
            for process in processes:
                process.kill()
                process.wait()
        assert [process.wait() for process in start(program, database, server)] == [0] * SHARDS
        state = server.state()
    journal = open_journal(database.address)
    assert journal.totals("catalogue-2026") == Totals(passed=ITEMS, spent=ITEMS * PRICE)
    outcomes = list(journal.outcomes("catalogue-2026"))
    journal.close()
    addresses = [f"https://images.example.com/{number}.png" for number in range(ITEMS)]
    assert sorted(outcome.item_id for outcome in outcomes) == sorted(addresses)
    assert (state["evaluations"], state["charges"]) == (ITEMS, ITEMS)


def test_database_needs_a_batch_id(database: DatabasePlace) -> None:
    with Runflow(KEY) as client:
        with pytest.raises(InvalidRequestError, match="pass the batch_id= of this one") as raised:
            client.evaluations.evaluate_many([], journal=database.address)
    assert raised.value.argument == "batch_id"


def test_batch_shows_no_address() -> None:
    with Runflow(KEY) as client:
        requests: list[EvaluationRequest] = []
        batch: Any = client.evaluations.evaluate_many(requests, journal="postgresql://u:S3cret@h/d", batch_id="b")
        assert "S3cret" not in repr(batch) + repr(batch._options) + str(vars(batch))
