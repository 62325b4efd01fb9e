"""Tables on a terminal, by rich."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .words import Cell


def print_table(console: Console, rows: Sequence[Sequence[Cell]], styles: Mapping[str, str], indent: int) -> None:
    """Print rows as columns without lines between them; the last column takes what is left of the width."""
    table = Table.grid(padding=(0, 2, 0, 0))
    count = max((len(row) for row in rows), default=0)
    for column in range(count):
        width = max((row[column].width for row in rows if column < len(row)), default=0)
        table.add_column(min_width=width or None, no_wrap=column < count - 1, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell.text, styles.get(cell.meaning, "")) for cell in row))
    console.print(Padding(table, (0, 0, 0, indent)))
