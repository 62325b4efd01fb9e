"""A table of ids that may be much larger than what should be in memory."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator

_CACHE_KILOBYTES = 16_000


class IdTable:
    """Ids with a number each, in a temporary file of SQLite that nothing else can see and that goes with the process."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        # Python 3.13 and newer warn of a connection that is dropped without being closed.
        self._close = weakref.finalize(self, self._connection.close)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
        self._connection.execute("CREATE TABLE ids (id BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID")
        self._connection.execute("BEGIN")

    def add(self, id_: str, number: int = 0) -> int | None:
        """Add an id, and return None; where it is there already, return its number."""
        key = id_.encode("utf-8", "surrogatepass")
        done = self._connection.execute("INSERT OR IGNORE INTO ids VALUES (?, ?)", (key, number))
        if done.rowcount == 1:
            return None
        return self.get(id_)

    def get(self, id_: str) -> int | None:
        """Return the number of an id; None where it is not there."""
        key = id_.encode("utf-8", "surrogatepass")
        found = self._connection.execute("SELECT number FROM ids WHERE id = ?", (key,)).fetchone()
        return None if found is None else int(found[0])

    def put(self, id_: str, number: int) -> int | None:
        """Give an id a number, and return the one that it had before."""
        before = self.add(id_, number)
        if before is not None and before != number:
            key = id_.encode("utf-8", "surrogatepass")
            self._connection.execute("UPDATE ids SET number = ? WHERE id = ?", (number, key))
        return before

    def __iter__(self) -> Iterator[str]:
        for (key,) in self._connection.execute("SELECT id FROM ids"):
            yield key.decode("utf-8", "surrogatepass")

    def close(self) -> None:
        self._close()
