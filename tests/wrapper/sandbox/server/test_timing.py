"""The sandbox's time of a server."""

import asyncio

from runflow_client.sandbox import Sandbox
from runflow_client.sandbox.server.timing import ServerClock, run_when_due


def test_clock_begins_at_its_start_and_runs_at_its_speed():
    clock = ServerClock(100, 1_000_000)
    while clock.now() < 101:
        pass
    assert clock.seconds_until(50) == 0
    assert 0 < ServerClock(0, 2).seconds_until(100) <= 50


def test_work_runs_when_due_and_when_the_service_changed():
    service = Sandbox().service
    due = [0.0, None]
    done = asyncio.Event()
    calls = []

    async def work():
        calls.append(len(service.listeners))
        if len(calls) == 3:
            done.set()

    def next_due():
        if len(calls) == 2:
            service._notify()
        return due[len(calls) - 1] if len(calls) <= 2 else None

    async def main():
        task = asyncio.create_task(run_when_due(service, ServerClock(0, 1), next_due, work))
        await done.wait()
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(main())
    assert calls == [1, 1, 1]
    assert service.listeners == set()
