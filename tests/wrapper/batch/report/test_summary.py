from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from runflow_client.batch.report.summary import OTHERS, Summary


def summary(*rows: dict[str, Any]) -> Summary:
    made = Summary()
    for row in rows:
        made.add({"id": "a", "verdict": "passed"} | row)
    return made


def test_pass_rate_is_of_items_with_verdict() -> None:
    found = summary({}, {}, {}, {"verdict": "rejected"}, {"verdict": "undecided"}, {"verdict": "failed"})
    assert found.items == 6
    assert found.pass_rate == 0.75
    assert summary({"verdict": "failed"}).pass_rate is None


def test_task_types_and_judges_are_tallied() -> None:
    judges = [{"name": "hands", "passed": False}, {"name": "light", "passed": True}, {"name": "text"}]
    found = summary({"task": "ad", "judges": judges}, {"task": "ad", "verdict": "rejected"}, {"verdict": "rejected"})
    assert found.tasks["ad"].count == 2 and found.tasks["ad"].rate == 0.5
    assert {name: (tally.passed, tally.rejected, tally.other) for name, tally in found.judges.items()} == {
        "hands": (0, 1, 0),
        "light": (1, 0, 0),
        "text": (0, 0, 1),
    }


def test_category_and_gate_count_each_item_once() -> None:
    issues = [{"name": "hands"}, {"name": "hands"}, {"name": "light"}]
    gates = [{"name": "nsfw"}, {"name": "nsfw"}]
    found = summary({"judges": [{"name": "a", "issues": issues}, {"name": "b", "issues": issues}], "gates": gates}, {})
    assert found.categories == {"hands": 1, "light": 1}
    assert found.gates == {"nsfw": 1}


def test_errors_are_counted_with_first_message() -> None:
    found = summary(*({"verdict": "failed", "kind": "E", "message": message} for message in ("one", "two")))
    assert found.errors == {"E": 2} and found.messages == {"E": "one"}


def test_names_beyond_limit_are_counted_together() -> None:
    rows = [
        {"task": f"t{n}", "judges": [{"name": f"j{n}", "issues": [{"name": f"c{n}"}]}], "kind": f"e{n}"}
        for n in range(600)
    ]
    found = summary(*rows, rows[0])
    for counted in (found.tasks, found.judges, found.categories, found.errors):
        assert len(counted) == 501
    assert found.tasks[OTHERS].count == found.categories[OTHERS] == 100
    assert found.tasks["t0"].count == 2
    assert len(found.messages) == 500


@pytest.mark.parametrize(
    ("score", "place"), [(0.0, 0), (0.049, 0), (0.05, 1), (0.999, 19), (1.0, 19), (7.0, 19), (-1.0, 0)]
)
def test_score_falls_into_its_class(score: float, place: int) -> None:
    assert [tally.count for tally in summary({"score": score}).scores].index(1) == place


def test_cost_is_summed_exactly() -> None:
    assert summary(*({"cost": "0.1"} for _ in range(10))).cost == Decimal(1)


def test_quantiles_are_exact_to_half_a_percent() -> None:
    source = random.Random(1)
    seconds = sorted(source.lognormvariate(3, 1) for _ in range(2_000))
    found = summary(*({"seconds": value} for value in seconds))
    for share in (0.01, 0.5, 0.95, 1.0):
        wanted = seconds[max(0, int(share * len(seconds)) - 1)]
        assert found.seconds_at(share) == pytest.approx(wanted, rel=0.006)
    assert summary().seconds_at(0.5) is None
    assert summary({"seconds": 0.0}).seconds_at(0.5) == pytest.approx(0.001, rel=0.006)


def test_last_class_of_durations_holds_longest() -> None:
    width, counts = summary(*({"seconds": float(value)} for value in range(1, 115)), {"seconds": 5000.0}).durations()
    assert width == 5
    assert sum(counts) == 115
    assert counts[-1] == 1 and max(counts) <= 6
    assert summary().durations() == (1.0, [])


def test_first_and_last_submit_are_kept() -> None:
    dates = ("2026-01-02 10:00:00 UTC", "2026-01-01 10:00:00 UTC", "2026-01-03 10:00:00 UTC")
    found = summary(*({"submitted": date} for date in dates), {})
    assert (found.first, found.last) == (dates[1], dates[2])
