"""The rows of a SQLite journal, and the transactions in which they change."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Context, Decimal
from pathlib import Path
from typing import Any, NamedTuple

from .files import connect, problem, translated

_MONEY = Context(prec=60)  # sums of prices are exact
_COUNTS: tuple[str, ...] = ("granted", "submitted", "unknown", "passed", "rejected", "undecided", "failed", "error")
_READ_LEDGER = f"SELECT {', '.join(_COUNTS)}, spent, reserved, pace_boot, pace_seconds FROM batches WHERE number = ?"  # noqa: S608 - names of ours
_WRITE_LEDGER = (
    f"UPDATE batches SET {', '.join(f'{name} = ?' for name in _COUNTS)}, spent = ?, reserved = ?, pace_boot = ?, "  # noqa: S608
    "pace_seconds = ? WHERE number = ?"
)


class Item(NamedTuple):
    """The row of an item. `state` is granted, submitted, unknown or finished."""

    state: str
    digest: str
    key: str
    image_references: str
    price: str
    boot: str
    granted: float
    worker: int
    evaluation_id: str | None
    result: int | None


@dataclass(slots=True)
class Ledger:
    """The counts and the money of a batch: read once and written once in a transaction, however many items change in it."""

    counts: dict[str, int]
    spent: Decimal
    reserved: Decimal
    pace_boot: str
    pace_seconds: float

    def move(self, item: Item | None, state: str | None, spent: Decimal = Decimal(0)) -> None:
        """Count an item that goes from the state of its row to another one.

        Args:
            item: its row as it was, None where it had none.
            state: the new state, or the verdict of an ended one; None where its row goes.
            spent: what is spent by its end.
        """
        if item is not None:
            self.counts[item.state] -= 1
            if item.state == "unknown":
                self.spent = _MONEY.subtract(self.spent, Decimal(item.price))
            else:
                self.reserved = _MONEY.subtract(self.reserved, Decimal(item.price))
        if state is not None:
            self.counts[state] += 1
        self.spent = _MONEY.add(self.spent, spent)

    def reserve(self, price: Decimal) -> None:
        self.reserved = _MONEY.add(self.reserved, price)

    def allows(self, price: Decimal, budget: Decimal) -> bool:
        return _MONEY.add(_MONEY.add(self.spent, self.reserved), price) <= budget


class Store:
    """One connection to the file, for all threads of a process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = connect(path)
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._is_closed = False
        self._is_grouped = False
        self._has_failed = False
        self._ledgers: dict[int, Ledger] = {}

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def item(self, batch: int, item_id: str) -> Item | None:
        row = self.execute(
            "SELECT state, digest, idempotency_key, image_references, price, boot, granted, worker, evaluation_id, result "
            "FROM items WHERE batch = ? AND item_id = ?",
            (batch, item_id),
        ).fetchone()
        return None if row is None else Item._make(row)

    def ledger(self, batch: int) -> Ledger:
        """Return the ledger of a batch; inside a transaction its changes are written with it."""
        ledger = self._ledgers.get(batch)
        if ledger is None:
            *counts, spent, reserved, boot, seconds = self.execute(_READ_LEDGER, (batch,)).fetchone()
            named = dict(zip(_COUNTS, counts, strict=True))
            ledger = Ledger(named, Decimal(spent), Decimal(reserved), boot, seconds)
            if self._connection.in_transaction:
                self._ledgers[batch] = ledger
        return ledger

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Return a context to read in, of one thread at a time."""
        with self._lock, translated(self._path):
            if self._is_closed:
                raise problem(self._path, "it is closed: open it again")
            if self._process != os.getpid():
                raise problem(
                    self._path, "another process opened it, of which this one is a fork: open it in this process"
                )
            if self._has_failed:
                raise problem(self._path, "an earlier operation of this group failed")
            yield

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[None]:
        """Return a context whose changes are made together, or with those of the group that it is part of.

        Args:
            durable: whether they must outlast a loss of power; without that the disk is not flushed.
        """
        with self.reading():
            if self._is_grouped:
                try:
                    yield
                except BaseException:
                    self._has_failed = True
                    raise
                return
            if not durable:
                self.execute("PRAGMA synchronous = NORMAL")
            try:
                self.execute("BEGIN IMMEDIATE")
                yield
                self._commit()
            finally:
                self._ledgers.clear()
                if self._connection.in_transaction:
                    self.execute("ROLLBACK")
                if not durable:
                    self.execute("PRAGMA synchronous = FULL")

    @contextmanager
    def group(self) -> Iterator[None]:
        with self._lock:
            if self._is_grouped:
                raise problem(self._path, "a group cannot be part of another one")
            try:
                with self.transaction():
                    self._is_grouped = True
                    try:
                        yield
                    finally:
                        self._is_grouped = False
                    if self._has_failed:
                        raise problem(self._path, "an operation of this group failed, so that none of it was written")
            finally:
                self._has_failed = False

    def close(self) -> None:
        with self._lock, translated(self._path):
            self._is_closed = True
            if self._process == os.getpid():
                self._connection.close()

    @property
    def is_closed(self) -> bool:
        return self._is_closed or self._process != os.getpid()

    def _commit(self) -> None:
        for batch, ledger in self._ledgers.items():
            money = (str(ledger.spent), str(ledger.reserved))
            values = (*ledger.counts.values(), *money, ledger.pace_boot, ledger.pace_seconds, batch)
            self.execute(_WRITE_LEDGER, values)
        self.execute("COMMIT")
