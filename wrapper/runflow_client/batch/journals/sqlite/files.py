"""Opening the file of a SQLite journal: what it may be, how it is made, and what SQLite's errors mean for it."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ....errors import JournalError

VERSION = 1
_APPLICATION_ID = 0x52664A31
_MAGIC = b"SQLite format 3\x00"
_HEADER = 100
_BUSY_SECONDS = 60.0
_BUSY_PAUSE = 0.01
_PAGE_SIZE = (
    16_384  # a full evaluation is 45 kB: with pages of 4 kB, SQLite's default, it costs a third more CPU to write
)
_CHECKED_SIZE = 64 * 1024 * 1024  # a larger file is not read as a whole at its opening

# Money is text (Decimal), because SQLite's own numbers are floats. `worker` is 0 where no worker has the item.
_SCHEMA = f"""
CREATE TABLE batches (
    number INTEGER PRIMARY KEY, batch_id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, description TEXT NOT NULL, seed TEXT NOT NULL,
    granted INTEGER NOT NULL DEFAULT 0, submitted INTEGER NOT NULL DEFAULT 0, unknown INTEGER NOT NULL DEFAULT 0,
    passed INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0, undecided INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0, spent TEXT NOT NULL DEFAULT '0', reserved TEXT NOT NULL DEFAULT '0',
    pace_boot TEXT NOT NULL DEFAULT '', pace TEXT NOT NULL DEFAULT ''
);
CREATE TABLE workers (
    number INTEGER PRIMARY KEY AUTOINCREMENT, boot TEXT NOT NULL, until REAL NOT NULL, process TEXT NOT NULL
);
CREATE TABLE items (
    batch INTEGER NOT NULL, item_id TEXT NOT NULL, state TEXT NOT NULL, digest TEXT NOT NULL, idempotency_key TEXT NOT NULL,
    image_references TEXT NOT NULL, price TEXT NOT NULL, boot TEXT NOT NULL, granted REAL NOT NULL, worker INTEGER NOT NULL,
    evaluation_id TEXT, result INTEGER, PRIMARY KEY (batch, item_id)
) WITHOUT ROWID;
CREATE TABLE results (
    number INTEGER PRIMARY KEY, batch INTEGER NOT NULL, item_id TEXT NOT NULL, verdict TEXT NOT NULL, evaluation TEXT, cost TEXT
);
CREATE INDEX results_of_batch ON results (batch);
CREATE INDEX items_in_progress ON items (batch, worker) WHERE state IN ('granted', 'submitted');
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""

_MEANINGS = {
    sqlite3.SQLITE_FULL: "the disk is full: make room and run the batch again",
    sqlite3.SQLITE_READONLY: "it, or its folder, cannot be written: change the permissions, or choose another path",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened or made: its folder must exist and be writable",
    sqlite3.SQLITE_PERM: "it cannot be opened: change the permissions, or choose another path",
    sqlite3.SQLITE_BUSY: f"another process has been writing to it for {_BUSY_SECONDS:.0f} seconds: end that one, or wait",
    sqlite3.SQLITE_CORRUPT: "it is damaged: restore a copy of it. A new journal knows nothing of what was charged before",
    sqlite3.SQLITE_NOTADB: "it is no journal of this library: choose another path",
    sqlite3.SQLITE_IOERR: "reading or writing it failed: look at the disk",
}


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection to the journal in a file, which is made where there is none.

    Raises:
        JournalError: the file is something else, or cannot be used; it was not changed.
    """
    _check_file(path)
    with translated(path):
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise what SQLite raises as a JournalError that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        meaning = _MEANINGS.get(code & 0xFF, "SQLite refused the operation")
        raise problem(path, f"{meaning} (SQLite: {error})") from error


def problem(path: Path, what: str) -> JournalError:
    return JournalError(f"journal {str(path)!r}: {what}. Nothing in it was overwritten.")


def _check_file(path: Path) -> None:
    """Refuse a file that is not a journal, by its first bytes: opening another program's database could change it."""
    try:
        # The journal holds URLs that may be signed: nobody else may read it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except IsADirectoryError:
        raise problem(path, "it is a folder: name a file in it") from None
    except PermissionError:
        raise problem(path, _MEANINGS[sqlite3.SQLITE_READONLY]) from None
    except OSError as error:
        meanings = {errno.ENOSPC: sqlite3.SQLITE_FULL, errno.EROFS: sqlite3.SQLITE_READONLY}
        code = meanings.get(error.errno or 0, sqlite3.SQLITE_CANTOPEN)
        raise problem(path, f"{_MEANINGS[code]} ({error.strerror})") from None
    if not header:
        return
    if len(header) < _HEADER or not header.startswith(_MAGIC) or _number(header, 68) != _APPLICATION_ID:
        raise problem(path, _MEANINGS[sqlite3.SQLITE_NOTADB])
    if _number(header, 60) > VERSION:
        raise problem(path, "a newer version of this library made it: upgrade this one, or choose another path")


def _number(header: bytes, offset: int) -> int:
    return int.from_bytes(header[offset : offset + 4], "big")


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute(f"PRAGMA page_size = {_PAGE_SIZE}")  # of a new file only
    # The file is made before it is switched to WAL, so that its first bytes say what it is from the first commit on.
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
    connection.execute("COMMIT")
    if _switch_to_wal(connection) != "wal":
        raise problem(path, "its file system cannot be shared between processes: put it on a local disk")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # a signed URL that is forgotten is overwritten
    if path.stat().st_size <= _CHECKED_SIZE:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise problem(path, f"{_MEANINGS[sqlite3.SQLITE_CORRUPT]} (SQLite: {found})")


def _switch_to_wal(connection: sqlite3.Connection) -> str:
    """Switch the file to WAL, and return its mode. Here SQLite itself does not wait for other processes, as for one that is
    reading the new file to make the same switch."""
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= end:
                raise
        time.sleep(_BUSY_PAUSE)
