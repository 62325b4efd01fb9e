"""Handling each callback once in all processes of one machine."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from .deduplication import Claim

_DAY = 86_400.0
_BUSY_SECONDS = 5.0
_CLAIMS_BETWEEN_CLEANUPS = 1_000
_TABLE = """
CREATE TABLE IF NOT EXISTS runflow_callbacks (key TEXT PRIMARY KEY, done INTEGER NOT NULL, at REAL NOT NULL) WITHOUT ROWID
"""


class SQLiteDeduplicator:
    """Remembers handled callbacks in a SQLite file, which all processes of one machine may share.

    It holds events and ids, and nothing else of a callback. Each call opens the file anew, so that threads and forked
    processes share no connection.

    Args:
        path: the file; it is created where it does not exist. Its folder must be on a local disk.
        lease_seconds: after so many seconds without an end, a callback that a process had begun to handle counts as new: the
            process was killed. Longer than the slowest handler.
        keep_seconds: how long handled callbacks are remembered.
        now: the time in seconds since 1970.

    Raises:
        sqlite3.Error: from every method, if the file cannot be read or written.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from runflow_client import callbacks
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     deduplicator = callbacks.SQLiteDeduplicator(Path(folder) / "callbacks.sqlite")
        ...     first = deduplicator.claim("evaluation.completed e-1")
        ...     deduplicator.complete("evaluation.completed e-1")
        ...     first, deduplicator.claim("evaluation.completed e-1")
        (<Claim.NEW: 'new'>, <Claim.DONE: 'done'>)
    """

    def __init__(
        self,
        path: str | Path,
        *,
        lease_seconds: float = 300.0,
        keep_seconds: float = 30 * _DAY,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path = Path(path)
        self._lease_seconds = lease_seconds
        self._keep_seconds = keep_seconds
        self._now = now
        self._claims = 0
        with self._connection() as connection:
            connection.execute(_TABLE)

    def claim(self, key: str) -> Claim:
        """Return NEW if no process has this key or its lease has ended, and keep it; else say what became of it."""
        now = self._now()
        with self._connection() as connection:
            self._clean_up(connection, now)
            row = connection.execute("SELECT done, at FROM runflow_callbacks WHERE key = ?", (key,)).fetchone()
            if row is not None and row[0]:
                return Claim.DONE
            if row is not None and now < row[1] + self._lease_seconds:
                return Claim.RUNNING
            connection.execute("INSERT OR REPLACE INTO runflow_callbacks VALUES (?, 0, ?)", (key, now))
            return Claim.NEW

    def complete(self, key: str) -> None:
        """Remember that the callback with this key was handled."""
        with self._connection() as connection:
            connection.execute("INSERT OR REPLACE INTO runflow_callbacks VALUES (?, 1, ?)", (key, self._now()))

    def release(self, key: str) -> None:
        """Forget a key whose handler failed."""
        with self._connection() as connection:
            connection.execute("DELETE FROM runflow_callbacks WHERE key = ? AND NOT done", (key,))

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Return a connection with the right to write; what was written is durable when the block has ended."""
        with closing(sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def _clean_up(self, connection: sqlite3.Connection, now: float) -> None:
        if self._claims % _CLAIMS_BETWEEN_CLEANUPS == 0:
            connection.execute("DELETE FROM runflow_callbacks WHERE done AND at < ?", (now - self._keep_seconds,))
        self._claims += 1
