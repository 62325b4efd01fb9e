"""The journal of a batch: what money depends on, durable before it is acted on.

An item is `(batch_id, item_id)`. Its row goes through these states:

    (no row) --grant--> granted --submitted--> submitted --finished--> finished
        ^                  |  \\--(key too old)--> unknown --resolve, submitted--> submitted
        '----withdrawn-----'                          '------resolve(None)------> (no row)

`retry_failed` leads from a failed end to another grant, under another key: finished --retry_failed--> retry --grant--> granted. Such
an item goes back to `retry` where it would go to (no row).

Every method returns when its effect is durable; inside `group()` it is durable when the block has ended. A method that fails
raises a JournalError and has no effect. All methods may be called from any thread; they block for the time of a write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from ...errors import InvalidRequestError

RESUBMIT_WITHIN = (
    3600.0  # seconds for which a key is taken to be honoured by the server (inferred, and much less than usual)
)
DEFAULT_LEASE = 60.0
_LONGEST_ID = 1000


def checked_id(value: Any, argument: str) -> str:
    """Return an id that a journal can store.

    Raises:
        InvalidRequestError: it is no text, empty, too long, or has a NUL or half a character.
    """
    if is_storable(value):
        return str(value)
    raise InvalidRequestError(
        f"{argument} must be text of 1 to {_LONGEST_ID} characters, without NUL and lone surrogates", argument=argument
    )


def is_storable(value: Any) -> bool:
    """Tell whether a journal can store an id."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        return False
    return "\0" not in value and value.encode(errors="ignore").decode() == value


class Answer(Enum):
    """What is to be done with an item that a worker asked for."""

    GO = "go"  # submit it under `Grant.key`, with `Grant.image_references`
    SUBMITTED = "submitted"  # do not submit it: poll `Grant.evaluation_id`
    WAIT = "wait"  # another worker has it; ask again in `Grant.wait_seconds`
    DONE = "done"  # it has ended: `Grant.outcome`
    UNKNOWN = (
        "unknown"  # it may have been submitted, under a key that is too old: an UnknownOutcomeError, until `resolve`
    )
    CHANGED = "changed"  # its content is not that of the first time; nothing may be sent
    BUDGET = "budget"  # its price would exceed the budget; nothing was reserved


class Verdict(Enum):
    """How an item ended, as it is counted."""

    PASSED = "passed"
    REJECTED = "rejected"
    UNDECIDED = "undecided"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an item ended, as the journal keeps it.

    Args:
        item_id: the item.
        verdict: how it is counted.
        evaluation: the last body of the evaluation, as JSON text; None where there is none. Image data in it is not kept.
        evaluation_id: the evaluation, None where it never had one.
        cost: what was charged, None where the server named no price.
        key: the idempotency key of its submit.
        image_digest: the beginning of the digest of its image; None of an image that was named by its address.
    """

    item_id: str
    verdict: Verdict
    evaluation: str | None = field(default=None, repr=False)
    evaluation_id: str | None = None
    cost: Decimal | None = None
    key: str | None = None
    image_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """The journal's answer to a worker that asks for an item.

    Args:
        answer: what is to be done.
        key: the key to submit under; for every answer but BUDGET, WAIT and CHANGED.
        image_references: for GO, the references to send: those of the first time, in which None stands for image data that is
            sent as it is given now. A URL signed anew would make other bytes, which the server refuses under the same key.
        resumed: for GO, whether an earlier attempt may have reached the server, so that even a refusal does not prove that
            nothing is charged, unless the server gives it for the same bytes under the same key.
        evaluation_id: for SUBMITTED and DONE.
        wait_seconds: for WAIT, when the other worker's lease ends.
        may_be_freed: for BUDGET, whether other workers have items in progress, whose credits may become free.
        outcome: for DONE; for CHANGED where the item has ended with its other content.
    """

    answer: Answer
    key: str | None = None
    image_references: tuple[str | None, ...] = field(default=(), repr=False)
    resumed: bool = False
    evaluation_id: str | None = None
    wait_seconds: float = 0.0
    may_be_freed: bool = False
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """What a batch has come to, over all its workers and runs.

    Args:
        granted: items that are being submitted, or were when their worker ended.
        submitted: items whose evaluation is known and has not ended.
        unknown: items that may have been submitted, and wait for `resolve`.
        passed, rejected, undecided, failed: items that have ended.
        spent: what ended items cost, and the price of unknown ones.
        reserved: the price of granted and submitted items. `spent + reserved` never exceeds the budget that each grant was given.
    """

    granted: int = 0
    submitted: int = 0
    unknown: int = 0
    passed: int = 0
    rejected: int = 0
    undecided: int = 0
    failed: int = 0
    spent: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class UnknownItem:
    """An item that may have been submitted, under a key that is too old to submit it again.

    Args:
        item_id: the item.
        key: the idempotency key of its submit.
        seconds: how long ago it was granted, right before its submit; None where this machine was started since.
    """

    item_id: str
    key: str
    seconds: float | None


class Worker(Protocol):
    """One run of one batch, with a lease on the items it was granted. `Journal.begin` makes it."""

    def key_of(self, item_id: str) -> str:
        """Return the key that an item is submitted under where its request has none of its own.

        It is the same in each run with this journal, whatever the item's content. Two journals give different keys, so that
        item 0 of one folder is never taken for item 0 of another.
        """
        ...

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
        """Ask for an item: reserve its price and write down that it is about to be submitted, or learn why it may not be.

        It may be called for any item at any time, also again for one that this worker has (which gives GO again). Before
        files are read, `find` tells whether an item has ended already.

        Args:
            item_id: the item.
            digest: of what is submitted, so that changed content is noticed. Leave out of it what may change between two runs
                although the image is the same, as the query of a signed URL. What follows its first point is the digest of
                the image alone, which `outcomes` returns.
            image_references: the URLs of the request as they will be sent, the image first. One that is a `data:` URI is not
                stored. They are forgotten as soon as the item is submitted.
            key: the request's own key, `key_of(item_id)` where None. Where the item has a row, the key in it is used.
            price: what one evaluation costs at the most.
            budget: what `spent + reserved` of the batch may come to; None for no limit.
        """
        ...

    def find(self, item_id: str, digest: str | None = None) -> Grant | None:
        """Return what `grant` would say of an item that has a row, but None in place of GO. Call it before files are read.

        An item that is SUBMITTED belongs to this worker from then on, as by `grant`.

        Args:
            item_id: the item.
            digest: as for `grant`; None where it is not known, so that changed content is not noticed.
        """
        ...

    def fence(self, item_id: str) -> bool:
        """Tell whether an attempt may be sent now. Call it before each attempt, the first one too; it neither reads nor
        writes, so that it does not block.

        False where the lease has ended, another worker has the item, or its key is too old: a worker that was frozen and
        thaws sends nothing. Then call `grant` again and do what it says. If nothing was sent since a grant whose `resumed` is
        False, call `withdrawn` before, or the item may become unknown without need.
        """
        ...

    def submitted(self, item_id: str, evaluation_id: str) -> bool:
        """Write down the evaluation of an item. It counts from every worker, because the server has said it.

        False, and nothing is written, where the item has ended or has another evaluation already: see `find`.
        """
        ...

    def finished(
        self,
        item_id: str,
        verdict: Verdict,
        *,
        evaluation: str | None = None,
        cost: Decimal | None = None,
    ) -> bool:
        """Write down how an item ended, and settle the reserved price against the cost. Yield the outcome after this.

        False, and nothing is written, where it has ended before (see `find`), or has no row.

        Args:
            item_id: the item.
            verdict: how it is counted.
            evaluation: the last body of the evaluation, as JSON text.
            cost: what was charged; where None, the reserved price counts as spent.
        """
        ...

    def withdrawn(self, item_id: str) -> bool:
        """Take back a grant whose submit was surely not accepted (402, 422, refused before sending): the price is free again.

        False, and nothing is written, where this worker does not have it, or it was submitted.
        """
        ...

    def released(self, item_id: str) -> bool:
        """Give up the lease on an item without an end (the time was up, or no response came): the next run takes it up."""
        ...

    def renew(self) -> None:
        """Make the lease last its full time from now. Call it three times in a lease at least, also while all is waiting."""
        ...

    def pace(self, rate: float, count: int = 1) -> float:
        """Reserve a number of requests of the batch, and return in how many seconds they may begin.

        All workers of the batch share one sequence. Take several at once (a quarter of a second's worth), as each call writes.

        Args:
            rate: requests a second for the whole batch.
            count: how many requests to reserve; they may be sent at `rate` from the returned time on.
        """
        ...

    def slow_down(self, rate: float, *, sent_ago: float, hold: float = 0.0) -> None:
        """Say that the server has refused a request because there were too many (429, 503): all workers slow down.

        The rate of `pace` is halved, and rises again to what it was within ten seconds. Requests that were sent before a cut cause
        no further one, whichever worker sent them.

        Args:
            rate: requests a second for the whole batch, as for `pace`.
            sent_ago: how many seconds ago the request was sent.
            hold: for how many seconds nothing is to be sent.
        """
        ...

    def group(self, item_ids: Sequence[str] = ()) -> AbstractContextManager[None]:
        """Return a context in which all calls of this worker are made durable together, when it ends.

        What it saves: one flush of the disk a group in place of one a call. Act on no answer before the block has ended. An
        exception that passes through it undoes all of it. Other threads and processes wait meanwhile: put only calls into it.

        Args:
            item_ids: the items that the calls will name, as far as known. A journal that is a round trip away reads their rows
                at once, in place of one by one.
        """
        ...

    def close(self) -> None:
        """End the lease, so that the next run need not wait for it. The journal stays open."""
        ...


class Journal(Protocol):
    """An open journal. It holds no API key and no image data."""

    def begin(
        self, batch_id: str, *, account: str, description: str = "", lease_seconds: float = DEFAULT_LEASE
    ) -> Worker:
        """Begin a run of a batch, the first or a later one.

        Args:
            batch_id: the batch.
            account: names whose money it is, for instance base URL and organization id. Only its digest is stored.
            description: what makes this batch another one than one of the same id (how items are named, say). Only its digest
                is stored. A change of it is refused.
            lease_seconds: for how long other workers leave this one's items alone without a sign of life.

        Raises:
            JournalError: the batch is another account's, or another batch has this id; nothing was written.
        """
        ...

    def batch_ids(self) -> list[str]:
        """Return the ids of the batches, in the order in which they were begun."""
        ...

    def totals(self, batch_id: str) -> Totals:
        """Return what a batch has come to; all zero where there is none of this id."""
        ...

    def outcomes(self, batch_id: str) -> Iterator[Outcome]:
        """Return the outcomes of a batch in the order in which items ended, reading a few at a time."""
        ...

    def states(self, batch_id: str) -> Iterator[tuple[str, str]]:
        """Return the id of each item that is granted, submitted, unknown or has ended, with its state, reading a few at a time.

        The state of an item that has ended is its verdict. An item that is not among them would be submitted by the next run.
        """
        ...

    def unknown(self, batch_id: str) -> Iterator[UnknownItem]:
        """Return the items whose outcome is unknown, in the order of their ids. `resolve` says what became of one."""
        ...

    def resolve(self, batch_id: str, item_id: str, evaluation_id: str | None) -> None:
        """Say what became of an item whose outcome is unknown.

        Args:
            batch_id: the batch.
            item_id: the item.
            evaluation_id: its evaluation, which the next run polls; None where it was never accepted, so that its price is
                free again and the next run submits it.

        Raises:
            JournalError: the item is not one whose outcome is unknown.
        """
        ...

    def retry_failed(self, batch_id: str) -> int:
        """Have the items whose evaluation failed submitted again by the next run, under new keys, and return how many they are.

        What they cost stays spent. A failed evaluation was not judged; whether the service charges for it is not documented.

        Args:
            batch_id: the batch; one that is not there has no items.
        """
        ...

    def close(self) -> None:
        """Close the journal; the leases of its workers end. Closing twice is allowed."""
        ...
