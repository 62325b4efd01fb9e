from __future__ import annotations

import base64
import hashlib
import io
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from runflow_client import errors
from runflow_client.runtime.files import images
from runflow_client.runtime.files.uploads import UPLOAD_LIMIT, Upload

LONGEST = images.DATA_URI_LIMIT


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
        "HTTPS://EXAMPLE.COM/A.PNG",
        "RUNFLOW://ASSETS/0193f0a0-0000-7000-8000-000000000001",
    ],
)
def test_urls_references_and_data_uris_are_unchanged(text: str) -> None:
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
def test_local_image_type_is_detected_from_content(format: str, kind: str, tmp_path: Path) -> None:
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
        ("/pictures/one.png", "never read as a path"),
        ("", "never read as a path"),
        ("http://example.com/a.png", "'http' address"),
        ("file:///etc/passwd", "'file' address"),
        ("ftp://example.com/a.png", "'ftp' address"),
        ("FTP://example.com:21/a.png", "a 'ftp' address"),
        ("data:text/plain;base64,AAAA", "'data' address"),
        ("https://", "'https' address"),
        ("runflow://assets/", "'runflow' address"),
        ("runflow://assets/a/b", "'runflow' address"),
        ("https://example.com/a b.png", "'https' address"),
        ("https://example.com/a.png\n", "'https' address"),
        ("https://example.com/\x07.png", "holds a control character"),
        ("runflow://assets/\x7f", "holds a control character"),
        (b"", "is empty"),
        (b"not an image", "is not an image"),
        (Path("does-not-exist.png"), "cannot be read: No such file"),
        (Path("."), "is a directory"),
        (io.StringIO("text"), "open it in binary mode"),
        (17, "not int"),
        (None, "not NoneType"),
        (["https://example.com/a.png"], "not list"),
    ],
)
def test_invalid_image_is_rejected_with_cause_and_accepted_kinds(image: Any, words: str) -> None:
    with pytest.raises(errors.InvalidRequestError, match="reference_images") as caught:
        images.load(image, "reference_images[1].image")
    assert words in str(caught.value)
    assert caught.value.argument == "reference_images[1].image"


def test_image_over_one_mebibyte_is_uploaded_not_inlined() -> None:
    assert images.INLINE_LIMIT == 1_048_576
    head = picture("PNG")
    inline = images.load(head + bytes(images.INLINE_LIMIT - len(head)), "image")
    assert isinstance(inline, str)
    assert inline.startswith("data:image/png")
    data = head + bytes(images.INLINE_LIMIT - len(head) + 1)
    for image in (data, io.BytesIO(data)):
        upload = images.load(image, "image")
        assert isinstance(upload, Upload)
        assert (upload.size, upload.media_type) == (images.INLINE_LIMIT + 1, "image/png")
        assert upload.digest == hashlib.sha256(data).hexdigest()
        assert b"".join(upload.chunks(1_000_000)) == data


def test_image_over_fifty_mebibytes_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.write(picture("PNG"))
        file.truncate(UPLOAD_LIMIT)
    upload = images.load(path, "image")
    assert isinstance(upload, Upload)
    upload.close()
    with path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(errors.InvalidRequestError, match="52,428,801 bytes; at most 52,428,800"):
        images.load(path, "image")


def test_file_is_read_from_current_position() -> None:
    data = picture("PNG")
    file = io.BytesIO(b"skip" + data)
    file.seek(4)
    loaded = images.load(file, "image")
    assert isinstance(loaded, str)
    assert base64.b64decode(loaded.partition(",")[2]) == data


def test_pipe_is_read_once_and_can_be_sent_twice() -> None:
    data = picture("PNG") + bytes(2_000_000)
    reading, writing = os.pipe()
    with open(writing, "wb") as sink, open(reading, "rb") as source:
        writer = threading.Thread(target=lambda: (sink.write(data), sink.close()))
        writer.start()
        upload = images.load(source, "image")
        writer.join()
    assert isinstance(upload, Upload)
    for _ in range(2):
        assert b"".join(upload.chunks(100_000)) == data
    upload.close()


def test_stream_is_not_read_beyond_limit() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"\x89PNG\r\n\x1a\n".ljust(size, b"x")[:size]

    endless = Endless()
    with pytest.raises(errors.InvalidRequestError, match="at most 52,428,800"):
        images.load(endless, "image")
    assert endless.given <= UPLOAD_LIMIT + 1


def test_path_of_pipe_is_rejected_without_blocking(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.png"
    os.mkfifo(fifo)
    with pytest.raises(errors.InvalidRequestError, match="not a regular file"):
        images.load(fifo, "image")


def test_unreadable_path_error_names_cause(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(picture("PNG"))
    for wrong, why in ((path / "inside.png", "Not a directory"), (tmp_path / "nul\0.png", "ValueError")):
        with pytest.raises(errors.InvalidRequestError, match=f"cannot be read: {why}"):
            images.load(wrong, "image")


def test_text_with_image_file_name_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    for content, what in (
        (b"just notes", "like text"),
        (b"<svg/>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"\0\0\0", "no known kind"),
    ):
        path.write_bytes(content)
        with pytest.raises(errors.InvalidRequestError, match=what):
            images.load(path, "image")


def test_file_truncated_during_upload_is_detected(tmp_path: Path) -> None:
    path = tmp_path / "shrinking.png"
    path.write_bytes(picture("PNG") + bytes(2_000_000))
    upload = images.load(path, "image")
    assert isinstance(upload, Upload)
    os.truncate(path, 500_000)
    with pytest.raises(errors.InvalidRequestError, match="shorter"):
        list(upload.chunks(100_000))
    upload.close()


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("data:image/png;base64,", "empty"),
        ("data:image/png;base64,AAA", "groups of 4"),
        ("data:image/png;base64,AA A", "groups of 4"),
        ("data:image/png;base64,////", "says image/png, but its content is no known image"),
        ("data:image/webp;base64,iVBORw0KGgo=", "says image/webp, but its content is image/png"),
        ("data:image/jpeg;base64,iVBORw0KGgo=", "says image/jpeg, but its content is image/png"),
        ("data:image/svg+xml,", "empty"),
        ("data:image/svg+xml,<svg/>\n", "cannot hold"),
        ("data:image/png;base64," + "A" * LONGEST, f"{LONGEST + 22:,} characters, at most {LONGEST:,}"),
    ],
)
def test_invalid_data_uri_is_rejected(uri: str, words: str) -> None:
    with pytest.raises(errors.InvalidRequestError, match=words) as caught:
        images.load(uri, "image")
    assert len(str(caught.value)) < 300


def test_valid_data_uris_are_accepted_up_to_limit() -> None:
    head = "data:image/png;base64,iVBORw0KGgoA"
    uri = head + "A" * (LONGEST - len(head) - (LONGEST - 22) % 4)
    assert images.load(uri, "image") == uri
    assert images.load("data:image/svg+xml,%3Csvg/%3E", "image") == "data:image/svg+xml,%3Csvg/%3E"


def test_long_image_text_is_not_repeated_in_error() -> None:
    with pytest.raises(errors.InvalidRequestError) as caught:
        images.load("data:image/png" + "A" * 5_000, "image")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(("length", "fine"), [(LONGEST, True), (LONGEST + 1, False)])
def test_data_uri_over_documented_length_is_rejected(length: int, fine: bool) -> None:
    uri = "data:image/png," + "a" * (length - 15)
    if fine:
        assert images.load(uri, "image") is uri
    else:
        with pytest.raises(errors.InvalidRequestError, match=f"has {LONGEST + 1:,} characters, at most {LONGEST:,}"):
            images.load(uri, "image")
