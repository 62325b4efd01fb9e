from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from runflow_client import errors, images


def picture(format: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(file, format)
    return file.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/a.png?signature=1",
        "runflow://assets/0193f0a0-0000-7000-8000-000000000001",
        "data:image/png;base64,iVBORw0KGgo=",
        "DATA:IMAGE/PNG;base64,iVBORw0KGgo=",
    ],
)
def test_urls_references_and_data_uris_are_sent_as_they_are(text: str) -> None:
    assert images.load(text, "image") == text


@pytest.mark.parametrize(
    ("format", "kind"),
    [
        ("PNG", "png"),
        ("JPEG", "jpeg"),
        ("GIF", "gif"),
        ("WEBP", "webp"),
        ("BMP", "bmp"),
        ("TIFF", "tiff"),
        ("AVIF", "avif"),
    ],
)
def test_the_type_of_a_local_image_is_told_by_its_content(format: str, kind: str, tmp_path: Path) -> None:
    data = picture(format)
    path = tmp_path / "picture.txt"
    path.write_bytes(data)
    expected = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    for image in (data, path, io.BytesIO(data), bytearray(data)):
        assert images.load(image, "image") == expected


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("picture.png", "never read as a path"),
        ("/tmp/picture.png", "never read as a path"),
        ("", "never read as a path"),
        ("http://example.com/a.png", "'http' address"),
        ("file:///etc/passwd", "'file' address"),
        ("ftp://example.com/a.png", "'ftp' address"),
        ("data:text/plain;base64,AAAA", "'data' address"),
        ("https://", "'https' address"),
        ("runflow://assets/", "'runflow' address"),
        ("runflow://assets/a/b", "'runflow' address"),
        ("https://example.com/a b.png", "'https' address"),
        ("https://example.com/a.png\n", "'https' address"),
        (b"", "is empty"),
        (b"not an image", "is not an image"),
        (Path("does-not-exist.png"), "cannot be read: No such file"),
        (Path("."), "cannot be read: Is a directory"),
        (io.StringIO("text"), "open it in binary mode"),
        (17, "not int"),
        (None, "not NoneType"),
        (["https://example.com/a.png"], "not list"),
    ],
)
def test_what_is_no_image_is_refused_with_what_was_found_and_what_is_taken(image: Any, words: str) -> None:
    with pytest.raises(errors.InvalidRequestError, match="reference_images") as caught:
        images.load(image, "reference_images[1].image")
    assert words in str(caught.value)
    assert caught.value.argument == "reference_images[1].image"


def test_an_image_goes_inline_up_to_one_mebibyte() -> None:
    head = picture("PNG")
    assert images.load(head + bytes(images.INLINE_LIMIT - len(head)), "image").startswith("data:image/png")
    for image in (head + bytes(images.INLINE_LIMIT - len(head) + 1), io.BytesIO(head + bytes(images.INLINE_LIMIT))):
        with pytest.raises(errors.InvalidRequestError, match="over 1 MiB"):
            images.load(image, "image")


def test_a_long_text_is_not_repeated_in_the_error() -> None:
    with pytest.raises(errors.InvalidRequestError) as caught:
        images.load("data:image/png" + "A" * 5_000, "image")
    assert len(str(caught.value)) < 400
