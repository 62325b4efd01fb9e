"""Getting evaluations, waiting for their end, and sending feedback on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from runflow_api import models as api_models
from runflow_api.api.evaluations import get_evaluation
from runflow_api.types import UNSET, Operation

from ..errors import EvaluationFailedError, InvalidRequestError
from ..models.evaluation import Evaluation
from ..models.evaluation_request import EvaluationRequest
from . import polling, submitting
from .base.arguments import (
    annotate,
    checked_callback,
    checked_poll,
    checked_receiver,
    checked_timeout,
    evaluation_id_of,
    or_unset,
    require_callback_url,
    require_id,
    translate_limits,
)
from .base.context import Context
from .base.policies import PollPolicy
from .base.responses import CallInfo, Page, read_page, redacted
from .base.retrying import build_request, send_for_model, send_for_rows, send_with_retries
from .base.steps import CallbackReceiver, Flow

_MOST_PAGES = 1_000

# The operations that most processes do not use are imported where they are.


def get(context: Context, evaluation_or_id: Evaluation | str | UUID | None, embed: Sequence[str]) -> Flow[Evaluation]:
    """Return an evaluation as it is now."""
    names: Any = embed
    if isinstance(names, str) or not isinstance(names, Iterable):
        names = [None]
    names = list(names)
    if not all(isinstance(name, str) and name.isascii() for name in names):
        raise InvalidRequestError('embed must be a list of names, as in ["judges"], or empty', argument="embed")
    evaluation_id = evaluation_id_of(evaluation_or_id)
    with translate_limits():
        operation = get_evaluation.operation(evaluation_id, embed=",".join(names) or UNSET)
    info = CallInfo(f"getting evaluation {evaluation_id}", str(evaluation_id))
    return send_for_model(context, operation, Evaluation.from_dict, info, context.call_deadline())


def wait(
    context: Context,
    evaluation_or_id: Evaluation | str | UUID | None,
    *,
    timeout: float | None,
    poll: PollPolicy,
    on_update: Callable[[Evaluation], Any] | None,
    receiver: CallbackReceiver | None = None,
) -> Flow[Evaluation]:
    """Wait until an evaluation has ended, and return it; see `polling.wait`."""
    deadline = context.deadline_in(checked_timeout(timeout))
    poll, on_update = checked_poll(poll), checked_callback(context, on_update, "on_update")
    receiver = checked_receiver(receiver)
    known = evaluation_or_id
    if not isinstance(known, Evaluation):
        known = Evaluation(id=str(require_id(known, "evaluation_or_id")))
    try:
        return (
            yield from polling.wait(
                context, known, deadline=deadline, poll=poll, on_update=on_update, receiver=receiver
            )
        )
    except BaseException as exception:
        annotate(exception, polling.how_to_wait_again(known))
        raise


def evaluate(
    context: Context,
    request: EvaluationRequest,
    *,
    timeout: float | None,
    poll: PollPolicy,
    on_update: Callable[[Evaluation], Any] | None,
    receiver: CallbackReceiver | None = None,
    looks_late: bool = False,
) -> Flow[Evaluation]:
    """Submit an image, wait until the evaluation has ended, and return it; `looks_late` is as in `polling.wait`.

    Raises:
        EvaluationFailedError: the evaluation failed, so the image was not judged.
        WaitTimeoutError: the deadline came after the response to the submit.
        RequestTimeoutError: the deadline came before that.
    """
    started = context.now()
    deadline = context.deadline_in(checked_timeout(timeout))
    poll, on_update = checked_poll(poll), checked_callback(context, on_update, "on_update")
    receiver = checked_receiver(receiver)
    require_callback_url(receiver, request.callback_url)
    submission = submitting.begin(context, request)
    try:
        pending = yield from submitting.submit_under(context, request, submission, deadline, to_poll=True)
        del request  # a waiting flow holds no image
        last = yield from polling.wait(
            context,
            pending,
            deadline=deadline,
            poll=poll,
            on_update=on_update,
            started=started,
            receiver=receiver,
            looks_late=looks_late,
        )
        if last.status_code == "failed":
            raise redacted(EvaluationFailedError(last), context.redact)
        return last
    except BaseException as exception:
        submission.annotate(exception)
        raise


def for_run(context: Context, run_id: str | UUID) -> Flow[list[Evaluation]]:
    """Return the evaluations of a run, all pages of them."""
    from runflow_api.api.evaluations import list_run_evaluations

    with translate_limits():
        operation = list_run_evaluations.operation(require_id(run_id, "run_id"))
    info = CallInfo(f"listing the evaluations of run {run_id}")
    deadline = context.call_deadline()
    found: list[Evaluation] = []
    for _ in range(_MOST_PAGES):
        rows, cursor = yield from send_with_retries(
            context,
            build_request(operation),
            info,
            deadline,
            lambda response: _page_of_evaluations(read_page(response)),
        )
        found.extend(rows)
        if cursor is None or ("pq", cursor) in operation.query:
            break
        others = tuple(pair for pair in operation.query if pair[0] != "pq")
        operation = operation._replace(query=(*others, ("pq", cursor)))
    return found


def _page_of_evaluations(page: Page) -> tuple[list[Evaluation], str | None]:
    """Return the evaluations of a page and the cursor of the next page; `next` may be the cursor or a URL with it (both inferred)."""
    rows = [Evaluation.from_dict(item) for item in page.items]
    cursor = page.next
    if cursor is not None and ("://" in cursor or cursor.startswith("/")):
        query = cursor.partition("#")[0].partition("?")[2]
        cursor = next(iter(parse_qs(query).get("pq", [])), None)
    return rows, cursor.encode("utf-8", "replace").decode() if cursor else None


def job_classes(context: Context) -> Flow[list[api_models.EvaluationJobClassRow]]:
    """Return the job classes with their prices."""
    from runflow_api.api.evaluations import list_evaluation_job_classes

    return send_for_rows(
        context,
        list_evaluation_job_classes.operation(),
        api_models.EvaluationJobClassRow.from_dict,
        "listing job classes",
    )


def statuses(context: Context) -> Flow[list[api_models.EvaluationStatusRow]]:
    """Return the statuses that an evaluation can have."""
    from runflow_api.api.evaluations import list_evaluation_statuses

    return send_for_rows(
        context, list_evaluation_statuses.operation(), api_models.EvaluationStatusRow.from_dict, "listing statuses"
    )


def set_feedback(
    context: Context,
    evaluation_or_id: Evaluation | str | UUID | None,
    is_positive: bool,
    reason: str | None,
    run_id: str | UUID | None,
) -> Flow[Evaluation]:
    """Send the user's feedback, and return the evaluation with it."""
    if not isinstance(is_positive, bool):
        hint = "; to remove the feedback, call clear_feedback()" if is_positive is None else ""
        raise InvalidRequestError(
            f"is_positive must be True (thumb up) or False (thumb down), not {is_positive!r}{hint}",
            argument="is_positive",
        )
    return _feedback(context, evaluation_or_id, is_positive, reason, run_id)


def clear_feedback(
    context: Context, evaluation_or_id: Evaluation | str | UUID | None, run_id: str | UUID | None
) -> Flow[Evaluation]:
    """Remove the feedback, and return the evaluation without it."""
    return _feedback(context, evaluation_or_id, None, None, run_id)


def _feedback(
    context: Context,
    evaluation_or_id: Evaluation | str | UUID | None,
    is_positive: bool | None,
    reason: str | None,
    run_id: str | UUID | None,
) -> Flow[Evaluation]:
    from runflow_api.api.evaluations import set_evaluation_feedback, set_run_evaluation_feedback

    operation: Operation[Any]
    evaluation_id = evaluation_id_of(evaluation_or_id)
    with translate_limits():
        body = api_models.SetEvaluationFeedbackRequest(is_positive=is_positive, reason=or_unset(reason))
        if run_id is None:
            operation = set_evaluation_feedback.operation(evaluation_id, body=body)
        else:
            operation = set_run_evaluation_feedback.operation(run_id, evaluation_id, body=body)
    doing = "removing the feedback on" if is_positive is None else "sending feedback on"
    info = CallInfo(f"{doing} evaluation {evaluation_id}", str(evaluation_id))
    return send_for_model(context, operation, Evaluation.from_dict, info, context.call_deadline())
