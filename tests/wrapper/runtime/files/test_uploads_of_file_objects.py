"""File objects that fail or misbehave, and the position of the caller's own file."""

from __future__ import annotations

import gzip
import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from runflow_client import errors
from runflow_client.runtime.files import images
from runflow_client.runtime.files.uploads import Upload, open_to_send, open_upload

PNG = b"\x89PNG\r\n\x1a\n"
LARGE = PNG + bytes(images.INLINE_LIMIT)


def cut_gzip(folder: Path) -> Any:
    path = folder / "a.gz"
    with gzip.open(path, "wb") as file:
        file.write(LARGE)
    path.write_bytes(path.read_bytes()[:-100])
    return gzip.open(path, "rb")


def damaged_member(folder: Path) -> Any:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", LARGE)
    damaged = bytearray(path.read_bytes())
    damaged[500] ^= 255
    return zipfile.ZipFile(io.BytesIO(damaged)).open("a.png")


def download_that_breaks(folder: Path) -> Any:
    class Download:
        """Raises an exception of its own library, like a response of an HTTP library."""

        def read(self, size: int = -1) -> bytes:
            if size:
                raise RuntimeError("IncompleteRead")
            return b""

    return Download()


@pytest.mark.parametrize("make", [cut_gzip, damaged_member, download_that_breaks])
@pytest.mark.parametrize("opens", [images.load, lambda file, argument: open_to_send(file, argument, None, None)])
def test_exception_from_file_raises_invalid_request_error(
    make: Callable[[Path], Any], opens: Callable[[Any, str], Any], tmp_path: Path
) -> None:
    file = make(tmp_path)
    with pytest.raises(errors.InvalidRequestError, match="image: the given [A-Za-z]+ cannot be read: [A-Z]") as caught:
        opens(file, "image")
    assert caught.value.argument == "image"
    if hasattr(file, "close"):
        file.close()


def released() -> memoryview:
    view = memoryview(PNG)
    view.release()
    return view


@pytest.mark.parametrize("view", [memoryview(PNG * 4)[::2], released()])
def test_unreadable_memoryview_raises_invalid_request_error(view: memoryview) -> None:
    with pytest.raises(errors.InvalidRequestError, match="image: the given memoryview cannot be read") as caught:
        open_upload(view, "image", image_only=True)
    assert caught.value.argument == "image"


class NoPath:
    def __fspath__(self) -> Any:
        return 3


def test_invalid_path_like_object_raises_invalid_request_error() -> None:
    with pytest.raises(
        errors.InvalidRequestError, match="source: the given NoPath cannot be read: TypeError"
    ) as caught:
        open_upload(NoPath(), "source", image_only=True)
    assert caught.value.argument == "source"


class Nameless(io.BytesIO):
    @property
    def name(self) -> str:
        raise RuntimeError("no name yet")


def test_failing_name_property_raises_only_without_given_filename() -> None:
    with pytest.raises(errors.InvalidRequestError, match="source: the given Nameless cannot be read: RuntimeError"):
        open_upload(Nameless(PNG), "source", image_only=True)
    assert open_upload(Nameless(PNG), "source", image_only=True, filename="a.png").filename == "a.png"


class Turning(io.BytesIO):
    """Returns something other than bytes from its third read on."""

    given: Any = "text"
    pieces = 0

    def read(self, size: int | None = -1) -> Any:
        self.pieces += bool(size)
        read = super().read(size)
        return self.given if self.pieces > 2 else read


@pytest.mark.parametrize(
    ("given", "words"),
    [("text", r"gives text instead of bytes: open it in binary"), (bytearray(3), "gives bytearray instead of bytes$")],
)
def test_file_returning_other_than_bytes_raises_invalid_request_error(given: Any, words: str) -> None:
    file = Turning(LARGE)
    file.given = given
    with pytest.raises(errors.InvalidRequestError, match=f"image: the given Turning {words}") as caught:
        images.load(file, "image")
    assert caught.value.argument == "image"


@pytest.mark.parametrize(
    ("given", "words"),
    [("text", "gives text instead of bytes: open it"), (bytearray(3), "gives bytearray instead of bytes$")],
)
def test_stream_returning_other_than_bytes_raises_invalid_request_error(given: Any, words: str) -> None:
    class Stream:
        pieces: ClassVar[list[Any]] = [given, PNG]

        def read(self, size: int = -1) -> Any:
            return self.pieces.pop() if size and self.pieces else b""

    with pytest.raises(errors.InvalidRequestError, match=f"image: the given Stream {words}") as caught:
        images.load(Stream(), "image")
    assert caught.value.argument == "image"


def test_open_upload_does_not_restore_file_position() -> None:
    file = io.BytesIO(b"head" + PNG)
    file.seek(4)
    upload = open_upload(file, "image", image_only=True)
    assert upload.read_at(2, 3) == PNG[2:5]
    assert file.tell() == 12, "the end of the block that was read"


def test_runtime_error_from_seek_on_close_is_ignored() -> None:
    class Once(io.BytesIO):
        def seek(self, place: int, whence: int = 0) -> int:
            if self.stuck:
                raise RuntimeError("stuck")
            return super().seek(place, whence)

        stuck = False

    file = Once(PNG)
    upload = open_upload(file, "image", image_only=True)
    file.stuck = True
    upload.close()
    assert upload.closed


def test_file_with_nan_size_raises_invalid_request_error() -> None:
    class Lying(io.BytesIO):
        def seek(self, place: int, whence: int = 0) -> Any:
            return float("nan") if whence == io.SEEK_END else super().seek(place, whence)

    with pytest.raises(errors.InvalidRequestError, match="cannot be read: TypeError"):
        images.load(Lying(PNG), "image")


def test_file_position_is_restored_once() -> None:
    file = io.BytesIO(LARGE)
    upload = images.load(file, "image")
    assert isinstance(upload, Upload)
    upload.close()
    assert file.tell() == 0
    file.seek(5)
    upload.close()
    del upload
    assert file.tell() == 5


def test_file_position_is_restored_while_another_thread_reads() -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        waits = False

        def read(self, size: int | None = -1) -> bytes:
            if self.waits:
                begun.set()
                assert go_on.wait(10)
            return super().read(size)

    file = Slow(b"head" + LARGE)
    file.seek(4)
    upload = images.load(file, "image")
    assert isinstance(upload, Upload)
    file.waits = True
    thread = threading.Thread(target=upload.read_at, args=(100, 50))
    thread.start()
    assert begun.wait(10)
    upload.close()
    go_on.set()
    thread.join()
    assert file.tell() == 4


@pytest.mark.parametrize("opens", [images.load, lambda file, argument: open_to_send(file, argument, None, None)])
def test_file_is_closed_after_preparing_fails(
    opens: Callable[[Any, str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, opened = tmp_path / "large.png", list[Any]()
    path.write_bytes(LARGE)

    def fails(upload: Upload, *, with_digest: bool) -> None:
        opened.append(upload.file)
        raise errors.InvalidRequestError("the disk fails")

    monkeypatch.setattr(Upload, "prepare", fails)
    with pytest.raises(errors.InvalidRequestError, match="the disk fails"):
        opens(path, "image")
    assert [file.closed for file in opened] == [True]
    opened.clear()
