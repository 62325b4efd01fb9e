"""What a thousand that wait at once get: GETs over few connections, and polls on time from a server that is far away."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

from scripts.measure.bench.running import Contender, ContenderFailedError, Worker, python_of, server

_WINDOWS, _SECONDS = 3, 2
_DELAY = "0.1"
_POLLS = "5"
_CONTENDERS = (
    ("runflow-client", "bench"),
    ("httpx", "bench"),
    ("httpx2", "bench-http"),
    ("aiohttp", "bench-http"),
)


def measure(paths: dict[str, Path], *, ours: bool) -> list[dict[str, Any]]:
    """Return the rows: a name, a result in words, and the goal.

    Args:
        paths: the documents.
        ours: whether the peers are left out.
    """
    with server() as url:
        rates = _rates(_CONTENDERS[:1] if ours else _CONTENDERS, url)
    return [
        {
            "name": "GETs with 1,000 waiting on 8 connections",
            "result": ", ".join(rates),
            "goal": "≥ 2,500 requests/s",
        },
        _polls(paths),
    ]


def _rates(contenders: Sequence[tuple[str, str]], url: str) -> list[str]:
    """Return each contender's rate in words: the median of interleaved windows, by the clock and by its own CPU time."""
    workers: dict[str, Worker] = {}
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name, _ in contenders}
    for name, environment in contenders:
        with suppress(ContenderFailedError):
            workers[name] = _worker(name, environment, ("gets", url), _SECONDS)
    for _ in range(_WINDOWS):
        for name, worker in workers.items():
            found = worker.run()
            rate = found["value"]["rate"]
            rates[name].append((rate, rate * found["seconds"] / found["cpu"]))
    for worker in workers.values():
        worker.close()
    return [
        f"{name} {median(rate for rate, _ in found):,.0f} requests/s ({median(rate for _, rate in found):,.0f} a second of CPU)"
        if found
        else f"{name} failed"
        for name, found in rates.items()
    ]


def _polls(paths: dict[str, Path]) -> dict[str, Any]:
    canned = ("--pending", str(paths["pending"]), "--evaluation", str(paths["completed"]))
    with server((*canned, "--polls", _POLLS, "--delay", _DELAY)) as url:
        worker = _worker("polls", "bench", (_DELAY, url), 1_000)
        try:
            found = worker.run()["value"]
        finally:
            worker.close()
    return {
        "name": "polls of 1,000 evaluations in flight, server 100 ms away, default client",
        "result": f"{found['polls']:,.0f} polls, late by {found['median']:.2f} s in the median, {found['p99']:.2f} s at the "
        f"99th percentile, {found['most']:.2f} s at most",
        "goal": "≤ 1 s behind their plan",
    }


def _worker(key: str, environment: str, arguments: tuple[str, ...], calls: int) -> Worker:
    return Worker(Contender(key, environment, "waiting", key, arguments, calls), python_of(environment))
