"""The rows of a manifest: of a CSV file, a JSON Lines file, a list of images, or a folder. They can be read any number of times."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from ..base.statuses import CommandError
from ..terminal.words import printable

IMAGE_ENDINGS = frozenset(
    (".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
)
_LONGEST_CELL = 16_000_000  # a data: URI has up to 12,000,000 characters
_DELIMITERS = ",;\t"
_UNDECODED = re.compile(r"[\udc80-\udcff]")
_NOT_UTF8 = "it is not UTF-8: save the file as UTF-8"


class Row(NamedTuple):
    """A row, or why it cannot be read.

    Args:
        line: its line in the file, from 1.
        values: by the name of its column; empty where there is a problem.
        problem: None of a row that can be read.
        head: the line that names its columns; None where the row names them itself.
    """

    line: int
    values: dict[str, Any]
    problem: str | None = None
    head: int | None = None


class Source(Protocol):
    """A manifest that can be read from its start any number of times.

    `name` is shown in messages; paths in it are relative to `folder`.
    """

    name: str
    folder: Path

    def rows(self) -> Iterator[Row]: ...

    def close(self) -> None: ...


class FolderSource:
    """The images of a folder and the folders in it, in the order of their names; hidden ones are left out."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self.folder = folder

    def rows(self) -> Iterator[Row]:
        for line, path in enumerate(_images(self.folder), 1):
            if _UNDECODED.search(path):
                yield Row(line, {}, f"the name of {printable(path)!r} is not UTF-8: rename the file")
            else:
                yield Row(line, {"image": path})

    def close(self) -> None:
        """Do nothing: no folder stays open."""


def _images(folder: Path, below: str = "") -> Iterator[str]:
    # One folder at a time is in memory.
    with os.scandir(folder / below) as entries:
        found = sorted((entry.name, entry.is_dir(), entry.is_file()) for entry in entries)
    for name, is_folder, is_file in found:
        if name.startswith("."):
            continue
        if is_folder:
            yield from _images(folder, f"{below}{name}/")
        elif is_file and os.path.splitext(name)[1].lower() in IMAGE_ENDINGS:
            yield below + name


class FileSource:
    """The rows of a file.

    Args:
        file: the open file; what cannot be read twice is copied first.
        name: of the file.
        folder: what paths in it are relative to.
        kind: csv, jsonl or paths.
    """

    def __init__(self, file: BinaryIO, name: str, folder: Path, kind: str | None) -> None:
        self.name = name
        self.folder = folder
        self._file = file if file.seekable() else _copied(file)
        self._kind = kind or _kind_of(self._file, name)

    def rows(self) -> Iterator[Row]:
        self._file.seek(0)
        # What is not UTF-8 is found row by row: the decoder reads far ahead, and its error would name no line.
        text = io.TextIOWrapper(self._file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        try:
            yield from {"csv": _csv_rows, "jsonl": _json_rows, "paths": _path_rows}[self._kind](text)
        finally:
            if not self._file.closed:  # as it is where the batch ended early
                text.detach()

    def close(self) -> None:
        self._file.close()


def open_source(name: str, kind: str | None, stdin: BinaryIO, images: Path | None) -> Source:
    """Return the source that is named on the command line.

    Args:
        name: a file, a folder, or - for stdin.
        kind: csv, jsonl or paths; None to tell by the file's name or content.
        stdin: what - stands for.
        images: what paths are relative to; None for the folder of the file, for stdin the current one.

    Raises:
        CommandError: there is no such file or folder.
    """
    csv.field_size_limit(_LONGEST_CELL)
    if name == "-":
        return FileSource(stdin, "stdin", images or Path(), kind)
    path = Path(name)
    if path.is_dir():
        return FolderSource(path)
    if not path.exists():
        raise CommandError(
            f"there is no file and no folder {printable(name)!r}: name a CSV or JSONL file, or a folder of images"
        )
    if kind is None and path.suffix.lower() in IMAGE_ENDINGS:
        raise CommandError(f"{printable(name)!r} is an image: use `runflow evaluate`; nothing was sent")
    return FileSource(path.open("rb"), name, images or path.parent, kind)


def _copied(file: BinaryIO) -> BinaryIO:
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the source closes it
    shutil.copyfileobj(file, copy)
    file.close()
    return copy


def _kind_of(file: BinaryIO, name: str) -> str:
    """Tell what a file is by its name, else by its first letter: JSON Lines begin with a brace."""
    ending = os.path.splitext(name)[1].lower()
    if ending in (".jsonl", ".ndjson", ".csv", ".tsv"):
        return "jsonl" if ending in (".jsonl", ".ndjson") else "csv"
    file.seek(0)
    return "jsonl" if file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "csv"


def _csv_rows(text: io.TextIOWrapper) -> Iterator[Row]:
    head = text.readline()
    delimiter = max(_DELIMITERS, key=head.count)
    columns = [name.strip() for name in next(csv.reader([head], delimiter=delimiter), [])]
    twice = {name for name in columns if columns.count(name) > 1}
    if not head.strip() or "" in columns or twice or _UNDECODED.search(head):
        found = "it is not UTF-8" if _UNDECODED.search(head) else "a column has no name"
        found = f"{min(twice)!r} is there twice" if twice - {""} else found
        yield Row(1, {}, f"the first line must name the columns, each once: {found if head.strip() else 'it is empty'}")
        return
    reader = csv.reader(text, delimiter=delimiter)
    line = 2
    try:
        for cells in reader:
            row = _csv_row(line, columns, cells, delimiter)
            if row is not None:
                yield row
            line = 2 + reader.line_num
    except csv.Error as error:
        yield Row(line, {}, f"it cannot be read as CSV ({error})")


def _csv_row(line: int, columns: list[str], cells: list[str], delimiter: str) -> Row | None:
    if any(map(_UNDECODED.search, cells)):
        return Row(line, {}, _NOT_UTF8)
    if len(cells) == len(columns):
        return Row(line, {name: cell for name, cell in zip(columns, cells, strict=True) if cell.strip()}, head=1)
    if cells:
        return Row(line, {}, f"{len(cells)} values for {len(columns)} columns: quote a value that holds {delimiter!r}")
    return None


def _json_rows(text: io.TextIOWrapper) -> Iterator[Row]:
    for line, content in enumerate(text, 1):
        if not content.strip():
            continue
        if _UNDECODED.search(content):
            yield Row(line, {}, _NOT_UTF8)
            continue
        try:
            values = json.loads(content)
        except (ValueError, RecursionError):
            values = None
        if isinstance(values, dict):
            yield Row(line, {name: value for name, value in values.items() if value is not None})
        else:
            yield Row(line, {}, "it is no JSON object on one line")


def _path_rows(text: io.TextIOWrapper) -> Iterator[Row]:
    for line, content in enumerate(text, 1):
        if content.strip():
            yield Row(line, {"image": content.rstrip("\r\n")})
