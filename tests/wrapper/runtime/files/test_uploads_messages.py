"""The exact message of every rejected upload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runflow_client import errors
from runflow_client.runtime.files.uploads import open_upload


def opened(source: Any, **options: Any) -> None:
    open_upload(source, "source", image_only=False, **options)


SITUATIONS: list[Any] = [
    (
        lambda: opened(b"text"),
        errors.InvalidRequestError,
        "source",
        "source: the given bytes is not an image (it begins like text); PNG, JPEG, WebP, GIF, BMP, TIFF, "
        "AVIF and HEIC are recognized by their content, never by their name; say what it is with mime_type=",
    ),
    (
        lambda: opened(b"text", media_type="text"),
        errors.InvalidRequestError,
        "mime_type",
        "mime_type: it must be a media type such as image/png, without parameters",
    ),
    (
        lambda: opened(b"text", media_type=5),
        errors.InvalidRequestError,
        "mime_type",
        "mime_type: it must be a str, not int",
    ),
    (
        lambda: opened(b"GIF89a\x01\0\x01\0\0\0\0", media_type="image/png"),
        errors.InvalidRequestError,
        "mime_type",
        "mime_type: the given bytes is image/gif by its content, not 'image/png'; leave mime_type out",
    ),
    (lambda: opened(b""), errors.InvalidRequestError, "source", "source: the given bytes is empty"),
]


@pytest.mark.parametrize(("situation", "kind", "argument", "words"), SITUATIONS)
def test_rejected_upload_message_names_accepted_values(
    situation: Callable[[], Any], kind: type[errors.RunflowError], argument: str | None, words: str
) -> None:
    with pytest.raises(kind) as caught:
        situation()
    assert type(caught.value) is kind
    assert str(caught.value) == words
    assert getattr(caught.value, "argument", None) == argument
