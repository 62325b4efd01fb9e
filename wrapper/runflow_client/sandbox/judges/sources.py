"""The forms of an image in a request."""

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

_DATA_URI = re.compile(r"data:(image/[\w.+-]+)((?:;[^;,]*)*),", re.IGNORECASE)
_ASSET = re.compile(r"runflow://assets/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


class InvalidMediaError(Exception):
    """The image cannot be judged; the message gives the reason for `check_summary`."""


def is_image_source(source: str) -> bool:
    """Return whether a text has one of the three documented forms: https URL, asset reference, data URI of an image."""
    return is_https(source) or _ASSET.fullmatch(source) is not None or _DATA_URI.match(source) is not None


def is_https(source: str) -> bool:
    """Return whether an image source is an https URL."""
    return source[:8].lower() == "https://"


def referred_asset(source: str) -> str | None:
    """Return the id in an asset reference; None for the other forms."""
    match = _ASSET.fullmatch(source)
    return match and match[1]


def image_type(source: str) -> str | None:
    """Return the part after `image/` of a data URI's media type; None for the other forms."""
    match = _DATA_URI.match(source)
    return match[1].lower().removeprefix("image/").partition("+")[0] if match else None


def read_image(source: str) -> bytes:
    """Return the bytes of a data URI.

    Raises:
        InvalidMediaError: it is not the data URI of an image, or its encoding is broken.
    """
    match = _DATA_URI.match(source)
    if match is None:
        raise InvalidMediaError("The image is not in the request.")
    payload = source[match.end() :]
    if not match[2].lower().endswith(";base64"):
        return unquote_to_bytes(payload)
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidMediaError("The data URI is not valid base64.") from error
