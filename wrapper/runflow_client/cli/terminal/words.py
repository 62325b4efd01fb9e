"""Texts for people: numbers in words, texts from outside made printable, rows as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..._redaction import one_line, redactor

if TYPE_CHECKING:
    from ...batch.outcomes import Totals


class Cell(NamedTuple):
    """A piece of text, and what it means; a terminal shows some meanings in a colour."""

    text: str
    meaning: str = ""
    width: int = 0


def plain_lines(rows: Sequence[Sequence[Cell]], indent: int = 0) -> list[str]:
    """Return rows as lines whose columns are aligned."""
    widths: list[int] = []
    for row in rows:
        widths += [0] * (len(row) - len(widths))
        for column, cell in enumerate(row):
            widths[column] = max(widths[column], len(cell.text), cell.width)
    return [
        " " * indent + "  ".join(cell.text.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]


def printable(text: object, longest: int = 0) -> str:
    """Return a text from a server or a file for one line of a terminal: no control characters, no queries, no image data.

    Args:
        text: the text.
        longest: how many characters to keep; 0 for all.
    """
    shown = " ".join(one_line(redactor(())(str(text))).split())
    return shown if not longest or len(shown) <= longest else shown[: longest - 3] + "..."


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, as in "1 item" and "2,000 items"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def position(ended: int, count: int) -> str:
    return f"{ended:,} of {count:,}"


def tally(totals: Totals) -> str:
    """Return the outcomes in words; without those that no one needs to know are none."""
    counts = [
        f"{totals.passed:,} passed",
        f"{totals.rejected:,} rejected",
        *([f"{totals.undecided:,} undecided"] if totals.undecided else []),
        f"{totals.failed:,} failed",
        *([f"{totals.errors:,} with an error"] if totals.errors else []),
        *([f"{totals.over_budget:,} over the budget"] if totals.over_budget else []),
    ]
    return f"{', '.join(counts)}; {totals.spent} credits spent"


def unfinished(granted: int, submitted: int) -> list[str]:
    """Return in words what a journal has of items without an outcome.

    Args:
        granted: items whose submit was allowed, and has no response in the journal: it may have been refused, or not even sent.
        submitted: items whose evaluation is known.
    """
    in_progress = [f"{submitted:,} in progress"] if submitted else []
    return in_progress + ([f"{counted(granted, 'submit')} without a response"] if granted else [])


def pace(totals: Totals) -> str:
    """Return the rate, and the time that is left."""
    rate = f"{totals.rate:.1f}/s" if totals.rate >= 1 or not totals.rate else f"{60 * totals.rate:.1f}/min"
    return rate if totals.seconds_left is None else f"{rate}, {duration(totals.seconds_left)} left"


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
