"""The table, the chart and the comment are made of the figures alone."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from scripts.measure.bench import report
from scripts.measure.bench.running import summary


def figures(median: float, spread: float = 0.02) -> dict[str, float]:
    return {"median": median, "low": median - spread, "high": median + spread}


def results(median: float) -> dict[str, Any]:
    row = {
        "name": "bytes → object, <full>",
        "unit": "json.loads",
        "unit_seconds": 0.0002,
        "goal": "≤ 1.6",
        "ratios": {"runflow-client": figures(median), "msgspec": figures(0.4)},
        "failed": {"cattrs": "no module"},
    }
    many = {
        "name": "evaluate_many",
        "evaluations": 1000,
        "answered": 999,
        "seconds": 5.0,
        "requests": 9000,
        "requests_per_second": 1800.0,
        "cpu_per_evaluation_ms": 1.25,
        "connections": 8,
        "bytes": 9_500.0,
    }
    return {
        "machine": {"date": "2026-11-26", "load": "0.1"},
        "rounds": 25,
        "rows": [row],
        "memory": {"json": 133_120.0},
        "many": [many],
        "waiting": [
            {"name": "GETs with 1,000 waiting", "result": "runflow-client 2,600 requests/s", "goal": "≥ 2,500"}
        ],
        "versions": {"bench": "httpx 0.28.1"},
    }


def test_table_holds_figures_units_goals_and_failures() -> None:
    text = report.table(results(1.5))
    assert (
        "| bytes → object, <full> | json.loads, 200 µs | 1.50 (1.48 to 1.52) | ≤ 1.6 | msgspec 0.40, cattrs: failed |"
        in text
    )
    assert "| evaluate_many | 999 of 1,000 | 5.0 | 1,800 | 1.25 ms | 8 | 9.5 kB |" in text
    assert "| GETs with 1,000 waiting | runflow-client 2,600 requests/s | ≥ 2,500 |" in text
    assert "json 130 KiB" in text
    assert "- bench: httpx 0.28.1" in text


def test_chart_is_xml_with_a_dot_for_each_contender() -> None:
    tree = ElementTree.fromstring(report.chart(results(1.5)))
    titles = [element.text for element in tree.iter() if element.tag.endswith("title")]
    assert titles == ["msgspec: 0.40", "runflow-client: 1.50"]


def test_comment_marks_changes_beyond_the_noise() -> None:
    for median, mark in ((1.5, ""), (1.53, ""), (1.7, "slower"), (1.3, "faster")):
        line = report.comment(results(median), results(1.5)).splitlines()[-1]
        assert line == f"| bytes → object, <full>: runflow-client | 1.50 | {median:.2f} | {mark} |"


def test_summary_is_median_and_middle_half() -> None:
    assert summary([0.8, 0.9, 1.0, 1.1, 9.0]) == {"median": 1.0, "low": 0.9, "high": 1.1}


def test_files_are_written_to_one_folder(tmp_path: Path) -> None:
    report.write(results(1.5), tmp_path / "figures")
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"bench.json", "bench.md", "bench.svg"}
    assert json.loads((tmp_path / "figures" / "bench.json").read_text(encoding="utf-8")) == results(1.5)
