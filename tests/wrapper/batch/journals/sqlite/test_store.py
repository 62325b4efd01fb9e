"""Transactions: groups, failures inside of them, threads, and a disk that is full."""

from __future__ import annotations

import resource
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from journal_runs import PRICE, Machine, ask

from runflow_client.batch.journals.journal import Answer, Totals, Verdict
from runflow_client.batch.journals.sqlite import open_journal
from runflow_client.batch.journals.sqlite.files import connect
from runflow_client.batch.journals.sqlite.store import SQLiteStore
from runflow_client.batch.journals.worker import StoredWorker
from runflow_client.errors import JournalError

BODY = '"' + "x" * 100_000 + '"'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    open_journal(path, clock=Machine()).begin("batch", account="account")
    store = SQLiteStore(path, Machine())
    yield store
    store.close()


@pytest.fixture
def worker(store: SQLiteStore) -> StoredWorker:
    worker = StoredWorker(store, 1, "seed", 3600.0, 60.0)
    with store.transaction():
        worker.begin()
    return worker


def totals(path: Path) -> Totals:
    """Return what another process would see."""
    journal = open_journal(path, clock=Machine())
    found = journal.totals("batch")
    journal.close()
    return found


def test_group_is_written_at_its_end(worker: StoredWorker, path: Path) -> None:
    with worker.group():
        assert ask(worker, "a").answer is Answer.GO
        assert worker.fence("a")
        assert totals_without_writing(path) == 0
        assert ask(worker, "b").answer is Answer.GO
    assert totals(path) == Totals(granted=2, reserved=2 * PRICE)


def totals_without_writing(path: Path) -> int:
    connection = sqlite3.connect(path)
    count = connection.execute("SELECT count(*) FROM items").fetchone()[0]
    connection.close()
    return int(count)


def test_group_is_one_commit(worker: StoredWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = []
    commit = SQLiteStore._commit
    monkeypatch.setattr(SQLiteStore, "_commit", lambda store: (commits.append(1), commit(store)))
    with worker.group():
        for item_id in ("a", "b", "c"):
            ask(worker, item_id)
            worker.submitted(item_id, "e")
            worker.finished(item_id, Verdict.PASSED)
        worker.renew()
    assert len(commits) == 1


def test_exception_undoes_group(worker: StoredWorker, path: Path) -> None:
    def run() -> None:
        with worker.group():
            ask(worker, "a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert totals(path) == Totals()
    assert ask(worker, "a").answer is Answer.GO


def test_failed_call_fails_its_group(worker: StoredWorker, store: SQLiteStore, path: Path) -> None:
    def run() -> None:
        with worker.group():
            ask(worker, "a")
            with pytest.raises(ZeroDivisionError):
                worker.pace(0.0)
            with pytest.raises(JournalError, match="an earlier operation of this group failed"):
                ask(worker, "b")

    with pytest.raises(JournalError, match="an operation of this group failed"):
        run()
    assert totals(path) == Totals()
    assert ask(worker, "a").answer is Answer.GO


def test_group_in_a_group_is_refused(worker: StoredWorker, path: Path) -> None:
    with pytest.raises(JournalError, match="a group cannot be part of another"):
        with worker.group(), worker.group():
            raise AssertionError
    assert ask(worker, "a").answer is Answer.GO


def test_threads_share_one_store(worker: StoredWorker, path: Path) -> None:
    def run(name: int) -> None:
        for index in range(20):
            with worker.group():
                ask(worker, f"{name}-{index}", budget=None)
                worker.submitted(f"{name}-{index}", "e")
            assert worker.finished(f"{name}-{index}", Verdict.PASSED, cost=PRICE)

    threads = [threading.Thread(target=run, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert totals(path) == Totals(passed=80, spent=80 * PRICE)


def test_writes_that_may_be_lost_do_not_flush(worker: StoredWorker, store: SQLiteStore) -> None:
    def synchronous() -> int:
        return int(store.execute("PRAGMA synchronous").fetchone()[0])

    with store.transaction(durable=False):
        assert synchronous() == 1
    with store.transaction():
        assert synchronous() == 2


@contextmanager
def pages_at_most(store: SQLiteStore) -> Iterator[None]:
    pages = store.execute("PRAGMA page_count").fetchone()[0]
    store.execute(f"PRAGMA max_page_count = {pages}")
    yield
    store.execute("PRAGMA max_page_count = 1000000")


@contextmanager
def file_size_at_most(path: Path) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.with_name("journal-wal").stat().st_size, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def end_in_group(worker: StoredWorker) -> None:
    with worker.group():
        worker.submitted("a", "e-1")
        with suppress(JournalError):  # found now, or when the group is written
            worker.finished("a", Verdict.PASSED, evaluation=BODY, cost=PRICE)


@pytest.mark.parametrize("limit", ["pages", "file size"])
def test_full_disk_is_an_error_without_effect(limit: str, worker: StoredWorker, store: SQLiteStore, path: Path) -> None:
    ask(worker, "a")
    expected = "the disk is full" if limit == "pages" else "reading or writing it failed"
    with pages_at_most(store) if limit == "pages" else file_size_at_most(path):
        with pytest.raises(JournalError, match=f"{expected}.*Nothing in it was overwritten"):
            worker.finished("a", Verdict.PASSED, evaluation=BODY, cost=PRICE)
        with pytest.raises(JournalError):
            end_in_group(worker)
    assert totals(path) == Totals(granted=1, reserved=PRICE)
    assert worker.finished("a", Verdict.PASSED, evaluation=BODY, cost=PRICE)
    assert totals(path) == Totals(passed=1, spent=PRICE)


def test_other_process_that_keeps_writing_is_an_error(
    worker: StoredWorker, store: SQLiteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.execute("PRAGMA busy_timeout = 0")
    other = connect(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="another process has been writing to it"):
        ask(worker, "a")
    other.execute("ROLLBACK")
    other.close()
    assert ask(worker, "a").answer is Answer.GO
