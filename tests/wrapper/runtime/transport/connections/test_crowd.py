"""Many evaluations at once with a client as users make it; `make bench` has the larger ones."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from runflow_client import AsyncRunflow, PollPolicy, Runflow, Verdict
from runflow_client.sandbox import Sandbox, SandboxServer

PICTURE = "https://example.com/a.png"
POLL = PollPolicy(first=0.5, then=0.5, longest=1.0)


def test_two_hundred_gathered_evaluations_are_all_answered() -> None:
    async def main(url: str) -> list[Any]:
        async with AsyncRunflow("rf_sandbox_key", base_url=url) as client:
            calls = (client.evaluations.evaluate(PICTURE, "headshot", poll=POLL) for _ in range(200))
            return await asyncio.gather(*calls, return_exceptions=True)

    with SandboxServer(Sandbox(evaluation_seconds=0.2)) as server:
        results = asyncio.run(main(server.url))
        assert server.sandbox.evaluations == 200
    assert {result.verdict for result in results} == {Verdict.PASSED}


def test_sixty_threads_with_one_client_are_all_answered() -> None:
    results: list[Any] = []

    def evaluate(client: Runflow) -> None:
        results.append(client.evaluations.evaluate(PICTURE, "headshot", poll=POLL).verdict)

    with (
        SandboxServer(Sandbox(evaluation_seconds=0.2)) as server,
        Runflow("rf_sandbox_key", base_url=server.url) as client,
    ):
        threads = [threading.Thread(target=evaluate, args=(client,)) for _ in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.sandbox.evaluations == 60
    assert results == [Verdict.PASSED] * 60
