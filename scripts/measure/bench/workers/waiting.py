"""A thousand that wait at once: how many GETs are answered over few connections, and how late polls are sent.

`gets`: 1,000 tasks send one GET after another over 8 connections; the value is how many are answered a second.
`polls`: 1,000 evaluations are in flight; the value is by how many seconds their polls are later than the policy plans them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

Run = Callable[[int], Any]
Call = Callable[[], Awaitable[Any]]
CONNECTIONS = 8
WAITING = 1_000
PATH = "/v1/health"


def _gets(make: Callable[[str], Awaitable[Call]]) -> Callable[[str, str], Run]:
    """Return what counts, for so many seconds, the responses to the requests of all tasks."""

    def prepare(case: str, url: str) -> Run:
        async def main(seconds: int) -> dict[str, float]:
            call = await make(url)
            await call()
            answered = 0

            async def one() -> None:
                nonlocal answered
                while True:
                    with contextlib.suppress(Exception):  # a client that gives up on a request sends the next one
                        await call()
                        answered += 1

            tasks = [asyncio.create_task(one()) for _ in range(WAITING)]
            started = time.monotonic()
            await asyncio.sleep(seconds)
            found = answered / (time.monotonic() - started)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            return {"rate": found}

        return lambda seconds: asyncio.run(main(seconds))

    return prepare


async def _ours(url: str) -> Call:
    from runflow_client import AsyncRunflow

    client = AsyncRunflow("rf_x", base_url=url, timeout=600, max_connections=CONNECTIONS)
    return lambda: client.account.health()


async def _httpx(url: str) -> Call:
    import httpx

    return _get_of(httpx.AsyncClient(timeout=600, limits=httpx.Limits(max_connections=CONNECTIONS)), url)


async def _httpx2(url: str) -> Call:
    import httpx2

    return _get_of(httpx2.AsyncClient(timeout=600, limits=httpx2.Limits(max_connections=CONNECTIONS)), url)


def _get_of(client: Any, url: str) -> Call:
    async def call() -> Any:
        return (await client.get(url + PATH)).json()

    return call


async def _aiohttp(url: str) -> Call:
    import aiohttp

    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS))

    async def call() -> Any:
        async with session.get(url + PATH) as response:
            return json.loads(await response.read())

    return call


def _polls(case: str, url: str) -> Run:
    """The case is the seconds that the server takes for a response."""
    from runflow_client import AsyncRunflow, PollPolicy
    from runflow_client.events import EvaluationSubmitted, RequestFinished

    answered: dict[str, list[float]] = {}

    def record(event: Any) -> None:
        if isinstance(event, EvaluationSubmitted):
            answered[event.evaluation_id] = [time.monotonic()]
        elif isinstance(event, RequestFinished) and event.method == "GET":
            answered[event.path.rpartition("/")[2]].append(time.monotonic())

    async def main(count: int) -> dict[str, float]:
        async with AsyncRunflow("rf_x", base_url=url, hooks=[record]) as client:
            image = "https://example.com/a.png"
            await asyncio.gather(*(client.evaluations.evaluate(image, "headshot") for _ in range(count)))
        pauses = PollPolicy().pauses(max(map(len, answered.values())) - 1)
        late = sorted(
            polled - float(case) - (before + pause)
            for times in answered.values()
            for before, polled, pause in zip(times, times[1:], pauses, strict=False)
        )
        return {
            "polls": len(late),
            "median": late[len(late) // 2],
            "p99": late[len(late) * 99 // 100],
            "most": late[-1],
        }

    return lambda count: asyncio.run(main(count))


CONTENDERS = {
    "runflow-client": _gets(_ours),
    "httpx": _gets(_httpx),
    "httpx2": _gets(_httpx2),
    "aiohttp": _gets(_aiohttp),
    "polls": _polls,
}
