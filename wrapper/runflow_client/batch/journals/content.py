"""The digest of what is submitted, by which changed content is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ...flows.base.steps import LocalFile
from ...flows.submitting import submit_request
from ...models.evaluation_request import EvaluationRequest


def digest_of(request: EvaluationRequest, images: Sequence[str | LocalFile]) -> str:
    """Return the digest of a request and its images.

    It is that of the body of the submit, in which the digest of an image stands for its data, and the query of a URL is left
    out: a URL that is signed anew names the same image.

    Args:
        request: the request.
        images: as loaded, the image first, then the references.

    Raises:
        InvalidRequestError: an argument breaks a limit.
    """
    body = submit_request(request, [_name(image) for image in images], "").body
    assert isinstance(body, bytes)
    return hashlib.sha256(body).hexdigest()


def _name(image: str | LocalFile) -> str:
    if not isinstance(image, str):
        return f"https://file/{image.digest}"
    if image[:5].lower() == "data:":
        return f"https://data/{hashlib.sha256(image.encode()).hexdigest()}"
    return image.partition("?")[0].partition("#")[0]
