"""Submitting, reading and rating evaluations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from runflow_api.api.evaluations import get_evaluation, set_evaluation_feedback, submit_evaluation
from runflow_api.models.evaluation_reference_image import EvaluationReferenceImage
from runflow_api.models.set_evaluation_feedback_request import SetEvaluationFeedbackRequest
from runflow_api.models.submit_evaluation_request import SubmitEvaluationRequest
from runflow_api.types import UNSET, LimitError

from ..errors import DecodeError, EvaluationFailedError, InvalidRequestError, RunflowError
from ..evaluation import Evaluation
from ..policies import PollPolicy
from . import waiting
from .answers import Call
from .call import call
from .context import Context
from .steps import Flow, load

if TYPE_CHECKING:
    from ..images import ImageSource, ReferenceImage

_ARGUMENT_OF_FIELD = {"generated_image_url": "image", "is_positive": "is_positive", "id": "evaluation_id"}


@dataclass(slots=True, kw_only=True)
class Submission:
    """What a caller asked to be evaluated, as the arguments of `submit` name it."""

    image: ImageSource = field(repr=False)
    task_type: str
    task_description: str | None = field(default=None, repr=False)
    generation_prompt: str | None = field(default=None, repr=False)
    evaluation_instructions: str | None = field(default=None, repr=False)
    input_attributes: Mapping[str, Any] | None = field(default=None, repr=False)
    reference_images: Sequence[ReferenceImage] = field(default=(), repr=False)
    run_id: str | UUID | None = None
    client_ref: str | None = None
    job_class: str | None = None
    callback_url: str | None = field(default=None, repr=False)
    idempotency_key: str | None = None


@contextmanager
def _limits_named(evaluation_id: str | None = None) -> Iterator[None]:
    """Turn a limit that the generated layer found broken into an error that names the caller's own argument."""
    try:
        yield
    except LimitError as error:
        argument = _ARGUMENT_OF_FIELD.get(error.field, error.field)
        text = str(error)
        if argument != error.field:
            text = f"{argument}: {text}"
        raise InvalidRequestError(text, argument=argument, evaluation_id=evaluation_id) from None


@contextmanager
def _noted(text: Callable[[], str]) -> Iterator[None]:
    """Let an interruption (Ctrl-C, a cancelled task, an error of the caller's callback) say what it leaves behind."""
    try:
        yield
    except (RunflowError, GeneratorExit):
        raise
    except BaseException as interruption:
        interruption.add_note(text())
        raise


def submit(context: Context, submission: Submission, deadline: float | None = None) -> Flow[Evaluation]:
    """Submit an image and return the pending evaluation.

    Args:
        context: the client's settings.
        submission: what to evaluate; its key is minted here where the caller gave none.
        deadline: by when to give up, besides the client's own timeout.

    Raises:
        InvalidRequestError: an argument breaks a limit; nothing was sent.
        APIError: the server refused.
        TransportError: no answer came; the error carries the key to go on with.
        DecodeError: the answer names no evaluation; the error carries the key to go on with.
    """
    deadline = context.call_deadline(deadline)
    key = submission.idempotency_key
    if key is None:
        key = submission.idempotency_key = context.new_key()
    about = Call("submitting an image", idempotency_key=_checked_key(key))
    body = yield from _body_of(submission)
    with _limits_named():
        operation = submit_evaluation.operation(body=body)
    with _noted(lambda: f"An image was being submitted under idempotency_key={key!r}: submit again under it to go on."):
        data = yield from call(context, operation, about, deadline)
    evaluation = Evaluation.from_dict(data)
    if not isinstance(evaluation.id, str) or not evaluation.id:
        raise DecodeError(
            "submitting an image: the server took it, but its answer names no evaluation id. Call again with "
            f"idempotency_key={key!r} and the same arguments, so that nothing is billed twice.",
            idempotency_key=key,
        )
    context.log(f"submitted evaluation {evaluation.id}")
    return evaluation


def _checked_key(key: Any) -> str:
    if isinstance(key, str) and key and key.isascii() and key.isprintable():
        return key
    raise InvalidRequestError(
        "idempotency_key must be a string of printable ASCII characters, at least one", argument="idempotency_key"
    )


def _body_of(submission: Submission) -> Flow[SubmitEvaluationRequest]:
    references = list(submission.reference_images)
    with _limits_named():
        # Once without the images: what is too long is said before a file is read.
        _request_model(submission, "https://x", [EvaluationReferenceImage(url="https://x") for _ in references])
    image = yield from load(submission.image, "image")
    rows = []
    for index, reference in enumerate(references):
        url = yield from load(reference.image, f"reference_images[{index}].image")
        with _limits_named():
            rows.append(
                EvaluationReferenceImage(
                    url=url, kind=_or_unset(reference.kind), description=_or_unset(reference.description)
                )
            )
    with _limits_named():
        return _request_model(submission, image, rows)


def _request_model(
    submission: Submission, image: str, references: list[EvaluationReferenceImage]
) -> SubmitEvaluationRequest:
    attributes = submission.input_attributes
    return SubmitEvaluationRequest(
        generated_image_url=image,
        task_type=submission.task_type,
        task_description=_or_unset(submission.task_description),
        generation_prompt=_or_unset(submission.generation_prompt),
        evaluation_instructions=_or_unset(submission.evaluation_instructions),
        input_attributes=UNSET if attributes is None else dict(attributes),
        reference_images=references or UNSET,
        run_id=_or_unset(submission.run_id),
        client_ref=_or_unset(submission.client_ref),
        job_class=_or_unset(submission.job_class),
        callback_url=_or_unset(submission.callback_url),
    )


def _or_unset(value: Any) -> Any:
    return UNSET if value is None else value


def _given(evaluation_id: str | UUID | None) -> str | UUID:
    """Return an id that is not None, as the `id` of an evaluation may be by its type."""
    if evaluation_id is None:
        raise InvalidRequestError("evaluation_id is None: pass the id that submit answered", argument="evaluation_id")
    return evaluation_id


def get(context: Context, evaluation_id: str | UUID | None, embed: Sequence[str]) -> Flow[Evaluation]:
    """Return an evaluation as it is now."""
    with _limits_named():
        operation = get_evaluation.operation(_given(evaluation_id), embed=",".join(embed) or UNSET)
    about = Call(f"getting evaluation {evaluation_id}", str(evaluation_id))
    return Evaluation.from_dict((yield from call(context, operation, about, context.call_deadline(None))))


def wait(
    context: Context,
    evaluation_or_id: Evaluation | str | UUID,
    *,
    timeout: float | None,
    poll: PollPolicy,
    on_update: Callable[[Evaluation], Any] | None,
) -> Flow[Evaluation]:
    """Wait for the end of an evaluation; see `waiting.wait`."""
    deadline = context.deadline(_checked_timeout(timeout))
    known = evaluation_or_id
    if not isinstance(known, Evaluation):
        known = Evaluation(id=str(known))
    with (
        _limits_named(),
        _noted(lambda: f"Evaluation {known.id} goes on at the server: wait({known.id!r}) to go on waiting."),
    ):
        return (yield from waiting.wait(context, known, deadline=deadline, poll=poll, on_update=on_update))


def evaluate(
    context: Context,
    submission: Submission,
    *,
    timeout: float | None,
    poll: PollPolicy,
    on_update: Callable[[Evaluation], Any] | None,
) -> Flow[Evaluation]:
    """Submit an image, wait for the end, and return the completed evaluation.

    Raises:
        EvaluationFailedError: it ended without a judgement.
        WaitTimeoutError: the time was up after the submit was answered.
        RequestTimeoutError: the time was up before that.
    """
    deadline = context.deadline(_checked_timeout(timeout))
    pending = yield from submit(context, submission, deadline)
    key = submission.idempotency_key
    del submission  # a waiting flow holds no image
    with _noted(lambda: f"Evaluation {pending.id} goes on at the server: wait({pending.id!r}) to go on waiting."):
        ended = yield from waiting.wait(
            context, pending, deadline=deadline, poll=poll, on_update=on_update, idempotency_key=key
        )
    if ended.status_code == "failed":
        raise EvaluationFailedError(ended, idempotency_key=key)
    return ended


def _checked_timeout(timeout: Any) -> float | None:
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
        raise InvalidRequestError(
            f"timeout must be a number of seconds above 0, or None for no limit, not {timeout!r}; "
            "to look once, use get()",
            argument="timeout",
        )
    return float(timeout)


def set_feedback(
    context: Context, evaluation_id: str | UUID | None, is_positive: bool, reason: str | None
) -> Flow[Evaluation]:
    """Send a thumb, and return the evaluation with it."""
    if not isinstance(is_positive, bool):
        hint = "; to take a thumb back, use clear_feedback()" if is_positive is None else ""
        raise InvalidRequestError(
            f"is_positive must be True (thumb up) or False (thumb down), not {is_positive!r}{hint}",
            argument="is_positive",
        )
    return _feedback(context, evaluation_id, is_positive, reason, "rating")


def clear_feedback(context: Context, evaluation_id: str | UUID | None) -> Flow[Evaluation]:
    """Take a thumb back, and return the evaluation without it."""
    return _feedback(context, evaluation_id, None, None, "clearing the rating of")


def _feedback(
    context: Context, evaluation_id: str | UUID | None, is_positive: bool | None, reason: str | None, doing: str
) -> Flow[Evaluation]:
    with _limits_named():
        body = SetEvaluationFeedbackRequest(is_positive=is_positive, reason=_or_unset(reason))
        operation = set_evaluation_feedback.operation(_given(evaluation_id), body=body)
    about = Call(f"{doing} evaluation {evaluation_id}", str(evaluation_id))
    return Evaluation.from_dict((yield from call(context, operation, about, context.call_deadline(None))))
