"""Bytes in a temporary file, so that large uploads take little memory."""

import weakref
from tempfile import SpooledTemporaryFile

_IN_MEMORY = 1_048_576


class Spool:
    """Takes in bytes piece by piece; over 1 MiB of them lie in a temporary file that is gone when this object is.

    Args:
        content: the first bytes.
    """

    def __init__(self, content: bytes = b"") -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by the finalizer
        weakref.finalize(self, self._file.close)
        self.size = 0
        self.write(content)

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._file.seek(self.size)
        self._file.write(data)
        self.size += len(data)

    def read(self) -> bytes:
        """Give all bytes."""
        self._file.seek(0)
        return self._file.read()
