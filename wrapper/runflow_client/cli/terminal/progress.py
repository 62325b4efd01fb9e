"""The progress of a batch, on stderr."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from .screen import Screen, console_of
from .words import pace, position, tally

if TYPE_CHECKING:
    from ...batch.outcomes import Totals

_TERMINAL_SECONDS = 0.25
_LOG_SECONDS = 30.0


class Progress(Protocol):
    """Shows how far a batch is, while its `with` block runs."""

    def submitted(self) -> None:
        """Count an evaluation that the server accepted."""
        ...

    def update(self, totals: Totals) -> None:
        """Show new totals."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


def progress_on(screen: Screen, count: int, *, has_results: bool) -> Progress:
    """Return the progress of a batch: by rich on a terminal, else as plain lines on stderr.

    Args:
        screen: where to write.
        count: how many items there are.
        has_results: whether results are written to stdout meanwhile.
    """
    is_shared = has_results and screen.stdout.isatty()
    # Of two consoles on one terminal, each would write over what the other has drawn.
    console = screen.console if is_shared else console_of(screen.stderr)
    if console is None or console.is_dumb_terminal:
        return PlainProgress(screen.stderr, count, is_terminal=screen.stderr.isatty() and not is_shared)
    from .rich_progress import RichProgress

    return RichProgress(console, count)


@contextmanager
def waiting(screen: Screen, text: str) -> Iterator[None]:
    """Show on a terminal that something is waited for, while the block runs; it needs rich."""
    console = screen.console if screen.stdout.isatty() else console_of(screen.stderr)
    if console is None or console.is_dumb_terminal:
        yield
        return
    with console.status(text, spinner="line"):
        yield


class PlainProgress:
    """Progress without rich: one line that is written over on a terminal, else a line every half minute.

    Args:
        stream: where to write.
        count: how many items there are.
        is_terminal: whether a line can be written over.
        now: a monotonic clock.
    """

    def __init__(
        self, stream: TextIO, count: int, *, is_terminal: bool, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._count = count
        self._is_terminal = is_terminal
        self._now = now
        self._submitted = 0
        self._due = now() if is_terminal else now() + _LOG_SECONDS
        self._has_line = False

    def submitted(self) -> None:
        self._submitted += 1

    def update(self, totals: Totals) -> None:
        now = self._now()
        if now < self._due and totals.ended < self._count:
            return
        text = f"{position(totals.ended, self._count)}, {pace(totals)}: {tally(totals)}"
        if self._is_terminal:
            width = max(20, shutil.get_terminal_size().columns - 1)
            self._stream.write(f"\r{text[:width]:<{width}}")
            self._has_line = True
            self._due = now + _TERMINAL_SECONDS
        else:
            self._stream.write(text + "\n")
            self._due = now + _LOG_SECONDS
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._has_line:
            self._stream.write("\n")
            self._stream.flush()
