"""Bytes in a temporary file, so that large uploads take little memory."""

import contextlib
import tempfile
import weakref
from io import BufferedReader, BytesIO
from pathlib import Path

_IN_MEMORY = 1_048_576


class _TemporaryFile:
    """A file that is closed between uses, so that it holds no descriptor."""

    def __init__(self) -> None:
        descriptor, name = tempfile.mkstemp(prefix="runflow-sandbox-")
        self._path = Path(name)
        self._stream = open(descriptor, "ab")  # noqa: SIM115 - closed by `close`

    def append(self, data: bytes) -> None:
        if self._stream.closed:
            self._stream = self._path.open("ab")
        self._stream.write(data)

    def close(self) -> None:
        self._stream.close()

    def open(self) -> BufferedReader:
        if not self._stream.closed:
            self._stream.flush()
        return self._path.open("rb")

    def delete(self) -> None:
        with contextlib.suppress(OSError):  # the disk may be too full for the last bytes
            self._stream.close()
        self._path.unlink(missing_ok=True)


class Spool:
    """Keeps bytes that are written piece by piece; above 1 MiB they are in a temporary file.

    The file is deleted with this object, and when Python exits.

    Args:
        content: the first bytes.
    """

    def __init__(self, content: bytes = b"") -> None:
        self._memory = bytearray()
        self._file: _TemporaryFile | None = None
        self.size = 0
        self.write(content)

    def write(self, data: bytes) -> None:
        """Append bytes."""
        if self._file is None and self.size + len(data) > _IN_MEMORY:
            self._file = _TemporaryFile()
            weakref.finalize(self, self._file.delete)
            self._file.append(bytes(self._memory))
            self._memory.clear()
        if self._file is None:
            self._memory += data
        else:
            self._file.append(data)
        self.size += len(data)

    def __reduce__(self) -> tuple[type["Spool"], tuple[bytes]]:
        return Spool, (self.read(),)

    def close(self) -> None:
        """Close the file; reading and writing open it again."""
        if self._file is not None:
            self._file.close()

    def open(self) -> BytesIO | BufferedReader:
        """Open the bytes for reading."""
        return BytesIO(self._memory) if self._file is None else self._file.open()

    def read(self) -> bytes:
        """Return all bytes."""
        with self.open() as file:
            return file.read()
