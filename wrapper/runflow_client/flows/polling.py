"""Polling an evaluation until it has ended or the deadline has come.

A transient failure must not end the wait for a paid evaluation, so most failures only lead to the next poll. The wait must
end by its deadline, so the last poll starts early enough to get its response by then.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from runflow_api.api.evaluations import get_evaluation
from runflow_api.types import LimitError, Operation

from .._redaction import one_line
from ..errors import DecodeError, InvalidRequestError, NotFoundError, RunflowError, WaitTimeoutError
from ..events import EvaluationFinished, RequestRetried
from ..models.evaluation import Evaluation
from .base.context import Context
from .base.json_reading import read_json
from .base.policies import PollPolicy
from .base.responses import (
    CallInfo,
    UnexpectedBodyError,
    error_from,
    is_success,
    is_transient,
    is_worth_retrying,
    read_object,
    reason_of,
    redacted,
    request_id,
    retry_after,
)
from .base.retrying import build_request, send_once
from .base.steps import CallbackReceiver, ExpectedCallback, Flow, RequestFailure, Response, report, sleep

EMBEDS = ("judges", "action", "gate_failures")

_NOT_FOUND_GRACE = 10.0
"""For this many seconds after the first 404, further 404s are tolerated."""
_EXPECTED_POLL_SECONDS = 0.5
"""How long a poll is assumed to take before the first response."""
_SHORTEST_MARGIN, _LONGEST_MARGIN = 0.1, 5.0
"""Seconds between the last poll and the deadline."""


class _PollState:
    """The results of the polls of one wait so far."""

    __slots__ = (
        "_body",
        "_data",
        "_evaluation",
        "not_found_since",
        "polls",
        "problem",
        "request_id",
        "slowest_poll",
        "status",
    )

    def __init__(self, status: Any) -> None:
        self.status = status
        self.polls = 0
        self._body: bytes | None = None
        self._data: dict[str, Any] | None = None
        self._evaluation: Evaluation | None = None
        self.request_id: str | None = None
        self.problem: RunflowError | None = None
        self.not_found_since: float | None = None
        self.slowest_poll: float | None = None

    @property
    def has_ended(self) -> bool:
        return self._body is not None and self.problem is None and self.status in ("completed", "failed")

    def keep(self, data: dict[str, Any], body: bytes) -> None:
        """Keep a usable response."""
        self.status, self._data, self._body, self._evaluation = data.get("status_code"), data, body, None

    def rest(self) -> None:
        """Keep only the bytes of the last response, because a flow may sleep for long: what is read from them is five times as large."""
        self._data = self._evaluation = None

    def last_seen(self, known: Evaluation) -> Evaluation:
        """Return the evaluation as the last usable response describes it, or as the caller has it if there was none."""
        if self._body is None:
            return known
        if self._evaluation is None:
            try:
                data = read_json(self._body) if self._data is None else self._data
                # Keep the requested id: a response may leave it out, hold another value, or write it in upper case.
                self._evaluation = Evaluation.from_dict({**data, "id": known.id})
            except RecursionError:
                raise DecodeError(
                    f"waiting for evaluation {known.id}: the response is nested too deep to be read",
                    evaluation_id=known.id,
                    request_id=self.request_id,
                ) from None
        return self._evaluation


class _Polls:
    """When the polls of one wait are sent: by the policy, but seldom while a callback is expected.

    Args:
        context: the client's settings.
        policy: how often to poll without a receiver.
        receiver: tells of callbacks; None for none.
        expected: the callback of this evaluation; None without a receiver.
        started: when the wait began.
    """

    def __init__(
        self,
        context: Context,
        policy: PollPolicy,
        receiver: CallbackReceiver | None,
        expected: ExpectedCallback | None,
        started: float,
    ) -> None:
        self.context = context
        self.policy = policy
        self.receiver = receiver
        self.expected = expected
        self.started = started
        self.pause: float | None = None
        self.not_before = -math.inf
        self.woken_at: float | None = None
        self.has_slept = False

    def first(self) -> float:
        """Return the time of the first poll of an evaluation that was just submitted."""
        seldom = self._seldom_pause()
        return self.started + (self.policy.first if seldom is None else seldom)

    def following(self, outcome: Response | RequestFailure) -> float:
        """Return the time of the poll that follows this one."""
        now = self.context.now()
        pause = self._seldom_pause()
        if pause is None:
            pause = self.pause = self.policy.pause_at(now - self.started, self.pause)
        asked = retry_after(outcome) or 0.0
        self.not_before = now + asked
        return now + max(pause, asked)

    def sleep_until(self, time: float) -> Flow[None]:
        """Sleep until a time, or until the callback arrives; a `Retry-After` is slept to its end."""
        yield from _sleep_until(self.context, min(self.not_before, time))
        if self.expected is None or self.woken_at is not None:
            yield from _sleep_until(self.context, time)
            return
        seconds = time - self.context.now()
        if seconds > 0:
            self.has_slept = True
            yield from sleep(seconds, self.expected)
            if self.expected.has_arrived:
                self.woken_at = self.context.now()

    def ended(self, *, knows_submit: bool) -> None:
        """Tell the receiver whether the callback arrived before a poll found the end."""
        if self.receiver is None or self.expected is None:
            return
        if self.expected.has_arrived:
            woken_at = self.context.now() if self.woken_at is None else self.woken_at
            self.receiver.learn(woken_at - self.started if knows_submit else None, arrived=True)
        elif self.has_slept:
            self.receiver.learn(None, arrived=False)

    def close(self) -> None:
        if self.expected is not None:
            self.expected.close()

    def _seldom_pause(self) -> float | None:
        if self.receiver is None or self.woken_at is not None:
            return None
        return self.receiver.pause_at(self.context.now() - self.started)


def wait(
    context: Context,
    known: Evaluation,
    *,
    deadline: float,
    poll: PollPolicy,
    on_update: Callable[[Evaluation], Any] | None,
    started: float | None = None,
    receiver: CallbackReceiver | None = None,
    looks_late: bool = False,
) -> Flow[Evaluation]:
    """Poll an evaluation until it is completed or failed, and return it with everything that the API embeds in it.

    Args:
        context: the client's settings.
        known: the evaluation as the caller has it; if it has no status yet, the first poll is sent at once.
        deadline: the time by which to stop waiting.
        poll: how often to poll.
        on_update: called with `known`, unless it has no status yet, and after each change of the status.
        started: when the call that submitted the evaluation began, for the duration in events; None for now.
        receiver: tells when the callback of the evaluation arrives, which is polled at once then, and seldom before.
        looks_late: whether to poll once more where the time of the last poll passed while another one was answered; a batch does,
            because its caller may have paused meanwhile.

    Raises:
        WaitTimeoutError: the deadline came first.
        APIError: the server refused a poll with a status that is not transient.
    """
    operation = poll_operation(known)
    expected = None if receiver is None else receiver.expect(str(known.id))
    polls = _Polls(context, poll, receiver, expected, context.now())
    try:
        if known.status_code is not None:
            yield from report(on_update, known)
        state = _PollState(known.status_code)
        yield from _poll_until_end(context, known, operation, state, polls, deadline, on_update, looks_late)
        evaluation = state.last_seen(known)
        polls.ended(knows_submit=started is not None)
    finally:
        polls.close()
    _notify_end(context, evaluation, polls.started if started is None else started)
    return evaluation


def _poll_until_end(
    context: Context,
    known: Evaluation,
    operation: Operation[Any],
    state: _PollState,
    polls: _Polls,
    deadline: float,
    on_update: Callable[[Evaluation], Any] | None,
    looks_late: bool,
) -> Flow[None]:
    info = CallInfo(f"waiting for evaluation {known.id}", known.id)
    next_poll = polls.started
    if known.status_code is not None and not known.is_terminal:
        next_poll = polls.first()
    while True:
        yield from polls.sleep_until(min(next_poll, _time_of_last_poll(deadline, polls.started, state)))
        sent_at = context.now()
        outcome = yield from _poll_once(context, operation, state, deadline)
        changed = _apply(context, state, outcome, info)
        if changed and on_update is not None:
            yield from report(on_update, state.last_seen(known))
        if state.has_ended:
            return
        # Computed anew after each poll: quick responses leave time for another poll.
        last = _time_of_last_poll(deadline, polls.started, state)
        if context.now() >= last and not (looks_late and sent_at < last):
            raise redacted(_timeout_error(state, known), context.redact)
        next_poll = polls.following(outcome)
        _notify_retry(context, state, outcome, next_poll)
        del outcome
        state.rest()


def how_to_wait_again(known: Evaluation) -> str:
    return f"Evaluation {known.id} goes on at the server: call wait({known.id!r}) to go on waiting."


def _time_of_last_poll(deadline: float, wait_started: float, state: _PollState) -> float:
    """Return when to start the last poll, so that its response comes in time even if it takes twice as long as any so far."""
    if deadline == math.inf:
        return math.inf
    margin = 2 * (_EXPECTED_POLL_SECONDS if state.slowest_poll is None else state.slowest_poll)
    return deadline - min(max(_SHORTEST_MARGIN, margin), _LONGEST_MARGIN, (deadline - wait_started) / 2)


def _sleep_until(context: Context, time: float) -> Flow[None]:
    seconds = time - context.now()
    if seconds > 0:
        yield from sleep(seconds)


def _timeout_error(state: _PollState, known: Evaluation) -> WaitTimeoutError:
    problem = "" if state.problem is None else str(state.problem)
    error = WaitTimeoutError(state.last_seen(known), last_problem=problem)
    error.request_id = None if state.problem is None else state.problem.request_id
    return error


def _notify_end(context: Context, evaluation: Evaluation, started: float) -> None:
    evaluation_id = one_line(context.redact(str(evaluation.id)))
    seconds = context.now() - started
    status = str(evaluation.status_code)
    context.notify(EvaluationFinished(evaluation_id, status, evaluation.verdict, seconds, evaluation.charged))


def _notify_retry(context: Context, state: _PollState, outcome: Response | RequestFailure, next_poll: float) -> None:
    if state.problem is not None:
        reason = reason_of(outcome) + (", with an unusable body" if is_success(outcome) else "")
        pause = next_poll - context.now()
        context.notify(
            RequestRetried("get_evaluation", state.polls, None, reason, pause, request_id(outcome, context.redact))
        )


def poll_operation(known: Evaluation, idempotency_key: str | None = None) -> Operation[Any]:
    """Return the operation that gets an evaluation.

    Raises:
        InvalidRequestError: the evaluation has no valid id.
        DecodeError: the same, where the evaluation was just submitted under `idempotency_key`.
    """
    if not isinstance(known.id, str) or not known.id:
        raise InvalidRequestError(
            "the evaluation has no id: pass an evaluation that the API returned, or its id",
            argument="evaluation_or_id",
        )
    try:
        return get_evaluation.operation(known.id, embed=",".join(EMBEDS))
    except LimitError as error:
        if idempotency_key is None:
            raise InvalidRequestError(f"evaluation_or_id: {error.message}", argument="evaluation_or_id") from None
        raise DecodeError(
            "the server accepted the image, but the evaluation id in its response is not valid: "
            f"{error.message}. Do not submit the image under another idempotency key: it may be billed twice.",
            evaluation_id=known.id,
            idempotency_key=idempotency_key,
        ) from None


def _poll_once(
    context: Context, operation: Operation[Any], state: _PollState, deadline: float
) -> Flow[Response | RequestFailure]:
    started = context.now()
    state.polls += 1
    outcome = yield from send_once(context, build_request(operation), deadline, attempt=state.polls)
    if isinstance(outcome, Response):
        state.slowest_poll = max(state.slowest_poll or 0.0, context.now() - started)
    return outcome


def _apply(context: Context, state: _PollState, outcome: Response | RequestFailure, info: CallInfo) -> bool:
    """Store the outcome of a poll and return whether the status has changed; raise the error if it ends the wait."""
    data = _object_of(outcome)
    found_request_id = request_id(outcome, context.redact)
    if data is not None and not _is_same_evaluation(data, info):
        # A faulty cache may return the response of another request; the verdict on another image must not be taken for this.
        state.problem = DecodeError(f"{info.doing}: the response holds another evaluation", request_id=found_request_id)
        return False
    if data is not None:
        state.problem, state.not_found_since, state.request_id = None, None, found_request_id
        assert isinstance(outcome, Response)
        before = state.status
        state.keep(data, outcome.body)
        return bool(before != state.status)
    state.problem = error_from(outcome, info, context.redact)
    if isinstance(state.problem, NotFoundError):
        # Shortly after the submit, a replica of the server may not have the evaluation yet.
        state.not_found_since = context.now() if state.not_found_since is None else state.not_found_since
        if context.now() - state.not_found_since >= _NOT_FOUND_GRACE:
            raise state.problem
    elif not _is_transient(outcome):
        raise state.problem
    return False


def _is_transient(outcome: Response | RequestFailure) -> bool:
    """Return whether the next poll may succeed; it may after a success with an unusable body."""
    if isinstance(outcome, RequestFailure):
        return is_worth_retrying(outcome, outcome_unknown=False)
    return is_success(outcome) or is_transient(outcome.status)


def _object_of(outcome: Response | RequestFailure) -> dict[str, Any] | None:
    if not isinstance(outcome, Response) or not is_success(outcome):
        return None
    try:
        return read_object(outcome)
    except UnexpectedBodyError:
        return None


def _is_same_evaluation(data: dict[str, Any], info: CallInfo) -> bool:
    found = data.get("id")
    return not isinstance(found, str) or found.lower() == str(info.evaluation_id).lower()
