"""Where a command writes: results to stdout, everything else to stderr."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from ..._redaction import without_image_data
from .words import Cell, plain_lines

if TYPE_CHECKING:
    from rich.console import Console

    from ..._redaction import Secret

_STYLES = {
    "passed": "bold green",
    "rejected": "bold red",
    "failed": "bold yellow",
    "error": "bold yellow",
    "undecided": "bold yellow",
    "ok": "green",
    "problem": "bold red",
    "warning": "yellow",
}


class Screen:
    """The stdout and stderr of a command.

    Args:
        json: whether results are JSON.
        stdout: sys.stdout where None.
        stderr: sys.stderr where None.

    Attributes:
        console: rich's, where stdout is a terminal and rich is installed.
    """

    def __init__(self, *, json: bool = False, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.json = json
        self.stdout = sys.stdout if stdout is None else stdout
        self.stderr = sys.stderr if stderr is None else stderr
        self._secrets: list[Secret] = []
        for stream in (self.stdout, self.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # a console that cannot show a letter is no error
        self.console = console_of(self.stdout)

    def hide(self, secret: Secret) -> None:
        """Cut a secret out of everything that is written from now on, whoever sent it."""
        self._secrets.append(secret)

    def result(self, value: Any) -> None:
        """Write a result as one line of JSON, without image data."""
        self._write(without_image_data(json.dumps(value, separators=(",", ":"))))

    def line(self, *cells: str | Cell) -> None:
        """Write a line of a result."""
        self.table([cells])

    def table(self, rows: Iterable[Sequence[str | Cell]], *, indent: int = 0) -> None:
        """Write lines of a result as columns; a terminal breaks long texts within their column."""
        found = [[_cell(cell) for cell in row] for row in rows]
        if self.console is not None:
            from .rich_tables import print_table

            print_table(self.console, [[self._shown(cell) for cell in row] for row in found], _STYLES, indent)
            return
        for line in plain_lines(found, indent):
            self._write(line)

    def note(self, text: str) -> None:
        """Write a line that is no result; a stderr that cannot be written does not end the command."""
        with suppress(OSError):
            print(self._without_secrets(text), file=self.stderr, flush=True)

    def fail(self, text: str) -> None:
        """Write why the command ends."""
        self.note(f"runflow: {text}")

    def _write(self, text: str) -> None:
        text = self._without_secrets(text)
        try:
            if self.console is not None:
                self.console.out(text, highlight=False)  # above a progress bar
            else:
                print(text, file=self.stdout, flush=True)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OSError(error.errno, f"stdout cannot be written ({error.strerror})") from error

    def _shown(self, cell: Cell) -> Cell:
        return cell._replace(text=self._without_secrets(cell.text))

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret.reveal(), "[secret cut]")
        return text


def console_of(stream: TextIO) -> Console | None:
    """Return rich's console for a terminal; None where the stream is none, or where rich is not installed."""
    if not stream.isatty():
        return None
    try:
        from rich.console import Console
    except ModuleNotFoundError:
        return None
    # Colours are chosen here by meaning, so numbers and paths in a text stay as they are.
    return Console(file=stream, highlight=False, markup=False, emoji=False)


def _cell(cell: str | Cell) -> Cell:
    return cell if isinstance(cell, Cell) else Cell(cell)
