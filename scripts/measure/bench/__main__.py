"""Measure this library beside its peers, and write the table and the chart to docs/figures.

python -m scripts.measure.bench [--rounds N] [--only WORD ...] [--ours] [--output FOLDER] [--compare bench.json] [--resume]

The figures are written after each row. With `--only` or `--resume`, rows that are not measured keep the figures of the folder.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from scripts.measure.bench import documents, many, report, rows, running, waiting
from scripts.upkeep.environments import ROOT

_UPLOAD_SIZE = 52_428_800
_PACKAGES = {
    "bench": ("httpx", "h11", "attrs"),
    "bench-decode": ("orjson", "msgspec", "pydantic", "mashumaro", "cattrs"),
    "bench-http": ("httpx2", "aiohttp", "pyreqwest"),
    "bench-sdk": ("openai", "anthropic", "stripe", "replicate"),
}


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure this library beside its peers.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--only", nargs="*", default=[], metavar="WORD", help="rows whose name holds one of these words"
    )
    parser.add_argument("--resume", action="store_true", help="measure only the rows that the folder has no figures of")
    parser.add_argument("--ours", action="store_true", help="this library and the units alone")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "figures")
    parser.add_argument(
        "--compare", type=Path, help="earlier figures; a comment on the change is written beside the table"
    )
    options = parser.parse_args(arguments)
    running.compile_sources()
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as servers:
        results = _Measurement(options, Path(temporary), servers).run()
    print(report.table(results))
    if options.compare is not None:
        before = json.loads(options.compare.read_text(encoding="utf-8"))
        (options.output / "comment.md").write_text(report.comment(results, before), encoding="utf-8")
    return 0


class _Measurement:
    """One run of the benchmark: each part is measured, or kept from the figures of the folder.

    Args:
        options: those of the command line.
        folder: a temporary folder.
        servers: closes the server at the end.
    """

    def __init__(self, options: argparse.Namespace, folder: Path, servers: ExitStack) -> None:
        self._options = options
        self._folder = folder
        self._paths = documents.write(folder)
        pending, completed = str(self._paths["pending"]), str(self._paths["completed"])
        self._url = servers.enter_context(running.server(("--pending", pending, "--evaluation", completed)))
        self._rows = list(_rows(self._paths, self._url, folder))
        self._generated = () if options.ours else (_unmodified_generator(folder),)
        self._kept = self._figures_of_folder() if options.only or options.resume else {}
        self._loads: list[float] = []
        self._results: dict[str, Any] = {
            "machine": report.machine(),
            "rounds": options.rounds,
            "rows": list(self._kept.get("rows", [])),
            "memory": self._kept.get("memory", {}),
            "many": self._kept.get("many", []),
            "waiting": self._kept.get("waiting", []),
            "versions": _versions(options.ours),
        }

    def run(self) -> dict[str, Any]:
        """Measure, and write the figures after each part."""
        for row in self._rows:
            if self._options.ours:
                row.contenders = [each for each in row.contenders if each.name in report.OURS]
            self._part(row.name, partial(self._put, row))
        self._part("memory", lambda: self._results.update(memory=_memory(self._paths, self._generated)))
        self._part(
            "waiting", lambda: self._results.update(waiting=waiting.measure(self._paths, ours=self._options.ours))
        )
        self._part("many", lambda: self._results.update(many=many.measure(self._paths)))
        return self._results

    def _part(self, name: str, measure: Callable[[], None]) -> None:
        """Measure a part if it is asked for, and write the figures."""
        is_row = name not in ("memory", "waiting", "many")
        if self._options.only and not any(word in name for word in self._options.only):
            return
        if self._options.ours and name in ("memory", "many"):
            return
        if self._options.resume and (
            any(row["name"] == name for row in self._results["rows"]) if is_row else self._results[name]
        ):
            return
        print(f"measuring {name}", end="", file=sys.stderr, flush=True)
        started = time.monotonic()
        measure()
        self._loads.append(os.getloadavg()[0])
        self._results["machine"]["load"] = f"{min(self._loads):.1f} to {max(self._loads):.1f}"
        report.write(self._results, self._options.output)
        print(f": {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

    def _put(self, row: running.Row) -> None:
        # A round of the slow rows takes seconds.
        is_slow = row.bare is not None or any(word in row.name for word in ("at once", "upload", "list of 500"))
        measured = running.measure(
            row, max(5, self._options.rounds // 2) if is_slow else self._options.rounds, self._generated
        )
        found = {each["name"]: each for each in self._results["rows"]} | {row.name: measured}
        self._results["rows"] = [found[each.name] for each in self._rows if each.name in found]

    def _figures_of_folder(self) -> dict[str, Any]:
        path = self._options.output / "bench.json"
        figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return figures


def _rows(paths: dict[str, Path], url: str, folder: Path) -> Iterator[running.Row]:
    yield from rows.cold_rows(url)
    yield from rows.model_rows(paths)
    yield from rows.call_rows(url)
    file = folder / "large.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(_UPLOAD_SIZE - 8))
    yield from rows.upload_rows(url, file)


def _memory(paths: dict[str, Path], generated: Sequence[Path]) -> dict[str, float]:
    """Return the bytes of one full evaluation by contender."""
    found = {}
    for name, environment in (("json", "bench"), *rows.MODELS):
        arguments = ("memory", str(paths["full"]), str(documents.CONTRACT))
        contender = running.Contender(name, environment, "models", name, arguments, 20)
        try:
            worker = running.Worker(contender, running.python_of(environment), generated)
        except running.ContenderFailedError:
            continue
        found[name] = float(worker.run()["value"])
        worker.close()
    return found


def _unmodified_generator(folder: Path) -> Path:
    """Write the package that openapi-python-client makes of the contract with its own templates; return its folder."""
    target = folder / "unmodified"
    target.mkdir()
    python = running.python_of("generate")
    command = [
        python,
        "-m",
        "openapi_python_client",
        "generate",
        "--meta",
        "none",
        "--path",
        str(ROOT / "openapi.yaml"),
    ]
    subprocess.run(
        [*command, "--output-path", str(target / "runflow_api_client")], cwd=folder, check=False, capture_output=True
    )
    running.compile_sources([target])
    return target


def _versions(ours: bool) -> dict[str, str]:
    code = "import importlib.metadata as m, sys; print(', '.join(f'{name} {m.version(name)}' for name in sys.argv[1:]))"
    found = {}
    for name, packages in _PACKAGES.items():
        if ours and name not in ("bench", "bench-decode"):
            continue
        command = [running.python_of(name), "-c", code, *packages]
        found[name] = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
