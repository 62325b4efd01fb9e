"""Each callback is handled once: in memory, and in a SQLite file that processes share."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runflow_client.callbacks import Callback, Claim, Deduplicator, MemoryDeduplicator, SQLiteDeduplicator
from runflow_client.callbacks.deduplication import key_of

Make = Callable[[], Deduplicator]


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    if request.param == "memory":
        return MemoryDeduplicator
    return lambda: SQLiteDeduplicator(tmp_path / "callbacks.sqlite")


def test_claimed_key_is_running_until_it_is_complete(make: Make) -> None:
    deduplicator = make()
    assert [deduplicator.claim("a"), deduplicator.claim("a"), deduplicator.claim("b")] == [
        Claim.NEW,
        Claim.RUNNING,
        Claim.NEW,
    ]
    deduplicator.complete("a")
    assert deduplicator.claim("a") is Claim.DONE and deduplicator.claim("b") is Claim.RUNNING


def test_released_key_is_new_again(make: Make) -> None:
    deduplicator = make()
    deduplicator.claim("a")
    deduplicator.release("a")
    assert deduplicator.claim("a") is Claim.NEW


def test_release_does_not_forget_a_complete_key(make: Make) -> None:
    deduplicator = make()
    deduplicator.complete("a")
    deduplicator.release("a")
    assert deduplicator.claim("a") is Claim.DONE


def test_memory_holds_only_the_latest_keys() -> None:
    deduplicator = MemoryDeduplicator(size=2)
    for key in "abc":
        deduplicator.claim(key)
        deduplicator.complete(key)
    assert [deduplicator.claim(key) for key in "abc"] == [Claim.NEW, Claim.DONE, Claim.DONE]


class Time:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_lease_of_a_killed_process_ends(tmp_path: Path) -> None:
    time = Time()
    path = tmp_path / "callbacks.sqlite"
    code = "import sys; from runflow_client.callbacks import *; SQLiteDeduplicator(sys.argv[1], now=lambda: 1e6).claim('a')"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    deduplicator = SQLiteDeduplicator(path, lease_seconds=60, now=time)
    assert deduplicator.claim("a") is Claim.RUNNING
    time.now += 60
    assert deduplicator.claim("a") is Claim.NEW and deduplicator.claim("a") is Claim.RUNNING


def test_old_keys_are_removed_from_the_file(tmp_path: Path) -> None:
    time = Time()
    path = tmp_path / "callbacks.sqlite"
    SQLiteDeduplicator(path, now=time).complete("old")
    time.now += 11
    deduplicator = SQLiteDeduplicator(path, keep_seconds=10, now=time)
    deduplicator.claim("new")
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT key FROM runflow_callbacks").fetchall() == [("new",)]
    connection.close()


def test_failure_of_the_file_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "callbacks.sqlite"
    deduplicator = SQLiteDeduplicator(path)
    path.write_bytes(b"no database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        deduplicator.claim("a")


def callback(event: str = "evaluation.completed", evaluation_id: str | None = None, **raw: Any) -> Callback:
    return Callback(event, evaluation_id, None, None, raw)


def test_key_is_event_and_id_in_lower_case() -> None:
    assert key_of(callback(evaluation_id="ABC-1")) == "evaluation.completed abc-1"
    assert key_of(callback("evaluation.failed", "abc-1")) == "evaluation.failed abc-1"


def test_callback_of_run_or_batch_is_known_by_its_id() -> None:
    assert key_of(callback("run.completed", run_id="r-1")) == "run.completed r-1"
    assert key_of(callback("batch.completed", run_id=7, batch_id="b-1")) == "batch.completed b-1"


def test_callback_without_usable_id_is_known_by_its_content() -> None:
    keys = {
        key_of(each)
        for each in (
            callback("x", a=1, b=2),
            callback("x", b=2, a=1),
            callback("x", a=2),
            callback("y", a=2),
            callback("x", "i" * 1_000_000),
            callback("x\n", "i"),
        )
    }
    assert len(keys) == 5 and all(len(key) == 64 for key in keys)
