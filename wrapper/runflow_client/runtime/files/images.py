"""Images in every form that a caller may pass, converted to a form that the API takes.

The API takes a public `https://` URL, a `runflow://assets/…` reference or a `data:image/…` URI (the submit reference
page). Local images go inline up to 1 MiB, as https://docs.runflow.io/guides/upload-large-files advises; larger ones are
uploaded, up to 50 MiB.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from .arguments import argument_error

if TYPE_CHECKING:
    from ...models.images import ImageSource
    from .uploads import Upload

INLINE_LIMIT = 1_048_576
DATA_URI_LIMIT = 12_000_000
_FORMS = (
    "an https:// URL, a runflow://assets/... reference, a data:image/... URI, a pathlib.Path, bytes, "
    "or a file opened in binary mode"
)
# Ranges of letters in both cases: they take a tenth of the time to compile that IGNORECASE takes.
_DATA_URI = re.compile(r"(?i:data:image)/[A-Za-z0-9.+-]+(;[A-Za-z0-9=.+-]+)*,")
_ASSET = re.compile(r"runflow://assets/[^/?#\s]+", re.IGNORECASE)
_WEB = re.compile(r"https://[^/?#\s]+\S*", re.IGNORECASE)


def load(image: ImageSource, argument: str) -> str | Upload:
    """Return the form of an image that goes into a request: text unchanged, a small file as a data URI, a larger one as
    an Upload.

    Args:
        image: a str is a URL, a reference or a data URI and never a path.
        argument: the caller's argument that it came from, for messages.

    Raises:
        InvalidRequestError: it has none of the forms, cannot be read, is in use by another call, is empty, is no image,
            or is over 50 MiB.
    """
    if isinstance(image, str):
        return _checked_text(image, argument)
    if not isinstance(image, (bytes, bytearray, memoryview, os.PathLike)) and not hasattr(image, "read"):
        raise argument_error(argument, f"it must be {_FORMS}, not {type(image).__name__}")
    import base64  # imported late, as the uploads: most images are URLs or references

    from .uploads import open_upload

    upload = open_upload(image, argument, image_only=True)
    try:
        if upload.size > INLINE_LIMIT:
            upload.prepare(with_digest=True)
            return upload
        data = b"".join(upload.chunks(INLINE_LIMIT))
    except BaseException:
        upload.close()
        raise
    upload.close()
    return f"data:{upload.media_type};base64,{base64.b64encode(data).decode('ascii')}"


def _checked_text(image: str, argument: str) -> str:
    if _DATA_URI.match(image):
        return _checked_data_uri(image, argument)
    if _ASSET.fullmatch(image) or _WEB.fullmatch(image):
        if not image.isprintable():
            raise argument_error(argument, "the address holds a control character or another that no address can hold")
        return image
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", image):
        scheme = image.partition(":")[0].lower()[:20]
        raise argument_error(argument, f"a {scheme!r} address of this form is not taken; it must be {_FORMS}")
    raise argument_error(
        argument, f"a str is never read as a path; pass pathlib.Path(...) for a file. It must be {_FORMS}"
    )


def _checked_data_uri(image: str, argument: str) -> str:
    if len(image) > DATA_URI_LIMIT:
        raise argument_error(
            argument,
            f"the data URI has {len(image):,} characters, at most {DATA_URI_LIMIT:,} are taken; pass a pathlib.Path or "
            "bytes, which are uploaded where they are large",
        )
    head, _, payload = image.partition(",")
    if head.lower().endswith(";base64"):
        if not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", payload) or len(payload) % 4:
            raise argument_error(argument, "the data URI is empty, or not valid base64 in groups of 4 characters")
        declared = head[5:].partition(";")[0].lower()
        import base64

        from .media_types import DETECTED, HEAD_SIZE, detect, is_compatible

        in_base64 = -(-HEAD_SIZE // 3) * 4  # in whole groups
        detected = detect(base64.b64decode(payload[:in_base64]))
        if declared in DETECTED and not is_compatible(declared, detected):
            raise argument_error(
                argument, f"the data URI says {declared}, but its content is {detected or 'no known image'}"
            )
    elif not payload or not payload.isascii() or not payload.isprintable():
        raise argument_error(argument, "the data URI is empty, or holds characters that a URI cannot hold")
    return image
