"""One request through a transport of either kind, for tests of both worlds."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

from runflow_client.flows.base.steps import RequestFailure, Response
from runflow_client.runtime.clock import Clock, SystemClock
from runflow_client.runtime.transport.connections.async_transport import AsyncConnectionTransport
from runflow_client.runtime.transport.connections.sync_transport import ConnectionTransport
from runflow_client.runtime.transport.requests import HTTPRequest

Send = Callable[..., list[Response | RequestFailure]]


def in_thread(
    *requests: HTTPRequest,
    seconds: float = math.inf,
    attempt_timeout: float = math.inf,
    clock: Clock | None = None,
    between: Callable[[], Any] = lambda: None,
) -> list[Response | RequestFailure]:
    """Send requests one after the other through one transport.

    Args:
        requests: what to send.
        seconds: from now to the deadline of all.
        attempt_timeout: of each.
        clock: the transport's.
        between: called after each.
    """
    clock = clock or SystemClock()
    deadline = clock.now() + seconds
    transport = ConnectionTransport(clock)
    results = []
    try:
        for request in requests:
            results.append(transport.send(request, deadline, attempt_timeout))
            between()
    finally:
        transport.close()
    return results


def in_task(
    *requests: HTTPRequest,
    seconds: float = math.inf,
    attempt_timeout: float = math.inf,
    clock: Clock | None = None,
    between: Callable[[], Any] = lambda: None,
) -> list[Response | RequestFailure]:
    """The same through the transport of asyncio."""

    async def main() -> list[Response | RequestFailure]:
        own = clock or SystemClock()
        deadline = own.now() + seconds
        transport = AsyncConnectionTransport(own)
        results = []
        try:
            for request in requests:
                results.append(await transport.send(request, deadline, attempt_timeout))
                # What has come meanwhile is taken by the event loop only.
                await asyncio.to_thread(between)
                await asyncio.sleep(0)
        finally:
            await transport.aclose()
            await asyncio.sleep(0)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left
        return results

    return asyncio.run(main())
