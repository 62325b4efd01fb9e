"""Many evaluations in flight: how many are answered, in how many seconds, with what CPU, connections and memory."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.measure.bench.running import Contender, Worker, python_of, server

_SECONDS = 5
_SANDBOX = ("-m", "runflow_client.sandbox", "--evaluation-seconds", str(_SECONDS))
_IN_FLIGHT = 1_000
_POLLS = 12


def measure(paths: dict[str, Path]) -> list[dict[str, Any]]:
    """Return what each way to evaluate many images at once took."""
    canned = ("--pending", str(paths["pending"]), "--evaluation", str(paths["completed"]), "--polls", str(_POLLS))
    cases: list[tuple[str, str, str, int, Sequence[str], Sequence[str]]] = [
        (f"{name}, canned server", name, "time", _IN_FLIGHT, canned, ())
        for name in ("evaluate_many", "async evaluate_many")
    ]
    cases += [
        (f"{name}, sandbox server", name, "time", _IN_FLIGHT, (), (sys.executable, *_SANDBOX))
        for name in ("evaluate_many", "async evaluate_many")
    ]
    cases.append(("evaluate_many, memory", "evaluate_many", "memory", _IN_FLIGHT, canned, ()))
    cases += [
        (f"asyncio.gather of {number:,}, sandbox server", "gather", "time", number, (), (sys.executable, *_SANDBOX))
        for number in (100, 2_000)
    ]
    return [_measured(*case) for case in cases]


def _measured(
    name: str, key: str, case: str, number: int, arguments: Sequence[str], program: Sequence[str]
) -> dict[str, Any]:
    with server(arguments, program) as url:
        worker = Worker(Contender(name, "bench", "batches", key, (case, url), number), python_of("bench"))
        try:
            found: dict[str, Any] = worker.run()["value"]
        finally:
            worker.close()
    return {
        "name": name,
        "evaluations": number,
        "answered": found["answered"],
        "seconds": found["seconds"],
        "requests": found["requests"],
        "requests_per_second": found["requests"] / found["seconds"],
        "cpu_per_evaluation_ms": found["cpu"] / number * 1e3,
        "connections": found["connections"],
        "bytes": found.get("bytes"),
    }
