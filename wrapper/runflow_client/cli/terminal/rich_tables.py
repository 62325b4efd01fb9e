"""Tables on a terminal, by rich."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .words import Cell

_GAP = 2
_NARROWEST = 24  # of the last column, where its text is longer


def print_table(console: Console, rows: Sequence[Sequence[Cell]], styles: Mapping[str, str], indent: int) -> None:
    """Print rows as columns without lines between them; the last column takes what is left of the width.

    Where that is not enough for the other columns, the cells of a row follow each other, so that nothing is cut off.
    """
    if not rows:
        return
    count = max(len(row) for row in rows)
    widths = [
        max(max(cell_len(row[column].text), row[column].width) for row in rows if column < len(row))
        for column in range(count)
    ]
    if indent + sum(widths[:-1]) + _GAP * (count - 1) + min(widths[-1], _NARROWEST) > console.width:
        for row in rows:
            line = Text(" " * _GAP).join(Text(cell.text, styles.get(cell.meaning, "")) for cell in row if cell.text)
            console.print(Padding(line, (0, 0, 0, indent)))
        return
    table = Table.grid(padding=(0, _GAP, 0, 0))
    for column, width in enumerate(widths):
        is_last = column == count - 1
        table.add_column(min_width=None if is_last else width, no_wrap=not is_last, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell.text, styles.get(cell.meaning, "")) for cell in row))
    console.print(Padding(table, (0, 0, 0, indent)))
