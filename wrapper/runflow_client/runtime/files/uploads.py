"""A local file on its way to the service: its size, its type as its content tells, and its bytes in pieces.

Limits: 50 MiB and the type rules of https://docs.runflow.io/guides/upload-large-files. No file is held in memory as a
whole; what can be read only once is first copied to a temporary file.
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
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, BinaryIO

from ...errors import InvalidRequestError

UPLOAD_LIMIT = 52_428_800
_COPY_CHUNK = 262_144
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_HEAD = 64

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
}
SNIFFED = frozenset({*(kind for _, kind in _SIGNATURES), *_BRANDS.values(), "image/webp"})


def argument_error(argument: str, text: str) -> InvalidRequestError:
    return InvalidRequestError(f"{argument}: {text}", argument=argument)


def sniff(head: bytes) -> str | None:
    """Return the media type that the first bytes of a file tell, None where they are those of no known image."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    return None


@dataclass(slots=True)
class Upload:
    """A file that can be read from its start as often as it has to be sent.

    Args:
        size: bytes.
        media_type: as its content tells, or as the caller says.
        filename: the last part of its name.
        named: what messages call it.
        argument: what the caller calls it.
        file: the open file.
        start: where in the file its bytes begin.
        owned: whether the file is ours to close.
        digest: the SHA-256 of its bytes in hex, once `hash` was called.
        lock: held while the file is read.
        closed: whether it was closed; a caller's own file is put back once and then left alone.
    """

    size: int
    media_type: str
    filename: str
    label: str
    argument: str
    file: BinaryIO = field(repr=False)
    start: int = field(default=0, repr=False)
    owned: bool = field(default=True, repr=False)
    digest: str = field(default="", repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    closed: bool = field(default=False, repr=False)

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to so many bytes from a place between its start and its end.

        Raises:
            InvalidRequestError: the file cannot be read, or has become shorter.
        """
        # A thread that an earlier, timed-out attempt left behind may still be reading.
        with _readable(self.argument, self.label), self.lock:
            self.file.seek(self.start + offset)
            data = self.file.read(min(size, self.size - offset))
            if self.closed and not self.owned:
                self._put_back()
        if not data:
            raise argument_error(self.argument, f"{self.label} has become shorter while it was sent")
        _check_reads_bytes(data, self.argument, self.label)
        return data

    @property
    def is_in_memory(self) -> bool:
        """Whether reading it waits for no disk: the caller passed bytes."""
        return type(self.file) is io.BytesIO

    def chunks(self, size: int) -> Iterator[bytes]:
        """Yield its bytes from the start, in pieces of at most so many."""
        offset = 0
        while offset < self.size:
            data = self.read_at(offset, size)
            offset += len(data)
            yield data

    def hash(self) -> None:
        digest = hashlib.sha256()
        for data in self.chunks(_COPY_CHUNK):
            digest.update(data)
        self.digest = digest.hexdigest()

    def close(self) -> None:
        """Close the file, or put the caller's own back to where it stood, so that the same call can be made again."""
        # Once: an error that somebody keeps may hold this for long, and meanwhile the caller reads its file.
        if self.closed:
            return
        self.closed = True
        if self.owned:
            self.file.close()
        else:
            self._put_back()

    def _put_back(self) -> None:
        with contextlib.suppress(Exception):  # the caller's file raises what it likes
            self.file.seek(self.start)

    def __del__(self) -> None:
        # Ctrl-C can come when a file is open and its flow has not heard of it yet.
        self.close()


def open_to_send(source: Any, argument: str, filename: str | None, media_type: str | None) -> Upload:
    """Open a local file of any kind and hash it; see `open_upload`."""
    upload = open_upload(source, argument, image_only=False, filename=filename, media_type=media_type)
    try:
        upload.hash()
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
    """Open a local file to be sent, and look at its size and its first bytes.

    Args:
        source: a Path, bytes, or a file opened in binary mode, read from where it stands.
        argument: what the caller calls it.
        image_only: whether anything but an image is refused.
        filename: else the source's own name, else one after its type.
        media_type: needed where the content is none that is known here; must not contradict it.

    Raises:
        InvalidRequestError: it cannot be read, is empty, over 50 MiB, or not of the type that it has to be.
    """
    label = _label(source, argument)
    file, start, owned = _opened(source, argument, label)
    try:
        with _readable(argument, label):
            size = operator.index(file.seek(0, os.SEEK_END)) - start
            if size <= 0:
                raise argument_error(argument, f"{label} is empty")
            if size > UPLOAD_LIMIT:
                raise argument_error(
                    argument, f"{label} has {size:,} bytes; at most {UPLOAD_LIMIT:,} (50 MiB) are taken"
                )
            file.seek(start)
            head = _first_bytes(file)
            own_name = filename or _own_name(source)
        kind = _media_type(head, argument, label, media_type, image_only)
    except BaseException:
        if owned:
            file.close()
        raise
    name = own_name or f"image.{kind.rpartition('/')[2]}"
    return Upload(size, kind, name, label, argument, file, start, owned)


def _label(source: Any, argument: str) -> str:
    given = f"the given {type(source).__name__}"
    if not isinstance(source, os.PathLike):
        return given
    with _readable(argument, given):
        return f"the file {os.fspath(source)!r}"


def _opened(source: Any, argument: str, label: str) -> tuple[BinaryIO, int, bool]:
    """Return a file that can be read from anywhere, where in it the source begins, and whether it is ours to close."""
    with _readable(argument, label):
        if isinstance(source, (bytes, bytearray, memoryview)):
            return io.BytesIO(source), 0, True
        if not isinstance(source, os.PathLike):
            return _opened_file(source, argument, label)
        if not stat.S_ISREG(os.stat(source).st_mode):
            what = "a directory" if os.path.isdir(source) else "not a regular file"
            raise argument_error(argument, f"{label} is {what}")
        return open(source, "rb"), 0, True


def _opened_file(source: Any, argument: str, label: str) -> tuple[BinaryIO, int, bool]:
    _check_reads_bytes(source.read(0), argument, label)
    if hasattr(source, "seekable") and source.seekable():
        return source, source.tell(), False
    from tempfile import TemporaryFile  # loads much, and is hardly ever needed

    copy = TemporaryFile()  # noqa: SIM115 - closed with the upload
    try:
        _copy(source, copy, argument, label)
    except BaseException:
        copy.close()
        raise
    return copy, 0, True


@contextlib.contextmanager
def _readable(argument: str, label: str) -> Iterator[None]:
    """Make what goes wrong with a file an error that names it."""
    try:
        yield
    except InvalidRequestError:
        raise
    except Exception as error:  # a ZIP archive's member, a cut gzip file, a download: each raises errors of its own
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise argument_error(argument, f"{label} cannot be read: {reason}") from None


def _first_bytes(file: BinaryIO) -> bytes:
    """Return what a file begins with; one without a buffer may give less at a time than it is asked for."""
    head = b""
    while len(head) < _HEAD and (data := file.read(_HEAD - len(head))):
        head += data
    return head


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
    """Copy what can be read only once, at most one byte more than is taken."""
    while copy.tell() <= UPLOAD_LIMIT:
        data = source.read(min(_COPY_CHUNK, UPLOAD_LIMIT + 1 - copy.tell()))
        _check_reads_bytes(data, argument, label)
        if not data:
            return
        copy.write(data)


def _media_type(head: bytes, argument: str, label: str, declared: str | None, image_only: bool) -> str:
    found = sniff(head)
    if found is None and (image_only or declared is None):
        more = "" if image_only else "; say what it is with mime_type="
        raise argument_error(
            argument,
            f"{label} is not an image ({_looks_like(head)}); PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF and HEIC are known "
            f"by their content, never by their name{more}",
        )
    if not isinstance(declared, (str, NoneType)):
        raise argument_error("mime_type", f"it must be a str, not {type(declared).__name__}")
    if declared is not None and not _MEDIA_TYPE.fullmatch(declared):
        raise argument_error("mime_type", "it must be a media type such as image/png, without parameters")
    if declared is not None and found is not None and declared.lower() != found:
        raise argument_error("mime_type", f"{label} is {found} by its content, not {declared!r}; leave mime_type out")
    return found or str(declared)


def _looks_like(head: bytes) -> str:
    for start, what in ((b"%PDF", "it begins like a PDF document"), (b"PK\x03\x04", "it begins like a ZIP archive")):
        if head.startswith(start):
            return what
    if head.lstrip()[:1] == b"<":
        return "it begins like HTML, SVG or XML text"
    text = head.decode("utf-8", "ignore")
    return (
        "it begins like text"
        if text and text.replace("\n", "").replace("\t", "").isprintable()
        else "its first bytes are of no known kind"
    )


def _own_name(source: Any) -> str | None:
    name = source if isinstance(source, os.PathLike) else getattr(source, "name", None)
    return os.path.basename(os.fspath(name)) or None if isinstance(name, (str, os.PathLike)) else None
