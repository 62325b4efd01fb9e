"""Submitting, reading and rating evaluations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from attrs import evolve

from runflow_api.api.evaluations import (
    get_evaluation,
    list_evaluation_job_classes,
    list_evaluation_statuses,
    list_run_evaluations,
    set_evaluation_feedback,
    set_run_evaluation_feedback,
    submit_evaluation,
)
from runflow_api.models.evaluation_job_class_row import EvaluationJobClassRow
from runflow_api.models.evaluation_reference_image import EvaluationReferenceImage
from runflow_api.models.evaluation_status_row import EvaluationStatusRow
from runflow_api.models.set_evaluation_feedback_request import SetEvaluationFeedbackRequest
from runflow_api.models.submit_evaluation_request import SubmitEvaluationRequest
from runflow_api.types import UNSET, Operation

from .._redaction import one_line
from ..errors import DecodeError, EvaluationFailedError, InvalidRequestError
from ..models.evaluation import Evaluation
from ..runtime.configuration import is_loopback
from ..runtime.files.uploads import Upload
from . import polling as waiting
from .assets import send_file
from .base.arguments import (
    annotate,
    checked_callback,
    checked_key,
    checked_poll,
    checked_timeout,
    or_unset,
    require_id,
    translate_limits,
)
from .base.context import DEFAULT_TIMEOUT, Context, earliest
from .base.policies import PollPolicy
from .base.responses import CallInfo, read_items, read_json, redacted
from .base.retrying import build_request, send_for_model, send_with_retries
from .base.steps import Flow, Response, load

if TYPE_CHECKING:
    from ..runtime.files.images import ImageSource, ReferenceImage

_MOST_PAGES = 1_000
_LONGEST_NAME = 200


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


def submit(context: Context, submission: Submission) -> Flow[Evaluation]:
    """Submit an image and return the pending evaluation.

    Args:
        context: the client's settings.
        submission: what to evaluate; its key is minted here where the caller gave none.

    Raises:
        InvalidRequestError: an argument breaks a limit; nothing was sent.
        APIError: the server refused.
        TransportError: no answer came; the error carries the key to go on with.
        DecodeError: the answer names no evaluation; the error carries the key to go on with.
    """
    key = _key_of(context, submission)
    try:
        return (yield from _submitting(context, submission, key, None, waits=False))
    except BaseException as ended:
        annotate(ended, _left_behind(key, None), key=key)
        raise


def _key_of(context: Context, submission: Submission) -> str:
    """Return the key of a submission, minted here where the caller gave none."""
    if submission.idempotency_key is None:
        submission.idempotency_key = context.new_key()
    return checked_key(submission.idempotency_key)


def _left_behind(key: str, pending: Evaluation | None) -> str:
    """Return what an interruption says of an evaluation: how to go on with it."""
    if pending is None:
        return f"An image was being submitted under idempotency_key={key!r}: submit again under it to go on."
    return _goes_on(pending.id)


def _goes_on(evaluation_id: str | None) -> str:
    return f"Evaluation {evaluation_id} goes on at the server: wait({evaluation_id!r}) to go on waiting."


def _submitting(
    context: Context, submission: Submission, key: str, deadline: float | None, *, waits: bool
) -> Flow[Evaluation]:
    until = context.call_deadline(deadline)
    info = CallInfo("submitting an image", idempotency_key=key)
    # At the default timeout the files come on top of it, each with the time that a slow line needs.
    waits_for_files = context.timeout == DEFAULT_TIMEOUT
    body = yield from _body_of(context, submission, key, deadline if waits_for_files else until)
    with translate_limits():
        operation = submit_evaluation.operation(body=body)
    if waits_for_files:
        until = context.call_deadline(deadline)
    evaluation = yield from send_for_model(context, operation, lambda data: _submitted(data, key, waits), info, until)
    context.log(one_line(f"submitted evaluation {context.redact(str(evaluation.id))[:_LONGEST_NAME]}"))
    return evaluation


def _submitted(data: dict[str, Any], key: str, waits: bool) -> Evaluation:
    evaluation = Evaluation.from_dict(data)
    if isinstance(evaluation.id, str) and evaluation.id:
        if waits:
            waiting.poll_operation(evaluation, key)  # refuses an id that cannot be asked for
        return evaluation
    raise DecodeError(
        "submitting an image: the server took it, but its answer names no evaluation id. Call again with "
        f"idempotency_key={key!r} and the same arguments, so that nothing is billed twice.",
        idempotency_key=key,
    )


def _body_of(
    context: Context, submission: Submission, key: str, deadline: float | None
) -> Flow[SubmitEvaluationRequest]:
    references = _checked_references(submission.reference_images)
    with translate_limits():
        # Once without the images: what is too long is said before a file is read or sent.
        _request_model(submission, "https://x", [_reference(reference, "https://x") for reference in references])
    images = [("image", submission.image)]
    images += [(f"reference_images[{index}].image", reference.image) for index, reference in enumerate(references)]
    loaded: list[str | Upload] = []
    try:
        for argument, source in images:  # all of them before the first is sent: one may not be usable
            loaded.append((yield from load(source, argument)))
        urls = []
        for one in loaded:
            urls.append(one if isinstance(one, str) else (yield from _uploaded(context, one, key, deadline)))
    finally:
        for one in loaded:
            if not isinstance(one, str):
                one.close()
    with translate_limits():
        rows = [_reference(reference, url) for reference, url in zip(references, urls[1:], strict=True)]
        return _request_model(submission, urls[0], rows)


def _uploaded(context: Context, file: Upload, key: str, deadline: float | None) -> Flow[str]:
    """Return the reference that stands for a file in a request, once it is uploaded."""
    until = earliest(context.deadline(context.upload_seconds(file.size)), deadline)
    # Of the content alone: the same image from a temporary file of another name must not count as other content.
    file.filename = f"image.{file.media_type.rpartition('/')[2]}"
    info = CallInfo(f"uploading {file.label}", idempotency_key=key)
    asset = yield from send_file(context, file, info, until)
    return str(asset.ref)


def _checked_references(references: Any) -> list[ReferenceImage]:
    from ..runtime.files.images import ReferenceImage

    listed = list(references) if isinstance(references, Iterable) and not isinstance(references, (str, bytes)) else None
    for index, reference in enumerate([references] if listed is None else listed):
        if listed is None or not isinstance(reference, ReferenceImage):
            where = "reference_images" if listed is None else f"reference_images[{index}]"
            needed = "a list of ReferenceImage" if listed is None else "a ReferenceImage, as in ReferenceImage(image)"
            raise InvalidRequestError(
                f"{where} must be {needed}, not {type(reference).__name__}", argument="reference_images"
            )
    return listed or []


def _checked_attributes(attributes: Any) -> dict[str, Any]:
    if isinstance(attributes, Mapping):
        return dict(attributes)
    raise InvalidRequestError(
        f"input_attributes must be a dict, not {type(attributes).__name__}", argument="input_attributes"
    )


def _reference(reference: ReferenceImage, url: str) -> EvaluationReferenceImage:
    return EvaluationReferenceImage(url=url, kind=or_unset(reference.kind), description=or_unset(reference.description))


def _request_model(
    submission: Submission, image: str, references: list[EvaluationReferenceImage]
) -> SubmitEvaluationRequest:
    attributes = submission.input_attributes
    if submission.callback_url is not None:
        _check_callback_url(submission.callback_url)
    return SubmitEvaluationRequest(
        generated_image_url=image,
        task_type=submission.task_type,
        task_description=or_unset(submission.task_description),
        generation_prompt=or_unset(submission.generation_prompt),
        evaluation_instructions=or_unset(submission.evaluation_instructions),
        input_attributes=UNSET if attributes is None else _checked_attributes(attributes),
        reference_images=references or UNSET,
        run_id=or_unset(submission.run_id),
        client_ref=or_unset(submission.client_ref),
        job_class=or_unset(submission.job_class),
        callback_url=or_unset(submission.callback_url),
    )


def _check_callback_url(url: Any) -> None:
    """Refuse a callback URL that the API would not call: https only (the submit reference page), loopback for trying."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        fine = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    except (ValueError, AttributeError, TypeError):
        fine, host = False, ""
    if not (fine and host and isinstance(url, str) and url.isascii() and url.isprintable() and " " not in url):
        raise InvalidRequestError(
            "callback_url must be an https:// URL (http:// only to this machine, for trying)", argument="callback_url"
        )


def get(context: Context, evaluation_id: str | UUID | None, embed: Sequence[str]) -> Flow[Evaluation]:
    """Return an evaluation as it is now."""
    names: Any = embed
    if isinstance(names, str) or not isinstance(names, Iterable):
        names = [None]
    names = list(names)
    if not all(isinstance(name, str) and name.isascii() for name in names):
        raise InvalidRequestError('embed must be a list of names, as in ["judges"], or empty', argument="embed")
    with translate_limits():
        operation = get_evaluation.operation(require_id(evaluation_id, "evaluation_id"), embed=",".join(names) or UNSET)
    info = CallInfo(f"getting evaluation {evaluation_id}", str(evaluation_id))
    return send_for_model(context, operation, Evaluation.from_dict, info, context.call_deadline(None))


def wait(
    context: Context,
    evaluation_or_id: Evaluation | str | UUID,
    *,
    timeout: float | None,
    poll: PollPolicy,
    on_update: Callable[[Evaluation], Any] | None,
) -> Flow[Evaluation]:
    """Wait for the end of an evaluation; see `waiting.wait`."""
    deadline = context.deadline(checked_timeout(timeout))
    poll, on_update = checked_poll(poll), checked_callback(context, on_update, "on_update")
    known = evaluation_or_id
    if not isinstance(known, Evaluation):
        known = Evaluation(id=str(known))
    try:
        return (yield from waiting.wait(context, known, deadline=deadline, poll=poll, on_update=on_update))
    except BaseException as ended:
        annotate(ended, _goes_on(known.id))
        raise


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
    deadline = context.deadline(checked_timeout(timeout))
    poll, on_update = checked_poll(poll), checked_callback(context, on_update, "on_update")
    key = _key_of(context, submission)
    pending: Evaluation | None = None
    try:
        pending = yield from _submitting(context, submission, key, deadline, waits=True)
        del submission  # a waiting flow holds no image
        last = yield from waiting.wait(
            context, pending, deadline=deadline, poll=poll, on_update=on_update, idempotency_key=key
        )
        if last.status_code == "failed":
            raise redacted(EvaluationFailedError(last), context.redact)
        return last
    except BaseException as ended:
        annotate(ended, _left_behind(key, pending), key=key, evaluation_id=None if pending is None else pending.id)
        raise


def for_run(context: Context, run_id: str | UUID) -> Flow[list[Evaluation]]:
    """Return the evaluations of a run, all pages of them."""
    with translate_limits():
        operation = list_run_evaluations.operation(require_id(run_id, "run_id"))
    info = CallInfo(f"listing the evaluations of run {run_id}")
    deadline = context.call_deadline(None)
    found: list[Evaluation] = []
    for _ in range(_MOST_PAGES):
        rows, cursor = yield from send_with_retries(context, build_request(operation), info, deadline, _page)
        found.extend(rows)
        if cursor is None or ("pq", cursor) in operation.query:
            break
        others = tuple(pair for pair in operation.query if pair[0] != "pq")
        operation = evolve(operation, query=(*others, ("pq", cursor)))
    return found


def _page(answer: Response) -> tuple[list[Evaluation], str | None] | None:
    """Return the rows of a page and the cursor of the next, which may be a bare cursor or a URL that holds it (both inferred)."""
    items = read_items(answer)
    if items is None:
        return None
    rows = [Evaluation.from_dict(item) for item in items]
    data = read_json(answer.body)
    cursor = data.get("next") if isinstance(data, dict) else None
    if not isinstance(cursor, str) or not cursor:
        return rows, None
    if "://" in cursor or cursor.startswith("/"):
        query = cursor.partition("#")[0].partition("?")[2]
        cursor = next(iter(parse_qs(query).get("pq", [])), None)
    return rows, cursor.encode("utf-8", "replace").decode() if cursor else None


def job_classes(context: Context) -> Flow[list[EvaluationJobClassRow]]:
    """Return the job classes with their prices."""
    request = build_request(list_evaluation_job_classes.operation())
    info = CallInfo("listing job classes")
    rows = yield from send_with_retries(context, request, info, context.call_deadline(None), read_items)
    return [EvaluationJobClassRow.from_dict(row) for row in rows]


def statuses(context: Context) -> Flow[list[EvaluationStatusRow]]:
    """Return the statuses that an evaluation can have."""
    request = build_request(list_evaluation_statuses.operation())
    info = CallInfo("listing statuses")
    rows = yield from send_with_retries(context, request, info, context.call_deadline(None), read_items)
    return [EvaluationStatusRow.from_dict(row) for row in rows]


def set_feedback(
    context: Context,
    evaluation_id: str | UUID | None,
    is_positive: bool,
    reason: str | None,
    run_id: str | UUID | None,
) -> Flow[Evaluation]:
    """Send a thumb, and return the evaluation with it."""
    if not isinstance(is_positive, bool):
        hint = "; to take a thumb back, use clear_feedback()" if is_positive is None else ""
        raise InvalidRequestError(
            f"is_positive must be True (thumb up) or False (thumb down), not {is_positive!r}{hint}",
            argument="is_positive",
        )
    return _feedback(context, evaluation_id, is_positive, reason, run_id)


def clear_feedback(context: Context, evaluation_id: str | UUID | None, run_id: str | UUID | None) -> Flow[Evaluation]:
    """Take a thumb back, and return the evaluation without it."""
    return _feedback(context, evaluation_id, None, None, run_id)


def _feedback(
    context: Context,
    evaluation_id: str | UUID | None,
    is_positive: bool | None,
    reason: str | None,
    run_id: str | UUID | None,
) -> Flow[Evaluation]:
    operation: Operation[Any]
    with translate_limits():
        body = SetEvaluationFeedbackRequest(is_positive=is_positive, reason=or_unset(reason))
        evaluation = require_id(evaluation_id, "evaluation_id")
        if run_id is None:
            operation = set_evaluation_feedback.operation(evaluation, body=body)
        else:
            operation = set_run_evaluation_feedback.operation(run_id, evaluation, body=body)
    doing = "clearing the rating of" if is_positive is None else "rating"
    info = CallInfo(f"{doing} evaluation {evaluation_id}", str(evaluation_id))
    return send_for_model(context, operation, Evaluation.from_dict, info, context.call_deadline(None))
