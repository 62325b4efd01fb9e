"""The journal as a SQLite file, which several processes of one machine may share."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from ...._redaction import one_line, redactor
from ....errors import JournalError
from ..journal import DEFAULT_LEASE, RESUBMIT_WITHIN, Journal, Outcome, Totals, checked_id
from ..moments import BootClock, machine_moment
from .store import Store
from .worker import SQLiteWorker, outcome_from

_PAGE = 100
_LONGEST_SHOWN = 200


def open_journal(
    path: str | os.PathLike[str], *, clock: BootClock = machine_moment, resubmit_within: float = RESUBMIT_WITHIN
) -> Journal:
    """Open the journal in a file, which is made where there is none.

    Args:
        path: the file, on a local disk.
        clock: the boot clock of this machine.
        resubmit_within: for how many seconds after its grant an item may be submitted again under the same key.

    Raises:
        JournalError: the file is no journal, is damaged, is of a newer version, or cannot be written; it was not changed.
    """
    return _SQLiteJournal(Store(Path(path).absolute()), clock, resubmit_within)


class _SQLiteJournal:
    """The journal of an open file."""

    def __init__(self, store: Store, clock: BootClock, resubmit_within: float) -> None:
        self._store = store
        self._clock = clock
        self._resubmit_within = resubmit_within
        self._workers: list[SQLiteWorker] = []

    def begin(
        self, batch_id: str, *, account: str, description: str = "", lease_seconds: float = DEFAULT_LEASE
    ) -> SQLiteWorker:
        checked_id(batch_id, "batch_id")
        store = self._store
        with store.transaction():
            found = self._batch(batch_id)
            if found is None:
                seed = str(uuid.uuid4())
                number = store.execute(
                    "INSERT INTO batches (batch_id, account, description, seed) VALUES (?, ?, ?, ?)",
                    (batch_id, _digest(seed, account), _digest(seed, description), seed),
                ).lastrowid
                assert number is not None
            else:
                number, seed, owner, content = found
                if owner != _digest(seed, account):
                    raise JournalError(
                        f"batch {_shown(batch_id)} of this journal belongs to another account or base URL: use that account's key, or "
                        "another journal. Nothing in it was overwritten."
                    )
                if content != _digest(seed, description):
                    raise JournalError(
                        f"another batch has the id {_shown(batch_id)} in this journal: give this one an id of its own (batch_id=...), or "
                        "another journal. Nothing in it was overwritten."
                    )
            worker = SQLiteWorker(store, number, seed, self._clock, self._resubmit_within, lease_seconds)
            worker.begin()
        self._workers.append(worker)
        return worker

    def totals(self, batch_id: str) -> Totals:
        with self._store.reading():
            found = self._batch(batch_id)
            if found is None:
                return Totals()
            ledger = self._store.ledger(found[0])
            counts = dict(ledger.counts)
            return Totals(errors=counts.pop("error"), **counts, spent=ledger.spent, reserved=ledger.reserved)

    def outcomes(self, batch_id: str) -> Iterator[Outcome]:
        last = 0
        while True:
            # Page by page: a read that lasted as long as its reader would keep the file from being tidied up.
            with self._store.reading():
                found = self._batch(batch_id)
                rows = self._store.execute(
                    "SELECT results.number, results.item_id, verdict, evaluation, error, evaluation_id, cost, idempotency_key "
                    "FROM results JOIN items ON items.batch = results.batch AND items.item_id = results.item_id "
                    "WHERE results.batch = ? AND results.number > ? ORDER BY results.number LIMIT ?",
                    (None if found is None else found[0], last, _PAGE),
                ).fetchall()
            for number, *row in rows:
                last = number
                yield outcome_from(*row)
            if len(rows) < _PAGE:
                return

    def resolve(self, batch_id: str, item_id: str, evaluation_id: str | None) -> None:
        with self._store.transaction():
            found = self._batch(batch_id)
            if found is not None:
                # A worker of its own, because a key may have become too old without a worker that noticed.
                worker = SQLiteWorker(self._store, found[0], found[1], self._clock, self._resubmit_within, 0.0)
                if worker.resolve(item_id, evaluation_id):
                    return
            raise JournalError(
                f"item {_shown(item_id)} of batch {_shown(batch_id)} is not one whose outcome is unknown, so there is nothing to "
                "resolve. Nothing was written."
            )

    def close(self) -> None:
        try:
            for worker in self._workers:
                worker.close()
        finally:
            self._store.close()

    def _batch(self, batch_id: str) -> tuple[int, str, str, str] | None:
        row: tuple[int, str, str, str] | None = self._store.execute(
            "SELECT number, seed, account, description FROM batches WHERE batch_id = ?", (batch_id,)
        ).fetchone()
        return row


def _digest(seed: str, text: str) -> str:
    return hashlib.sha256(f"{seed}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _shown(name: str) -> str:
    return repr(one_line(redactor(())(str(name)))[:_LONGEST_SHOWN])
