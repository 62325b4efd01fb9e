"""An open journal over the rows of one of its forms."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Callable, Iterator

from ...._redaction import one_line, redactor
from ....errors import JournalError
from ..journal import DEFAULT_LEASE, Outcome, Totals, UnknownItem, Verdict, checked_id
from .rows import Store
from .worker import StoredWorker, outcome_of

_PAGE = 100
_PAGE_OF_STATES = 1_000
_LONGEST_SHOWN = 200

MakeWorker = Callable[[int, str, float], StoredWorker]


class StoredJournal:
    """An open journal; see `Journal` for its methods.

    Args:
        store: its rows.
        make_worker: makes a worker of a batch from its number, its seed and the seconds of its lease.
    """

    def __init__(self, store: Store, make_worker: MakeWorker) -> None:
        self._store = store
        self._make_worker = make_worker
        self._workers: list[StoredWorker] = []

    def begin(
        self, batch_id: str, *, account: str, description: str = "", lease_seconds: float = DEFAULT_LEASE
    ) -> StoredWorker:
        checked_id(batch_id, "batch_id")
        with self._store.transaction():
            batch = self._store.find_batch(batch_id)
            if batch is None:
                seed = str(uuid.uuid4())
                batch = self._store.add_batch(batch_id, seed, _digest(seed, account), _digest(seed, description))
            if batch.account != _digest(batch.seed, account):
                raise JournalError(
                    f"batch {shown(batch_id)} of this journal belongs to another account or base URL: use that account's key, or "
                    "another journal. Nothing in it was overwritten."
                )
            if batch.description != _digest(batch.seed, description):
                raise JournalError(
                    f"another batch has the id {shown(batch_id)} in this journal: give this one an id of its own (batch_id=...), or "
                    "another journal. Nothing in it was overwritten."
                )
            worker = self._make_worker(batch.number, batch.seed, lease_seconds)
            worker.begin()
        self._workers = [*(each for each in self._workers if not each.is_closed), worker]
        return worker

    def batch_ids(self) -> list[str]:
        with self._store.reading():
            return self._store.batch_ids()

    def totals(self, batch_id: str) -> Totals:
        with self._store.reading():
            batch = self._store.find_batch(batch_id)
            if batch is None:
                return Totals()
            ledger = self._store.ledger(batch.number)
            return Totals(**ledger.counts, spent=ledger.spent, reserved=ledger.reserved)

    def outcomes(self, batch_id: str) -> Iterator[Outcome]:
        last = 0
        while True:
            # Page by page: a read that lasted as long as its reader would keep old rows from being tidied up.
            with self._store.reading():
                batch = self._store.find_batch(batch_id)
                rows = [] if batch is None else self._store.ended(batch.number, last, _PAGE)
            for row in rows:
                last = row.number
                yield outcome_of(row.item_id, row.evaluation_id, row.key, row.digest, row.result)
            if len(rows) < _PAGE:
                return

    def states(self, batch_id: str) -> Iterator[tuple[str, str]]:
        last = ""
        while True:
            with self._store.reading():
                batch = self._store.find_batch(batch_id)
                rows = [] if batch is None else self._store.states(batch.number, last, _PAGE_OF_STATES)
            for last, state in rows:
                if state != "retry":
                    yield last, state
            if len(rows) < _PAGE_OF_STATES:
                return

    def unknown(self, batch_id: str) -> Iterator[UnknownItem]:
        for item_id, state in self.states(batch_id):
            if state != "unknown":
                continue
            with self._store.reading():
                batch = self._store.find_batch(batch_id)
                assert batch is not None
                item = self._store.item(batch.number, item_id)
                if item is None or item.state != "unknown":  # it was resolved meanwhile
                    continue
                seconds = self._store.moment().since(item.granted)
            yield UnknownItem(item_id, item.key, seconds if math.isfinite(seconds) else None)

    def resolve(self, batch_id: str, item_id: str, evaluation_id: str | None) -> None:
        with self._store.transaction():
            batch = self._store.find_batch(batch_id)
            # A worker of its own, because a key may have become too old without a worker that noticed.
            if batch is None or not self._make_worker(batch.number, batch.seed, 0.0).resolve(item_id, evaluation_id):
                raise JournalError(
                    f"item {shown(item_id)} of batch {shown(batch_id)} is not one whose outcome is unknown, so there is nothing to "
                    "resolve. Nothing was written."
                )

    def retry_failed(self, batch_id: str) -> int:
        count = last = 0
        while True:
            with self._store.transaction():
                batch = self._store.find_batch(batch_id)
                rows = [] if batch is None else self._store.ended(batch.number, last, _PAGE)
                for row in rows:
                    last = row.number
                    if batch is not None and row.result.verdict == Verdict.FAILED.value:
                        count += self._make_worker(batch.number, batch.seed, 0.0).retry(row.item_id, row.number)
            if len(rows) < _PAGE:
                return count

    def close(self) -> None:
        try:
            for worker in self._workers:
                worker.close()
        finally:
            self._store.close()


def _digest(seed: str, text: str) -> str:
    return hashlib.sha256(f"{seed}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


def shown(name: str) -> str:
    """Return an id as errors show it."""
    return repr(one_line(redactor(())(str(name)))[:_LONGEST_SHOWN])
