"""The progress of a batch on a terminal, by rich."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from .words import pace, position

if TYPE_CHECKING:
    from ...batch.outcomes import Totals

_COUNTS = (
    ("passed", "green"),
    ("rejected", "red"),
    ("undecided", "yellow"),
    ("failed", "yellow"),
    ("errors", "yellow"),
)


class RichProgress:
    """A bar with rate and time left, and a line with the counts below.

    Args:
        console: of the terminal; what it prints meanwhile stands above the bar.
        count: how many items there are.
    """

    def __init__(self, console: Console, count: int) -> None:
        self._count = count
        self._totals: Totals | None = None
        self._submitted = 0
        self._spinner = Spinner("line")
        self._live = Live(
            get_renderable=self._render,
            console=console,
            redirect_stdout=False,
            redirect_stderr=False,
            refresh_per_second=4,
            transient=True,  # what follows says the same, and how to go on
        )

    def submitted(self) -> None:
        self._submitted += 1

    def update(self, totals: Totals) -> None:
        self._totals = totals

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.stop()

    def _render(self) -> Group:
        """Draw what is known; another thread calls this four times a second."""
        totals = self._totals
        ended = 0 if totals is None else totals.ended
        row = Table.grid(padding=(0, 1, 0, 0))
        mark = self._spinner if ended < self._count else Text(" ")
        row.add_row(
            mark,
            Text(position(ended, self._count)),
            ProgressBar(total=max(1, self._count), completed=ended, width=30),
            Text("waiting for the first verdict" if totals is None else pace(totals), style="dim"),
        )
        return Group(row, self._counts(totals))

    def _counts(self, totals: Totals | None) -> Text:
        line = Text("  ")
        if totals is None:
            return line.append(f"{self._submitted:,} submitted")
        for name, colour in _COUNTS:
            count = getattr(totals, name)
            line.append(f"{count:,}", style=colour if count else "dim").append(f" {name}  ", style="dim")
        if totals.over_budget:
            line.append(f"{totals.over_budget:,}", style="yellow").append(" over the budget  ", style="dim")
        return line.append(f"{totals.spent}").append(" credits spent", style="dim")
