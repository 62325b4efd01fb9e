"""The items of a batch from their submit to their outcome, without IO: keys, prices, totals, order."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..errors import BudgetExceededError, EvaluationFailedError, InvalidRequestError, RunflowError, WaitTimeoutError
from ..flows import evaluations
from ..flows.base.context import Context
from ..flows.base.policies import PollPolicy
from ..flows.base.steps import CallbackReceiver, Checkpoint, Flow, Send, Step
from ..models.evaluation import Evaluation
from ..models.evaluation_request import EvaluationRequest
from ..runtime.scheduler.flow_queue import FlowQueue
from .budget import Budget, Prices, cost_of
from .inputs import Shard
from .journals.item_calls import Terms
from .journals.item_flow import JournaledItem
from .journals.journal import Journal
from .journals.recorder import Recorder
from .outcomes import Estimate, Outcome, Totals
from .pacing import Durations, LearningPollPolicy, Pacer

_SUBMIT, _POLL = "submit_evaluation", "get_evaluation"
_RATE_SECONDS = 60.0
_RATE_OUTCOMES = 1_000
_ASSUMED_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The arguments of `evaluate_many`, checked."""

    max_in_flight: int
    max_requests: int
    timeout: float | None
    poll: PollPolicy
    shard: Shard
    budget: Decimal | None
    price: Decimal | None
    rate: float | None
    ordered: bool
    on_progress: Callable[[Totals], Any] | None
    journal: Callable[[], Journal] | None = field(repr=False)  # knows the address, which may hold a password
    closes_journal: bool
    batch_id: str
    receiver: CallbackReceiver | None


class Item:
    """An item in progress.

    Args:
        index: its position in the whole input.
        number: its position among the items of this batch.
        request: as it was passed.
        key: its idempotency key; None where a journal says it.
        price: the credits that are reserved for it.
    """

    __slots__ = ("index", "journaled", "key", "number", "price", "request", "was_sent")

    def __init__(self, index: int, number: int, request: Any, key: str | None, price: Decimal) -> None:
        self.index = index
        self.number = number
        self.request = request
        self.key = key
        self.price = price
        self.was_sent = False
        self.journaled: JournaledItem | None = None


class Items:
    """The items of a batch that are in progress or have ended without being taken.

    Args:
        context: the client's settings.
        options: the batch's.
        recorder: calls its journal; None where it has none.
    """

    def __init__(self, context: Context, options: Options, recorder: Recorder | None) -> None:
        self._context = context
        self._options = options
        self._terms: Terms | None = None
        if recorder is not None:
            self._terms = Terms(recorder=recorder, budget=options.budget, rate=options.rate, timeout=options.timeout)
        self._budget = Budget(None if recorder is not None else options.budget)  # a journal keeps its own
        self._durations = Durations()
        self._counts: Counter[str] = Counter()
        self._times: deque[float] = deque(maxlen=_RATE_OUTCOMES)
        self._started: float | None = None
        self._number = 0
        self._following = 0
        self._finished: dict[int, Outcome] = {}
        self.prices = Prices(options.price)
        self.pacer = Pacer(options.rate)
        self.flows: FlowQueue[Item, Evaluation] = FlowQueue(
            context.now, options.max_requests, self.pacer, self._prepare
        )

    @property
    def in_flight(self) -> int:
        """How many items have begun and are not taken yet."""
        return len(self.flows) + len(self.flows.ended) + len(self._finished)

    @property
    def has_room(self) -> bool:
        if self._terms is not None and self._terms.waiting_for_budget:
            return False
        return self.in_flight < self._options.max_in_flight and self.flows.has_room

    def begin(self, index: int, request: Any) -> bool:
        """Begin an item; return False where it has to wait until the credits that are reserved for others are settled."""
        if self._started is None:
            self._started = self._context.now()
        if not isinstance(request, EvaluationRequest):
            kind = type(request).__name__
            problem = InvalidRequestError(
                f"requests[{index}] must be an EvaluationRequest, not {kind}", argument="requests"
            )
            self._start(Item(index, self._number, request, None, Decimal(0)), _refuse(problem))
            return True
        price = self.prices.of(request.job_class)
        if price is None and self._options.budget is not None:
            problem = InvalidRequestError(
                f"no price can be read for job_class={request.job_class!r}, which budget= needs: pass price=",
                argument="price",
            )
            self._start(Item(index, self._number, request, None, Decimal(0)), _refuse(problem))
            return True
        price = price or Decimal(0)
        answer = self._budget.reserve(price)
        if answer == "wait":
            return False
        if answer == "over":
            self._start(Item(index, self._number, request, None, Decimal(0)), _refuse(self._budget.over(price)))
            return True
        item = Item(index, self._number, request, None, price)
        poll = LearningPollPolicy.of(self._options.poll, self._durations, self._context.random, self._least_pause)
        if self._terms is not None:
            item_id = str(index) if request.item_id is None else request.item_id
            receiver = self._options.receiver
            item.journaled = JournaledItem(self._context, self._terms, request, item_id, price, poll, receiver)
            self._start(item, item.journaled.evaluate())
            return True
        item.key = self._context.new_key() if request.idempotency_key is None else request.idempotency_key
        flow = evaluations.evaluate(
            self._context,
            replace(request, idempotency_key=item.key),
            timeout=self._options.timeout,
            poll=poll,
            on_update=None,
            receiver=self._options.receiver,
            looks_late=True,
        )
        self._start(item, flow)
        return True

    def take(self) -> Outcome | None:
        """Return the next outcome; None where there is none yet."""
        while self.flows.ended:
            item, evaluation, error = self.flows.ended.popleft()
            outcome = self._end(item, evaluation, error)
            if not self._options.ordered:
                return outcome
            self._finished[item.number] = outcome
        following = self._finished.pop(self._following, None)
        self._following += following is not None
        return following

    def totals(self, count: int | None) -> Totals:
        """Return what was done so far, of so many items in all."""
        counts = self._counts
        ended = sum(counts[name] for name in ("passed", "rejected", "undecided", "failed", "over_budget", "errors"))
        rate = self._rate()
        return Totals(
            submitted=counts["submitted"],
            passed=counts["passed"],
            rejected=counts["rejected"],
            undecided=counts["undecided"],
            failed=counts["failed"],
            over_budget=counts["over_budget"],
            errors=counts["errors"],
            spent=self._budget.spent,
            reserved=self._budget.reserved,
            rate=rate,
            seconds_left=None if count is None or not rate else (count - ended) / rate,
        )

    def estimate(self, requests: Iterable[Any]) -> Estimate:
        """Return what these items would cost, and how long they would take."""
        count, price = 0, Decimal(0)
        unknown = False
        for request in requests:
            count += 1
            one = self.prices.of(getattr(request, "job_class", None))
            unknown = unknown or one is None
            price += one or Decimal(0)
        seconds = self._durations.mean or _ASSUMED_SECONDS
        polls = 1 + max(0.0, seconds - self._options.poll.first) / self._options.poll.longest
        slowest = 0.0 if self._options.rate is None else count * (1 + polls) / self._options.rate
        rounds = math.ceil(count / self._options.max_in_flight)
        return Estimate(count, None if unknown else price, max(slowest, rounds * seconds))

    def _start(self, item: Item, flow: Flow[Evaluation]) -> None:
        self._number += 1
        self.flows.start(item, flow)

    def _prepare(self, item: Item, step: Step) -> Step:
        """Note what a step says of its item; an item past its deadline gets one poll, within the time of an attempt."""
        if isinstance(step, Checkpoint) and step.stage == "submitted":
            self._counts["submitted"] += 1
        elif isinstance(step, Send) and step.request.operation == _SUBMIT:
            item.was_sent = True
        elif isinstance(step, Send) and step.request.operation == _POLL and step.deadline <= self._context.now():
            return step._replace(deadline=self._context.now() + step.attempt_timeout)
        return step

    def _end(self, item: Item, evaluation: Evaluation | None, error: RunflowError | None) -> Outcome:
        if isinstance(error, (EvaluationFailedError, WaitTimeoutError)):
            evaluation = Evaluation.from_dict(error.evaluation.to_dict())
        if isinstance(error, EvaluationFailedError):
            self._counts["failed"] += 1
        elif isinstance(error, BudgetExceededError):
            self._counts["over_budget"] += 1
        elif error is not None:
            self._counts["errors"] += 1
        else:
            assert evaluation is not None
            self._counts[str(evaluation.verdict)] += 1
            self._learn(evaluation)
        key, may_cost, from_journal, earlier_cost = item.key, item.was_sent, False, None
        if item.journaled is not None:
            key, may_cost, from_journal = item.journaled.key, item.journaled.may_cost, item.journaled.from_journal
            earlier_cost = item.journaled.earlier_cost
        cost = cost_of(evaluation, error, item.price, may_cost=may_cost) if earlier_cost is None else earlier_cost
        self._budget.settle(item.price, cost)
        if not from_journal:  # what is read from a journal tells nothing of how fast the rest is
            self._times.append(self._context.now())
        return Outcome(item.index, item.request, evaluation, error, key, from_journal)

    def _least_pause(self) -> float:
        """Return the seconds between two polls of an evaluation that leave half of the requests to submits.

        The rate is that of all shards, each of which is assumed to have as many evaluations in flight as this one.
        """
        if self._options.rate is None:
            return 0.0
        return 2 * len(self.flows) * self._options.shard.shards / self._options.rate

    def _learn(self, evaluation: Evaluation) -> None:
        """Learn from the server's own times, which are exact; a poll sees the end late."""
        begun, ended = evaluation.created_at, evaluation.completed_at
        if isinstance(begun, datetime) and isinstance(ended, datetime) and ended > begun:
            self._durations.add((ended - begun).total_seconds())

    def _rate(self) -> float:
        """Return the outcomes a second of the last minute, at most as many as are kept."""
        if not self._times:
            return 0.0
        now = self._context.now()
        while self._times and self._times[0] < now - _RATE_SECONDS:
            self._times.popleft()
        assert self._started is not None
        begun = max(self._started, now - _RATE_SECONDS)
        if len(self._times) == _RATE_OUTCOMES:
            begun = max(begun, self._times[0])
        return len(self._times) / max(now - begun, 1e-3)


def _refuse(problem: RunflowError) -> Flow[Evaluation]:
    """Return a flow that ends with an error."""
    raise problem
    yield
