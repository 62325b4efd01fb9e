"""The geometry of the charts. The template draws it as SVG with sides of 100, stretched to the place that it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..journals.journal import Verdict
from .summary import SCORE_BARS, Summary, Tally

_GAP = 0.12  # of the place of a bar


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle. `kind` is the verdict that it counts, or "plain"."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Column:
    """The bars that stand on each other in one place of a chart.

    Args:
        bars: from the bottom to the top; none where no item is counted.
        x: where the place begins.
        width: of the place.
        title: what it counts, as a pointer on it shows.
        range: the values of its items, as the filter of the gallery writes them.
    """

    bars: tuple[Bar, ...]
    x: float
    width: float
    title: str
    range: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A histogram: its columns, the labels below it with their places, and the sentence that stands for it."""

    name: str
    columns: tuple[Column, ...]
    labels: tuple[tuple[float, str], ...]
    sentence: str


def shares(tally: Tally) -> tuple[Bar, ...]:
    """Return one line of bars, one for each result."""
    return _line((("passed", tally.passed), ("rejected", tally.rejected), ("other", tally.other)))


def verdict_bars(summary: Summary) -> tuple[Bar, ...]:
    """Return one line of bars, one for each verdict."""
    return _line([(verdict.value, summary.verdicts[verdict.value]) for verdict in Verdict])


def score_chart(summary: Summary) -> Chart | None:
    """Return how many items have which score; None where none has one."""
    highest = max(tally.count for tally in summary.scores)
    if not highest:
        return None
    columns = []
    for number, tally in enumerate(summary.scores):
        stack = (("passed", tally.passed), ("rejected", tally.rejected), ("other", tally.other))
        low, high = f"{number / SCORE_BARS:.2f}", f"{(number + 1) / SCORE_BARS:.2f}"
        title = f"{low} to {high}: {_items(tally.count)}"
        columns.append(_column(number, SCORE_BARS, stack, highest, title, f"{low}-{high}"))
    fullest = max(range(SCORE_BARS), key=lambda number: summary.scores[number].count)
    sentence = (
        f"Histogram of {_items(sum(tally.count for tally in summary.scores))} by score; the most, {_items(highest)}, "
        f"have a score from {fullest / SCORE_BARS:.2f} to {(fullest + 1) / SCORE_BARS:.2f}."
    )
    labels = tuple((100 * value, f"{value:g}") for value in (0.0, 0.25, 0.5, 0.75, 1.0))
    return Chart("score", tuple(columns), labels, sentence)


def duration_chart(summary: Summary) -> Chart | None:
    """Return how many items took how long; None where no item has both times."""
    width, counts = summary.durations()
    if not counts:
        return None
    columns = []
    for number, count in enumerate(counts):
        is_last = number == len(counts) - 1
        low, high = f"{number * width:g}", "" if is_last else f"{(number + 1) * width:g}"
        title = f"{low} s or more" if is_last else f"{low} to {high} s"
        stack = (("plain", count),)
        columns.append(_column(number, len(counts), stack, max(counts), f"{title}: {_items(count)}", f"{low}-{high}"))
    sentence = f"Histogram of {_items(sum(counts))} by the seconds from submit to verdict."
    quarter = len(counts) // 4
    labels = [(25.0 * part, f"{part * quarter * width:g} s") for part in range(4)]
    return Chart("seconds", tuple(columns), (*labels, (100.0, f"{(len(counts) - 1) * width:g} s +")), sentence)


def _line(counts: Sequence[tuple[str, int]]) -> tuple[Bar, ...]:
    """Return bars beside each other that fill the width of 100."""
    whole = sum(count for _, count in counts)
    bars, x = [], 0.0
    for kind, count in counts:
        if count:
            width = 100 * count / whole
            bars.append(_bar(x, 0, width, 100, kind))
            x += width
    return tuple(bars)


def _column(
    number: int, places: int, counts: Sequence[tuple[str, int]], highest: int, title: str, range_: str
) -> Column:
    place = 100 / places
    return Column(_stack(number, place, counts, highest), round(number * place, 3), round(place, 3), title, range_)


def _stack(number: int, place: float, counts: Sequence[tuple[str, int]], highest: int) -> tuple[Bar, ...]:
    bars, bottom = [], 100.0
    for kind, count in counts:
        if count:
            height = 100 * count / highest
            bars.append(_bar(place * (number + _GAP / 2), bottom - height, place * (1 - _GAP), height, kind))
            bottom -= height
    return tuple(bars)


def _bar(x: float, y: float, width: float, height: float, kind: str) -> Bar:
    return Bar(round(x, 3), round(y, 3), round(width, 3), round(height, 3), kind)


def _items(count: int) -> str:
    return f"{count:,} item" + ("" if count == 1 else "s")
