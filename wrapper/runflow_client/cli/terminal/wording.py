"""How the numbers of a batch are said."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...batch.outcomes import Totals


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
    ]
    return f"{', '.join(counts)}; {totals.spent} credits spent"


def pace(totals: Totals) -> str:
    """Return the rate, and the time that is left."""
    rate = f"{totals.rate:.1f}/s" if totals.rate >= 1 or not totals.rate else f"{60 * totals.rate:.1f}/min"
    return rate if totals.seconds_left is None else f"{rate}, {duration(totals.seconds_left)} left"


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
