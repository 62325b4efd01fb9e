"""Images in every form that a caller may have them, made into what the API takes.

The API takes a public `https://` URL, a `runflow://assets/…` reference or a `data:image/…` URI (the submit reference
page). Local images go inline, as a data URI.
"""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from .errors import InvalidRequestError

ImageSource: TypeAlias = str | Path | bytes | BinaryIO

INLINE_LIMIT = 1_048_576
_FORMS = "an https:// URL, a runflow://assets/… reference, a data:image/… URI, a pathlib.Path, bytes, or a file opened in binary mode"
_DATA_URI = re.compile(r"data:image/[a-z0-9.+-]+(;[a-z0-9=.+-]+)*,", re.IGNORECASE)
_ASSET = re.compile(r"runflow://assets/[^/?#\s]+", re.IGNORECASE)
_WEB = re.compile(r"https://[^/?#\s]+\S*", re.IGNORECASE)

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
}


@dataclass(frozen=True, slots=True)
class ReferenceImage:
    """An image to compare the evaluated one with, for identity or garment checks.

    Source: the submit reference page (`reference_images`, at most 4).

    Args:
        image: in any form that `evaluate` takes.
        kind: what it shows; the values that the server knows are not documented.
        description: in your words.

    Example:
        >>> from runflow_client import ReferenceImage
        >>> ReferenceImage("https://example.com/face.png", kind="identity").kind
        'identity'
    """

    image: ImageSource = field(repr=False)
    kind: str | None = None
    description: str | None = None


def load(image: ImageSource, argument: str) -> str:
    """Return what stands for an image in a request, reading it where it is a file.

    Args:
        image: a str is a URL, a reference or a data URI and never a path.
        argument: what the caller calls it, for messages.

    Raises:
        InvalidRequestError: it is none of the forms, cannot be read, is empty, is no image, or is over 1 MiB.
    """
    if isinstance(image, str):
        return _checked_text(image, argument)
    data = _read(image, argument)
    if not data:
        raise InvalidRequestError(f"{argument}: {_named(image)} is empty", argument=argument)
    if len(data) > INLINE_LIMIT:
        raise InvalidRequestError(
            f"{argument}: {_named(image)} is over 1 MiB ({INLINE_LIMIT:,} bytes), which this version cannot upload; "
            "host it and pass its https:// URL, or make it smaller",
            argument=argument,
        )
    kind = sniff(data)
    if kind is None:
        raise InvalidRequestError(
            f"{argument}: {_named(image)} is not an image: its first bytes are those of no PNG, JPEG, WebP, GIF, BMP, "
            "TIFF, AVIF or HEIC file",
            argument=argument,
        )
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def sniff(data: bytes) -> str | None:
    """Return the media type that the first bytes of a file tell, None where they are those of no known image."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12])
    return None


def _checked_text(image: str, argument: str) -> str:
    if _DATA_URI.match(image) or _ASSET.fullmatch(image) or _WEB.fullmatch(image):
        return image
    if re.match(r"[a-z][a-z0-9+.-]+:", image, re.IGNORECASE):
        scheme = image.partition(":")[0].lower()[:20]
        raise InvalidRequestError(
            f"{argument}: a {scheme!r} address of this form is not taken; it must be {_FORMS}", argument=argument
        )
    raise InvalidRequestError(
        f"{argument}: a str is never read as a path; pass pathlib.Path(…) for a file. It must be {_FORMS}",
        argument=argument,
    )


def _read(image: Any, argument: str) -> bytes:
    """Return the bytes of an image, at most one more than goes inline."""
    if isinstance(image, (bytes, bytearray, memoryview)):
        return bytes(image)
    if isinstance(image, os.PathLike):
        try:
            with open(image, "rb") as file:
                return file.read(INLINE_LIMIT + 1)
        except OSError as error:
            raise InvalidRequestError(
                f"{argument}: {_named(image)} cannot be read: {error.strerror or type(error).__name__}",
                argument=argument,
            ) from None
    read = getattr(image, "read", None)
    if read is None:
        raise InvalidRequestError(f"{argument}: it must be {_FORMS}, not {type(image).__name__}", argument=argument)
    data = read(INLINE_LIMIT + 1)
    if not isinstance(data, bytes):
        raise InvalidRequestError(
            f"{argument}: the file gives {type(data).__name__} instead of bytes: open it in binary mode ('rb')",
            argument=argument,
        )
    return data


def _named(image: Any) -> str:
    return (
        f"the file {os.fspath(image)!r}"
        if isinstance(image, os.PathLike)
        else f"what was given as {type(image).__name__}"
    )
