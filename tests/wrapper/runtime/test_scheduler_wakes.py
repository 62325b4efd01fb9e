"""A signal wakes a sleeping flow early, from any thread, in both schedulers and under both clocks."""

from __future__ import annotations

import asyncio
import gc
import math
import threading
from collections.abc import Callable
from typing import Any

import pytest

from runflow_client import Runflow
from runflow_client.callbacks import Callback, Receiver
from runflow_client.flows.base.steps import Flow, Load, Sleep
from runflow_client.runtime.clock import SystemClock, call_in_loop
from runflow_client.runtime.scheduler.async_scheduler import AsyncScheduler
from runflow_client.runtime.scheduler.flow_queue import FlowQueue
from runflow_client.runtime.scheduler.sync_scheduler import Scheduler
from runflow_client.sandbox import Sandbox, VirtualClock

LONG = 1_000.0


class Gate:
    """Is always open."""

    def opens_at(self) -> float:
        return -math.inf

    def sent(self, now: float) -> None: ...

    def finished(self, sent_at: float, now: float, outcome: Any) -> None: ...


def queue(now: Callable[[], float] = lambda: 0.0) -> FlowQueue[str, str]:
    return FlowQueue(now, 2, Gate(), lambda key, step: step)


def sleeping(signal: Any, seconds: float = LONG) -> Flow[str]:
    yield Sleep(seconds, signal)
    return "woken"


def arrive(receiver: Receiver, evaluation_id: str = "e-1") -> None:
    receiver(Callback("evaluation.completed", evaluation_id, None, None, {}))


def in_thread(function: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def test_woken_flow_advances_before_its_sleep_ends() -> None:
    receiver = Receiver()
    flows = queue()
    wakes: list[int] = []
    flows.on_wake = lambda: wakes.append(1)
    flows.start("a", sleeping(receiver.expect("e-1")))
    flows.start("b", sleeping(receiver.expect("e-2")))
    assert flows.next_step() is None and (len(flows), flows.wakes_at()) == (2, LONG)
    arrive(receiver)
    assert wakes == [1] and flows.wakes_at() == -math.inf
    assert not flows.has_room, "the woken flow comes first"
    assert flows.next_step() is None and [ended[0] for ended in flows.ended] == ["a"]
    assert (len(flows), flows.wakes_at()) == (1, LONG)


def test_woken_flow_is_not_woken_again_at_its_end() -> None:
    receiver = Receiver()
    flows = queue()
    expected = receiver.expect("e-1")

    def twice() -> Flow[str]:
        yield Sleep(10.0, expected)
        yield Sleep(20.0)
        return "done"

    flows.start("a", twice())
    assert flows.next_step() is None
    arrive(receiver)
    assert flows.next_step() is None
    flows.slept_to(10.0)
    assert flows.next_step() is None and flows.wakes_at() == 20.0 and not flows.ended
    flows.slept_to(20.0)
    flows.next_step()
    assert list(flows.ended) == [("a", "done", None)] and len(flows) == 0


def test_arrival_after_the_sleep_wakes_nothing() -> None:
    receiver = Receiver()
    flows = queue()
    expected = receiver.expect("e-1")

    def twice() -> Flow[str]:
        yield Sleep(10.0, expected)
        yield Sleep(20.0)
        return "done"

    flows.start("a", twice())
    flows.next_step()
    flows.slept_to(10.0)
    flows.next_step()
    arrive(receiver)
    assert flows.wakes_at() == 30.0


def test_closed_queue_lets_go_of_woken_and_sleeping_flows() -> None:
    receiver = Receiver()
    flows = queue()
    for number in range(3):
        flows.start(str(number), sleeping(receiver.expect(f"e-{number}")))
    flows.next_step()
    arrive(receiver)
    flows.close()
    assert len(flows) == 0 and flows.wakes_at() == math.inf
    flows.start("new", sleeping(None, 5.0))
    assert flows.next_step() is None and flows.wakes_at() == 5.0


def test_idle_sync_scheduler_is_woken_by_another_thread() -> None:
    receiver = Receiver()
    with Runflow("rf_x", base_url="http://127.0.0.1:9") as client:
        flows = queue(SystemClock().now)
        scheduler = Scheduler(client._session.driver, flows)
        flows.start("a", sleeping(receiver.expect("e-1")))
        thread = in_thread(lambda: arrive(receiver))
        while not flows.ended:
            scheduler.advance()
        thread.join()
        scheduler.close()


def test_busy_sync_scheduler_is_woken_by_another_thread() -> None:
    receiver = Receiver()
    release = threading.Event()

    class Driver:
        """Performs one step, which lasts until the test ends it."""

        clock = SystemClock()
        transport = Sandbox().client()._session.driver.transport

        def share(self) -> Any:
            return self

        def perform(self, step: Any) -> Any:
            release.wait(20)

    def busy() -> Flow[str]:
        yield Load("https://a.example", "image")
        return "done"

    flows = queue(SystemClock().now)
    driver: Any = Driver()
    scheduler: Scheduler[str, str] = Scheduler(driver, flows)
    flows.start("busy", busy())
    flows.start("a", sleeping(receiver.expect("e-1")))
    scheduler.start_steps()
    thread = in_thread(lambda: arrive(receiver))
    while not flows.ended:
        scheduler.advance()
    assert [ended[0] for ended in flows.ended] == ["a"]
    release.set()
    thread.join()
    scheduler.close()


def test_async_scheduler_is_woken_by_another_thread() -> None:
    async def main() -> None:
        receiver = Receiver()
        driver = Sandbox().async_client()._session.driver
        driver.clock = SystemClock()
        flows = queue(driver.clock.now)
        scheduler = AsyncScheduler(driver, flows)
        flows.start("a", sleeping(receiver.expect("e-1")))
        threads = []
        while not flows.ended:
            if not threads:
                asyncio.get_running_loop().call_soon(lambda: threads.append(in_thread(lambda: arrive(receiver))))
            await scheduler.advance()
        threads[0].join()
        await scheduler.aclose()

    asyncio.run(main())


def test_async_scheduler_that_has_not_begun_finds_the_woken_flow() -> None:
    async def main() -> None:
        receiver = Receiver()
        flows = queue()
        scheduler = AsyncScheduler(Sandbox().async_client()._session.driver, flows)
        flows.start("a", sleeping(receiver.expect("e-1")))
        scheduler.start_steps()
        arrive(receiver)
        await scheduler.advance()
        assert [ended[0] for ended in flows.ended] == ["a"]
        await scheduler.aclose()

    asyncio.run(main())


def test_function_for_a_closed_loop_is_dropped() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    call_in_loop(loop, lambda: pytest.fail("it was called"))
    gc.collect()


@pytest.mark.parametrize("clock", [SystemClock(), VirtualClock()], ids=["system", "virtual"])
def test_wait_ends_at_once_after_an_arrival(clock: Any) -> None:
    receiver = Receiver()
    expected = receiver.expect("e-1")
    arrive(receiver)
    clock.wait(expected, LONG)
    asyncio.run(clock.wait_async(expected, LONG))


@pytest.mark.parametrize("clock", [SystemClock(), VirtualClock()], ids=["system", "virtual"])
def test_wait_without_arrival_ends_after_its_seconds(clock: Any) -> None:
    expected = Receiver().expect("e-1")
    started = clock.now()
    clock.wait(expected, 0.01)
    asyncio.run(clock.wait_async(expected, 0.01))
    asyncio.run(clock.wait_async(expected, 0.0))
    assert clock.now() >= started + 0.02


def test_system_clock_is_woken_by_another_thread() -> None:
    receiver = Receiver()
    clock = SystemClock()
    for wait in (clock.wait, lambda *arguments: asyncio.run(clock.wait_async(*arguments))):
        expected = receiver.expect("e-1")
        thread = in_thread(lambda: arrive(receiver))
        wait(expected, LONG)
        thread.join()
        expected.close()


def test_virtual_clock_stops_where_a_timer_wakes() -> None:
    clock = VirtualClock()
    receiver = Receiver()
    called: list[float] = []

    def timer() -> None:
        called.append(clock.now())
        arrive(receiver)

    clock.call_at(5.0, timer)
    clock.call_at(7.0, lambda: called.append(clock.now()))
    expected = receiver.expect("e-1")
    clock.wait(expected, 10.0)
    assert (clock.now(), called) == (5.0, [5.0])
    clock.sleep(10.0)
    assert (clock.now(), called) == (15.0, [5.0, 7.0])


def test_virtual_clock_calls_timers_between_the_sleeps_of_tasks() -> None:
    clock = VirtualClock()
    receiver = Receiver()
    log: list[Any] = []

    async def task(seconds: float, signal: Any = None) -> None:
        await (clock.sleep_async(seconds) if signal is None else clock.wait_async(signal, seconds))
        log.append((seconds, clock.now()))

    async def main() -> None:
        clock.call_at(5.0, lambda: arrive(receiver))
        await asyncio.gather(task(4.0), task(LONG, receiver.expect("e-1")), task(6.0))

    asyncio.run(main())
    assert log == [(4.0, 4.0), (LONG, 5.0), (6.0, 6.0)]
