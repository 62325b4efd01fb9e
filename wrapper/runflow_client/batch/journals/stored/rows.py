"""The rows of a journal, and what each form of it does with them; the rules of a worker stand on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import NamedTuple, Protocol

from .moments import BootClock, Moment
from .pace import Pace

NOBODY = 0  # the number of no worker
COUNTS: tuple[str, ...] = ("granted", "submitted", "unknown", "passed", "rejected", "undecided", "failed")
_MONEY = Context(prec=60)  # sums of prices are exact


class BatchRow(NamedTuple):
    """The row of a batch; `account` and `description` are digests."""

    number: int
    seed: str
    account: str
    description: str


class Item(NamedTuple):
    """The row of an item. `state` is granted, submitted, unknown, finished or retry, `image_references` is JSON text.

    `retry`: it failed, and the next grant submits it under the new `key`. `result` is then how it failed, until it ends again.
    """

    state: str
    digest: str
    key: str
    image_references: str
    price: Decimal
    granted: Moment
    worker: int
    evaluation_id: str | None = None
    result: int | None = None


class Result(NamedTuple):
    """The row of how an item ended."""

    verdict: str
    evaluation: str | None
    cost: Decimal | None


class Ended(NamedTuple):
    """An item that has ended, with its result; `number` counts in the order of the ends."""

    number: int
    item_id: str
    evaluation_id: str | None
    key: str
    digest: str
    result: Result


@dataclass(slots=True)
class Ledger:
    """The counts and the money of a batch: read once and written once in a transaction, however many items change in it."""

    counts: dict[str, int]
    spent: Decimal
    reserved: Decimal

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
                self.spent = _MONEY.subtract(self.spent, item.price)
            else:
                self.reserved = _MONEY.subtract(self.reserved, item.price)
        if state is not None:
            self.counts[state] += 1
        self.spent = _MONEY.add(self.spent, spent)

    def reserve(self, price: Decimal) -> None:
        self.reserved = _MONEY.add(self.reserved, price)

    def allows(self, price: Decimal, budget: Decimal) -> bool:
        return _MONEY.add(_MONEY.add(self.spent, self.reserved), price) <= budget


class Store(Protocol):
    """The rows of one form of the journal, and the transactions in which they change.

    All but `close` and `is_closed` is called inside `reading`, `transaction` or `group`.
    """

    def reading(self) -> AbstractContextManager[None]:
        """Return a context to read in, of one thread at a time."""
        ...

    def transaction(self, *, durable: bool = True) -> AbstractContextManager[None]:
        """Return a context whose changes are made together, or with those of the group that it is part of.

        What it reads of a batch and its items is changed by nobody else before it ends.

        Args:
            durable: whether they must outlast a loss of power.
        """
        ...

    def group(self) -> AbstractContextManager[None]:
        """Return a context in which all transactions are made together, when it ends."""
        ...

    @property
    def clock(self) -> BootClock:
        """This machine's clock."""
        ...

    @property
    def started(self) -> Moment:
        """When this transaction began, on this machine's clock: earlier than anything that was written in it."""
        ...

    def after_commit(self, function: Callable[[], object]) -> None:
        """Call a function when this transaction, or the group that it is part of, is written."""
        ...

    def moment(self) -> Moment:
        """Return the time by which the journal judges leases and keys; not that of `clock` where it is another machine's."""
        ...

    def batch_ids(self) -> list[str]:
        """Return the ids of all batches in the order of their numbers."""
        ...

    def find_batch(self, batch_id: str) -> BatchRow | None: ...

    def add_batch(self, batch_id: str, seed: str, account: str, description: str) -> BatchRow:
        """Add a batch, and return it; the one of this id where there is one already."""
        ...

    def ledger(self, batch: int) -> Ledger:
        """Return the ledger of a batch; inside a transaction its changes are written with it."""
        ...

    def expect(self, batch: int, item_ids: Sequence[str]) -> None:
        """Read the rows of these items together, if that is faster than one by one."""
        ...

    def item(self, batch: int, item_id: str) -> Item | None: ...

    def put(self, batch: int, item_id: str, item: Item) -> None:
        """Add the row of an item, or change it."""
        ...

    def remove(self, batch: int, item_id: str) -> None: ...

    def result(self, batch: int, number: int) -> Result: ...

    def add_result(self, batch: int, item_id: str, result: Result) -> int:
        """Add how an item ended, and return the number of it."""
        ...

    def ended(self, batch: int, after: int, count: int) -> list[Ended]:
        """Return so many items that have ended, in the order of their ends, after the one of that number."""
        ...

    def states(self, batch: int, after: str, count: int) -> list[tuple[str, str]]:
        """Return so many items after the one of that id, in the order of their ids, each with its state or its verdict."""
        ...

    def add_worker(self, batch: int, seconds: float) -> int:
        """Give a new worker a lease of so many seconds, and return its number, which no worker has had before.

        The leases that have ended go.
        """
        ...

    def renew(self, batch: int, worker: int, seconds: float) -> bool:
        """Make the lease of a worker last so many seconds from now; return whether it had not ended before."""
        ...

    def end_worker(self, batch: int, worker: int) -> None:
        """End the lease of a worker."""
        ...

    def lease_left(self, worker: int) -> float:
        """Return the seconds until the lease of a worker ends; 0 where it has ended."""
        ...

    def others_have_items(self, batch: int, worker: int) -> bool:
        """Tell whether a worker with a lease, other than this one, has items that have not ended."""
        ...

    def pace(self, batch: int) -> Pace:
        """Return the pace of a batch; inside a transaction its changes are written with it."""
        ...

    def close(self) -> None: ...

    @property
    def is_closed(self) -> bool: ...
