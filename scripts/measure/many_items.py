"""Run a batch of very many items, and print its totals and its memory: `python -m scripts.measure.many_items [--items 100000] [--journal]`.

The server is a function of this process that keeps nothing of an evaluation. So what grows is the batch's.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runflow_client import AsyncRunflow, EvaluationRequest, PollPolicy
from runflow_client.flows.base.steps import Response
from runflow_client.runtime.clock import SystemClock
from runflow_client.runtime.transport.requests import HTTPRequest

_URL = "https://images.example.com/a.png"
_PRICE = "0.05"
_STEPS = 10
_SOON = PollPolicy(first=0.5, then=0.5, longest=0.5)


class Server:
    """Accepts each submit, and ends each evaluation by its first poll: of ten, one fails and two are rejected."""

    max_connections = 32

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self.accepted = 0

    async def send(self, request: HTTPRequest, *ignored: object) -> Response:
        await asyncio.sleep(0)
        path = urlsplit(request.url).path
        if request.method == "POST":
            self.accepted += 1
            return _response(
                {"id": f"00000000-0000-7000-8000-{next(self._numbers):012d}", "status_code": "pending"}, 202
            )
        if path.startswith("/v1/evaluations/"):
            evaluation_id = path.rpartition("/")[2]
            kind = int(evaluation_id.rpartition("-")[2]) % _STEPS
            status = "failed" if kind == 0 else "completed"
            fields = {"id": evaluation_id, "status_code": status, "overall_passed": kind > 2, "cost": None}
            return _response(fields | ({"cost": _PRICE} if kind else {}), 200)
        return _response({"org_id": "organization", "balance": "1000000"}, 200)

    async def aclose(self) -> None:
        pass


def _response(fields: dict[str, object], status: int) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(fields).encode())


def requests(items: int) -> Iterator[EvaluationRequest]:
    return (EvaluationRequest(_URL, "headshot", item_id=f"item-{number}") for number in range(items))


async def run(items: int, journal: Path | None) -> None:
    server, clock = Server(), SystemClock()
    transport: Any = server  # it has no slots, which URLs do not need
    client = AsyncRunflow._create(transport=transport, clock=clock, api_key="key", base_url="https://api.invalid")
    budget = f"{items * float(_PRICE):.2f}"
    began, cpu, number = time.monotonic(), time.process_time(), 0
    async with client:
        batch = client.evaluations.evaluate_many(
            requests(items), journal=journal, budget=budget, price=_PRICE, poll=_SOON
        )
        async for _ in batch:
            number += 1
            if number % max(1, items // _STEPS) == 0:
                print(f"{number:>9} outcomes, at most {_megabytes():.0f} MB", flush=True)
    totals = batch.totals
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    print(f"{seconds:.0f} s, {1e3 * cpu / items:.3f} ms CPU an item, {server.accepted} accepted")
    print(totals)
    failed, rejected = (items + _STEPS - 1) // _STEPS, sum(1 for number in range(items) if 0 < number % _STEPS <= 2)
    found = (server.accepted, totals.ended, totals.failed, totals.rejected)
    if found != (items, items, failed, rejected):
        sys.exit(f"expected {items} evaluations, of which {failed} failed and {rejected} were rejected")


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--journal", action="store_true", help="with a journal, in a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(arguments.items, Path(folder) / "batch.db" if arguments.journal else None))


if __name__ == "__main__":
    main()
