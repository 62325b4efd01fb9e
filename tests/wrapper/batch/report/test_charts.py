from __future__ import annotations

from typing import Any

import pytest

from runflow_client.batch.report.charts import Bar, duration_chart, score_chart, shares, verdict_bars
from runflow_client.batch.report.summary import Summary, Tally


def summary(*rows: dict[str, Any]) -> Summary:
    made = Summary()
    for row in rows:
        made.add({"id": "a", "verdict": "passed"} | row)
    return made


def test_shares_fill_the_line_without_empty_bars() -> None:
    assert shares(Tally(3, 1, 0)) == (Bar(0, 0, 75, 100, "passed"), Bar(75, 0, 25, 100, "rejected"))
    assert shares(Tally()) == ()
    kinds = [bar.kind for bar in verdict_bars(summary({}, {"verdict": "failed"}, {"verdict": "undecided"}))]
    assert kinds == ["passed", "undecided", "failed"]


def test_score_chart_stacks_verdicts_to_the_top() -> None:
    rows = [
        {"score": 0.97},
        {"score": 0.98},
        {"score": 0.96, "verdict": "rejected"},
        {"score": 0.0, "verdict": "undecided"},
    ]
    chart = score_chart(summary(*rows))
    assert chart is not None
    passed, rejected = chart.columns[-1].bars
    assert (passed.kind, passed.y, passed.height) == ("passed", pytest.approx(33.333), pytest.approx(66.667))
    assert (rejected.kind, rejected.y) == ("rejected", 0)
    assert chart.columns[0].bars[0].kind == "other"
    assert (chart.columns[0].title, chart.columns[0].range) == ("0.00 to 0.05: 1 item", "0.00-0.05")
    assert chart.labels == ((0, "0"), (25, "0.25"), (50, "0.5"), (75, "0.75"), (100, "1"))
    assert chart.sentence == "Histogram of 4 items by score; the most, 3 items, have a score from 0.95 to 1.00."
    for column in chart.columns:
        for bar in column.bars:
            assert bar.x >= 0 and bar.x + bar.width <= 100


def test_chart_without_values_is_none() -> None:
    assert score_chart(summary({})) is None
    assert duration_chart(summary({})) is None


def test_duration_chart_names_its_classes() -> None:
    chart = duration_chart(summary(*({"seconds": float(value)} for value in range(1, 116))))
    assert chart is not None
    assert chart.labels == ((0, "0 s"), (25, "30 s"), (50, "60 s"), (75, "90 s"), (100, "115 s +"))
    assert chart.columns[6].x == 25, "which begins at 30 s"
    assert (chart.columns[0].title, chart.columns[0].range) == ("0 to 5 s: 4 items", "0-5")
    assert (chart.columns[-1].title, chart.columns[-1].range) == ("115 s or more: 1 item", "115-")
    assert max(bar.height for column in chart.columns for bar in column.bars) == 100
