"""A manifest: checked as a whole before anything is sent, then read again, one row at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...models.evaluation_request import EvaluationRequest
from ..base.id_table import IdTable
from ..base.statuses import CommandError
from ..terminal.words import printable
from .columns import Columns, RowError
from .sources import Row, Source

_MOST_PROBLEMS = 20


class Problems(NamedTuple):
    """What is wrong with a manifest: how many problems, and the first of them, a line each."""

    number: int
    lines: list[str]


class Manifest:
    """The requests of a manifest. It has a length once it was checked.

    Args:
        source: its rows.
        columns: makes requests of them.
    """

    def __init__(self, source: Source, columns: Columns) -> None:
        self.name = source.name
        self.folder = source.folder
        self._source = source
        self._columns = columns
        self._count = 0
        self._ids = IdTable()

    def check(self) -> Problems:
        """Read all rows, and return what is wrong with them. Memory does not grow with their number."""
        lines: list[str] = []
        problems = 0
        unknown: set[str] = set()
        self._count = 0
        for row in self._source.rows():
            self._count += 1
            try:
                self._check_row(row)
                continue
            except RowError as error:
                # A column is told once, not for each row.
                found = [(row.head or row.line, text) for name, text in error.unknown.items() if name not in unknown]
                found += [(row.line, text) for text in error.problems]
                unknown.update(error.unknown)
            problems += len(found)
            for line, problem in found[: _MOST_PROBLEMS - len(lines)]:
                lines.append(f"{self.name}:{line}: {printable(problem, 300)}")
        return Problems(problems, lines)

    def has_item(self, item_id: str) -> bool:
        """Return whether a row that was checked has this item_id."""
        return self._ids.get(item_id) is not None

    def close(self) -> None:
        self._source.close()
        self._ids.close()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[EvaluationRequest]:
        for row in self._source.rows():
            try:
                if row.problem is not None:
                    raise RowError(row.problem)
                yield self._columns.request(row.values)
            except RowError as error:
                raise CommandError(
                    f"{self.name}:{row.line}: {printable(error, 300)}: the manifest was changed while it was read; run the command again"
                ) from None

    def _check_row(self, row: Row) -> None:
        if row.problem is not None:
            raise RowError(row.problem)
        item_id = str(self._columns.request(row.values).item_id)
        first = self._ids.add(item_id, row.line)
        if first is not None:
            raise RowError(f"item_id: {item_id!r} stands in line {first} too; give each row an item_id of its own")
