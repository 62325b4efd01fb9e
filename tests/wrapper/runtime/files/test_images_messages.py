"""The exact message of every rejected image."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runflow_client import errors
from runflow_client.runtime.files import images

LONGEST = images.DATA_URI_LIMIT


def loaded(image: Any) -> None:
    images.load(image, "image")


SITUATIONS: list[Any] = [
    (
        lambda: loaded("a.png"),
        errors.InvalidRequestError,
        "image",
        "image: a str is never read as a path; pass pathlib.Path(...) for a file. It must be an https:// "
        "URL, a runflow://assets/... reference, a data:image/... URI, a pathlib.Path, bytes, or a file "
        "opened in binary mode",
    ),
    (
        lambda: loaded("ftp://a.example/x"),
        errors.InvalidRequestError,
        "image",
        "image: a 'ftp' address of this form is not taken; it must be an https:// URL, a "
        "runflow://assets/... reference, a data:image/... URI, a pathlib.Path, bytes, or a file opened in "
        "binary mode",
    ),
    (
        lambda: loaded("ABCDEFGHIJKLMNOPQRSTUVWXYZ:x:y"),
        errors.InvalidRequestError,
        "image",
        "image: a 'abcdefghijklmnopqrst' address of this form is not taken; it must be an https:// URL, "
        "a runflow://assets/... reference, a data:image/... URI, a pathlib.Path, bytes, or a file opened in "
        "binary mode",
    ),
    (
        lambda: loaded("https://a.example/\x07"),
        errors.InvalidRequestError,
        "image",
        "image: the address holds a control character or another that no address can hold",
    ),
    (
        lambda: loaded("data:image/png;base64,"),
        errors.InvalidRequestError,
        "image",
        "image: the data URI is empty, or not valid base64 in groups of 4 characters",
    ),
    (
        lambda: loaded("data:image/png;base64,A,AA"),
        errors.InvalidRequestError,
        "image",
        "image: the data URI is empty, or not valid base64 in groups of 4 characters",
    ),
    (
        lambda: loaded("data:image/png,"),
        errors.InvalidRequestError,
        "image",
        "image: the data URI is empty, or holds characters that a URI cannot hold",
    ),
    (
        lambda: loaded("data:image/png;base64,AAAA"),
        errors.InvalidRequestError,
        "image",
        "image: the data URI says image/png, but its content is no known image",
    ),
    (
        lambda: loaded("data:image/png;charset=x;base64,R0lGODlhAQABAAAA"),
        errors.InvalidRequestError,
        "image",
        "image: the data URI says image/png, but its content is image/gif",
    ),
    (
        lambda: loaded("data:image/png," + "a" * LONGEST),
        errors.InvalidRequestError,
        "image",
        f"image: the data URI has {LONGEST + 15:,} characters, at most {LONGEST:,} are taken; pass a "
        "pathlib.Path or bytes, which are uploaded where they are large",
    ),
    (
        lambda: loaded(5),
        errors.InvalidRequestError,
        "image",
        "image: it must be an https:// URL, a runflow://assets/... reference, a data:image/... URI, a "
        "pathlib.Path, bytes, or a file opened in binary mode, not int",
    ),
    (lambda: loaded(b""), errors.InvalidRequestError, "image", "image: the given bytes is empty"),
    (
        lambda: loaded(b"text"),
        errors.InvalidRequestError,
        "image",
        "image: the given bytes is not an image (it begins like text); PNG, JPEG, WebP, GIF, BMP, TIFF, "
        "AVIF and HEIC are recognized by their content, never by their name",
    ),
    (
        lambda: loaded(b"%PDF-1"),
        errors.InvalidRequestError,
        "image",
        "image: the given bytes is not an image (it begins like a PDF document); PNG, JPEG, WebP, GIF, "
        "BMP, TIFF, AVIF and HEIC are recognized by their content, never by their name",
    ),
    (
        lambda: loaded(b"PK\x03\x04"),
        errors.InvalidRequestError,
        "image",
        "image: the given bytes is not an image (it begins like a ZIP archive); PNG, JPEG, WebP, GIF, "
        "BMP, TIFF, AVIF and HEIC are recognized by their content, never by their name",
    ),
    (
        lambda: loaded(b" <svg>"),
        errors.InvalidRequestError,
        "image",
        "image: the given bytes is not an image (it begins like HTML, SVG or XML text); PNG, JPEG, WebP, "
        "GIF, BMP, TIFF, AVIF and HEIC are recognized by their content, never by their name",
    ),
    (
        lambda: loaded(b"\x00\x01"),
        errors.InvalidRequestError,
        "image",
        "image: the given bytes is not an image (its first bytes are of no known kind); PNG, JPEG, WebP, "
        "GIF, BMP, TIFF, AVIF and HEIC are recognized by their content, never by their name",
    ),
    (
        lambda: loaded(Path("no-such.png")),
        errors.InvalidRequestError,
        "image",
        "image: the file 'no-such.png' cannot be read: No such file or directory",
    ),
    (lambda: loaded(Path("/")), errors.InvalidRequestError, "image", "image: the file '/' is a directory"),
    (
        lambda: loaded(Path("/dev/null")),
        errors.InvalidRequestError,
        "image",
        "image: the file '/dev/null' is not a regular file",
    ),
    (
        lambda: loaded(io.StringIO("text")),
        errors.InvalidRequestError,
        "image",
        "image: the given StringIO gives text instead of bytes: open it in binary mode ('rb')",
    ),
]


@pytest.mark.parametrize(("situation", "kind", "argument", "words"), SITUATIONS)
def test_rejected_image_message_names_accepted_values(
    situation: Callable[[], Any], kind: type[errors.RunflowError], argument: str | None, words: str
) -> None:
    with pytest.raises(kind) as caught:
        situation()
    assert type(caught.value) is kind
    assert str(caught.value) == words
    assert getattr(caught.value, "argument", None) == argument
