"""Looking at an evaluation until it has ended or the time is up.

A wait must not lose a paid evaluation to a passing fault, so most faults only mean "look again"; and it must not outlive
its deadline, so the last look starts early enough to be answered by then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from runflow_api.api.evaluations import get_evaluation
from runflow_api.types import LimitError, Operation

from ..errors import DecodeError, InvalidRequestError, NotFoundError, RunflowError, WaitTimeoutError
from ..models.evaluation import Evaluation
from .base.context import Context
from .base.policies import PollPolicy
from .base.responses import CallInfo, error_from, is_success, read_object, redacted, request_id, retry_after
from .base.retrying import build_request
from .base.steps import Flow, RequestFailure, Response, report, send, sleep

EMBEDS = ("judges", "action", "gate_failures")

_NOT_FOUND_GRACE = 10.0
_FIRST_GUESS = 0.5
_SHORTEST_MARGIN, _LONGEST_MARGIN = 0.25, 5.0


@dataclass(slots=True)
class _PollState:
    """What a wait has seen so far."""

    status: Any
    data: dict[str, Any] | None = field(default=None, repr=False)
    request_id: str | None = None
    problem: RunflowError | None = None
    not_found_since: float | None = None
    slowest_poll: float | None = None

    @property
    def has_ended(self) -> bool:
        return self.data is not None and self.problem is None and self.status in ("completed", "failed")

    def last_seen(self, known: Evaluation) -> Evaluation:
        if self.data is None:
            return known
        try:
            # By the id that was asked for: an answer may leave it out, hold an odd one, or write it in other letters.
            return Evaluation.from_dict({**self.data, "id": known.id})
        except RecursionError:
            raise DecodeError(
                f"waiting for evaluation {known.id}: the answer is nested too deep to be read",
                evaluation_id=known.id,
                request_id=self.request_id,
            ) from None


def wait(
    context: Context,
    known: Evaluation,
    *,
    deadline: float | None,
    poll: PollPolicy,
    on_update: Callable[[Evaluation], Any] | None,
    idempotency_key: str | None = None,
) -> Flow[Evaluation]:
    """Look at an evaluation until it is completed or failed, and return it whole.

    Args:
        context: the client's settings.
        known: the evaluation as last seen; where only its id is known, the first look comes at once.
        deadline: by when to give up.
        poll: how often to look.
        on_update: shown the evaluation first as it is known, then each time its status has changed.
        idempotency_key: what it was submitted under, for errors.

    Raises:
        WaitTimeoutError: the time was up first.
        APIError: a look was refused in a way that looking again will not mend.
    """
    operation = poll_operation(known)
    info = CallInfo(f"waiting for evaluation {known.id}", known.id, idempotency_key)
    state = _PollState(known.status_code)
    started, pause = context.now(), None
    if known.status_code is not None:
        yield from report(on_update, known)
    next_look = started
    if known.status_code is not None and not known.is_terminal:
        next_look += poll.first
    while True:
        last_look = _last_poll(deadline, started, state)
        is_last = last_look is not None and next_look >= last_look
        yield from _sleep_until(context, last_look if is_last and last_look is not None else next_look)
        answer = yield from _poll_once(context, operation, state, deadline)
        changed = _apply(context, state, answer, info)
        if changed and on_update is not None:
            yield from report(on_update, state.last_seen(known))
        if state.has_ended:
            return state.last_seen(known)
        if is_last or not _leaves_time(context, state, deadline):
            problem = "" if state.problem is None else str(state.problem)
            late = WaitTimeoutError(state.last_seen(known), last_problem=problem)
            late.request_id = None if state.problem is None else state.problem.request_id
            raise redacted(late, context.redact)
        pause = poll.pause_after(pause)
        next_look = context.now() + max(pause, retry_after(answer) or 0.0)


def _last_poll(deadline: float | None, started: float, state: _PollState) -> float | None:
    """Return when the last look has to start so that it is answered by the deadline, judging by the slowest look so far."""
    if deadline is None:
        return None
    margin = max(_SHORTEST_MARGIN, 2 * (state.slowest_poll or _FIRST_GUESS))
    return deadline - min(margin, _LONGEST_MARGIN, (deadline - started) / 2)


def _leaves_time(context: Context, state: _PollState, deadline: float | None) -> bool:
    """Tell whether a look that starts now can be expected to be answered by the deadline."""
    return deadline is None or deadline - context.now() > (state.slowest_poll or 0.0)


def _sleep_until(context: Context, time: float) -> Flow[None]:
    seconds = time - context.now()
    if seconds > 0:
        yield from sleep(seconds)


def poll_operation(known: Evaluation, idempotency_key: str | None = None) -> Operation[Any]:
    """Return what asks for an evaluation.

    Raises:
        InvalidRequestError: it has no id that can be asked for.
        DecodeError: the same, of an evaluation that was submitted under the key.
    """
    if not isinstance(known.id, str) or not known.id:
        raise InvalidRequestError(
            "this evaluation has no id to wait for: pass one that the API answered, or its id",
            argument="evaluation_or_id",
        )
    try:
        return get_evaluation.operation(known.id, embed=",".join(EMBEDS))
    except LimitError as error:
        if idempotency_key is None:
            raise InvalidRequestError(f"evaluation_or_id: {error.message}", argument="evaluation_or_id") from None
        raise DecodeError(
            "the server took the image, but the id that it answered cannot be asked for: "
            f"{error.message}. Submit it under no other idempotency key, or it may be billed twice.",
            evaluation_id=known.id,
            idempotency_key=idempotency_key,
        ) from None


def _poll_once(
    context: Context, operation: Operation[Any], state: _PollState, deadline: float | None
) -> Flow[Response | RequestFailure]:
    began = context.now()
    answer = yield from send(build_request(operation), context.attempt_deadline(deadline))
    if isinstance(answer, Response):
        state.slowest_poll = max(state.slowest_poll or 0.0, context.now() - began)
    return answer


def _apply(context: Context, state: _PollState, answer: Response | RequestFailure, info: CallInfo) -> bool:
    """Note what a look has shown and tell whether the status is a new one; raise what ends the wait."""
    data = read_object(answer) if isinstance(answer, Response) and is_success(answer) else None
    named = request_id(answer, context.redact) if isinstance(answer, Response) else None
    if data is not None and not _is_of(data, info):
        # A cache in between may mix answers up; another picture's verdict must not pass for this one's.
        state.problem = DecodeError(f"{info.doing}: the server answered another evaluation", request_id=named)
        return False
    if data is not None:
        state.problem, state.not_found_since, state.request_id = None, None, named
        before, state.status, state.data = state.status, data.get("status_code"), data
        return bool(before != state.status)
    state.problem = error_from(answer, info, context.redact)
    if isinstance(state.problem, NotFoundError):
        # Just after a submit a replica of the server may not know the evaluation yet.
        state.not_found_since = context.now() if state.not_found_since is None else state.not_found_since
        if context.now() - state.not_found_since >= _NOT_FOUND_GRACE:
            raise state.problem
    elif isinstance(answer, Response) and not is_success(answer) and not _is_transient(answer.status):
        raise state.problem
    return False


def _is_of(data: dict[str, Any], info: CallInfo) -> bool:
    answered = data.get("id")
    return not isinstance(answered, str) or answered.lower() == str(info.evaluation_id).lower()


def _is_transient(status: int) -> bool:
    """Tell whether a status is a fault that may have passed by the next look."""
    return status >= 500 or status in (408, 425, 429)
