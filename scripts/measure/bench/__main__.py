"""Measure this library beside its peers, and write the table and the chart to docs/figures.

python -m scripts.measure.bench [--rounds N] [--only WORD ...] [--ours] [--output FOLDER] [--compare bench.json]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from scripts.measure.bench import documents, many, report, rows, running
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
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument(
        "--only", nargs="*", default=[], metavar="WORD", help="rows whose name holds one of these words"
    )
    parser.add_argument("--ours", action="store_true", help="this library and the units alone")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "figures")
    parser.add_argument(
        "--compare", type=Path, help="earlier figures; a comment on the change is written beside the table"
    )
    options = parser.parse_args(arguments)
    running.compile_sources()
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as servers:
        results = _measured(options, Path(temporary), servers)
    report.write(results, options.output)
    print(report.table(results))
    if options.compare is not None:
        before = json.loads(options.compare.read_text(encoding="utf-8"))
        (options.output / "comment.md").write_text(report.comment(results, before), encoding="utf-8")
    return 0


def _measured(options: argparse.Namespace, folder: Path, servers: ExitStack) -> dict[str, Any]:
    started = report.machine()
    paths = documents.write(folder)
    url = servers.enter_context(
        running.server(("--pending", str(paths["pending"]), "--evaluation", str(paths["completed"])))
    )
    generated = () if options.ours else (_unmodified_generator(folder),)
    found = []
    for row in _rows(paths, url, folder):
        if options.only and not any(word in row.name for word in options.only):
            continue
        if options.ours:
            row.contenders = [each for each in row.contenders if each.name in report.OURS]
        print(f"measuring {row.name}", file=sys.stderr, flush=True)
        rounds = max(5, options.rounds // 5) if "at once" in row.name or "upload" in row.name else options.rounds
        found.append(running.measure(row, rounds, generated))
    is_whole = not options.only and not options.ours
    results: dict[str, Any] = {
        "machine": {**started, "load after": "{:.1f} {:.1f} {:.1f}".format(*os.getloadavg())},
        "rounds": options.rounds,
        "rows": found,
        "memory": _memory(paths) if is_whole or "memory" in options.only else {},
        "many": [],
        "versions": _versions(options.ours),
    }
    report.write(results, options.output)  # what follows takes minutes, and may fail on its own
    results["many"] = many.measure(paths) if is_whole or "many" in options.only else []
    return results


def _rows(paths: dict[str, Path], url: str, folder: Path) -> Iterator[running.Row]:
    yield from rows.cold_rows(url)
    yield from rows.model_rows(paths)
    yield from rows.call_rows(url)
    file = folder / "large.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(_UPLOAD_SIZE - 8))
    yield from rows.upload_rows(url, file)


def _memory(paths: dict[str, Path]) -> dict[str, float]:
    """Return the bytes of one full evaluation by contender."""
    found = {}
    for name, environment in (("json", "bench"), *rows.MODELS):
        arguments = ("memory", str(paths["full"]), str(documents.CONTRACT))
        contender = running.Contender(name, environment, "models", name, arguments, 20)
        try:
            worker = running.Worker(contender, running.python_of(environment))
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
