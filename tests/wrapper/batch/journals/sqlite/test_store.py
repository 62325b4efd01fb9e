"""What a transaction flushes, a disk that is full, and a file that another process keeps."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from journal_runs import PRICE, Machine, ask

from runflow_client.batch.journals.journal import Answer, Totals, Verdict
from runflow_client.batch.journals.sqlite import open_journal
from runflow_client.batch.journals.sqlite.files import connect
from runflow_client.batch.journals.sqlite.store import SQLiteStore
from runflow_client.batch.journals.stored.worker import StoredWorker
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
