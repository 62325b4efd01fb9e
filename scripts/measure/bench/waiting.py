"""What a thousand that wait at once get: GETs over few connections, and polls on time from a server that is far away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scripts.measure.bench.running import Contender, ContenderFailedError, Worker, python_of, server

_SECONDS = 5
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
        rates = [_rate(*each, url) for each in (_CONTENDERS[:1] if ours else _CONTENDERS)]
    return [
        {
            "name": "GETs with 1,000 waiting on 8 connections",
            "result": ", ".join(rates),
            "goal": "≥ 2,500 requests/s",
        },
        _polls(paths),
    ]


def _rate(name: str, environment: str, url: str) -> str:
    try:
        return f"{name} {_value(name, environment, ('gets', url), _SECONDS)['rate']:,.0f} requests/s"
    except ContenderFailedError:
        return f"{name} failed"


def _polls(paths: dict[str, Path]) -> dict[str, Any]:
    canned = ("--pending", str(paths["pending"]), "--evaluation", str(paths["completed"]))
    with server((*canned, "--polls", _POLLS, "--delay", _DELAY)) as url:
        found = _value("polls", "bench", (_DELAY, url), 1_000)
    return {
        "name": "polls of 1,000 evaluations in flight, server 100 ms away, default client",
        "result": f"{found['polls']:,.0f} polls, late by {found['median']:.2f} s in the median, {found['p99']:.2f} s at the "
        f"99th percentile, {found['most']:.2f} s at most",
        "goal": "≤ 1 s behind their plan",
    }


def _value(key: str, environment: str, arguments: tuple[str, ...], calls: int) -> dict[str, float]:
    worker = Worker(Contender(key, environment, "waiting", key, arguments, calls), python_of(environment))
    try:
        found: dict[str, float] = worker.run()["value"]
    finally:
        worker.close()
    return found
