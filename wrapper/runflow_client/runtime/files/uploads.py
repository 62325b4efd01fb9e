"""A local file to be sent: its size, its media type, its SHA-256 where that is needed, and its bytes in pieces.

Limits: 50 MiB and the type rules of https://docs.runflow.io/guides/upload-large-files. No file is held in memory as a
whole. A stream that can be read only once is first copied to a temporary file.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import operator
import os
import re
import stat
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, BinaryIO

from ...errors import InvalidRequestError
from .arguments import argument_error
from .claims import FileClaim, claim_file
from .media_types import HEAD_SIZE, describe_other, detect, is_compatible

UPLOAD_LIMIT = 52_428_800
BLOCK_SIZE = 262_144
"""Bytes that are read, compared and sent at a time."""
_COARSEST_TIME = 2_000_000_000
"""Nanoseconds between the times that a file system can tell apart: two seconds on FAT, a few milliseconds on most others."""
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_REPLACEMENT = chr(0xFFFD)


@dataclass(slots=True)
class Upload:
    """A file that can be read from its start as often as it has to be sent.

    Args:
        size: its size in bytes.
        media_type: the type that its content shows, or that the caller declared.
        filename: its name without folders, encodable as UTF-8.
        label: its name in messages.
        argument: the caller's argument that it came from.
        file: the open file.
        start: the offset in the file at which the upload's bytes begin.
        owned: whether the upload closes the file; a file that the caller opened is moved back to `start` instead.
        can_change: whether its bytes may change while it is open; those in memory and in a temporary copy cannot.
        modified: the modification time of a file in which every change shows, in nanoseconds; None for any other source.
        digest: the SHA-256 of its bytes in hex, once `prepare` was asked for it.
        claim: the claim on a file that the caller opened, released with the upload; None for any other source.
        checksums: the CRC-32 of each block, once `prepare` was called, of what can change without a change of `modified`.
        lock: held while the file is read.
        closed: whether `close` was called.
        released: whether the file was closed or moved back, and its claim released.
    """

    size: int
    media_type: str
    filename: str
    label: str
    argument: str
    file: BinaryIO = field(repr=False)
    start: int = field(default=0, repr=False)
    owned: bool = field(default=True, repr=False)
    can_change: bool = field(default=True, repr=False)
    modified: int | None = field(default=None, repr=False)
    digest: str = field(default="", repr=False)
    claim: FileClaim | None = field(default=None, repr=False)
    checksums: list[int] = field(default_factory=list, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    closed: bool = field(default=False, repr=False)
    released: bool = field(default=False, repr=False)

    def read_at(self, offset: int, size: int) -> bytes:
        """Return the bytes at an offset below the upload's size: at most `size` bytes, or fewer.

        Raises:
            InvalidRequestError: the file cannot be read, has become shorter, or was changed.
        """
        # Whole blocks are read even for a part of one, because each checksum is of a whole block.
        first, skipped = divmod(offset, BLOCK_SIZE)
        blocks = self._read_blocks(first, max(1, size // BLOCK_SIZE))
        if self.checksums:
            view = memoryview(blocks)
            for number, start in enumerate(range(0, len(blocks), BLOCK_SIZE), first):
                if zlib.crc32(view[start : start + BLOCK_SIZE]) != self.checksums[number]:
                    raise self._changed()
        return blocks[skipped : skipped + size]

    def _changed(self) -> InvalidRequestError:
        return argument_error(
            self.argument,
            f"{self.label} was changed while it was sent; leave it unchanged until the call returns, or pass its bytes",
        )

    def _read_blocks(self, first: int, count: int) -> bytes:
        offset = first * BLOCK_SIZE
        expected = min(count * BLOCK_SIZE, self.size - offset)
        try:
            # A thread that an earlier, timed-out attempt left behind may still be reading.
            with _translate_read_errors(self.argument, self.label), self.lock:
                if self.closed:
                    raise argument_error(self.argument, f"the upload of {self.label} has ended")
                self.file.seek(self.start + offset)
                blocks = _read_up_to(self.file, expected, self.argument, self.label)
                if self.modified is not None and _modification_time(self.file) != self.modified:
                    raise self._changed()
        finally:
            if self.closed:
                self._release()
        if len(blocks) < expected:
            raise argument_error(self.argument, f"{self.label} has become shorter while it was sent")
        return blocks

    @property
    def is_in_memory(self) -> bool:
        """Whether its bytes are in memory, so that reading it does not block."""
        return type(self.file) is io.BytesIO

    def chunks(self, size: int) -> Iterator[bytes]:
        """Yield its bytes from the start, in pieces of at most `size` bytes."""
        offset = 0
        while offset < self.size:
            data = self.read_at(offset, size)
            offset += len(data)
            yield data

    def prepare(self, *, with_digest: bool) -> None:
        """Compute the digest if it is needed, and the checksums unless a change shows without them; read the file once for
        both, or not at all."""
        with_checksums = self.can_change and self.modified is None
        if not with_digest and not with_checksums:
            return
        digest, checksums = hashlib.sha256(), []
        for block in self.chunks(BLOCK_SIZE):
            if with_digest:
                digest.update(block)
            if with_checksums:
                checksums.append(zlib.crc32(block))
        self.digest, self.checksums = digest.hexdigest() if with_digest else "", checksums

    def close(self) -> None:
        """Close the file, or move one that the caller opened back to where it was, so that the same call can be made again."""
        self.closed = True
        self._release()

    def _release(self) -> None:
        """Close the file or move it back, once. While a thread is reading it, do nothing: that thread calls this afterwards."""
        if not self.lock.acquire(blocking=False):
            return
        try:
            # Only once: `__del__` may run long after `close`, and would move a file that the caller reads again.
            if self.released:
                return
            self.released = True
            with contextlib.suppress(Exception):  # the caller's file may raise any exception
                self.file.close() if self.owned else self.file.seek(self.start)
            if self.claim is not None:
                self.claim.release()
        finally:
            self.lock.release()

    def __del__(self) -> None:
        # Ctrl-C may interrupt a driver after the file is opened, and before the flow that would close it receives it.
        self.close()


def open_to_send(source: Any, argument: str, filename: str | None, media_type: str | None) -> Upload:
    """Open a local file of any kind, so that a change of it is noticed while it is sent; see `open_upload`."""
    upload = open_upload(source, argument, image_only=False, filename=filename, media_type=media_type)
    try:
        upload.prepare(with_digest=False)
    except BaseException:
        upload.close()
        raise
    return upload


def open_upload(
    source: Any,
    argument: str,
    *,
    image_only: bool,
    filename: str | None = None,
    media_type: str | None = None,
) -> Upload:
    """Open a local file to be sent, and find its size and, from its first bytes, its media type.

    Args:
        source: a Path, bytes, or a file opened in binary mode, read from its current position.
        argument: the caller's argument that it came from.
        image_only: whether anything but an image is refused.
        filename: the name to send; None for the source's own name or, if it has none, one such as `image.png`.
        media_type: the type that the caller declared; required unless the content is a known image, and then it must agree.

    Raises:
        InvalidRequestError: it cannot be read, is in use by another call, is empty, over 50 MiB, or of a wrong type.
    """
    label = _label(source, argument)
    claim = _claim(source, argument, label)
    try:
        upload = _open(source, argument, label, image_only, filename, media_type)
    except BaseException:
        # Garbage collection would release it too, but later: the error's traceback may keep a reference.
        if claim is not None:
            claim.release()
        raise
    if claim is not None:
        if upload.owned:  # a copy, which no other call can read
            claim.release()
        else:
            upload.claim = claim
    return upload


def _claim(source: Any, argument: str, label: str) -> FileClaim | None:
    """Return a claim on the caller's open file, None for bytes and paths."""
    if isinstance(source, (bytes, bytearray, memoryview, os.PathLike)):
        return None
    claim = claim_file(source)
    if claim is None:
        raise argument_error(
            argument,
            f"{label} is already being read, by another call or for another argument of this call; "
            "pass a pathlib.Path or bytes, or open the file once for each",
        )
    return claim


def _open(
    source: Any, argument: str, label: str, image_only: bool, filename: str | None, declared: str | None
) -> Upload:
    file, start, owned = _open_source(source, argument, label)
    is_path = isinstance(source, os.PathLike)
    try:
        with _translate_read_errors(argument, label):
            modified = _time_that_shows_changes(file) if is_path else None
            size = operator.index(file.seek(0, os.SEEK_END)) - start
            if size <= 0:
                raise argument_error(argument, f"{label} is empty")
            if size > UPLOAD_LIMIT:
                raise argument_error(
                    argument, f"{label} has {size:,} bytes; at most {UPLOAD_LIMIT:,} (50 MiB) are taken"
                )
            file.seek(start)
            head = _read_up_to(file, min(HEAD_SIZE, size), argument, label)
            name = filename or _own_name(source)
        media_type = _media_type(head, argument, label, declared, image_only)
    except BaseException:
        if owned:
            file.close()
        raise
    if isinstance(name, str):
        # Python decodes the bytes of a name that are not UTF-8 to surrogates, which the request cannot be encoded with.
        name = _SURROGATE.sub(_REPLACEMENT, name)
    name = name or f"image.{media_type.rpartition('/')[2]}"
    return Upload(size, media_type, name, label, argument, file, start, owned, is_path or not owned, modified)


def _time_that_shows_changes(file: BinaryIO) -> int | None:
    """Return the modification time of an open file, None if a change could leave it as it is.

    A change within one step of the file system's clock leaves the time as it is, so the last one must be some time ago.
    Windows sets the time when the file is closed. A change by a memory map that was made before may not show.
    """
    modified = _modification_time(file)
    return modified if os.name == "posix" and time.time_ns() - modified > _COARSEST_TIME else None


def _modification_time(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_mtime_ns


def _label(source: Any, argument: str) -> str:
    given = f"the given {type(source).__name__}"
    if not isinstance(source, os.PathLike):
        return given
    with _translate_read_errors(argument, given):
        return f"the file {os.fspath(source)!r}"


def _open_source(source: Any, argument: str, label: str) -> tuple[BinaryIO, int, bool]:
    """Return a seekable file, the offset in it at which the source begins, and whether the upload must close it."""
    with _translate_read_errors(argument, label):
        if isinstance(source, (bytes, bytearray, memoryview)):
            return io.BytesIO(source), 0, True
        if not isinstance(source, os.PathLike):
            return _seekable_file(source, argument, label)
        if not stat.S_ISREG(os.stat(source).st_mode):
            what = "a directory" if os.path.isdir(source) else "not a regular file"
            raise argument_error(argument, f"{label} is {what}")
        return open(source, "rb", buffering=0), 0, True


def _seekable_file(source: Any, argument: str, label: str) -> tuple[BinaryIO, int, bool]:
    _check_reads_bytes(source.read(0), argument, label)
    if hasattr(source, "seekable") and source.seekable():
        return source, source.tell(), False
    from tempfile import TemporaryFile  # imported late: it imports many modules, and is seldom needed

    copy = TemporaryFile()  # noqa: SIM115 - closed with the upload
    try:
        _copy(source, copy, argument, label)
    except BaseException:
        copy.close()
        raise
    return copy, 0, True


@contextlib.contextmanager
def _translate_read_errors(argument: str, label: str) -> Iterator[None]:
    """Raise an error that names the file for any exception that reading it raises."""
    try:
        yield
    except InvalidRequestError:
        raise
    except Exception as error:  # not only OSError: zipfile, gzip and HTTP libraries raise their own
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise argument_error(argument, f"{label} cannot be read: {reason}") from None


def _read_up_to(file: BinaryIO, size: int, argument: str, label: str) -> bytes:
    """Read so many bytes, fewer only at the end of the file; one `read` of an unbuffered file may return fewer."""
    pieces: list[bytes] = []
    missing = size
    while missing > 0:
        data = file.read(missing)
        _check_reads_bytes(data, argument, label)
        if not data:
            break
        pieces.append(data)
        missing -= len(data)
    return b"".join(pieces)[:size]


def _check_reads_bytes(read: Any, argument: str, label: str) -> None:
    if isinstance(read, bytes):
        return
    if read is None:
        raise argument_error(
            argument, f"{label} does not block and has nothing to read yet: pass the bytes once all are there"
        )
    if hasattr(read, "__await__"):
        if hasattr(read, "close"):
            read.close()  # or Python warns of a coroutine that was never awaited
        raise argument_error(argument, f"{label} has to be awaited to be read: pass the bytes, `await file.read()`")
    if isinstance(read, str):
        raise argument_error(argument, f"{label} gives text instead of bytes: open it in binary mode ('rb')")
    raise argument_error(argument, f"{label} gives {type(read).__name__} instead of bytes")


def _copy(source: Any, copy: Any, argument: str, label: str) -> None:
    """Copy a stream that can be read only once, up to one byte over the limit, so that a stream over it is refused."""
    while copy.tell() <= UPLOAD_LIMIT:
        data = source.read(min(BLOCK_SIZE, UPLOAD_LIMIT + 1 - copy.tell()))
        _check_reads_bytes(data, argument, label)
        if not data:
            return
        copy.write(data)


def _media_type(head: bytes, argument: str, label: str, declared: str | None, image_only: bool) -> str:
    detected = detect(head)
    if detected is None and (image_only or declared is None):
        more = "" if image_only else "; say what it is with mime_type="
        raise argument_error(
            argument,
            f"{label} is not an image ({describe_other(head)}); PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF and HEIC are "
            f"recognized by their content, never by their name{more}",
        )
    if not isinstance(declared, (str, NoneType)):
        raise argument_error("mime_type", f"it must be a str, not {type(declared).__name__}")
    if declared is None:
        return str(detected)
    if not _MEDIA_TYPE.fullmatch(declared):
        raise argument_error("mime_type", "it must be a media type such as image/png, without parameters")
    if detected is None:
        return declared
    if not is_compatible(declared.lower(), detected):
        raise argument_error(
            "mime_type", f"{label} is {detected} by its content, not {declared!r}; leave mime_type out"
        )
    return declared.lower()


def _own_name(source: Any) -> str | None:
    name = source if isinstance(source, os.PathLike) else getattr(source, "name", None)
    return os.path.basename(os.fsdecode(name)) or None if isinstance(name, (str, bytes, os.PathLike)) else None
