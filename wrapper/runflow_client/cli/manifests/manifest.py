"""A manifest: checked as a whole before anything is sent, then read again, one row at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ...models.evaluation_request import EvaluationRequest
from ..base.id_table import IdTable
from ..base.statuses import CommandError
from ..terminal.words import printable
from .columns import Columns, RowError
from .sources import Row, Source

_MOST_PROBLEMS = 20
_MOST_LINES = 3  # of the same problem
_MOST_SEEN = 1_000


class Problems(NamedTuple):
    """What is wrong with a manifest: how many problems, a line for each of the first ones, and how many no line tells."""

    number: int
    lines: list[str]
    hidden: int


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
        seen: Counter[str] = Counter()
        problems = hidden = 0
        self._count = 0
        for row in self._source.rows():
            self._count += 1
            for line, problem in self._problems_of(row):
                # A column is told once, not for each row; of a problem that many rows have, the first lines are enough.
                is_of_column = line == row.head
                if is_of_column and seen[problem]:
                    continue
                problems += 1
                if len(seen) < _MOST_SEEN or problem in seen:
                    seen[problem] += 1
                if seen[problem] <= _MOST_LINES and len(lines) < _MOST_PROBLEMS:
                    lines.append(f"{self.name}:{line}: {printable(problem, 300)}")
                else:
                    hidden += 1
        for problem, count in seen.items():
            if count > _MOST_LINES:
                hidden -= count - _MOST_LINES
                lines.append(f"{self.name}: {count - _MOST_LINES:,} more rows: {printable(problem, 300)}")
        return Problems(problems, lines, hidden)

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

    def _problems_of(self, row: Row) -> list[tuple[int, str]]:
        """Return what is wrong with a row, each with its line, and note its item."""
        if row.problem is not None:
            return [(row.line, row.problem)]
        found: list[tuple[int, str]] = []
        try:
            item_id: str | None = str(self._columns.request(row.values).item_id)
        except RowError as error:
            found += [(row.head or row.line, text) for text in error.unknown.values()]
            found += [(row.line, text) for text in error.problems]
            item_id = error.item_id
        first = None if item_id is None else self._ids.add(item_id, row.line)
        if first is not None:
            found.append(
                (row.line, f"item_id: {item_id!r} stands in line {first} too; give each row an item_id of its own")
            )
        return found
