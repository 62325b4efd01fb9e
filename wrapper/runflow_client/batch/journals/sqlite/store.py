"""The rows of a SQLite journal, and the transactions in which they change."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

from ....errors import JournalError
from ..stored.moments import BootClock, Moment
from ..stored.pace import Pace
from ..stored.processes import has_ended, this_process
from ..stored.rows import COUNTS, BatchRow, Ended, Item, Ledger, Result
from ..stored.transactions import Transactions
from .files import connect, problem, translated

_READ_LEDGER = f"SELECT {', '.join(COUNTS)}, spent, reserved FROM batches WHERE number = ?"  # noqa: S608 - names of ours
_WRITE_LEDGER = (
    f"UPDATE batches SET {', '.join(f'{name} = ?' for name in COUNTS)}, spent = ?, reserved = ? WHERE number = ?"  # noqa: S608
)
_READ_ITEM = (
    "SELECT state, digest, idempotency_key, image_references, price, boot, granted, worker, evaluation_id, result "
    "FROM items WHERE batch = ? AND item_id = ?"
)
_ADD_ITEM = (
    "INSERT INTO items (state, digest, idempotency_key, image_references, price, boot, granted, worker, evaluation_id, result, "
    "batch, item_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (batch, item_id) DO UPDATE SET state = excluded.state, "
    "digest = excluded.digest, idempotency_key = excluded.idempotency_key, image_references = excluded.image_references, "
    "price = excluded.price, boot = excluded.boot, granted = excluded.granted, worker = excluded.worker, "
    "evaluation_id = excluded.evaluation_id, result = excluded.result"
)


class SQLiteStore(Transactions):
    """One connection to the file, for all threads of a process; see `Store` for its methods.

    Args:
        path: the file.
        clock: the boot clock of this machine.
    """

    def __init__(self, path: Path, clock: BootClock) -> None:
        super().__init__(clock)
        self._path = path
        self._connection = connect(path)
        self._ledgers: dict[int, Ledger] = {}
        self._paces: dict[int, Pace] = {}

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def moment(self) -> Moment:
        return self.clock()

    def batch_ids(self) -> list[str]:
        return [batch_id for (batch_id,) in self.execute("SELECT batch_id FROM batches ORDER BY number")]

    def find_batch(self, batch_id: str) -> BatchRow | None:
        row = self.execute(
            "SELECT number, seed, account, description FROM batches WHERE batch_id = ?", (batch_id,)
        ).fetchone()
        return None if row is None else BatchRow._make(row)

    def add_batch(self, batch_id: str, seed: str, account: str, description: str) -> BatchRow:
        number = self.execute(
            "INSERT INTO batches (batch_id, account, description, seed) VALUES (?, ?, ?, ?)",
            (batch_id, account, description, seed),
        ).lastrowid
        assert number is not None
        return BatchRow(number, seed, account, description)

    def ledger(self, batch: int) -> Ledger:
        ledger = self._ledgers.get(batch)
        if ledger is None:
            *counts, spent, reserved = self.execute(_READ_LEDGER, (batch,)).fetchone()
            ledger = Ledger(dict(zip(COUNTS, counts, strict=True)), Decimal(spent), Decimal(reserved))
            if self._connection.in_transaction:
                self._ledgers[batch] = ledger
        return ledger

    def expect(self, batch: int, item_ids: Sequence[str]) -> None:
        """Read nothing: each row is at hand."""

    def item(self, batch: int, item_id: str) -> Item | None:
        row = self.execute(_READ_ITEM, (batch, item_id)).fetchone()
        if row is None:
            return None
        state, digest, key, image_references, price, boot, granted, *rest = row
        return Item(state, digest, key, image_references, Decimal(price), Moment(boot, granted), *rest)

    def put(self, batch: int, item_id: str, item: Item) -> None:
        state, digest, key, image_references, price, granted, *rest = item
        values = (state, digest, key, image_references, str(price), granted.boot, granted.seconds, *rest)
        self.execute(_ADD_ITEM, (*values, batch, item_id))

    def remove(self, batch: int, item_id: str) -> None:
        self.execute("DELETE FROM items WHERE batch = ? AND item_id = ?", (batch, item_id))

    def result(self, batch: int, number: int) -> Result:
        row = self.execute("SELECT verdict, evaluation, cost FROM results WHERE number = ?", (number,)).fetchone()
        return _result(*row)

    def add_result(self, batch: int, item_id: str, result: Result) -> int:
        cost = None if result.cost is None else str(result.cost)
        number = self.execute(
            "INSERT INTO results (batch, item_id, verdict, evaluation, cost) VALUES (?, ?, ?, ?, ?)",
            (batch, item_id, result.verdict, result.evaluation, cost),
        ).lastrowid
        assert number is not None
        return number

    def ended(self, batch: int, after: int, count: int) -> list[Ended]:
        rows = self.execute(
            "SELECT results.number, results.item_id, evaluation_id, idempotency_key, digest, verdict, evaluation, cost "
            "FROM results JOIN items ON items.batch = results.batch AND items.item_id = results.item_id "
            "AND items.result = results.number AND items.state = 'finished' "
            "WHERE results.batch = ? AND results.number > ? ORDER BY results.number LIMIT ?",
            (batch, after, count),
        ).fetchall()
        return [
            Ended(number, item_id, evaluation_id, key, digest, _result(*rest))
            for number, item_id, evaluation_id, key, digest, *rest in rows
        ]

    def states(self, batch: int, after: str, count: int) -> list[tuple[str, str]]:
        return self.execute(
            "SELECT items.item_id, CASE state WHEN 'finished' THEN verdict ELSE state END "
            "FROM items LEFT JOIN results ON results.number = items.result "
            "WHERE items.batch = ? AND items.item_id > ? ORDER BY items.item_id LIMIT ?",
            (batch, after, count),
        ).fetchall()

    def add_worker(self, batch: int, seconds: float) -> int:
        now = self.clock()
        # The rows of workers that have ended go, but never their numbers: one that was frozen could come back.
        self.execute("DELETE FROM workers WHERE boot <> ? OR until <= ?", (now.boot, now.seconds))
        for number, process in self.execute("SELECT number, process FROM workers").fetchall():
            if has_ended(process):
                self.end_worker(batch, number)
        until = now.after(seconds)
        number = self.execute(
            "INSERT INTO workers (boot, until, process) VALUES (?, ?, ?)", (until.boot, until.seconds, this_process())
        ).lastrowid
        assert number is not None
        return number

    def renew(self, batch: int, worker: int, seconds: float) -> bool:
        goes_on = self.lease_left(worker) > 0
        until = self.clock().after(seconds)
        self.execute(
            "INSERT OR REPLACE INTO workers (number, boot, until, process) VALUES (?, ?, ?, ?)",
            (worker, until.boot, until.seconds, this_process()),
        )
        return goes_on

    def end_worker(self, batch: int, worker: int) -> None:
        self.execute("DELETE FROM workers WHERE number = ?", (worker,))

    def lease_left(self, worker: int) -> float:
        row = self.execute("SELECT boot, until FROM workers WHERE number = ?", (worker,)).fetchone()
        return 0.0 if row is None else max(0.0, -self.clock().since(Moment(*row)))

    def others_have_items(self, batch: int, worker: int) -> bool:
        now = self.clock()
        row = self.execute(
            "SELECT 1 FROM items JOIN workers ON workers.number = items.worker WHERE items.state IN ('granted', 'submitted') "
            "AND items.batch = ? AND items.worker <> ? AND workers.boot = ? AND workers.until > ? LIMIT 1",
            (batch, worker, now.boot, now.seconds),
        ).fetchone()
        return row is not None

    def pace(self, batch: int) -> Pace:
        pace = self._paces.get(batch)
        if pace is None:
            boot, text = self.execute("SELECT pace_boot, pace FROM batches WHERE number = ?", (batch,)).fetchone()
            pace = self._paces[batch] = Pace.from_text(text) if boot == self.clock().boot else Pace()
        return pace

    def _begin(self, durable: bool) -> None:
        if not durable:
            self.execute("PRAGMA synchronous = NORMAL")
        self.execute("BEGIN IMMEDIATE")

    def _commit(self) -> None:
        for batch, ledger in self._ledgers.items():
            money = (str(ledger.spent), str(ledger.reserved))
            self.execute(_WRITE_LEDGER, (*ledger.counts.values(), *money, batch))
        for batch, pace in self._paces.items():
            statement = "UPDATE batches SET pace_boot = ?, pace = ? WHERE number = ?"
            self.execute(statement, (self.clock().boot, pace.to_text(), batch))
        self.execute("COMMIT")

    def _end(self, durable: bool) -> None:
        self._ledgers.clear()
        self._paces.clear()
        if self._connection.in_transaction:
            self.execute("ROLLBACK")
        if not durable:
            self.execute("PRAGMA synchronous = FULL")

    def _disconnect(self) -> None:
        self._connection.close()

    def _problem(self, what: str) -> JournalError:
        return problem(self._path, what)

    def _errors_translated(self) -> AbstractContextManager[None]:
        return translated(self._path)


def _result(verdict: str, evaluation: str | None, cost: str | None) -> Result:
    return Result(verdict, evaluation, None if cost is None else Decimal(cost))
