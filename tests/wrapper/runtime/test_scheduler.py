"""The order in which flows advance, and both loops that perform their steps."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from player import response

from runflow_client import Runflow, errors
from runflow_client.flows.base.steps import Flow, Load, Request, Send, Sleep, Step
from runflow_client.runtime.async_driver import AsyncDriver
from runflow_client.runtime.scheduler.async_scheduler import AsyncScheduler
from runflow_client.runtime.scheduler.flow_queue import FlowQueue
from runflow_client.runtime.scheduler.sync_scheduler import Scheduler
from runflow_client.sandbox import Sandbox

SEND = Send(Request("get_health", "GET", "/v1/health"), math.inf)


class Clock:
    """A time that a test sets, and a gate that it opens."""

    def __init__(self) -> None:
        self.now = 0.0
        self.opens = -math.inf
        self.log: list[tuple[Any, ...]] = []

    def opens_at(self) -> float:
        return self.opens

    def sent(self, now: float) -> None:
        self.log.append(("sent", now))

    def finished(self, sent_at: float, now: float, outcome: Any) -> None:
        self.log.append(("finished", sent_at, now, outcome.status))


def queue(clock: Clock, places: int = 2) -> FlowQueue[str, str]:
    return FlowQueue(lambda: clock.now, places, clock, lambda key, step: step)


def steps(*listed: Step, result: str = "done") -> Flow[str]:
    yield from (step for step in listed)
    return result


def test_flows_take_places_in_order_and_give_them_back() -> None:
    flows = queue(Clock())
    for key in "abc":
        flows.start(key, steps(SEND))
    assert len(flows) == 3 and not flows.has_room
    first, second = flows.next_step(), flows.next_step()
    assert first is not None and second is not None
    assert (first[0].key, second[0].key) == ("a", "b") and flows.next_step() is None
    flows.performed(second[0], response(200))
    third = flows.next_step()
    assert third is not None and third[0].key == "c"
    assert list(flows.ended) == [("b", "done", None)]


def test_sleeping_flow_holds_no_place() -> None:
    clock = Clock()
    flows = queue(clock, places=1)
    flows.start("a", steps(Sleep(5.0), SEND))
    flows.start("b", steps(Sleep(3.0)))
    assert flows.next_step() is None and flows.has_room and flows.wakes_at() == 3.0
    clock.now = 3.0
    assert not flows.has_room, "flows that are due come first"
    assert flows.next_step() is None and flows.ended.popleft()[0] == "b"
    flows.slept_to(5.0)
    following = flows.next_step()
    assert following is not None and following[0].key == "a"
    assert len(flows) == 1 and flows.wakes_at() == math.inf


def test_requests_wait_for_the_gate_in_order() -> None:
    clock = Clock()
    flows = queue(clock)
    flows.start("a", steps(Load("https://a.example", "image"), SEND))
    loading = flows.next_step()
    assert loading is not None and loading[1] == Load("https://a.example", "image")
    clock.opens = 7.0
    flows.performed(loading[0], "https://a.example")
    flows.start("b", steps(SEND))
    assert flows.next_step() is None and flows.wakes_at() == 7.0
    clock.now = 7.0
    assert [job.key for job, _ in (flows.next_step(), flows.next_step())] == ["a", "b"]
    flows.performed(loading[0], response(200))
    assert clock.log == [("sent", 7.0), ("sent", 7.0), ("finished", 7.0, 7.0, 200)]


def test_full_places_do_not_wake_for_the_gate() -> None:
    clock = Clock()
    flows = queue(clock, places=1)
    for key in "ab":
        flows.start(key, steps(SEND))
    assert flows.next_step() is not None
    clock.opens = 4.0
    assert flows.wakes_at() == math.inf


def test_errors_of_library_are_outcomes_and_others_are_raised() -> None:
    def failing(error: Exception) -> Flow[str]:
        raise error
        yield

    flows = queue(Clock())
    problem = errors.InvalidRequestError("no")
    flows.start("a", failing(problem))
    assert flows.next_step() is None and list(flows.ended) == [("a", None, problem)]
    for fatal in (LookupError("defect"), errors.ConfigurationError("closed")):
        flows.start("b", failing(fatal))
        with pytest.raises(type(fatal)):
            flows.next_step()
        assert len(flows) == 0


def test_exception_of_a_step_is_thrown_into_its_flow() -> None:
    flows = queue(Clock())

    def flow() -> Flow[str]:
        try:
            yield SEND
        except OSError as error:
            return str(error)
        return "never"

    flows.start("a", flow())
    following = flows.next_step()
    assert following is not None
    flows.performed(following[0], None, OSError("disk"))
    assert flows.next_step() is None and flows.ended[0][1] == "disk"


def test_closing_closes_every_flow() -> None:
    closed = []

    def flow(key: str, *listed: Step) -> Flow[str]:
        try:
            yield from listed
        finally:
            closed.append(key)
        return "done"

    clock = Clock()
    flows = queue(clock)
    for key, listed in {"a": (SEND,), "b": (Sleep(9.0),), "c": (SEND,), "d": (SEND,)}.items():
        flows.start(key, flow(key, *listed))
    assert [flows.next_step(), flows.next_step()] and flows.next_step() is None
    flows.close()
    assert sorted(closed) == ["a", "b", "c"] and len(flows) == 0, "d has not begun"


@pytest.fixture
def client() -> Iterator[Runflow]:
    with Sandbox().client() as client:
        yield client


def test_sync_flows_advance_in_the_callers_thread(client: Runflow) -> None:
    seen = set()

    def flow() -> Flow[str]:
        for _ in range(3):
            seen.add(threading.current_thread())
            yield SEND
            yield Sleep(10.0)
        return "done"

    flows: FlowQueue[str, str] = queue(Clock(), places=3)
    driver = client._session.driver
    flows._now = driver.clock.now
    scheduler = Scheduler(driver, flows)
    for number in range(20):
        flows.start(str(number), flow())
    ended = []
    while len(flows):
        scheduler.advance()
        ended += [flows.ended.popleft() for _ in range(len(flows.ended))]
    scheduler.wake()
    scheduler.advance()  # returns at once, because there is nothing to wait for
    scheduler.close()
    assert len(ended) == 20 and seen == {threading.current_thread()}
    assert driver.clock.now() >= 30


def test_sync_step_that_raises_reaches_its_flow(client: Runflow) -> None:
    flows = queue(Clock())
    scheduler = Scheduler(client._session.driver, flows)
    flows.start("a", steps(Load("a.png", "image")))
    while len(flows):
        scheduler.advance()
    assert isinstance(flows.ended[0][2], errors.InvalidRequestError)
    scheduler.close()


def async_driver(place: Sandbox) -> AsyncDriver:
    return place.async_client()._session.driver


def test_async_step_that_raises_reaches_its_flow() -> None:
    async def main() -> None:
        flows = queue(Clock())
        scheduler = AsyncScheduler(async_driver(Sandbox()), flows)
        flows.start("a", steps(Load("a.png", "image")))
        while len(flows):
            await scheduler.advance()
        await scheduler.advance()  # returns at once, because one has ended
        assert isinstance(flows.ended[0][2], errors.InvalidRequestError)
        await scheduler.aclose()

    asyncio.run(main())


def test_async_timer_moves_to_an_earlier_sleep() -> None:
    async def main() -> list[tuple[str, float]]:
        place = Sandbox()
        clock = place.clock
        flows: FlowQueue[str, str] = FlowQueue(clock.now, 2, Clock(), lambda key, step: step)
        scheduler = AsyncScheduler(async_driver(place), flows)
        flows.start("late", steps(Sleep(50.0)))
        waiting = asyncio.create_task(scheduler.advance())
        await asyncio.sleep(0)
        flows.start("early", steps(Sleep(5.0)))
        scheduler.wake()
        await waiting
        scheduler.wake()
        ended = []
        while len(flows):
            await scheduler.advance()
            ended += [(flows.ended.popleft()[0], clock.now()) for _ in range(len(flows.ended))]
        await scheduler.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return ended

    assert asyncio.run(main()) == [("early", 5.0), ("late", 50.0)]
