"""One file object is read by one upload at a time."""

from __future__ import annotations

import gc
import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from runflow_client import ReferenceImage, errors
from runflow_client.runtime.files import claims, images
from runflow_client.runtime.files.claims import claim_file
from runflow_client.runtime.files.uploads import Upload, open_to_send, open_upload
from runflow_client.sandbox import Sandbox

PNG = b"\x89PNG\r\n\x1a\n"
LARGE = PNG + bytes(images.INLINE_LIMIT)
IN_USE = (
    "image: the given BytesIO is already being read, by another call or for another argument of this call; "
    "pass a pathlib.Path or bytes, or open the file once for each"
)


def test_claimed_file_is_free_after_release() -> None:
    file = io.BytesIO()
    first = claim_file(file)
    assert first is not None
    assert claim_file(file) is None
    other = claim_file(io.BytesIO())
    assert other is not None, "another file is not concerned"
    first.release()
    second = claim_file(file)
    assert second is not None
    first.release()
    assert claim_file(file) is None, "a second release of the first claim does not end the second claim"
    second.release()


def test_claim_without_reference_leaves_no_entry() -> None:
    before = len(claims._claims)
    file = io.BytesIO()
    claim = claim_file(file)
    assert len(claims._claims) == before + 1
    del claim
    gc.collect()
    assert len(claims._claims) == before
    assert claim_file(file) is not None


def test_unhashable_file_without_weak_references_is_claimed() -> None:
    file = type("Bare", (), {"__slots__": (), "__hash__": None})()
    claim = claim_file(file)
    assert claim is not None
    assert claim_file(file) is None


def test_one_of_many_threads_gets_the_claim() -> None:
    file, barrier = io.BytesIO(), threading.Barrier(8)

    def claim(number: int) -> Any:
        barrier.wait(10)
        return claim_file(file)

    with ThreadPoolExecutor(8) as threads:
        for _ in range(50):
            held = [claim for claim in threads.map(claim, range(8)) if claim is not None]
            assert len(held) == 1
            held[0].release()


def test_file_of_open_upload_is_refused_until_closed() -> None:
    file = io.BytesIO(b"head" + LARGE)
    file.seek(4)
    upload = images.load(file, "image")
    assert isinstance(upload, Upload)
    for opens in (images.load, lambda file, argument: open_to_send(file, argument, None, None)):
        with pytest.raises(errors.InvalidRequestError) as caught:
            opens(file, "image")
        assert str(caught.value) == IN_USE
        assert caught.value.argument == "image"
    upload.close()
    again = images.load(file, "image")
    assert isinstance(again, Upload)
    assert again.digest == upload.digest
    again.close()


def test_file_of_abandoned_upload_is_free_again() -> None:
    file = io.BytesIO(LARGE)
    upload = images.load(file, "image")
    del upload
    gc.collect()
    open_upload(file, "image", image_only=True).close()


def test_rejected_file_is_free_while_its_error_is_kept() -> None:
    file = io.BytesIO(b"text")
    with pytest.raises(errors.InvalidRequestError, match="not an image") as kept:
        open_upload(file, "image", image_only=True)
    file.seek(0)
    file.write(PNG)
    file.seek(0)
    open_upload(file, "image", image_only=True).close()
    assert kept.value.argument == "image"


def test_small_file_is_free_once_loaded() -> None:
    file = io.BytesIO(PNG)
    assert images.load(file, "image") == images.load(file, "image")


def test_paths_and_bytes_are_read_by_many_uploads(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(LARGE)
    sources: list[Any] = [path, LARGE, bytearray(LARGE), memoryview(LARGE)]
    for source in sources:
        uploads = [images.load(source, "image") for _ in range(2)]
        for upload in uploads:
            assert isinstance(upload, Upload)
            assert b"".join(upload.chunks(300_000)) == LARGE
            upload.close()


def test_stream_is_claimed_while_it_is_copied_only() -> None:
    refused: list[str] = []

    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def read(self, size: int | None = -1) -> bytes:
            with pytest.raises(errors.InvalidRequestError, match="already being read") as caught:
                open_upload(self, "other", image_only=True)
            refused.append(str(caught.value.argument))
            return super().read(size)

    stream = Stream(PNG)
    upload = open_upload(stream, "image", image_only=True)
    assert set(refused) == {"other"}
    claim = claim_file(stream)
    assert claim is not None, "the upload reads its copy"
    upload.close()


def test_file_is_claimed_until_last_reading_thread_ends() -> None:
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
    thread = threading.Thread(target=upload.read_at, args=(0, 50))
    thread.start()
    assert begun.wait(10)
    upload.close()
    assert claim_file(file) is None
    go_on.set()
    thread.join()
    assert file.tell() == 4
    claim = claim_file(file)
    assert claim is not None


def test_closed_upload_does_not_touch_callers_file() -> None:
    file = io.BytesIO(LARGE)
    upload = images.load(file, "image")
    assert isinstance(upload, Upload)
    upload.close()
    file.seek(7)
    with pytest.raises(errors.InvalidRequestError, match="^image: the upload of the given BytesIO has ended$"):
        upload.read_at(0, 10)
    assert file.tell() == 7


def test_file_in_second_call_during_first_is_refused(tmp_path: Path) -> None:
    path, refused = tmp_path / "noise.png", list[str]()
    path.write_bytes(PNG + os.urandom(1_000_000))
    with path.open("rb") as file, Sandbox().client() as client:

        def call_again(sent: int, size: int) -> None:
            with pytest.raises(errors.InvalidRequestError, match="already being read") as caught:
                client.assets.upload(file)
            refused.append(str(caught.value.argument))

        assert client.assets.upload(file, on_progress=call_again).ref is not None
        assert refused == ["source"] * 4
        assert client.assets.upload(file).ref is not None


def test_one_large_file_for_two_arguments_is_refused() -> None:
    sandbox, file = Sandbox(), io.BytesIO(LARGE)
    with sandbox.client() as client:
        with pytest.raises(errors.InvalidRequestError, match="for another argument of this call") as caught:
            client.evaluations.submit(file, "headshot", reference_images=[ReferenceImage(file)])
        assert caught.value.argument == "reference_images[0].image"
    assert sandbox.requests == []
