"""Which rows a run of the benchmark measures, and what is kept of an earlier one."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from scripts.measure.bench import __main__ as bench
from scripts.measure.bench.running import Contender, Row


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of the parts that are measured, of a benchmark without contenders and servers."""
    found: list[str] = []

    def part(name: str, result: Any) -> Any:
        def measure(*arguments: Any, **options: Any) -> Any:
            found.append(name)
            return result

        return measure

    def row(row: Row, rounds: int, generated: Any) -> dict[str, Any]:
        found.append(row.name)
        ratios = {"runflow-client": {"median": float(len(found)), "low": 0.9, "high": 1.1}}
        return {"name": row.name, "unit": "x", "unit_seconds": 1.0, "goal": "", "ratios": ratios, "failed": {}}

    rows = [Row(name, Contender("x"), []) for name in ("first call", "second call")]
    monkeypatch.setattr(bench, "_rows", lambda *arguments: rows)
    monkeypatch.setattr(bench, "_unmodified_generator", lambda folder: folder)
    monkeypatch.setattr(bench, "_versions", lambda ours: {})
    monkeypatch.setattr(bench, "_memory", part("memory", {"json": 1_024.0}))
    monkeypatch.setattr(bench.waiting, "measure", part("waiting", [{"name": "w", "result": "r", "goal": "g"}]))
    monkeypatch.setattr(bench.many, "measure", part("many", []))
    monkeypatch.setattr(bench.running, "measure", row)
    monkeypatch.setattr(bench.running, "compile_sources", lambda: None)
    monkeypatch.setattr(bench.running, "server", lambda arguments: nullcontext("http://127.0.0.1:9"))
    return found


def names(folder: Path) -> list[str]:
    figures = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    return [row["name"] for row in figures["rows"]]


def test_run_measures_every_part(measured: list[str], tmp_path: Path) -> None:
    assert bench.main(["--output", str(tmp_path)]) == 0
    assert measured == ["first call", "second call", "memory", "waiting", "many"]
    assert names(tmp_path) == ["first call", "second call"]


def test_resumed_run_measures_only_what_is_missing(measured: list[str], tmp_path: Path) -> None:
    bench.main(["--output", str(tmp_path), "--only", "second", "memory"])
    assert measured == ["second call", "memory"]
    measured.clear()
    bench.main(["--output", str(tmp_path), "--resume"])
    assert measured == ["first call", "waiting", "many"]
    assert names(tmp_path) == ["first call", "second call"]


def test_row_that_is_asked_for_replaces_its_figures(measured: list[str], tmp_path: Path) -> None:
    bench.main(["--output", str(tmp_path)])
    before = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["rows"]
    bench.main(["--output", str(tmp_path), "--only", "first"])
    after = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["rows"]
    assert after[0]["ratios"] != before[0]["ratios"]
    assert after[1] == before[1]


def test_run_of_ours_alone_leaves_out_what_only_peers_need(measured: list[str], tmp_path: Path) -> None:
    bench.main(["--output", str(tmp_path), "--ours"])
    assert measured == ["first call", "second call", "waiting"]
