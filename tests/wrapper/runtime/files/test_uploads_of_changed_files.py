"""A file that changes while it is sent is not sent."""

from __future__ import annotations

import hashlib
import os
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from runflow_client import errors
from runflow_client.runtime.files.uploads import Upload, open_to_send
from runflow_client.sandbox import Sandbox

PNG = b"\x89PNG\r\n\x1a\n"
NOISE = PNG + random.Random(1).randbytes(1_000_000)
CHANGED = (
    "image: the file '{}' was changed while it was sent; leave it unchanged until the call returns, or pass its bytes"
)


def noise(folder: Path, *, is_at_rest: bool = False) -> tuple[Path, Upload]:
    path = folder / "noise.png"
    path.write_bytes(NOISE)
    if is_at_rest:
        set_at_rest(path)
    return path, open_to_send(path, "image", None, None)


def set_at_rest(path: Path) -> None:
    os.utime(path, (1_000_000_000, 1_000_000_000))


def overwrite(path: Path, end: bytes) -> None:
    """Write over the end of a file, which is read last."""
    with path.open("r+b") as file:
        file.seek(-len(end), 2)
        file.write(end)


def change(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(bytes([NOISE[offset] ^ 1]))


@pytest.mark.parametrize("size", [262_144, 100_000, 1_000_000, 2_000_000])
@pytest.mark.parametrize("offset", [0, 262_143, 262_144, 600_000, 1_000_007])
@pytest.mark.parametrize("is_at_rest", [False, True])
def test_file_changed_after_opening_is_refused_while_sent(
    size: int, offset: int, is_at_rest: bool, tmp_path: Path
) -> None:
    path, upload = noise(tmp_path, is_at_rest=is_at_rest)
    change(path, offset)
    sent: list[bytes] = []
    with pytest.raises(errors.InvalidRequestError) as caught:
        sent.extend(upload.chunks(size))
    assert str(caught.value) == CHANGED.format(path)
    assert caught.value.argument == "image"
    assert len(b"".join(sent)) <= offset, "no changed byte was sent"
    upload.close()


@pytest.mark.parametrize("is_at_rest", [False, True])
def test_unchanged_file_is_read_in_any_order_and_size(is_at_rest: bool, tmp_path: Path) -> None:
    _, upload = noise(tmp_path, is_at_rest=is_at_rest)
    chance = random.Random(2)
    for _ in range(200):
        offset, size = chance.randrange(len(NOISE)), chance.randrange(1, 400_000)
        data = upload.read_at(offset, size)
        assert data and data == NOISE[offset : offset + len(data)] and len(data) <= size
    upload.close()


def test_thread_left_over_from_earlier_attempt_raises_nothing(tmp_path: Path) -> None:
    _, upload = noise(tmp_path)
    sent: list[bytes] = []
    left_over = threading.Thread(target=lambda: [upload.read_at(262_144, 262_144) for _ in range(20)])
    left_over.start()
    for _ in range(5):
        sent.append(b"".join(upload.chunks(262_144)))
    left_over.join()
    assert set(sent) == {NOISE}
    upload.close()


@pytest.mark.parametrize("is_at_rest", [False, True])
def test_digest_is_computed_once(is_at_rest: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[int] = []
    original = hashlib.sha256

    def counting() -> Any:
        hashed.append(1)
        return original()

    _, upload = noise(tmp_path, is_at_rest=is_at_rest)
    monkeypatch.setattr(hashlib, "sha256", counting)
    upload.prepare(with_digest=True)
    for _ in range(2):
        assert b"".join(upload.chunks(262_144)) == NOISE
    assert len(hashed) == 1
    assert upload.digest == original(NOISE).hexdigest()
    upload.close()


def test_file_changed_a_moment_ago_is_compared_by_checksums(tmp_path: Path) -> None:
    """A change within one step of the file system's clock does not show in the time."""
    path, upload = noise(tmp_path)
    modified = path.stat().st_mtime_ns
    change(path, 0)
    os.utime(path, ns=(modified, modified))
    with pytest.raises(errors.InvalidRequestError, match="was changed while it was sent"):
        upload.read_at(0, 1)
    upload.close()


def test_file_modified_in_the_future_is_compared_by_checksums(tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    path.write_bytes(NOISE)
    os.utime(path, (4_000_000_000, 4_000_000_000))
    upload = open_to_send(path, "image", None, None)
    assert upload.checksums and upload.modified is None
    upload.close()


@pytest.mark.parametrize("is_at_rest", [False, True])
def test_call_ends_when_file_changes_while_sent(is_at_rest: bool, tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    path.write_bytes(NOISE + NOISE)
    if is_at_rest:
        set_at_rest(path)
    sandbox = Sandbox()
    with sandbox.client() as client, pytest.raises(errors.InvalidRequestError, match="was changed while it was sent"):
        client.assets.upload(path, on_progress=lambda sent, size: overwrite(path, b"x" * 2_000))
