"""Bytes as an image: accepted images are detected by content and keep every byte in their data URI.

Anything else raises an InvalidRequestError that shows none of the bytes.
"""

from __future__ import annotations

import base64
import io

from fuzz_targets.properties import assert_sound
from runflow_client import errors
from runflow_client.runtime.files import images
from runflow_client.runtime.files.media_types import DETECTED, detect, is_compatible
from runflow_client.runtime.files.uploads import UPLOAD_LIMIT, open_to_send, open_upload


def check(data: bytes) -> None:
    kind = detect(data)
    assert kind is None or kind in DETECTED
    for source in (data, io.BytesIO(data), bytearray(data), _Once(data)):
        try:
            loaded = images.load(source, "image")
        except errors.InvalidRequestError as error:
            assert kind is None or not data
            _assert_refused(error, data)
            continue
        assert isinstance(loaded, str) and kind is not None
        head, _, payload = loaded.partition(",")
        assert head == f"data:{kind};base64" and base64.b64decode(payload, validate=True) == data
        assert images.load(loaded, "image") == loaded
    _as_any_file(data)


def _as_any_file(data: bytes) -> None:
    """The first line holds the media type and the name that the caller declares, separated by a blank."""
    line, _, content = data.partition(b"\n")
    declared, _, name = line.decode("utf-8", "surrogateescape").partition(" ")
    try:
        upload = open_to_send(content, "source", name or None, declared or None)
    except errors.InvalidRequestError as error:
        _assert_refused(error, content)
        return
    assert 0 < upload.size == len(content) <= UPLOAD_LIMIT
    assert upload.media_type and upload.media_type.isascii() and upload.media_type.isprintable()
    assert b"".join(upload.chunks(7)) == content
    upload.filename.encode("utf-8")
    upload.close()
    detected = detect(content)
    assert detected is None or is_compatible(upload.media_type, detected)
    open_upload(
        content, "source", image_only=False, media_type="application/x-any" if detected is None else None
    ).close()


def _assert_refused(error: errors.InvalidRequestError, data: bytes) -> None:
    assert error.argument in ("image", "source", "mime_type")
    assert_sound(error)
    assert len(data) < 8 or data.hex() not in str(error).encode().hex()


class _Once(io.RawIOBase):
    """A file that can be read only once, in short pieces, like a socket."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = min(size if size >= 0 else len(self._rest), 13)
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece
