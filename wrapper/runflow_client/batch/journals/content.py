"""The digests of what is submitted, by which changed content is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ...flows.base.steps import LocalFile
from ...flows.submitting import submit_request
from ...models.evaluation_request import EvaluationRequest


def digest_of(request: EvaluationRequest, images: Sequence[str | LocalFile]) -> str:
    """Return the digest of a request with its images, and that of its image after a point where that is no address.

    The first is that of the body of the submit, in which the digest of an image stands for its data, and the query of a URL is
    left out: a URL that is signed anew names the same image. By the second a report knows the file that was judged.

    Args:
        request: the request.
        images: as loaded, the image first, then the references.

    Raises:
        InvalidRequestError: an argument breaks a limit.
    """
    digests = [image_digest(image) for image in images]
    names = [_name(image, digest) for image, digest in zip(images, digests, strict=True)]
    body = submit_request(request, names, "").body
    assert isinstance(body, bytes)
    whole = hashlib.sha256(body).hexdigest()
    return whole if digests[0] is None else f"{whole}.{digests[0]}"


def image_digest(image: str | LocalFile) -> str | None:
    """Return the digest of an image as loaded; None of an address."""
    if not isinstance(image, str):
        return image.digest
    return hashlib.sha256(image.encode()).hexdigest() if image[:5].lower() == "data:" else None


def _name(image: str | LocalFile, digest: str | None) -> str:
    """Return the address that stands for an image in the body."""
    if not isinstance(image, str):
        return f"https://file/{digest}"
    return image.partition("?")[0].partition("#")[0] if digest is None else f"https://data/{digest}"
