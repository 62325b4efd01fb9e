"""The table and the chart of a benchmark's results."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

_WIDTH, _LEFT, _LINE = 1_000, 330, 24
OURS = (
    "runflow-client",
    "runflow-client, fast",
    "async runflow-client",
    "import runflow_client",
    "runflow-client over httpx2",
    "runflow-client, new file",
    "async runflow-client, new file",
)
_COLOURS = ("#5b7083", "#b0651b", "#39796b", "#7b4fa3", "#a33f55", "#4c6bb5", "#77772a", "#2a7f8f")
_OUR_COLOUR = "#d2163c"


def machine() -> dict[str, str]:
    """Return what the figures depend on beside the code."""
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    for line in info.read_text(encoding="utf-8").splitlines() if info.is_file() else ():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{model}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def table(results: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    lines = [
        "# Figures",
        "",
        "Written by `make bench`. Ratios of CPU time, each within one round in which every contender has its turn in a process of its",
        "own; the median, and in parentheses the range of the middle half. Below 1 is faster than the unit.",
        "",
        *(f"- {name}: {value}" for name, value in {**results["machine"], "rounds": results["rounds"]}.items()),
        "",
        "| row | unit | runflow-client | goal | others |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in results["rows"]:
        ours = [_figure(name, row) for name in row["ratios"] if name in OURS]
        others = [_figure(name, row) for name in row["ratios"] if name not in OURS]
        others += [f"{name}: failed" for name in row["failed"]]
        unit = f"{row['unit']}, {_duration(row['unit_seconds'])}"
        lines.append(f"| {row['name']} | {unit} | {'<br>'.join(ours)} | {row['goal']} | {', '.join(others)} |")
    lines += ["", *_memory(results.get("memory", {})), *_waiting(results.get("waiting", []))]
    lines += _many(results.get("many", []))
    lines += ["Versions", "", *(f"- {name}: {versions}" for name, versions in results["versions"].items()), ""]
    return "\n".join(lines)


def _figure(name: str, row: dict[str, Any]) -> str:
    found = row["ratios"][name]
    shown = f"{found['median']:.2f} ({found['low']:.2f} to {found['high']:.2f})"
    return shown if name == "runflow-client" else f"{name} {shown}" if name in OURS else f"{name} {found['median']:.2f}"


def _duration(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs" if seconds < 0.001 else f"{seconds * 1e3:.1f} ms"


def _memory(memory: dict[str, float]) -> list[str]:
    if not memory:
        return []
    found = ", ".join(f"{name} {size / 1024:.0f} KiB" for name, size in memory.items())
    return [f"Memory of one full evaluation, read from bytes: {found}.", ""]


def _waiting(rows: Sequence[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    lines = ["| a thousand that wait | result | goal |", "| --- | --- | --- |"]
    return [*lines, *(f"| {row['name']} | {row['result']} | {row['goal']} |" for row in rows), ""]


def _many(rows: Sequence[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    lines = [
        "| many at once | answered | seconds | requests/s | CPU each | connections | memory each |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        memory = "" if row["bytes"] is None else f"{row['bytes'] / 1000:.1f} kB"
        lines.append(
            f"| {row['name']} | {row['answered']:,} of {row['evaluations']:,} | {row['seconds']:.1f} | "
            f"{row['requests_per_second']:,.0f} | {row['cpu_per_evaluation_ms']:.2f} ms | {row['connections']} | {memory} |"
        )
    return [*lines, ""]


def chart(results: dict[str, Any]) -> str:
    """Return the ratios as an SVG: a line for each row, a dot for each contender, on a logarithmic scale."""
    rows = [row for row in results["rows"] if row["ratios"]]
    names = list(dict.fromkeys(name for row in rows for name in row["ratios"] if name not in OURS))
    colours = {name: _COLOURS[index % len(_COLOURS)] for index, name in enumerate(names)}
    top = 60 + 18 * (1 + len(names) // 8)
    height = top + _LINE * len(rows) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="22" font-size="15">CPU time over the unit of each row (less is better), {results["machine"]["date"]}</text>',
    ]
    for index, name in enumerate(["runflow-client", *names]):
        x, y = 20.0 + 120 * (index % 8), 46.0 + 18 * (index // 8)
        parts.append(f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{colours.get(name, _OUR_COLOUR)}"/>')
        parts.append(f'<text x="{x + 10}" y="{y}">{escape(name)}</text>')
    bottom = height - 30
    for ratio in (0.01, 0.03, 0.1, 0.3, 1, 3, 10):
        x = _place(ratio)
        parts.append(
            f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="{"#888" if ratio == 1 else "#ddd"}"/>'
        )
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{ratio:g}</text>')
    for index, row in enumerate(rows):
        y = top + _LINE * index + _LINE / 2
        parts.append(f'<text x="{_LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(row["name"])}</text>')
        for name in sorted(row["ratios"], key=lambda each: each in OURS):
            found = row["ratios"][name]["median"]
            radius = 6 if name in OURS else 4
            parts.append(
                f'<circle cx="{_place(found):.1f}" cy="{y}" r="{radius}" fill="{colours.get(name, _OUR_COLOUR)}" fill-opacity="0.85">'
                f"<title>{escape(name)}: {found:.2f}</title></circle>"
            )
    return "\n".join([*parts, "</svg>", ""])


def _place(ratio: float) -> float:
    """Return the horizontal place of a ratio between 0.01 and 20; what lies outside stands at the edge."""
    share = (math.log10(min(max(ratio, 0.01), 20)) + 2) / (math.log10(20) + 2)
    return _LEFT + share * (_WIDTH - _LEFT - 20)


def comment(results: dict[str, Any], before: dict[str, Any]) -> str:
    """Return the comment for a pull request: the ratios of this project, before and after it, and what changed beyond the noise."""
    earlier = {row["name"]: row for row in before["rows"]}
    lines = [
        "<!-- benchmark -->",
        "Ratios of CPU time, before and after this pull request, on the same machine. Marked where the middle halves of the rounds do",
        "not overlap and the change is 5 % or more.",
        "",
        "| row | before | after | |",
        "| --- | --- | --- | --- |",
    ]
    for row in results["rows"]:
        for name, after in row["ratios"].items():
            known = earlier.get(row["name"], {}).get("ratios", {}).get(name)
            if name not in OURS or known is None:
                continue
            lines.append(
                f"| {row['name']}: {name} | {known['median']:.2f} | {after['median']:.2f} | {_mark(known, after)} |"
            )
    return "\n".join([*lines, ""])


def _mark(before: dict[str, float], after: dict[str, float]) -> str:
    if after["low"] > before["high"] and after["median"] > 1.05 * before["median"]:
        return "slower"
    if after["high"] < before["low"] and after["median"] < 0.95 * before["median"]:
        return "faster"
    return ""


def write(results: dict[str, Any], folder: Path) -> None:
    """Write the table, the chart and the figures themselves."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "bench.md").write_text(table(results), encoding="utf-8")
    (folder / "bench.svg").write_text(chart(results), encoding="utf-8")
