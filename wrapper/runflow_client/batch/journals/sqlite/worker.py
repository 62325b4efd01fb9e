"""One run of a batch over a SQLite journal: what it may do with each item, and what it writes down."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

from ...._redaction import without_image_data
from ....flows.base.retrying import derive_key
from ..journal import Answer, Grant, Outcome, Verdict, checked_id
from ..moments import BootClock, Moment
from .processes import has_ended, this_process
from .store import Item, Store

_NOBODY = 0
_ENDED = Moment("", -math.inf)


class SQLiteWorker:
    """A worker of a batch; see `Worker` for its methods."""

    def __init__(
        self, store: Store, batch: int, seed: str, clock: BootClock, resubmit_within: float, lease_seconds: float
    ) -> None:
        self._store = store
        self._batch = batch
        self._seed = seed
        self._clock = clock
        self._resubmit_within = resubmit_within
        self._lease_seconds = lease_seconds
        self._number = _NOBODY
        # What `fence` needs to know, so that it reads nothing: while the lease lasts, no other worker can take an item.
        self._until = _ENDED
        self._granted: dict[str, Moment] = {}

    def key_of(self, item_id: str) -> str:
        return derive_key(self._seed, checked_id(item_id, "item_id"))

    def begin(self) -> None:
        """Take a lease, inside the transaction of the caller."""
        now = self._clock()
        # The rows of workers that have ended go, but never their numbers: one that was frozen could come back.
        self._store.execute("DELETE FROM workers WHERE boot <> ? OR until <= ?", (now.boot, now.seconds))
        for number, process in self._store.execute("SELECT number, process FROM workers").fetchall():
            if has_ended(process):
                self._store.execute("DELETE FROM workers WHERE number = ?", (number,))
        until = now.after(self._lease_seconds)
        row = self._store.execute(
            "INSERT INTO workers (boot, until, process) VALUES (?, ?, ?)", (until.boot, until.seconds, this_process())
        )
        assert row.lastrowid is not None
        self._number = row.lastrowid
        self._until = until

    def grant(
        self,
        item_id: str,
        *,
        digest: str,
        image_references: Sequence[str] = (),
        key: str | None = None,
        price: Decimal = Decimal(0),
        budget: Decimal | None = None,
    ) -> Grant:
        key = key or self.key_of(item_id)
        with self._store.transaction():
            item = self._store.item(self._batch, item_id)
            if item is not None:
                return self._known(item_id, item, digest) or self._take_up(item_id, item)
            ledger = self._store.ledger(self._batch)
            if budget is not None and not ledger.allows(price, budget):
                return Grant(Answer.BUDGET, may_be_freed=self._others_have_items())
            kept = tuple(None if each[:5].lower() == "data:" else each for each in image_references)
            now = self._clock()
            self._store.execute(
                "INSERT INTO items (batch, item_id, state, digest, idempotency_key, image_references, price, boot, granted, worker) "
                "VALUES (?, ?, 'granted', ?, ?, ?, ?, ?, ?, ?)",
                (self._batch, item_id, digest, key, json.dumps(kept), str(price), now.boot, now.seconds, self._number),
            )
            ledger.move(None, "granted")
            ledger.reserve(price)
            self._granted[item_id] = now
            return Grant(Answer.GO, key, kept)

    def find(self, item_id: str, digest: str | None = None) -> Grant | None:
        checked_id(item_id, "item_id")
        with self._store.reading():
            item = self._store.item(self._batch, item_id)
            if item is None:
                return None
            if item.state == "finished":
                return self._known(item_id, item, digest)
        with self._store.transaction():
            item = self._store.item(self._batch, item_id)
            return None if item is None else self._known(item_id, item, digest)

    def fence(self, item_id: str) -> bool:
        granted = self._granted.get(item_id)
        now = self._clock()
        return granted is not None and now.since(self._until) < 0 and self._is_young(granted, now)

    def submitted(self, item_id: str, evaluation_id: str) -> bool:
        self._granted.pop(item_id, None)
        with self._store.transaction():
            item = self._store.item(self._batch, item_id)
            if item is None or item.state == "finished" or item.evaluation_id not in (None, evaluation_id):
                return False
            self._set_submitted(item_id, item, evaluation_id)
            return True

    def finished(
        self,
        item_id: str,
        verdict: Verdict,
        *,
        evaluation: str | None = None,
        error: str | None = None,
        cost: Decimal | None = None,
    ) -> bool:
        self._granted.pop(item_id, None)
        with self._store.transaction():
            item = self._store.item(self._batch, item_id)
            if item is None or item.state == "finished":
                return False
            if verdict is Verdict.ERROR and item.worker != self._number:
                return False
            if cost is not None and not (cost.is_finite() and cost >= 0):
                cost = None  # nothing that could be charged
            row = self._store.execute(
                "INSERT INTO results (batch, item_id, verdict, evaluation, error, cost) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    self._batch,
                    item_id,
                    verdict.value,
                    _storable(evaluation),
                    _storable(error),
                    None if cost is None else str(cost),
                ),
            )
            self._update(item_id, "state = 'finished', image_references = '[]', result = ?", row.lastrowid)
            spent = Decimal(item.price) if cost is None else cost
            self._store.ledger(self._batch).move(item, verdict.value, spent)
            return True

    def withdrawn(self, item_id: str) -> bool:
        self._granted.pop(item_id, None)
        with self._store.transaction():
            item = self._store.item(self._batch, item_id)
            if item is None or item.state != "granted" or item.worker != self._number:
                return False
            self._remove(item_id, item)
            return True

    def released(self, item_id: str) -> bool:
        self._granted.pop(item_id, None)
        with self._store.transaction(durable=False):
            item = self._store.item(self._batch, item_id)
            if item is None or item.worker != self._number or item.state == "finished":
                return False
            self._update(item_id, "worker = ?", _NOBODY)
            return True

    def renew(self) -> None:
        with self._store.transaction(durable=False):
            now = self._clock()
            until = now.after(self._lease_seconds)
            if now.since(self._until) >= 0:
                self._granted.clear()  # others may have taken them meanwhile
            self._store.execute(
                "INSERT OR REPLACE INTO workers (number, boot, until, process) VALUES (?, ?, ?, ?)",
                (self._number, until.boot, until.seconds, this_process()),
            )
        self._until = until

    def pace(self, rate: float, count: int = 1) -> float:
        with self._store.transaction(durable=False):
            now = self._clock()
            ledger = self._store.ledger(self._batch)
            start = max(now.seconds, ledger.pace_seconds) if ledger.pace_boot == now.boot else now.seconds
            ledger.pace_boot, ledger.pace_seconds = now.boot, start + count / rate
            return start - now.seconds

    @contextmanager
    def group(self) -> Iterator[None]:
        try:
            with self._store.group():
                yield
        except BaseException:
            self._granted.clear()
            self._until = _ENDED
            raise

    def close(self) -> None:
        self._granted.clear()
        if not self._store.is_closed:
            with self._store.transaction(durable=False):
                self._store.execute("DELETE FROM workers WHERE number = ?", (self._number,))

    def resolve(self, item_id: str, evaluation_id: str | None) -> bool:
        """Say what became of an item, inside the transaction of the caller; False where its outcome is not unknown."""
        item = self._store.item(self._batch, item_id)
        if item is not None and item.state == "granted" and self._may_be_taken(item) and self._is_too_old(item):
            item = self._set_unknown(item_id, item)
        if item is None or item.state != "unknown":
            return False
        if evaluation_id is None:
            self._remove(item_id, item)
        else:
            self._set_submitted(item_id, item, evaluation_id)
        return True

    def _known(self, item_id: str, item: Item, digest: str | None) -> Grant | None:
        """Return what is to be done with an item that has a row; None where it may be submitted."""
        if digest is not None and digest != item.digest:
            return Grant(Answer.CHANGED)
        if item.state == "finished":
            row = self._store.execute(
                "SELECT verdict, evaluation, error, cost FROM results WHERE number = ?", (item.result,)
            ).fetchone()
            verdict, evaluation, error, cost = row
            outcome = outcome_from(item_id, verdict, evaluation, error, item.evaluation_id, cost, item.key)
            return Grant(Answer.DONE, item.key, evaluation_id=item.evaluation_id, outcome=outcome)
        if not self._may_be_taken(item):
            return Grant(Answer.WAIT, wait_seconds=self._lease_left(item.worker))
        if item.state == "submitted":
            self._own(item_id, item)
            return Grant(Answer.SUBMITTED, item.key, evaluation_id=item.evaluation_id)
        if item.state == "granted" and not self._is_too_old(item):
            return None
        if item.state == "granted":
            self._set_unknown(item_id, item)
        return Grant(Answer.UNKNOWN, item.key)

    def _take_up(self, item_id: str, item: Item) -> Grant:
        self._own(item_id, item)
        self._granted[item_id] = Moment(item.boot, item.granted)
        return Grant(Answer.GO, item.key, tuple(json.loads(item.image_references)), resumed=True)

    def _may_be_taken(self, item: Item) -> bool:
        return item.worker == self._number or self._lease_left(item.worker) <= 0

    def _others_have_items(self) -> bool:
        now = self._clock()
        row = self._store.execute(
            "SELECT 1 FROM items JOIN workers ON workers.number = items.worker WHERE items.state IN ('granted', 'submitted') "
            "AND items.batch = ? AND items.worker <> ? AND workers.boot = ? AND workers.until > ? LIMIT 1",
            (self._batch, self._number, now.boot, now.seconds),
        ).fetchone()
        return row is not None

    def _lease_left(self, worker: int) -> float:
        """Return the seconds until the lease of a worker ends; 0 where it has ended."""
        row = self._store.execute("SELECT boot, until FROM workers WHERE number = ?", (worker,)).fetchone()
        return 0.0 if row is None else max(0.0, -self._clock().since(Moment(*row)))

    def _is_too_old(self, item: Item) -> bool:
        return not self._is_young(Moment(item.boot, item.granted), self._clock())

    def _is_young(self, granted: Moment, now: Moment) -> bool:
        """Return whether the key of an item that was granted then may still be used."""
        return 0 <= now.since(granted) < self._resubmit_within

    def _own(self, item_id: str, item: Item) -> None:
        if item.worker != self._number:
            self._update(item_id, "worker = ?", self._number)

    def _set_unknown(self, item_id: str, item: Item) -> Item:
        price = Decimal(item.price)
        self._update(item_id, "state = 'unknown', image_references = '[]', worker = ?", _NOBODY)
        self._store.ledger(self._batch).move(item, "unknown", price)
        return item._replace(state="unknown")

    def _set_submitted(self, item_id: str, item: Item, evaluation_id: str) -> None:
        # The references are not needed any more, and they may be signed.
        self._update(item_id, "state = 'submitted', image_references = '[]', evaluation_id = ?", evaluation_id)
        ledger = self._store.ledger(self._batch)
        ledger.move(item, "submitted")
        ledger.reserve(Decimal(item.price))

    def _remove(self, item_id: str, item: Item) -> None:
        self._store.execute("DELETE FROM items WHERE batch = ? AND item_id = ?", (self._batch, item_id))
        self._store.ledger(self._batch).move(item, None)

    def _update(self, item_id: str, changes: str, value: str | int | None) -> None:
        statement = f"UPDATE items SET {changes} WHERE batch = ? AND item_id = ?"  # noqa: S608 - `changes` is ours
        self._store.execute(statement, (value, self._batch, item_id))


def outcome_from(
    item_id: str,
    verdict: str,
    evaluation: str | None,
    error: str | None,
    evaluation_id: str | None,
    cost: str | None,
    key: str | None,
) -> Outcome:
    """Return the outcome that a row of the results stands for."""
    charged = None if cost is None else Decimal(cost)
    return Outcome(item_id, Verdict(verdict), evaluation, error, evaluation_id, charged, key)


def _storable(text: str | None) -> str | None:
    """Return JSON text without image data, and with half characters as JSON writes them."""
    if text is None:
        return None
    text = without_image_data(text)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
