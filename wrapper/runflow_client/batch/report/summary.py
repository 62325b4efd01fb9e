"""What the page says of all items together. It counts row by row, so that its size does not grow with the batch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from .rows import Row

SCORE_BARS = 20
SECONDS_BARS = 24
OTHERS = "(others)"
_MOST_NAMES = 500  # a batch whose every item has a name of its own must not fill the memory
_PER_FACTOR_E = 200  # durations are counted in classes of 0.5 %
_SHORTEST = 0.001


@dataclass
class Tally:
    """How many items of one name (a task type, a judge) have which result."""

    passed: int = 0
    rejected: int = 0
    other: int = 0

    @property
    def count(self) -> int:
        return self.passed + self.rejected + self.other

    @property
    def rate(self) -> float | None:
        """The share that passed of those that passed or were rejected."""
        judged = self.passed + self.rejected
        return self.passed / judged if judged else None

    def add(self, verdict: str) -> None:
        if verdict == "passed":
            self.passed += 1
        elif verdict == "rejected":
            self.rejected += 1
        else:
            self.other += 1


@dataclass
class Summary:
    """Counts of the rows that were added.

    Attributes:
        verdicts: rows of each verdict.
        tasks, judges: by task type and by judge; of a judge, whether the judge passed them.
        categories: rows that have an issue of the category and subcategory.
        gates: rows that failed the gate.
        errors: rows without a verdict, by the kind of error.
        messages: one message of each kind of error.
        scores: rows in each of the classes from 0.0 to 1.0.
        cost: the sum of what the rows cost.
        first, last: the earliest and the latest submit, as the rows write it.
    """

    verdicts: Counter[str] = field(default_factory=Counter)
    tasks: dict[str, Tally] = field(default_factory=dict)
    judges: dict[str, Tally] = field(default_factory=dict)
    categories: Counter[str] = field(default_factory=Counter)
    gates: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    messages: dict[str, str] = field(default_factory=dict)
    scores: list[Tally] = field(default_factory=lambda: [Tally() for _ in range(SCORE_BARS)])
    cost: Decimal = Decimal(0)
    first: str = ""
    last: str = ""
    _seconds: Counter[int] = field(default_factory=Counter)

    def add(self, row: Row) -> None:
        verdict = row["verdict"]
        self.verdicts[verdict] += 1
        self.cost += Decimal(row.get("cost", 0))
        if "task" in row:
            _tally(self.tasks, row["task"]).add(verdict)
        for judge in row.get("judges", ()):
            _tally(self.judges, judge["name"]).add(_RESULTS[judge.get("passed")])
        _count(self.categories, {issue["name"] for judge in row.get("judges", ()) for issue in judge.get("issues", ())})
        _count(self.gates, {gate["name"] for gate in row.get("gates", ())})
        if "kind" in row:
            _count(self.errors, (row["kind"],))
            if len(self.messages) < _MOST_NAMES:
                self.messages.setdefault(row["kind"], row.get("message", ""))
        if "score" in row:
            self.scores[min(max(int(row["score"] * SCORE_BARS), 0), SCORE_BARS - 1)].add(verdict)
        if "seconds" in row:
            self._seconds[round(math.log(max(row["seconds"], _SHORTEST)) * _PER_FACTOR_E)] += 1
        if "submitted" in row:
            self.first = min(self.first or row["submitted"], row["submitted"])
            self.last = max(self.last, row["submitted"])

    @property
    def items(self) -> int:
        return self.verdicts.total()

    @property
    def pass_rate(self) -> float | None:
        return Tally(self.verdicts["passed"], self.verdicts["rejected"]).rate

    def seconds_at(self, share: float) -> float | None:
        """Return the duration that a share of the items did not exceed; None where none has a duration."""
        left = share * self._seconds.total()
        for number, count in sorted(self._seconds.items()):
            left -= count
            if left <= 0:
                return math.exp(number / _PER_FACTOR_E)
        return None

    def durations(self) -> tuple[float, list[int]]:
        """Return the width of a class in seconds, and how many items are in each; the last class holds all longer ones."""
        longest = self.seconds_at(0.99)
        if longest is None:
            return 1.0, []
        width = _round_width(longest / (SECONDS_BARS - 1))
        bars = [0] * SECONDS_BARS
        for number, count in self._seconds.items():
            bars[min(int(math.exp(number / _PER_FACTOR_E) / width), SECONDS_BARS - 1)] += count
        return width, bars


_RESULTS: Mapping[bool | None, str] = {True: "passed", False: "rejected", None: "undecided"}


def _tally(tallies: dict[str, Tally], name: str) -> Tally:
    return tallies.setdefault(name if name in tallies or len(tallies) < _MOST_NAMES else OTHERS, Tally())


def _count(counter: Counter[str], names: Iterable[str]) -> None:
    for name in names:
        counter[name if name in counter or len(counter) < _MOST_NAMES else OTHERS] += 1


def _round_width(width: float) -> float:
    """Return the next larger of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if width <= factor * power * (1 + 1e-9))
