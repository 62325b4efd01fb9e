"""The calls of the journal for one item, as steps of a flow, and what they tell of its submit."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

from ...errors import InsufficientCreditError, InvalidRequestError, RunflowError, UnprocessableError
from ...flows.base.responses import is_success, may_have_been_processed, retry_after
from ...flows.base.steps import Flow, Record, Recorded, RequestFailure, Response, Sleep
from ..pacing import LONGEST_HOLD, SLOW_DOWN
from .journal import Answer, Grant, Totals, Verdict, Worker
from .recorder import Recorder

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0
"""Seconds between two questions to the journal about an item that has to wait."""
_PROVE_REFUSAL = (InsufficientCreditError, UnprocessableError)
"""For the same bytes under the same key, the server repeats what it said first. So these were never accepted."""


@dataclass(slots=True, kw_only=True)
class Terms:
    """What the items of one batch have in common.

    Args:
        recorder: calls the journal.
        budget: credits that the whole batch may come to; None for no limit.
        rate: requests a second of all processes together; None for no bound.
        timeout: seconds for each evaluation; None for no limit.
        in_progress: the ids of the items that are in progress in this process.
        waiting_for_budget: those of them that wait until credits that are reserved for others are free again.
    """

    recorder: Recorder
    budget: Decimal | None
    rate: float | None
    timeout: float | None
    in_progress: set[str] = field(default_factory=set)
    waiting_for_budget: set[str] = field(default_factory=set)

    @property
    def seconds(self) -> float:
        return math.inf if self.timeout is None else self.timeout


class ItemCalls:
    """Calls the journal for one item.

    Args:
        terms: the batch's.
        item_id: the item.
        price: what it costs at the most.

    Attributes:
        may_cost: whether the server may have accepted its submit, now or in an earlier run.
    """

    def __init__(self, terms: Terms, item_id: str, price: Decimal) -> None:
        self._terms = terms
        self._item_id = item_id
        self._price = price
        self._has_grant = False
        self._is_resumed = False
        self._may_be_accepted = self._could_be_before = False
        self._pause = _FIRST_PAUSE
        self.may_cost = False

    def key(self) -> str:
        """Return the key of the item where its request has none.

        Raises:
            InvalidRequestError: its id cannot be stored, or may hold a signature.
        """
        key = self._terms.recorder.worker.key_of(self._item_id)
        if "://" in self._item_id and "?" in self._item_id:
            # It is written to the journal and shown in errors.
            raise InvalidRequestError(
                "item_id is a URL with a query, which may be a signature: leave the query out", argument="item_id"
            )
        return key

    def find(self, digest: str | None = None) -> Flow[Grant | None]:
        return cast("Grant | None", (yield from self._ask(lambda worker: worker.find(self._item_id, digest))))

    def grant(self, digest: str, references: tuple[str, ...], key: str | None) -> Flow[Grant]:
        """Ask whether the item may be submitted."""
        price, budget = self._price, self._terms.budget
        found = yield from self._ask(
            lambda worker: worker.grant(
                self._item_id, digest=digest, image_references=references, key=key, price=price, budget=budget
            )
        )
        grant = cast(Grant, found)
        if grant.answer is Answer.GO:
            # Where this run was granted it before, it is not resumed from an earlier one.
            self._is_resumed = self._is_resumed or (grant.resumed and not self._has_grant)
            self._has_grant = True
        return grant

    def may_send(self) -> Flow[bool]:
        """Return whether an attempt may be sent; not where the lease has ended or the key is too old, as after a freeze."""
        if self._terms.recorder.worker.fence(self._item_id):
            self._could_be_before, self._may_be_accepted, self.may_cost = self._may_be_accepted, True, True
            return True
        if not (self._is_resumed or self._may_be_accepted):
            yield from self._withdraw()
        yield from self._ask(lambda worker: worker.renew())
        return False

    def sent(self, outcome: Response | RequestFailure) -> None:
        """Be told the outcome of an attempt."""
        self._may_be_accepted = self._could_be_before or is_success(outcome) or may_have_been_processed(outcome)

    def give_up(self, error: RunflowError) -> Flow[Grant | None]:
        """Write down that a submit ended with an error.

        Returns:
            What the journal knows of the item where it was not granted, so that the error may not matter (as that of a file
            that is gone since the item ended); else None.
        """
        if not self._has_grant:
            found = yield from self.find()
            return None if found is None or found.answer is Answer.WAIT else found
        if isinstance(error, _PROVE_REFUSAL) or not (self._is_resumed or self._may_be_accepted):
            yield from self._withdraw()
        else:
            yield from self.release()
        return None

    def submitted(self, evaluation_id: str) -> Flow[bool]:
        self.may_cost = True
        return bool((yield from self._ask(lambda worker: worker.submitted(self._item_id, evaluation_id))))

    def finished(self, verdict: Verdict, evaluation: str, cost: Decimal | None) -> Flow[bool]:
        written = yield from self._ask(
            lambda worker: worker.finished(self._item_id, verdict, evaluation=evaluation, cost=cost)
        )
        return bool(written)

    def release(self) -> Flow[None]:
        yield from self._ask(lambda worker: worker.released(self._item_id))

    def totals(self) -> Flow[Totals]:
        return cast(Totals, (yield from _value_of(self._terms.recorder.totals)))

    def keep_pace(self, longest: float) -> Flow[None]:
        """Wait for the turn of the next request among those of all processes of the batch, for so many seconds at the most."""
        rate = self._terms.rate
        if rate is None:
            return
        seconds = min((yield from self._ask(lambda worker: worker.pace(rate))), longest)
        if seconds > 0:
            yield Sleep(seconds)

    def slow_down(self, outcome: Response | RequestFailure, sent_ago: float) -> Flow[None]:
        """Slow down all processes of the batch where a response asks for it."""
        rate = self._terms.rate
        if rate is not None and isinstance(outcome, Response) and outcome.status in SLOW_DOWN:
            hold = min(retry_after(outcome) or 0.0, LONGEST_HOLD)
            yield from self._ask(lambda worker: worker.slow_down(rate, sent_ago=sent_ago, hold=hold))

    def pause(self, longest: float = _LONGEST_PAUSE) -> Flow[None]:
        """Pause before the next question, longer each time."""
        yield Sleep(min(self._pause, max(longest, _FIRST_PAUSE)))
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def _withdraw(self) -> Flow[None]:
        if (yield from self._ask(lambda worker: worker.withdrawn(self._item_id))):
            self._has_grant = self._is_resumed = self._may_be_accepted = self.may_cost = False

    def _ask(self, call: Callable[[Worker], Any]) -> Flow[Any]:
        return _value_of(lambda: self._terms.recorder.call(call, self._item_id))


def _value_of(start: Callable[[], Future[Any]]) -> Flow[Any]:
    recorded = yield Record(start)
    assert isinstance(recorded, Recorded)
    return recorded.value
