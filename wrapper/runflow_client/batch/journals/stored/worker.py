"""One run of a batch: what it may do with each item, and what it writes down. The rules are the same in each form of the journal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal

from ...._redaction import without_image_data
from ....errors import JournalError
from ....flows.base.retrying import derive_key
from ..journal import Answer, Grant, Outcome, Verdict, checked_id, is_storable
from .moments import Moment
from .rows import NOBODY, Item, Result, Store

_NO_REFERENCES = "[]"
_IMAGE_DIGEST = 32
"""How many characters of the digest of an image are stored."""
_AT_REST = ("finished", "retry")  # no worker has such an item, and a late word of one changes nothing


class StoredWorker:
    """A worker of a batch; see `Worker` for its methods."""

    def __init__(self, store: Store, batch: int, seed: str, resubmit_within: float, lease_seconds: float) -> None:
        self._store = store
        self._batch = batch
        self._seed = seed
        self._resubmit_within = resubmit_within
        self._lease_seconds = lease_seconds
        self._number = NOBODY
        self.is_closed = False
        # What `fence` needs to know, so that it asks nobody: when the lease was last renewed, and when each item was granted that
        # this worker has. While the lease lasts, no other worker can take one. Both are counted on this machine's clock, from
        # before they were written, so that they end here before they end in the journal.
        self._renewed: Moment | None = None
        self._held: dict[str, Moment] = {}

    def key_of(self, item_id: str) -> str:
        return derive_key(self._seed, checked_id(item_id, "item_id"))

    def begin(self) -> None:
        """Take a lease, inside the transaction of the caller."""
        self._number = self._store.add_worker(self._batch, self._lease_seconds)
        self._renewed = self._store.started

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
            earlier = self._store.item(self._batch, item_id)
            if earlier is not None and earlier.state != "retry":
                return self._known(item_id, earlier, digest) or self._take_up(item_id, earlier)
            ledger = self._store.ledger(self._batch)
            if budget is not None and not ledger.allows(price, budget):
                return Grant(Answer.BUDGET, may_be_freed=self._store.others_have_items(self._batch, self._number))
            kept = tuple(None if each[:5].lower() == "data:" else each for each in image_references)
            item = Item("granted", _shortened(digest), key, json.dumps(kept), price, self._store.moment(), self._number)
            if earlier is not None:  # it failed before: under its first key the server would repeat that
                key = earlier.key
                item = item._replace(key=key, result=earlier.result)
            self._store.put(self._batch, item_id, item)
            ledger.move(None, "granted")
            ledger.reserve(price)
            self._hold(item_id, item)
            return Grant(Answer.GO, key, kept)

    def find(self, item_id: str, digest: str | None = None) -> Grant | None:
        checked_id(item_id, "item_id")
        with self._store.reading():
            item = self._store.item(self._batch, item_id)
            if item is None or item.state == "retry":
                return None
            if item.state == "finished":
                return self._known(item_id, item, digest)
        with self._store.transaction():
            item = self._store.item(self._batch, item_id)
            return None if item is None or item.state == "retry" else self._known(item_id, item, digest)

    def fence(self, item_id: str) -> bool:
        now, granted = self._store.clock(), self._held.get(item_id)
        return (
            granted is not None
            and self._renewed is not None
            and 0 <= now.since(self._renewed) < self._lease_seconds
            and 0 <= now.since(granted) < self._resubmit_within
        )

    def submitted(self, item_id: str, evaluation_id: str) -> bool:
        self._held.pop(item_id, None)
        with self._store.transaction():
            item = self._store.item(self._batch, item_id)
            if item is None or item.state in _AT_REST or item.evaluation_id not in (None, evaluation_id):
                return False
            self._set_submitted(item_id, item, evaluation_id)
            return True

    def finished(
        self,
        item_id: str,
        verdict: Verdict,
        *,
        evaluation: str | None = None,
        cost: Decimal | None = None,
    ) -> bool:
        self._held.pop(item_id, None)
        with self._store.transaction():
            item = self._store.item(self._batch, item_id)
            if item is None or item.state in _AT_REST:
                return False
            if cost is not None and not (cost.is_finite() and cost >= 0):
                cost = None  # nothing that could be charged
            result = Result(verdict.value, _storable(evaluation), cost)
            number = self._store.add_result(self._batch, item_id, result)
            ended = item._replace(state="finished", image_references=_NO_REFERENCES, result=number)
            self._store.put(self._batch, item_id, ended)
            self._store.ledger(self._batch).move(item, verdict.value, item.price if cost is None else cost)
            return True

    def withdrawn(self, item_id: str) -> bool:
        self._held.pop(item_id, None)
        with self._store.transaction():
            item = self._store.item(self._batch, item_id)
            if item is None or item.state != "granted" or item.worker != self._number:
                return False
            self._remove(item_id, item)
            return True

    def released(self, item_id: str) -> bool:
        self._held.pop(item_id, None)
        with self._store.transaction(durable=False):
            item = self._store.item(self._batch, item_id)
            if item is None or item.worker != self._number or item.state in _AT_REST:
                return False
            self._store.put(self._batch, item_id, item._replace(worker=NOBODY))
            return True

    def renew(self) -> None:
        # Durable: were it lost with a crash of the database, the lease would end there before it ends here.
        with self._store.transaction():
            goes_on = self._store.renew(self._batch, self._number, self._lease_seconds)
            started = self._store.started
            self._store.after_commit(lambda: self._count_from(started, goes_on=goes_on))

    def pace(self, rate: float, count: int = 1) -> float:
        with self._store.transaction(durable=False):
            pace = self._store.pace(self._batch)
            return pace.reserve(self._store.moment().seconds, rate, count)

    def slow_down(self, rate: float, *, sent_ago: float, hold: float = 0.0) -> None:
        with self._store.transaction(durable=False):
            self._store.pace(self._batch).slow_down(self._store.moment().seconds, rate, sent_ago, hold)

    @contextmanager
    def group(self, item_ids: Sequence[str] = ()) -> Iterator[None]:
        with self._store.group():
            self._store.expect(self._batch, [item_id for item_id in item_ids if is_storable(item_id)])
            yield

    def close(self) -> None:
        self._held.clear()
        self.is_closed = True
        if not self._store.is_closed:
            with suppress(JournalError), self._store.transaction(durable=False):  # else the lease ends by itself
                self._store.end_worker(self._batch, self._number)

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

    def retry(self, item_id: str, result: int) -> bool:
        """Have an item submitted again under a new key, inside the transaction of the caller.

        Args:
            item_id: the item.
            result: the number of how it failed; where it has another one by now, nothing is done, and False returned.
        """
        item = self._store.item(self._batch, item_id)
        if item is None or item.state != "finished" or item.result != result:
            return False
        again = item._replace(state="retry", key=derive_key(item.key, "retry"), evaluation_id=None, worker=NOBODY)
        self._store.put(self._batch, item_id, again)
        self._store.ledger(self._batch).counts[Verdict.FAILED.value] -= 1  # what it cost stays spent
        return True

    def _known(self, item_id: str, item: Item, digest: str | None) -> Grant | None:
        """Return what is to be done with an item that has a row; None where it may be submitted."""
        outcome = None
        if item.state == "finished":
            assert item.result is not None
            outcome = outcome_of(
                item_id, item.evaluation_id, item.key, item.digest, self._store.result(self._batch, item.result)
            )
        if digest is not None and _whole(_shortened(digest)) != _whole(item.digest):
            return Grant(Answer.CHANGED, outcome=outcome)
        if outcome is not None:
            return Grant(Answer.DONE, item.key, evaluation_id=item.evaluation_id, outcome=outcome)
        if not self._may_be_taken(item):
            return Grant(Answer.WAIT, wait_seconds=self._store.lease_left(item.worker))
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
        self._hold(item_id, item)
        return Grant(Answer.GO, item.key, tuple(json.loads(item.image_references)), resumed=True)

    def _count_from(self, started: Moment, *, goes_on: bool) -> None:
        if not goes_on:
            self._held.clear()  # others may have taken them meanwhile
        self._renewed = started

    def _hold(self, item_id: str, item: Item) -> None:
        """Note that this worker has an item as soon as that is written."""
        granted = self._store.started.after(-self._store.moment().since(item.granted))
        self._store.after_commit(lambda: self._held.update({item_id: granted}))

    def _may_be_taken(self, item: Item) -> bool:
        return item.worker == self._number or self._store.lease_left(item.worker) <= 0

    def _is_too_old(self, item: Item) -> bool:
        return not 0 <= self._store.moment().since(item.granted) < self._resubmit_within

    def _own(self, item_id: str, item: Item) -> None:
        if item.worker != self._number:
            self._store.put(self._batch, item_id, item._replace(worker=self._number))

    def _set_unknown(self, item_id: str, item: Item) -> Item:
        unknown = item._replace(state="unknown", image_references=_NO_REFERENCES, worker=NOBODY)
        self._store.put(self._batch, item_id, unknown)
        self._store.ledger(self._batch).move(item, "unknown", item.price)
        return unknown

    def _set_submitted(self, item_id: str, item: Item, evaluation_id: str) -> None:
        # The references are not needed any more, and they may be signed.
        submitted = item._replace(state="submitted", image_references=_NO_REFERENCES, evaluation_id=evaluation_id)
        self._store.put(self._batch, item_id, submitted)
        ledger = self._store.ledger(self._batch)
        ledger.move(item, "submitted")
        ledger.reserve(item.price)

    def _remove(self, item_id: str, item: Item) -> None:
        if item.result is None:
            self._store.remove(self._batch, item_id)
        else:  # it failed before, and must not be submitted under its first key again
            self._store.put(self._batch, item_id, item._replace(state="retry", worker=NOBODY))
        self._store.ledger(self._batch).move(item, None)


def outcome_of(item_id: str, evaluation_id: str | None, key: str, digest: str, result: Result) -> Outcome:
    """Return the outcome that the rows of an ended item stand for."""
    verdict = Verdict(result.verdict)
    image = digest.partition(".")[2] or None
    return Outcome(item_id, verdict, result.evaluation, evaluation_id, result.cost, key, image)


def _whole(digest: str) -> str:
    return digest.partition(".")[0]


def _shortened(digest: str) -> str:
    """Return what is stored of a digest: enough to notice a change, in half the space."""
    whole, point, image = digest.partition(".")
    return (
        hashlib.blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        + point
        + image[:_IMAGE_DIGEST]
    )


def _storable(text: str | None) -> str | None:
    """Return JSON text without image data, and with half characters as JSON writes them."""
    if text is None:
        return None
    text = without_image_data(text)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
