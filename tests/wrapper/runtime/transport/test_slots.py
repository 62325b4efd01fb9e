"""The queue in front of the connections: its bound, its order, and that nothing is lost in it."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from typing import Any

import pytest
from fault_injection import searched
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from runflow_client import errors
from runflow_client.runtime.clock import SystemClock
from runflow_client.runtime.transport.slots import Slot, Slots, ThreadSlot
from runflow_client.runtime.transport.task_slots import LoopGuard, TaskSlot

HERE, THERE = "https://here:443", "https://there:443"
CLOCK = SystemClock()


class Waiter(Slot):
    """A slot that counts how often it is woken."""

    def __init__(self, origin: str = HERE) -> None:
        super().__init__(origin)
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


def test_slots_are_given_in_the_order_of_arrival() -> None:
    slots = Slots(2)
    waiters = [Waiter() for _ in range(5)]
    assert [slots.enter(waiter) for waiter in waiters] == [True, True, False, False, False]
    assert slots.counts(HERE) == (2, 3)
    slots.leave(waiters[0])
    assert [waiter.is_taken for waiter in waiters] == [False, True, True, False, False]
    assert [waiter.woken for waiter in waiters] == [0, 0, 1, 0, 0]
    slots.leave(waiters[3])
    slots.leave(waiters[1])
    assert [waiter.is_taken for waiter in waiters] == [False, False, True, False, True]


def test_each_origin_has_slots_of_its_own() -> None:
    slots = Slots(1)
    assert slots.enter(Waiter(HERE)) and slots.enter(Waiter(THERE))
    assert not slots.enter(Waiter(HERE))


def test_an_origin_without_requests_is_forgotten() -> None:
    slots = Slots(1)
    for number in range(100):
        waiter = Waiter(f"https://storage-{number}")
        slots.enter(waiter)
        slots.leave(waiter)
        assert slots.counts(waiter.origin) == (0, 0)
    assert not vars(slots)["_queues"]


def test_a_slot_given_back_twice_frees_one() -> None:
    slots = Slots(1)
    one, two, three = Waiter(), Waiter(), Waiter()
    for waiter in (one, two, three):
        slots.enter(waiter)
    slots.leave(one)
    slots.leave(one)
    assert (two.is_taken, three.is_taken) == (True, False)
    slots.leave(Waiter("https://never.entered"))


class Queue(RuleBasedStateMachine):
    """Any order of arrivals, departures and departures while waiting, against a list."""

    @initialize(size=st.integers(1, 4))
    def begin(self, size: int) -> None:
        self.size = size
        self.slots = Slots(size)
        self.line: list[Waiter] = []
        self.gone: list[Waiter] = []

    @rule()
    def enter(self) -> None:
        waiter = Waiter()
        self.line.append(waiter)
        assert self.slots.enter(waiter) == (len(self.line) <= self.size)

    @rule(number=st.integers(0, 20))
    def leave(self, number: int) -> None:
        if self.line:
            waiter = self.line.pop(number % len(self.line))
            self.slots.leave(waiter)
            self.gone.append(waiter)

    @rule(number=st.integers(0, 20))
    def leave_again(self, number: int) -> None:
        if self.gone:
            self.slots.leave(self.gone[number % len(self.gone)])

    @invariant()
    def the_first_have_slots(self) -> None:
        if hasattr(self, "line"):
            assert [waiter.is_taken for waiter in self.line] == [number < self.size for number in range(len(self.line))]
            assert not any(waiter.is_taken for waiter in self.gone)
            assert all(waiter.woken <= 1 for waiter in self.line)
            taken = min(self.size, len(self.line))
            assert self.slots.counts(HERE) == (taken, len(self.line) - taken)


Queue.TestCase.settings = searched(100)
test_any_order_of_arrivals_and_departures_keeps_the_order = Queue.TestCase


def test_threads_take_turns() -> None:
    slots, most, inside = Slots(3), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        for _ in range(20):
            with ThreadSlot(slots, HERE, math.inf, CLOCK) as slot:
                assert slot.is_taken
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                with lock:
                    inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] <= 3
    assert slots.counts(HERE) == (0, 0)


@pytest.mark.parametrize("seconds", [-1.0, 0.01])
def test_a_thread_stops_waiting_at_the_deadline(seconds: float) -> None:
    slots = Slots(1)
    with ThreadSlot(slots, HERE, math.inf, CLOCK) as held:
        with ThreadSlot(slots, HERE, CLOCK.now() + seconds, CLOCK) as late:
            assert not late.is_taken
            assert slots.counts(HERE) == (1, 0)
        assert held.is_taken
        assert slots.counts(HERE) == (1, 0)
    assert slots.counts(HERE) == (0, 0)


def test_an_interrupted_thread_leaves_the_queue() -> None:
    class Interrupting(SystemClock):
        def now(self) -> float:
            raise KeyboardInterrupt

    slots = Slots(1)
    with ThreadSlot(slots, HERE, math.inf, CLOCK):
        with pytest.raises(KeyboardInterrupt), ThreadSlot(slots, HERE, 1.0, Interrupting()):
            raise AssertionError
        assert slots.counts(HERE) == (1, 0)


def task_slot(slots: Slots, seconds: float = math.inf) -> TaskSlot:
    return TaskSlot(slots, HERE, CLOCK.now() + seconds, CLOCK, LoopGuard())


@pytest.mark.parametrize("seconds", [-1.0, 0.01])
def test_a_task_stops_waiting_at_the_deadline(seconds: float) -> None:
    async def main() -> None:
        slots = Slots(1)
        async with task_slot(slots) as held:
            async with task_slot(slots, seconds) as late:
                assert not late.is_taken
                assert slots.counts(HERE) == (1, 0)
            assert held.is_taken
        assert slots.counts(HERE) == (0, 0)

    asyncio.run(main())


def test_a_timeout_error_that_is_not_the_deadlines_passes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        slots = Slots(1)

        class Failing(TaskSlot):
            def wake(self) -> None:
                assert self._turn is not None
                self._turn.set_exception(TimeoutError("the caller's own"))

        held = task_slot(slots)
        await held.__aenter__()
        asyncio.get_running_loop().call_soon(slots.leave, held)
        with pytest.raises(TimeoutError, match="own"):
            async with Failing(slots, HERE, math.inf, CLOCK, LoopGuard()):
                raise AssertionError
        assert slots.counts(HERE) == (0, 0)

    asyncio.run(main())


@searched(60)
@given(
    size=st.integers(1, 3),
    actions=st.lists(
        st.tuples(st.sampled_from(["start", "cancel", "cancel twice", "end", "turn"]), st.integers(0, 30)), max_size=60
    ),
)
def test_cancelled_tasks_lose_no_slot(size: int, actions: list[tuple[str, int]]) -> None:
    async def work(slots: Slots, over: asyncio.Event) -> None:
        async with task_slot(slots) as slot:
            assert slot.is_taken
            assert slots.counts(HERE)[0] <= size
            try:
                await over.wait()
            finally:
                await asyncio.sleep(0)

    async def main() -> None:
        slots = Slots(size)
        tasks: list[tuple[asyncio.Task[None], asyncio.Event]] = []
        for action, number in actions:
            if action == "start":
                over = asyncio.Event()
                tasks.append((asyncio.create_task(work(slots, over)), over))
            elif action == "turn":
                await asyncio.sleep(0)
            elif tasks:
                task, over = tasks[number % len(tasks)]
                if action == "end":
                    over.set()
                else:
                    task.cancel()
                    if action == "cancel twice":
                        await asyncio.sleep(0)
                        task.cancel()
        for _, over in tasks:
            over.set()
        await asyncio.gather(*(task for task, _ in tasks), return_exceptions=True)
        assert slots.counts(HERE) == (0, 0)
        async with task_slot(slots) as slot:
            assert slot.is_taken

    asyncio.run(main())


def test_slot_given_at_the_deadline_is_kept() -> None:
    async def main() -> None:
        slots, loop = Slots(1), asyncio.get_running_loop()
        held = task_slot(slots)
        await held.__aenter__()
        loop.call_at(loop.time() + 0.012, slots.leave, held)
        loop.call_soon(time.sleep, 0.03)  # until both are due
        async with task_slot(slots, 0.01) as slot:
            assert slot.is_taken
            assert slots.counts(HERE) == (1, 0)
        assert slots.counts(HERE) == (0, 0)

    asyncio.run(main())


def test_a_slot_that_nobody_waits_for_may_be_woken() -> None:
    Slot(HERE).wake()
    task_slot(Slots(1)).wake()


def test_a_slot_belongs_to_the_loop_of_its_client() -> None:
    guard = LoopGuard()

    async def use() -> Any:
        async with TaskSlot(Slots(1), HERE, math.inf, CLOCK, guard) as slot:
            return slot.is_taken

    with asyncio.Runner() as runner:
        assert runner.run(use())
        assert runner.run(use())
        with asyncio.Runner() as other, pytest.raises(errors.ConfigurationError, match="another"):
            other.run(use())
    with pytest.raises(errors.ConfigurationError, match="needs a running asyncio event loop"):
        LoopGuard().enter()
