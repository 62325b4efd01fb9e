"""One item of a batch with a journal, from its grant to its outcome: nothing is sent that the journal does not allow."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar, assert_never

from ...errors import (
    BudgetExceededError,
    ConfigurationError,
    EvaluationFailedError,
    InvalidRequestError,
    JournalError,
    RequestTimeoutError,
    RunflowError,
    UnknownOutcomeError,
    WaitTimeoutError,
)
from ...flows import polling, submitting
from ...flows.base.arguments import checked_key, require_callback_url
from ...flows.base.context import Context
from ...flows.base.policies import PollPolicy
from ...flows.base.responses import is_success, redacted
from ...flows.base.steps import (
    CallbackReceiver,
    Checkpoint,
    Flow,
    LocalFile,
    RequestFailure,
    Reserve,
    Response,
    Resubmission,
    Send,
    Sleep,
    Step,
    StepResult,
)
from ...models.evaluation import Evaluation
from ...models.evaluation_request import EvaluationRequest
from ...models.failures import HOW_TO_WAIT
from .content import digest_of
from .item_calls import ItemCalls, Terms
from .journal import Answer, Grant, Outcome, Verdict

T = TypeVar("T")
_HOW_TO_WAIT = "run the batch again with the same journal to go on waiting"
_SUBMIT, _POLL = "submit_evaluation", "get_evaluation"


class _AnsweredError(Exception):
    """Ends a submit, because the journal gave another answer than to go on. It does not leave this module."""

    def __init__(self, grant: Grant) -> None:
        super().__init__(grant.answer)
        self.grant = grant


class JournaledItem:
    """One item.

    Args:
        context: the client's settings.
        terms: the batch's.
        request: the request.
        item_id: its id in the batch.
        price: what it costs at the most.
        poll: how often to poll.
        receiver: tells of the callback of its evaluation; None for none.

    Attributes:
        key: the key that it is submitted under, once it is known.
        from_journal: whether its outcome was read from the journal.
        earlier_cost: what it cost with the other content that the journal has of it; None where that is not known.
    """

    def __init__(
        self,
        context: Context,
        terms: Terms,
        request: EvaluationRequest,
        item_id: str,
        price: Decimal,
        poll: PollPolicy,
        receiver: CallbackReceiver | None = None,
    ) -> None:
        self._context = context
        self._terms = terms
        self._request = request
        self._item_id = item_id
        self._price = price
        self._poll = poll
        self._receiver = receiver
        self._journal = ItemCalls(terms, item_id, price)
        self._started = self._deadline = context.now()
        self._digest: str | None = None
        self._references: tuple[str, ...] = ()
        self._last_body: bytes | None = None
        self.key = request.idempotency_key
        self.from_journal = False
        self.earlier_cost: Decimal | None = None

    @property
    def may_cost(self) -> bool:
        """Whether the server may have accepted its submit, now or in an earlier run."""
        return self._journal.may_cost

    def evaluate(self) -> Flow[Evaluation]:
        """Submit the item unless the journal has it already, wait until the evaluation has ended, and return it.

        Raises:
            EvaluationFailedError: the evaluation failed, now or in an earlier run.
            UnknownOutcomeError: it may have been submitted, too long ago to submit it again.
            BudgetExceededError: it does not fit into what is left of the budget.
            InvalidRequestError: it has other content in the journal, or breaks a limit.
            RunflowError: as `evaluate` of one evaluation.
        """
        require_callback_url(self._receiver, self._request.callback_url)
        key, in_progress = self._journal.key(), self._terms.in_progress
        while self._item_id in in_progress:  # twice in the input: the second has the outcome of the first
            yield from self._journal.pause()
        in_progress.add(self._item_id)
        try:
            self.key = self.key or key
            return (yield from self._evaluate())
        finally:
            in_progress.discard(self._item_id)
            self._terms.waiting_for_budget.discard(self._item_id)

    def _evaluate(self) -> Flow[Evaluation]:
        grant = Grant(Answer.GO)
        while True:
            self.key = grant.key or self.key
            if grant.answer is not Answer.BUDGET:
                self._terms.waiting_for_budget.discard(self._item_id)
            match grant.answer:
                case Answer.GO:
                    try:
                        pending = yield from self._submit()
                    except _AnsweredError as answered:
                        grant = answered.grant
                    else:
                        return (yield from self._wait(pending))
                case Answer.SUBMITTED:
                    self._deadline = self._context.deadline_in(self._terms.seconds)
                    return (yield from self._wait(Evaluation(id=grant.evaluation_id)))
                case Answer.DONE:
                    assert grant.outcome is not None
                    return self._from_journal(grant.outcome)
                case Answer.WAIT:
                    grant = yield from self._wait_for_other_worker(grant)
                case Answer.BUDGET:
                    grant = yield from self._wait_for_budget(grant)
                case Answer.UNKNOWN:
                    self._journal.may_cost = True
                    raise UnknownOutcomeError(self._terms.recorder.batch_id, self._item_id, idempotency_key=self.key)
                case Answer.CHANGED:
                    self._journal.may_cost = True
                    self.earlier_cost = None if grant.outcome is None else grant.outcome.cost
                    raise InvalidRequestError(
                        f"item {self._item_id!r} of batch {self._terms.recorder.batch_id!r} was submitted before with other content, so "
                        "it was not submitted again: give the item an item_id of its own, or the batch another batch_id",
                        argument="item_id",
                    )
                case _:
                    assert_never(grant.answer)

    def _submit(self) -> Flow[Evaluation]:
        """Submit the item, and return the pending evaluation.

        Raises:
            _AnsweredError: the journal gave another answer than to go on.
        """
        self._digest = None
        self._deadline = self._context.deadline_in(self._terms.seconds)
        submission = submitting.Submission(checked_key(self.key))
        flow = submitting.submit_under(
            self._context, self._request, submission, self._deadline, to_poll=True, is_journaled=True
        )
        try:
            return (yield from self._recorded(flow))
        except (JournalError, ConfigurationError):
            raise
        except RunflowError as error:
            submission.annotate(error)
            found = yield from self._journal.give_up(error)
            if found is None:
                raise
        raise _AnsweredError(found)

    def _wait(self, pending: Evaluation) -> Flow[Evaluation]:
        """Wait for the end of an evaluation, write it down, and return it."""
        self._journal.may_cost = True
        submission = submitting.Submission(str(self.key), pending)
        flow = polling.wait(
            self._context,
            pending,
            deadline=self._deadline,
            poll=self._poll,
            on_update=None,
            started=self._started,
            receiver=self._receiver,
            looks_late=True,
        )
        try:
            last = yield from self._recorded(flow)
        except (JournalError, ConfigurationError):
            raise
        except RunflowError as error:
            if isinstance(error, WaitTimeoutError):
                error.args = (str(error).replace(HOW_TO_WAIT, _HOW_TO_WAIT),)
            submission.annotate(error)
            yield from self._journal.release()
            raise
        verdict = Verdict.FAILED if last.status_code == "failed" else Verdict(str(last.verdict))
        assert self._last_body is not None
        # A failed evaluation without a cost was not billed: the server sets the cost of every state that it bills.
        cost = Decimal(0) if last.charged is None and verdict is Verdict.FAILED else last.charged
        is_written = yield from self._journal.finished(verdict, self._last_body.decode(errors="replace"), cost)
        self._last_body = None
        if not is_written:  # another worker was first
            found = yield from self._journal.find()
            if found is not None and found.outcome is not None:
                return self._from_journal(found.outcome)
        return self._ended(last)

    def _from_journal(self, outcome: Outcome) -> Evaluation:
        assert outcome.evaluation is not None
        self.from_journal = self._journal.may_cost = True
        return self._ended(Evaluation.from_dict({**json.loads(outcome.evaluation), "id": outcome.evaluation_id}))

    def _ended(self, evaluation: Evaluation) -> Evaluation:
        if evaluation.status_code == "failed":
            raise redacted(EvaluationFailedError(evaluation, idempotency_key=self.key), self._context.redact)
        return evaluation

    def _wait_for_other_worker(self, grant: Grant) -> Flow[Grant]:
        """Pause while another worker has the item, and return what the journal says then."""
        if self._context.now() - self._started >= self._terms.seconds:
            raise RequestTimeoutError(
                f"item {self._item_id!r} was not submitted: another process has been working on it for {self._terms.seconds:.0f} "
                "seconds. Run the batch again when that process has ended.",
                idempotency_key=self.key,
            )
        yield from self._journal.pause(grant.wait_seconds)
        return (yield from self._journal.find(self._digest)) or Grant(Answer.GO)

    def _wait_for_budget(self, grant: Grant) -> Flow[Grant]:
        """Pause while credits that are reserved for other items may become free, and return what the journal says then.

        Raises:
            BudgetExceededError: they cannot, they would not suffice, or they were not free in time.
        """
        terms = self._terms
        terms.waiting_for_budget.add(self._item_id)
        totals = yield from self._journal.totals()
        budget = terms.budget
        assert budget is not None
        is_late = self._context.now() - self._started >= terms.seconds
        may_be_freed = grant.may_be_freed or terms.in_progress > terms.waiting_for_budget
        does_fit = (
            totals.spent + totals.reserved + self._price <= budget
        )  # by what has ended since the grant was refused
        if not does_fit and (is_late or not may_be_freed or totals.spent + self._price > budget):
            raise BudgetExceededError(
                f"the item was not submitted: {self._price} credits do not fit into what is left of budget={budget}, of which "
                f"{totals.spent} are spent and {totals.reserved} reserved. Run it again with a larger budget."
            )
        yield from self._journal.pause()
        return (yield from self._journal.grant(str(self._digest), self._references, self.key))

    def _recorded(self, flow: Flow[T]) -> Flow[T]:
        """Run a flow with its checkpoints in the journal, its submits fenced and its requests paced."""
        try:
            step = next(flow)
            while True:
                try:
                    result = yield from self._perform(step)
                except BaseException as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            value: T = end.value
            return value

    def _perform(self, step: Step) -> Flow[StepResult]:
        match step:
            case Checkpoint("loaded"):
                self._digest = digest_of(self._request, step.images)
                found = yield from self._journal.find(self._digest)
                if found is not None:
                    raise _AnsweredError(found)
                return None
            case Checkpoint("submitting"):
                return (yield from self._begin_submit(step.images))
            case Checkpoint(evaluation_id=str(evaluation_id)):
                if not (yield from self._journal.submitted(evaluation_id)):
                    raise _AnsweredError((yield from self._journal.find()) or Grant(Answer.GO))
            case Send():
                return (yield from self._send(step))
            case Reserve(deadline):
                yield from self._journal.keep_pace(deadline - self._context.now())
            case Sleep():
                self._last_body = None
            case _:
                pass
        return (yield step)

    def _begin_submit(self, images: Iterable[str | LocalFile]) -> Flow[Resubmission]:
        urls = tuple(str(image) for image in images)
        if self._digest is None:
            self._digest = digest_of(self._request, urls)
        # The journal keeps no image data, and neither does an item that waits.
        self._references = tuple("data:" if url[:5].lower() == "data:" else url for url in urls)
        grant = yield from self._journal.grant(self._digest, self._references, self.key)
        if grant.answer is not Answer.GO:
            raise _AnsweredError(grant)
        self.key = str(grant.key)
        return Resubmission(self.key, grant.image_references)

    def _send(self, step: Send) -> Flow[StepResult]:
        if step.slot is None:  # with a slot, its turn came before the images were loaded
            yield from self._journal.keep_pace(step.deadline - self._context.now())
        is_submit = step.request.operation == _SUBMIT
        if is_submit and not (yield from self._journal.may_send()):
            raise _AnsweredError(Grant(Answer.GO))
        sent_at = self._context.now()
        outcome = yield step
        assert isinstance(outcome, (Response, RequestFailure))
        yield from self._journal.slow_down(outcome, self._context.now() - sent_at)
        if is_submit:
            self._journal.sent(outcome)
        elif step.request.operation == _POLL and isinstance(outcome, Response) and is_success(outcome):
            self._last_body = outcome.body
        return outcome
