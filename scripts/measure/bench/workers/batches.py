"""Many evaluations in flight by `evaluate_many`, against a server in a process of its own."""

from __future__ import annotations

import asyncio
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

KEY = "rf_sandbox_key"
IMAGE = "https://example.com/a.png"
POLL_EVERY = 0.4
"""Seconds: a thousand evaluations ask for 2,500 polls a second, so that the client or the server is the limit, not the demand."""


class Connections:
    """Counts the connections to a server in a thread; `most` of them were open at once."""

    def __init__(self, url: str) -> None:
        self.most = 0
        self._port = f":{urlsplit(url).port:04X}"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Connections:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            self.most = max(self.most, self._count())

    def _count(self) -> int:
        """Count this side of each: the lines whose remote port is the server's and whose state is established."""
        lines = Path("/proc/self/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        fields = [line.split() for line in lines]
        return sum(remote.endswith(self._port) and state == "01" for _, _, remote, state, *_ in fields)


def _requests(count: int) -> Iterator[Any]:
    from runflow_client import EvaluationRequest

    for _ in range(count):
        yield EvaluationRequest(IMAGE, "headshot")


def _measured(run: Callable[[int, dict[str, Any]], None]) -> Callable[[str, str], Callable[[int], Any]]:
    """The case is `time`, or `memory` for the bytes of an evaluation in flight, which the sync client alone measures."""

    def prepare(case: str, url: str) -> Callable[[int], Any]:
        def measure(count: int) -> dict[str, Any]:
            found: dict[str, Any] = {"url": url, "case": case, "requests": 0, "answered": 0}
            cpu, clock = time.process_time(), time.monotonic()
            with Connections(url) as connections:
                run(count, found)
            found["seconds"] = time.monotonic() - clock
            found["cpu"] = time.process_time() - cpu
            found["connections"] = connections.most
            return found

        return measure

    return prepare


def _is_answered(error: BaseException | None) -> bool:
    """Return whether an evaluation has ended; the sandbox looks at no picture behind a URL, and may let it fail."""
    from runflow_client.errors import EvaluationFailedError

    return error is None or isinstance(error, EvaluationFailedError)


def _count(found: dict[str, Any]) -> Callable[[Any], None]:
    from runflow_client.events import RequestFinished

    def count(event: Any) -> None:
        found["requests"] += isinstance(event, RequestFinished)

    return count


def _sync(count: int, found: dict[str, Any]) -> None:
    from runflow_client import PollPolicy, Runflow

    with Runflow(KEY, base_url=found["url"], hooks=[_count(found)]) as client:
        if found["case"] == "memory":
            list(
                client.evaluations.evaluate_many(_requests(1), poll=PollPolicy(first=0.01, then=0.01))
            )  # loads all modules
            tracemalloc.start()
        options: Any = {
            "max_in_flight": count,
            "max_requests": 8,
            "poll": PollPolicy(first=POLL_EVERY, then=POLL_EVERY, longest=POLL_EVERY),
        }
        for outcome in client.evaluations.evaluate_many(_requests(count), **options):
            if found["answered"] == 0 and found["case"] == "memory":
                found["bytes"] = tracemalloc.get_traced_memory()[0] / count
                tracemalloc.stop()
            found["answered"] += _is_answered(outcome.error)


def _async(count: int, found: dict[str, Any]) -> None:
    from runflow_client import AsyncRunflow, PollPolicy

    async def main() -> None:
        async with AsyncRunflow(KEY, base_url=found["url"], hooks=[_count(found)]) as client:
            options: Any = {
                "max_in_flight": count,
                "max_requests": 8,
                "poll": PollPolicy(first=POLL_EVERY, then=POLL_EVERY, longest=POLL_EVERY),
            }
            async for outcome in client.evaluations.evaluate_many(_requests(count), **options):
                found["answered"] += _is_answered(outcome.error)

    asyncio.run(main())


def _gather(count: int, found: dict[str, Any]) -> None:
    from runflow_client import AsyncRunflow

    async def main() -> None:
        async with AsyncRunflow(KEY, base_url=found["url"], hooks=[_count(found)]) as client:

            async def one() -> None:
                try:
                    await client.evaluations.evaluate(IMAGE, "headshot")
                    found["answered"] += 1
                except Exception as error:
                    found["answered"] += _is_answered(error)

            await asyncio.gather(*(one() for _ in range(count)))

    asyncio.run(main())


CONTENDERS = {"evaluate_many": _measured(_sync), "async evaluate_many": _measured(_async), "gather": _measured(_gather)}
