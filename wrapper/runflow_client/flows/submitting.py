"""Submitting an image: upload large files, send the submit under one idempotency key, return the pending evaluation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runflow_api import models as api_models
from runflow_api.api.evaluations import submit_evaluation
from runflow_api.types import UNSET

from .._redaction import one_line
from .._urls import is_encrypted, split_url
from ..errors import DecodeError, InvalidRequestError
from ..events import EvaluationSubmitted
from ..models.evaluation import Evaluation
from ..models.evaluation_request import EvaluationRequest
from ..models.images import ReferenceImage
from . import polling
from .base.arguments import annotate, checked_key, or_unset, translate_limits
from .base.context import DEFAULT_TIMEOUT, Context
from .base.responses import CallInfo, error_from, how_to_repeat, read_object
from .base.retrying import build_request, send_with_retries
from .base.steps import (
    Checkpoint,
    ConnectionSlot,
    Flow,
    Load,
    LocalFile,
    Request,
    RequestFailure,
    Resubmission,
    load,
    reserve,
)

_LONGEST_ID = 200
_PLACEHOLDER_URL = "https://x"
"""Stands for the URL of an image that is not loaded yet, when the other arguments are validated."""


def submit(context: Context, request: EvaluationRequest) -> Flow[Evaluation]:
    """Submit an image and return the pending evaluation.

    Args:
        context: the client's settings.
        request: the image with its arguments; if it has no idempotency key, one is made here.

    Raises:
        InvalidRequestError: an argument breaks a limit; nothing was sent.
        APIError: the server refused.
        TransportError: no response arrived; the error holds the key to submit again under.
        DecodeError: the response holds no evaluation id; the error holds the key to submit again under.
    """
    submission = begin(context, request)
    try:
        return (yield from submit_under(context, request, submission))
    except BaseException as exception:
        submission.annotate(exception)
        raise


class Submission:
    """One submit in progress, with the ids that its caller needs if an exception ends the call.

    Args:
        key: the idempotency key.
        evaluation: the evaluation; None before the response to the submit.
    """

    __slots__ = ("evaluation", "key")

    def __init__(self, key: str, evaluation: Evaluation | None = None) -> None:
        self.key = key
        self.evaluation = evaluation

    def annotate(self, exception: BaseException) -> None:
        if self.evaluation is None:
            note = f"An image was being submitted: to go on, submit it again with idempotency_key={self.key!r}."
            annotate(exception, note, key=self.key)
        else:
            note = polling.how_to_wait_again(self.evaluation)
            annotate(exception, note, key=self.key, evaluation_id=self.evaluation.id)


def begin(context: Context, request: EvaluationRequest) -> Submission:
    """Return the submission of a request; if the request has no idempotency key, one is made here."""
    return Submission(checked_key(context.new_key() if request.idempotency_key is None else request.idempotency_key))


def submit_under(
    context: Context,
    request: EvaluationRequest,
    submission: Submission,
    deadline: float = math.inf,
    *,
    to_poll: bool = False,
    is_journaled: bool = False,
) -> Flow[Evaluation]:
    """Submit under a key, by a deadline.

    Args:
        context: the client's settings.
        request: the image with its arguments.
        submission: holds the key; its evaluation is set from the response.
        deadline: the time by which the response must have arrived; the client's timeout also applies.
        to_poll: whether the evaluation will be polled, so that its id must be valid in a path.
        is_journaled: whether the journal of a batch keeps the key, so that errors name another next step.
    """
    info = CallInfo("submitting an image", idempotency_key=submission.key, is_journaled=is_journaled)
    call_deadline = context.call_deadline(deadline)
    # Any timeout but the default one limits the whole call. The default does not include the uploads, because a large file
    # on a slow connection takes longer: each upload has a timeout of its own, and the submit gets a new one after them.
    excludes_uploads = context.timeout == DEFAULT_TIMEOUT
    # Validated before any image is loaded, so that no file is read or uploaded if another argument is not valid.
    references = check_arguments(request)
    slot = yield from _slot_for_images(
        context, [request.image, *(each.image for each in references)], info, call_deadline
    )
    try:
        images = yield from _loaded_images(
            context, request, references, info, deadline if excludes_uploads else call_deadline, slot
        )
        again = yield Checkpoint("submitting", submission.key, tuple(images))
        if isinstance(again, Resubmission):
            submission.key = again.key
            images = [image if first is None else first for image, first in zip(images, again.images, strict=True)]
        key = submission.key
        info = info._replace(idempotency_key=key)
        sent = submit_request(request, images, key)
        if excludes_uploads:
            call_deadline = context.call_deadline(deadline)
        held = slot if slot is not None and slot.is_taken else None
        submission.evaluation = evaluation = yield from send_with_retries(
            context, sent, info, call_deadline, lambda response: _submitted(read_object(response), info, to_poll), held
        )
    finally:
        if slot is not None:
            slot.release()
    yield Checkpoint("submitted", key, evaluation_id=evaluation.id)
    context.notify(EvaluationSubmitted(one_line(context.redact(str(evaluation.id))[:_LONGEST_ID]), key))
    return evaluation


def check_arguments(request: EvaluationRequest) -> list[ReferenceImage]:
    """Return the reference images of a request, and refuse arguments that break a limit. No image is looked at."""
    references = _checked_references(request.reference_images)
    with translate_limits():
        _request_model(request, references, [_PLACEHOLDER_URL] * (1 + len(references)))
    return references


def submit_request(request: EvaluationRequest, images: Sequence[str], key: str) -> Request:
    """Return the submit of a request.

    Args:
        request: the request.
        images: the image, then the references, as they are sent.
        key: the idempotency key.

    Raises:
        InvalidRequestError: an argument breaks a limit.
    """
    with translate_limits():
        body = _request_model(request, _checked_references(request.reference_images), images)
        return build_request(submit_evaluation.operation(body=body), key)


def _submitted(data: dict[str, Any], info: CallInfo, to_poll: bool) -> Evaluation:
    key = str(info.idempotency_key)
    evaluation = Evaluation.from_dict(data)
    if isinstance(evaluation.id, str) and evaluation.id:
        if to_poll:
            polling.poll_operation(evaluation, key)  # raises if the id is not valid
        return evaluation
    raise DecodeError(
        f"{info.doing}: the server accepted it, but the response holds no evaluation id. To go on, {how_to_repeat(info)}, "
        "so that nothing is billed twice.",
        idempotency_key=key,
    )


def _slot_for_images(
    context: Context, images: list[Any], info: CallInfo, deadline: float
) -> Flow[ConnectionSlot | None]:
    """Take a connection slot before images are loaded; return None if no image has to be loaded."""
    if all(isinstance(image, str) for image in images):
        return None
    slot = yield from reserve(deadline)
    if isinstance(slot, RequestFailure):
        raise error_from(slot, info, context.redact)
    return slot


def _loaded_images(
    context: Context,
    request: EvaluationRequest,
    references: list[ReferenceImage],
    info: CallInfo,
    deadline: float,
    slot: ConnectionSlot | None,
) -> Flow[list[str]]:
    """Load the image and the references, upload the large ones, and return them as they are sent."""
    images = [("image", request.image)]
    images += [(f"reference_images[{index}].image", reference.image) for index, reference in enumerate(references)]
    loaded: list[str | LocalFile] = []
    try:
        for argument, source in images:  # all before the first upload, so that nothing is uploaded if one is not valid
            outcome = yield from load(Load(source, argument, deadline))
            if isinstance(outcome, RequestFailure):
                raise error_from(outcome, info, context.redact)
            loaded.append(outcome)
        if not all(isinstance(one, str) for one in loaded):
            yield Checkpoint("loaded", str(info.idempotency_key), tuple(loaded))
            if slot is not None:
                slot.release()  # uploads take their own slots
        urls = []
        for one in loaded:
            urls.append(one if isinstance(one, str) else (yield from _uploaded(context, one, info, deadline)))
        return urls
    finally:
        for one in loaded:
            if not isinstance(one, str):
                one.close()


def _uploaded(context: Context, file: LocalFile, info: CallInfo, deadline: float) -> Flow[str]:
    """Upload a file and return its asset reference, as `runflow://assets/...`."""
    upload_deadline = min(context.deadline_in(context.upload_seconds(file.size)), deadline)
    # The name depends on the content alone: the same image from another temporary file must give the same request.
    file.filename = f"image.{file.media_type.rpartition('/')[2]}"
    upload_info = info._replace(doing=f"uploading {file.label}")
    from .assets import send_file  # imported late: most images are not uploaded

    asset = yield from send_file(context, file, upload_info, upload_deadline)
    return str(asset.ref)


def _checked_references(references: Any) -> list[ReferenceImage]:
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


def _reference_model(reference: ReferenceImage, url: str) -> api_models.EvaluationReferenceImage:
    return api_models.EvaluationReferenceImage(
        url=url, kind=or_unset(reference.kind), description=or_unset(reference.description)
    )


def _request_model(
    request: EvaluationRequest, references: list[ReferenceImage], images: Sequence[str]
) -> api_models.SubmitEvaluationRequest:
    attributes = request.input_attributes
    if request.callback_url is not None:
        _check_callback_url(request.callback_url)
    rows = [_reference_model(reference, url) for reference, url in zip(references, images[1:], strict=True)]
    return api_models.SubmitEvaluationRequest(
        generated_image_url=images[0],
        task_type=request.task_type,
        task_description=or_unset(request.task_description),
        generation_prompt=or_unset(request.generation_prompt),
        evaluation_instructions=or_unset(request.evaluation_instructions),
        input_attributes=UNSET if attributes is None else _checked_attributes(attributes),
        reference_images=rows or UNSET,
        run_id=or_unset(request.run_id),
        client_ref=or_unset(request.client_ref),
        job_class=or_unset(request.job_class),
        callback_url=or_unset(request.callback_url),
    )


def _check_callback_url(url: Any) -> None:
    """Refuse a callback URL that is neither https (the submit reference page) nor http to this machine, for tests."""
    parts = split_url(url)
    if parts is None or not url.isascii() or not is_encrypted(parts):
        raise InvalidRequestError(
            "callback_url must be an https:// URL (http:// only to this machine, for tests)", argument="callback_url"
        )
