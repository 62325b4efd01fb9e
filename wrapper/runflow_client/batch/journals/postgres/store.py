"""The rows of a journal on PostgreSQL, and the transactions in which they change.

A transaction is two round trips: one that locks its batch and reads, one that writes what has changed and commits. All that
changes a batch waits for the lock on its row, so that the budget is exact and an item has one owner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from ....errors import JournalError
from ....flows.base.retrying import derive_key
from ..stored.moments import BootClock, Moment
from ..stored.pace import Pace
from ..stored.processes import has_ended, this_process
from ..stored.rows import COUNTS, BatchRow, Ended, Item, Ledger, Result
from ..stored.transactions import Transactions
from . import statements
from .driver import Address
from .schema import prepare
from .session import Rows, Session, Statement

_CLOCK = "database"
_IN_PROGRESS = frozenset({"granted", "submitted"})


@dataclass(slots=True)
class _Unit:
    """What one transaction, or one reading, has read and is to write."""

    writes: bool = False
    durable: bool = True
    now: float | None = None
    ledgers: dict[int, Ledger] = field(default_factory=dict)
    read: dict[int, tuple[Any, ...]] = field(default_factory=dict)  # the rows of the batches as they were read
    results: dict[int, int] = field(default_factory=dict)  # of each batch: how many there are
    paces: dict[int, Pace] = field(default_factory=dict)
    items: dict[tuple[int, str], Item | None] = field(default_factory=dict)
    ended: dict[tuple[int, int], Result] = field(default_factory=dict)
    leases: dict[int, float | None] = field(default_factory=dict)
    in_progress: Counter[int] = field(default_factory=Counter)  # how many items more each worker has
    changed: dict[tuple[int, str], None] = field(default_factory=dict)
    added: list[tuple[int, int, str, Result]] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)


class PostgresStore(Transactions):
    """One connection to the server, for all threads of a process; see `Store` for its methods.

    Args:
        address: of the server.
        clock: the boot clock of this machine, for what is judged without a round trip.
        database_clock: the time of the database, None for its own; a test hands in another.
    """

    def __init__(self, address: Address, clock: BootClock, database_clock: BootClock | None) -> None:
        super().__init__(clock)
        self._address = address
        self._database_clock = database_clock
        self._unit: _Unit | None = None
        self._seeds: dict[int, str] = {}
        self._session = Session(address)
        try:
            prepare(self._session, address)
        except BaseException:
            self._session.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        with super().reading():
            if self._unit is not None:
                yield
                return
            self._unit = _Unit()
            try:
                yield
            finally:
                self._unit = None

    def moment(self) -> Moment:
        return Moment(_CLOCK, self._now)

    def batch_ids(self) -> list[str]:
        return [batch_id for (batch_id,) in self._run([(statements.BATCH_IDS, ())])[0]]

    def find_batch(self, batch_id: str) -> BatchRow | None:
        rows = self._run([(statements.FIND_BATCH, (batch_id,))])[0]
        return self._batch_of(rows[0]) if rows else None

    def add_batch(self, batch_id: str, seed: str, account: str, description: str) -> BatchRow:
        add = (statements.ADD_BATCH, (batch_id, seed, account, description))
        # Another process may have added it meanwhile.
        rows = self._run([add, (statements.FIND_BATCH, (batch_id,))])[1]
        return self._batch_of(rows[0])

    def ledger(self, batch: int) -> Ledger:
        if batch not in self._open.ledgers:
            self._ask(batch, [])
        return self._open.ledgers[batch]

    def expect(self, batch: int, item_ids: Sequence[str]) -> None:
        if item_ids:
            self._read_items(batch, item_ids)

    def item(self, batch: int, item_id: str) -> Item | None:
        if (batch, item_id) not in self._open.items:
            self._read_items(batch, [item_id])
        return self._open.items[batch, item_id]

    def put(self, batch: int, item_id: str, item: Item) -> None:
        self._change(batch, item_id, item)

    def remove(self, batch: int, item_id: str) -> None:
        self._change(batch, item_id, None)

    def result(self, batch: int, number: int) -> Result:
        return self._open.ended[batch, number]  # read with its item

    def add_result(self, batch: int, item_id: str, result: Result) -> int:
        number = self._open.results[batch] = self._open.results[batch] + 1
        self._open.added.append((batch, number, item_id, result))
        self._open.ended[batch, number] = result
        return number

    def ended(self, batch: int, after: int, count: int) -> list[Ended]:
        rows = self._run([(statements.READ_ENDED, (batch, after, count))])[0]
        return [
            Ended(number, item_id, evaluation_id, key or self._key(batch, item_id), digest, Result(*rest))
            for number, item_id, evaluation_id, key, digest, *rest in rows
        ]

    def states(self, batch: int, after: str, count: int) -> list[tuple[str, str]]:
        return [(item_id, state) for item_id, state in self._run([(statements.READ_STATES, (batch, after, count))])[0]]

    def add_worker(self, batch: int, seconds: float) -> int:
        rows = self._ask(batch, [(statements.READ_PROCESSES, (batch,))])[0]
        removals: list[Statement] = [(statements.REMOVE_ENDED_LEASES, (batch, self._now))]
        for number, process in rows:
            if has_ended(process):
                removals.append((statements.END_LEASE, (number,)))
        add = (statements.ADD_LEASE, (batch, self._now + seconds, this_process()))
        return int(self._run([*removals, add])[-1][0][0])

    def renew(self, batch: int, worker: int, seconds: float) -> bool:
        self._ask(batch, [])
        goes_on = self.lease_left(worker) > 0
        self._open.leases[worker] = until = self._now + seconds
        self._open.statements.append((statements.RENEW_LEASE, (worker, batch, until, this_process())))
        return goes_on

    def end_worker(self, batch: int, worker: int) -> None:
        with self._without_waiting():
            self._run([(statements.END_LEASE, (worker,))])

    @contextmanager
    def _without_waiting(self) -> Iterator[None]:
        """Return a context in which a server that is not there is not waited for."""
        patience, self._session.wait_seconds = self._session.wait_seconds, 0.0
        try:
            yield
        finally:
            self._session.wait_seconds = patience

    def lease_left(self, worker: int) -> float:
        unit = self._open
        if worker not in unit.leases:
            rows = self._run([(statements.READ_LEASE, (worker,))])[0]
            unit.leases[worker] = rows[0][0] if rows else None
        until = unit.leases[worker]
        return 0.0 if until is None else max(0.0, until - self._now)

    def others_have_items(self, batch: int, worker: int) -> bool:
        return bool(self._run([(statements.OTHERS_HAVE_ITEMS, (batch, worker, self._now))])[0])

    def pace(self, batch: int) -> Pace:
        self.ledger(batch)  # is read with it
        return self._open.paces[batch]

    def _change(self, batch: int, item_id: str, item: Item | None) -> None:
        unit = self._open
        for each, count in ((unit.items[batch, item_id], -1), (item, 1)):
            if each is not None and each.state in _IN_PROGRESS:
                unit.in_progress[each.worker] += count
        unit.items[batch, item_id] = item
        unit.changed[batch, item_id] = None

    def _batch_of(self, row: tuple[Any, ...]) -> BatchRow:
        batch = BatchRow._make(row)
        self._seeds[batch.number] = batch.seed
        return batch

    def _key(self, batch: int, item_id: str) -> str:
        """Return the key of an item whose request has none of its own; it is not stored, because it can be derived again."""
        return derive_key(self._seeds[batch], item_id)

    @property
    def _open(self) -> _Unit:
        assert self._unit is not None
        return self._unit

    @property
    def _now(self) -> float:
        assert self._open.now is not None
        return self._open.now

    def _read_items(self, batch: int, item_ids: Sequence[str]) -> None:
        unit = self._open
        missing = [item_id for item_id in dict.fromkeys(item_ids) if (batch, item_id) not in unit.items]
        rows = self._ask(batch, [(statements.READ_ITEMS, (batch, missing))])[0]
        unit.items.update(dict.fromkeys(((batch, item_id) for item_id in missing), None))
        for (
            item_id,
            state,
            digest,
            key,
            image_references,
            price,
            granted,
            worker,
            evaluation_id,
            result,
            until,
            *ended,
        ) in rows:
            since = Moment(_CLOCK, granted)
            item = Item(
                state,
                digest,
                key or self._key(batch, item_id),
                image_references,
                price,
                since,
                worker,
                evaluation_id,
                result,
            )
            unit.items[batch, item_id] = item
            unit.leases.setdefault(worker, until)
            if result is not None:
                unit.ended[batch, result] = Result(*ended)

    def _ask(self, batch: int, questions: Sequence[Statement]) -> list[Rows]:
        """Run statements after the batch was locked (where something is to be written) and the time was read."""
        unit = self._open
        first: list[Statement] = []
        if batch not in unit.ledgers:
            first.append((statements.LOCK_BATCH if unit.writes else statements.READ_LEDGER, (batch,)))
        if unit.now is None:
            first.append((statements.CLOCK, (self._database_seconds(),)))
        rows = self._run([*first, *questions])
        if unit.now is None:
            unit.now = float(rows.pop(len(first) - 1)[0][0])
        if batch not in unit.ledgers:
            *counts, spent, reserved, unit.results[batch], pace = unit.read[batch] = rows.pop(0)[0]
            unit.paces[batch] = Pace.from_text(pace)
            unit.ledgers[batch] = Ledger(dict(zip(COUNTS, counts, strict=True)), spent, reserved)
        return rows

    def _run(self, questions: Sequence[Statement]) -> list[Rows]:
        if self._open.writes and not self._session.has_begun:
            return self._session.begin(questions, durable=self._open.durable)
        return self._session.run(questions)

    def _database_seconds(self) -> float | None:
        return None if self._database_clock is None else self._database_clock().seconds

    def _begin(self, durable: bool) -> None:
        # The server hears of it with the first question.
        self._unit = _Unit(writes=True, durable=durable)

    def _commit(self) -> None:
        if self._session.has_begun:
            self._session.commit(self._writes(self._open))

    def _writes(self, unit: _Unit) -> list[Statement]:
        """Return the statements that write what has changed."""
        rows: list[tuple[Any, ...]] = []
        writes = list(unit.statements)
        for batch, item_id in unit.changed:
            item = unit.items[batch, item_id]
            if item is None:
                writes.append((statements.REMOVE_ITEM, (batch, item_id)))
                continue
            state, digest, key, image_references, price, granted, *rest = item
            own_key = None if key == self._key(batch, item_id) else key
            rows.append((batch, item_id, state, digest, own_key, image_references, price, granted.seconds, *rest))
        for worker, count in unit.in_progress.items():
            if count:
                writes.append((statements.COUNT_ITEMS, (count, worker)))
        if rows:
            writes.append((statements.WRITE_ITEMS, _columns(rows)))
        if unit.added:
            added = [(batch, number, item_id, *result) for batch, number, item_id, result in unit.added]
            writes.append((statements.ADD_RESULTS, _columns(added)))
        for batch, ledger in unit.ledgers.items():
            pace = unit.paces[batch].to_text() if unit.paces[batch] != Pace() else ""
            row = (*ledger.counts.values(), ledger.spent, ledger.reserved, unit.results[batch], pace)
            if row != unit.read[batch]:
                writes.append((statements.WRITE_LEDGER, (*row, batch)))
        return writes

    def _end(self, durable: bool) -> None:
        self._unit = None
        if self._session.has_begun:
            self._session.roll_back()

    def _disconnect(self) -> None:
        self._session.close()

    def _problem(self, what: str) -> JournalError:
        return self._address.problem(what)

    def _errors_translated(self) -> AbstractContextManager[None]:
        return nullcontext()  # the session does it


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
