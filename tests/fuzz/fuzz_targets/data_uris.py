"""A str as an image: accepted unchanged if it is an https URL, an asset reference or a valid data URI.

Anything else raises an InvalidRequestError that shows at most its scheme.
"""

from __future__ import annotations

import base64

from fuzz_targets.properties import assert_sound
from runflow_client import errors
from runflow_client.runtime.files import images
from runflow_client.runtime.files.media_types import DETECTED, detect, is_compatible


def check(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    try:
        loaded = images.load(text, "image")
    except errors.InvalidRequestError as error:
        _assert_refused(error, text)
        return
    assert loaded == text
    text.encode("utf-8")
    lower = text[:20].lower()
    assert lower.startswith(("https://", "runflow://assets/", "data:image/"))
    if not lower.startswith("data:"):
        assert text.isprintable() and " " not in text
        return
    head, _, payload = text.partition(",")
    if head.lower().endswith(";base64"):
        content = base64.b64decode(payload, validate=True)
        declared = head[5:].partition(";")[0].lower()
        assert content
        assert declared not in DETECTED or is_compatible(declared, detect(content))
    else:
        assert payload.isascii() and payload.isprintable()


def _assert_refused(error: errors.InvalidRequestError, text: str) -> None:
    assert error.argument == "image"
    assert_sound(error)
    assert len(text) < 24 or text not in str(error)
