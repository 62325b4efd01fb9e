"""Files that cannot be the journal: each is a clear error, and stays as it was."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from journal_runs import Machine, ask

from runflow_client.batch.journals.sqlite import files, open_journal
from runflow_client.errors import JournalError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def fill(path: Path, items: int) -> None:
    journal = open_journal(path, clock=Machine())
    worker = journal.begin("batch", account="account")
    with worker.group():
        for index in range(items):
            ask(worker, str(index), budget=None)
    journal.close()


def granted(path: Path) -> int:
    journal = open_journal(path)
    count = journal.totals("batch").granted
    journal.close()
    return count


def refusal(path: Path, match: str) -> None:
    """Check that a file is refused, and that nothing in its folder has changed."""
    before = {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
    with pytest.raises(JournalError, match=f"(?s){match}.*Nothing in it was overwritten") as raised:
        open_journal(path)
    assert str(path) in str(raised.value)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()} == before


@contextmanager
def ordinary_user() -> Iterator[Path]:
    """Return a folder that an ordinary user may look into, and become one: permissions do not bind root."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            if is_root:
                os.seteuid(0)


def test_new_journal_is_for_its_owner_only(path: Path) -> None:
    open_journal(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_empty_file_becomes_journal(path: Path) -> None:
    path.touch()
    fill(path, 1)
    assert granted(path) == 1


def test_memory_is_a_file_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fill(Path(":memory:"), 1)
    assert (tmp_path / ":memory:").stat().st_size > 0


@pytest.mark.parametrize(
    "content", [b"item,verdict\n1,passed\n", b"\x89PNG\r\n\x1a\n" + bytes(200), b"SQLite format 3\x00"]
)
def test_file_of_something_else_is_refused(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    refusal(path, "it is no journal of this library: choose another path")


def test_database_of_something_else_is_refused(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE people (name)")
    connection.close()
    refusal(path, "it is no journal of this library")


def test_journal_of_newer_version_is_refused(path: Path) -> None:
    fill(path, 1)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    refusal(path, "a newer version of this library made it: upgrade this one")


def test_folder_is_refused(path: Path) -> None:
    path.mkdir()
    refusal(path, "it is a folder: name a file in it")


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "missing" / "journal", tmp_path / "file" / "journal"):
        with pytest.raises(JournalError, match="its folder must exist and be writable"):
            open_journal(path)


def test_read_only_file_is_refused() -> None:
    with ordinary_user() as folder:
        path = folder / "journal"
        fill(path, 1)
        path.chmod(0o400)
        refusal(path, "cannot be written: change the permissions")


def test_file_in_read_only_folder_is_refused() -> None:
    with ordinary_user() as folder:
        (folder / "inner").mkdir()
        path = folder / "inner" / "journal"
        fill(path, 1)
        path.parent.chmod(0o500)
        try:
            refusal(path, "writ")
        finally:
            path.parent.chmod(0o700)


@pytest.mark.parametrize(
    ("number", "match"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "cannot be written"), (errno.EIO, "cannot be opened")],
)
def test_file_that_cannot_be_made_is_refused(
    number: int, match: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", fail)
    refusal(path, match)


def damage_items(path: Path) -> None:
    connection = sqlite3.connect(path)
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'items'").fetchone()[0]
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(os.urandom(size))


def damage_schema(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 1000)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [damage_items, damage_schema, cut])
def test_damaged_file_is_refused(damage: Callable[[Path], None], path: Path) -> None:
    fill(path, 300)
    damage(path)
    refusal(path, "it is damaged: restore a copy of it")


def test_damage_in_large_file_is_an_error_when_met(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_CHECKED_SIZE", 0)
    fill(path, 300)
    damage_items(path)
    journal = open_journal(path)
    worker = journal.begin("batch", account="account")
    with pytest.raises(JournalError, match="it is damaged"):
        ask(worker, "0", budget=None)
    assert journal.totals("batch").granted == 300
    journal.close()


def test_journal_of_ended_process_is_recovered(path: Path) -> None:
    fill(path, 1)
    journal = open_journal(path)
    ask(journal.begin("batch", account="account"), "later")
    for each in ("journal", "journal-wal"):
        (path.parent / f"copy{each[7:]}").write_bytes((path.parent / each).read_bytes())
    journal.close()
    assert granted(path.parent / "copy") == 2


def test_file_system_without_shared_memory_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class WithoutWal(sqlite3.Connection):
        def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
            return super().execute(statement.replace("journal_mode = WAL", "journal_mode = DELETE"), *arguments)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, factory=WithoutWal, **kwargs))
    with pytest.raises(JournalError, match="put it on a local disk"):
        open_journal(path)


def test_error_of_sqlite_without_meaning_is_named(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.close()
    with pytest.raises(
        JournalError, match=r"SQLite refused the operation \(SQLite: Cannot operate on a closed database"
    ):
        with files.translated(path):
            connection.execute("SELECT 1")


class _Busy(sqlite3.Connection):
    """A connection on which the switch to WAL fails at once, as SQLite lets it where two processes make it at a time."""

    left = 0

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        if "journal_mode" in statement and _Busy.left > 0:
            _Busy.left -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        return super().execute(statement, *arguments)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> type[_Busy]:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, factory=_Busy, **kwargs))
    monkeypatch.setattr(files, "_BUSY_PAUSE", 0.0)
    return _Busy


def test_switch_that_another_process_makes_too_is_repeated(path: Path, busy: type[_Busy]) -> None:
    busy.left = 3
    fill(path, 1)
    assert busy.left == 0 and granted(path) == 1


def test_switch_that_fails_for_too_long_is_an_error(
    path: Path, busy: type[_Busy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_BUSY_SECONDS", 0.0)
    busy.left = 1
    with pytest.raises(JournalError, match="another process has been writing to it"):
        open_journal(path)
