"""A results file: whole lines, each item once, whatever ended the run before.

A line is written by one call, after the journal has its outcome. So the file may lack outcomes that the journal has, and the next
run writes them, but it never has one that the journal lacks. What a run does with a file that is there:

- a last line without an end is cut off: the run before was killed within it;
- lines without a final outcome are taken out, because this run takes their items up again and writes a new line;
- the items of all other lines are known, and get no second one for the same evaluation;
- lines of items that this batch does not have stay: they are another shard's, another batch's, or of a row that is gone;
- a line about another evaluation of an item, as another batch wrote it, is replaced: the new line is written after it, and the old one
  is taken out when the file is closed, or by the next run if this one is killed before. Of several lines of an item, the last one stays;
- a line with a final outcome is never replaced by one without, as of an item that is refused because its content was changed.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from ..base.clients import is_address
from ..base.id_table import IdTable
from ..base.statuses import CommandError
from ..terminal.words import printable
from .lines import CSVLines, JSONLines, Known, Lines
from .records import FINAL, Record


def lines_of(path: Path) -> Lines:
    """Return the form of the lines of a file, by its name."""
    return CSVLines() if path.suffix.lower() == ".csv" else JSONLines()


class ResultsFile:
    """A results file that is open for writing; one process has it at a time.

    Args:
        path: the file, CSV where its name ends in .csv, else JSON Lines.
        final: the outcomes whose lines stay; an item with any other one gets a new line.

    Raises:
        CommandError: the file is something else, or another process has it; it was not changed.
        OSError: it cannot be read or written.
    """

    def __init__(self, path: Path, final: frozenset[str] = FINAL) -> None:
        self._path = path
        self._final = final
        self._lines = lines_of(path)
        self._ids = IdTable()
        self._has_replaced = False
        self._file = _open_alone(path)
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def write(self, record: Record) -> bool:
        """Write the line of a record.

        Returns:
            False where nothing was written: its item has a line about the same evaluation, or has a line and the record has no
            final outcome.
        """
        if record["outcome"] not in FINAL and self._ids.get(record["item_id"]) is not None:
            return False
        number = _number_of(record["evaluation_id"] or "")
        before = self._ids.put(record["item_id"], number)
        if before == number:
            return False
        self._has_replaced |= before is not None
        self._put(self._lines.encode(record))
        return True

    def count_others(self, is_ours: Callable[[str], bool]) -> int:
        """Return how many items have a line but are not of this batch, as that of another one or a row that is gone."""
        return sum(not is_ours(item_id) for item_id in self._ids)

    def close(self) -> None:
        try:
            if self._has_replaced:
                self._write_anew(None)
        finally:
            self._file.close()
            self._ids.close()

    def _begin(self) -> None:
        size, taken_out = self._look_through()
        if taken_out:
            self._write_anew(self._final)
        else:
            self._file.truncate(size)
        if self._file.seek(0, os.SEEK_END) == 0 and self._lines.head:
            self._put(self._lines.head)

    def _look_through(self) -> tuple[int, int]:
        """Note the items that have a line; return the size of the whole lines, and how many of them are to be taken out."""
        size = taken_out = 0
        for line, known in self._read():
            size += len(line)
            if known is not None:
                is_final = known.outcome in self._final
                has_other = is_final and self._ids.put(known.item_id, _number_of(known.evaluation_id)) is not None
                taken_out += has_other or not is_final
        return size, taken_out

    def _read(self) -> Iterator[tuple[bytes, Known | None]]:
        """Return each whole line, and what it says of its item; None of the head."""
        self._file.seek(0)
        with open(os.dup(self._file.fileno()), "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    if number == 1 and not (line.startswith(self._lines.start) or self._lines.start.startswith(line)):
                        raise self._not_ours(number)
                    return
                yield line, self._decoded(number, line)

    def _decoded(self, number: int, line: bytes) -> Known | None:
        if number == 1 and self._lines.head:
            if line == self._lines.head:
                return None
            raise self._not_ours(number)
        try:
            return self._lines.decode(line)
        except (ValueError, RecursionError):
            raise self._not_ours(number) from None

    def _lines_that_stay(self, outcomes: frozenset[str] | None) -> Iterator[bytes]:
        """Return the head, and the last line of each item, of lines with these outcomes; None for all outcomes."""
        with closing(IdTable()) as last:
            for number, (_, known) in enumerate(self._read()):
                if known is not None and (outcomes is None or known.outcome in outcomes):
                    last.put(known.item_id, number)
            for number, (line, known) in enumerate(self._read()):
                if known is None or last.get(known.item_id) == number:
                    yield line

    def _write_anew(self, outcomes: frozenset[str] | None) -> None:
        """Put a file with the lines that stay in the place of this one, in one step."""
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}-")
        try:
            with open(handle, "wb") as copy:
                copy.writelines(self._lines_that_stay(outcomes))
                copy.flush()
                os.fsync(handle)
            os.chmod(name, stat.S_IMODE(os.fstat(self._file.fileno()).st_mode))
            self._file.close()
            os.replace(name, self._path)
        except BaseException:
            os.unlink(name)
            raise
        self._file = _open_alone(self._path)

    def _put(self, line: bytes) -> None:
        written = self._file.write(line)
        if written != len(line):
            raise CommandError(
                f"{printable(self._path)!r} cannot take more (is the disk full?): make room and run the command again"
            )

    def _not_ours(self, number: int) -> CommandError:
        return CommandError(
            f"{printable(self._path)!r} is no file of `runflow batch` (line {number}), so nothing was written to it: name another one"
        )


def files_of_items(path: Path) -> dict[str, Path]:
    """Return the local file of each item that a results file names.

    Raises:
        CommandError: it is no results file.
    """
    lines = lines_of(path)
    found: dict[str, Path] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                if line != lines.head:
                    known = lines.decode(line)
                    if known.image and not is_address(known.image):
                        found[known.item_id] = Path(known.image)
            except (ValueError, RecursionError):
                raise CommandError(
                    f"{printable(path)!r} is neither a folder nor a file of `runflow batch` (line {number})"
                ) from None
    return found


def _number_of(evaluation_id: str) -> int:
    """Return a number that tells evaluations apart, in place of an id of any length."""
    return int.from_bytes(hashlib.blake2b(evaluation_id.encode("utf-8", "replace"), digest_size=7).digest())


def _open_alone(path: Path) -> io.FileIO:
    """Open a file that no other process has open here, and make it where there is none."""
    while True:
        file = io.FileIO(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+")
        try:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CommandError(f"{printable(path)!r} is no regular file: name one, or - for stdout")
            _lock(file, path)
            # Another process may have put a new file in the place of the one that was just opened.
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except FileNotFoundError:
            pass
        except BaseException:
            file.close()
            raise
        file.close()


def _lock(file: io.FileIO, path: Path) -> None:
    if sys.platform == "win32":  # pragma: no cover - Windows has no such lock
        return
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandError(
            f"another process writes to {printable(path)!r}: wait for it, or name another file (each shard needs its own)"
        ) from None
