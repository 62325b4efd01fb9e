"""Files that change, fail or are unusual between opening and the last byte."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from runflow_client import errors
from runflow_client.runtime.files import images
from runflow_client.runtime.files.uploads import Upload, open_to_send, open_upload

PNG = b"\x89PNG\r\n\x1a\n"
LARGE = PNG + bytes(images.INLINE_LIMIT)


class Shrinking(io.BytesIO):
    """Reports a larger size than can be read."""

    def seek(self, place: int, whence: int = 0) -> int:
        return super().seek(place, whence) + (100 if whence == io.SEEK_END else 0)


@pytest.mark.parametrize("data", [PNG, LARGE])
def test_file_shortened_during_load_raises_and_stays_open(data: bytes) -> None:
    file = Shrinking(data)
    with pytest.raises(errors.InvalidRequestError, match="has become shorter while it was sent"):
        images.load(file, "image")
    assert not file.closed


def test_file_shortened_during_hashing_raises_invalid_request_error() -> None:
    with pytest.raises(errors.InvalidRequestError, match="has become shorter") as caught:
        open_to_send(Shrinking(PNG), "source", None, None)
    assert caught.value.argument == "source"


def test_file_closed_before_sending_raises_invalid_request_error() -> None:
    file = io.BytesIO(LARGE)
    upload = images.load(file, "image")
    assert isinstance(upload, Upload)
    file.close()
    with pytest.raises(errors.InvalidRequestError, match="image: the given BytesIO cannot be read: ValueError"):
        upload.read_at(0, 1)


def test_rejected_file_of_caller_stays_open() -> None:
    file = io.BytesIO(b"")
    with pytest.raises(errors.InvalidRequestError, match="is empty"):
        open_upload(file, "source", image_only=False)
    assert not file.closed


class Stream(io.RawIOBase):
    """Can be read only once, like a socket."""

    def __init__(self, *parts: bytes | Exception) -> None:
        self._parts = list(parts)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size == 0 or not self._parts:
            return b""
        part = self._parts.pop(0)
        if isinstance(part, Exception):
            raise part
        return part


def test_stream_copy_is_closed_with_upload() -> None:
    upload = open_upload(Stream(PNG, b"12", b"3456"), "source", image_only=True)
    assert (upload.size, upload.owned) == (len(PNG) + 6, True)
    assert b"".join(upload.chunks(5)) == PNG + b"123456"
    upload.close()
    assert upload.file.closed


def test_broken_stream_error_names_cause() -> None:
    with pytest.raises(errors.InvalidRequestError, match="the given Stream cannot be read: Connection reset") as caught:
        open_upload(Stream(PNG, ConnectionResetError(104, "Connection reset")), "source", image_only=True)
    assert caught.value.argument == "source"


def test_non_blocking_stream_without_data_is_rejected_not_truncated() -> None:
    class Pipe(Stream):
        """Does not block: returns None while it has no data."""

        def read(self, size: int = -1) -> Any:
            return super().read(size) or (None if size or not self._parts else b"")

    for pipe in (Pipe(), Pipe(PNG)):
        with pytest.raises(errors.InvalidRequestError, match="does not block and has nothing to read yet") as caught:
            open_upload(pipe, "source", image_only=True)
        assert caught.value.argument == "source"


class ShortReads(io.BytesIO):
    """Returns less than requested, as an unbuffered file may."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(3, size or 0))


def test_short_reads_do_not_change_detected_type() -> None:
    upload = open_to_send(ShortReads(PNG + b"more"), "source", None, None)
    assert upload.media_type == "image/png"
    assert b"".join(upload.chunks(100)) == PNG + b"more"


def test_proc_file_without_size_raises_invalid_request_error() -> None:
    path = Path("/proc/self/status")
    if path.exists():
        with pytest.raises(errors.InvalidRequestError, match=r"image: the file '/proc/self/status' cannot be read: ."):
            images.load(path, "image")


class Unreadable(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if size:
            raise OSError(5, "Input/output error")
        return b""


def test_disk_error_at_first_read_raises_invalid_request_error() -> None:
    with pytest.raises(errors.InvalidRequestError, match="image: the given Unreadable cannot be read: Input/output"):
        images.load(Unreadable(PNG), "image")


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_upload_of_bytes_owns_and_closes_its_file(kind: Any) -> None:
    upload = open_upload(kind(PNG), "image", image_only=True)
    assert upload.owned
    upload.close()
    assert upload.file.closed


def test_file_opened_by_path_is_closed_and_callers_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    upload = open_upload(path, "image", image_only=True)
    upload.close()
    assert upload.file.closed
    with path.open("rb") as file:
        open_upload(file, "image", image_only=True).close()
        assert not file.closed


def test_path_like_object_gives_filename(tmp_path: Path) -> None:
    class Place:
        def __fspath__(self) -> str:
            return str(tmp_path / "a.png")

    (tmp_path / "a.png").write_bytes(PNG)
    upload = open_upload(Place(), "source", image_only=True)
    upload.close()
    assert (upload.filename, upload.label) == ("a.png", f"the file '{tmp_path / 'a.png'}'")


class Promise:
    """An awaitable that is no coroutine, as some asynchronous files return."""

    def __await__(self) -> Any: ...


def test_asynchronous_file_is_rejected() -> None:
    class AsyncFile:
        def __init__(self, given: Any) -> None:
            self.read = given

    async def read(size: int) -> bytes:
        return PNG

    for given in (read, lambda size: Promise()):
        with pytest.raises(
            errors.InvalidRequestError, match="the given AsyncFile has to be awaited to be read"
        ) as caught:
            open_upload(AsyncFile(given), "source", image_only=True)
        assert caught.value.argument == "source"


@pytest.mark.parametrize("text", ["one\ttwo\nthree", "é" * 40, "x" * 63 + "é"])
def test_text_is_recognized_with_character_cut_at_head_end(text: str) -> None:
    with pytest.raises(errors.InvalidRequestError, match=r"is not an image \(it begins like text\)"):
        images.load(text.encode(), "image")


@pytest.mark.parametrize("more", [b"", b"more"])
def test_file_is_read_up_to_its_size_at_opening(more: bytes) -> None:
    file = io.BytesIO(b"skip" + PNG)
    file.seek(4)
    upload = open_upload(file, "source", image_only=True)
    file.seek(0, io.SEEK_END)
    file.write(more)
    assert b"".join(upload.chunks(3)) == PNG
    assert upload.read_at(2, 100) == PNG[2:]
    upload.close()
    assert file.tell() == 4, "the position of the caller's file is restored"


def test_type_detection_reads_only_first_bytes() -> None:
    asked: list[int | None] = []

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            asked.append(size)
            return super().read(size)

    open_upload(Counting(LARGE), "source", image_only=True)
    assert asked == [0, 1_024]


@pytest.mark.parametrize("problem", [OSError("gone"), ValueError("closed")])
def test_failed_seek_on_close_is_ignored(problem: Exception) -> None:
    file = io.BytesIO(PNG)
    upload = open_upload(file, "source", image_only=True)

    class Lost(io.BytesIO):
        def seek(self, place: int, whence: int = 0) -> int:
            raise problem

    upload.file = Lost()
    upload.close()


@pytest.mark.parametrize(
    ("head", "declared", "kind"),
    [
        (b"x", "application/x-thing", "application/x-thing"),
        (b"GIF89a\x01\0", "IMAGE/GIF", "image/gif"),
        (b"GIF89a\x01\0", None, "image/gif"),
        (b"GIF89a text", "Text/Plain", "Text/Plain"),
        (b"\0\0\0\x10ftypheic\0\0\0\0", "image/heif", "image/heif"),
        (b"\0\0\0\x10ftypmif1\0\0\0\0", "IMAGE/HEIC", "image/heic"),
        (b"\0\0\0\x10ftyphevc\0\0\0\0", "image/heic-sequence", "image/heic-sequence"),
        (b"\0\0\0\x10ftypmp42\0\0\0\0", "video/mp4", "video/mp4"),
    ],
)
def test_media_type_comes_from_content_then_from_caller(head: bytes, declared: str | None, kind: str) -> None:
    upload = open_to_send(head, "source", None, declared)
    assert upload.media_type == kind
    assert upload.filename == f"image.{kind.partition('/')[2]}"
    assert upload.size == len(head)


def test_filename_of_path_is_used_without_given_filename(tmp_path: Path) -> None:
    path = tmp_path / "mine.dat"
    path.write_bytes(PNG)
    for filename, name in ((None, "mine.dat"), ("", "mine.dat"), ("other.png", "other.png")):
        upload = open_upload(path, "source", image_only=True, filename=filename)
        assert (upload.filename, upload.argument, upload.label) == (name, "source", f"the file {str(path)!r}")
        upload.close()


def test_file_over_limit_error_names_argument(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(52_428_801)
    with pytest.raises(errors.InvalidRequestError, match=r"52,428,801 bytes; at most 52,428,800 \(50 MiB\)") as caught:
        open_upload(path, "source", image_only=True)
    assert caught.value.argument == "source"


def test_image_read_in_pieces_is_joined() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 12))

    assert images.load(Slow(PNG + b"12345678"), "image") == "data:image/png;base64,iVBORw0KGgoxMjM0NTY3OA=="


def test_file_that_returns_more_than_requested_is_cut() -> None:
    class Generous(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(size and size + 7)

    upload = open_to_send(Generous(LARGE), "source", None, None)
    assert b"".join(upload.chunks(262_144)) == LARGE
    upload.close()


def test_only_uploads_of_bytes_are_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    for source, in_memory in ((PNG, True), (bytearray(PNG), True), (path, False), (ShortReads(PNG), False)):
        upload = open_upload(source, "image", image_only=True)
        assert upload.is_in_memory is in_memory
        upload.close()
