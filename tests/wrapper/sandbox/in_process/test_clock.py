"""The virtual clock moves only by sleeping, and tasks wake in the order of time."""

import asyncio
import gc
import threading

import pytest

from runflow_client.callbacks import Callback, Receiver
from runflow_client.sandbox import Sandbox, VirtualClock
from runflow_client.sandbox.in_process import clock as clock_module


def test_clock_starts_at_zero_and_does_not_move():
    clock = VirtualClock()
    assert clock.now() == clock.now() == 0.0


def test_sleep_moves_the_clock_at_once():
    clock = VirtualClock()
    clock.sleep(3600)
    clock.advance(1.5)
    assert clock.now() == 3601.5


@pytest.mark.parametrize("seconds", [0, -1])
def test_sleep_of_zero_or_less_does_not_move_the_clock(seconds):
    clock = VirtualClock()
    clock.sleep(seconds)
    asyncio.run(clock.sleep_async(seconds))
    assert clock.now() == 0.0


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_advance_by_an_invalid_amount_raises_value_error(seconds):
    with pytest.raises(ValueError, match="finite and not negative"):
        VirtualClock().advance(seconds)


def test_tasks_wake_in_the_order_of_time():
    clock = VirtualClock()
    woken = []

    async def sleeper(seconds):
        await clock.sleep_async(seconds)
        woken.append((seconds, clock.now()))

    async def main():
        await asyncio.gather(*(sleeper(seconds) for seconds in (30, 10, 20, 10.5)))

    asyncio.run(main())
    assert woken == [(10, 10), (10.5, 10.5), (20, 20), (30, 30)]


def test_tasks_that_sleep_repeatedly_are_interleaved():
    clock = VirtualClock()
    log = []

    async def ticker(name, step, count):
        for _ in range(count):
            await clock.sleep_async(step)
            log.append((clock.now(), name))

    async def main():
        await asyncio.gather(ticker("a", 3, 4), ticker("b", 5, 2))

    asyncio.run(main())
    assert log == [(3, "a"), (5, "b"), (6, "a"), (9, "a"), (10, "b"), (12, "a")]


def test_clock_waits_for_tasks_that_are_ready():
    clock = VirtualClock()
    seen = []

    async def worker():
        for _ in range(5):
            await asyncio.sleep(0)
        seen.append(clock.now())
        await clock.sleep_async(1)
        seen.append(clock.now())

    async def main():
        await asyncio.gather(clock.sleep_async(100), worker())

    asyncio.run(main())
    assert seen == [0, 1]
    assert clock.now() == 100


def test_cancelled_sleep_does_not_hold_the_clock():
    clock = VirtualClock()

    async def main():
        long = asyncio.create_task(clock.sleep_async(1000))
        await asyncio.sleep(0)
        long.cancel()
        with pytest.raises(asyncio.CancelledError):
            await long
        await clock.sleep_async(5)

    asyncio.run(main())
    assert clock.now() == 5


def test_cancelled_sleep_does_not_move_the_clock():
    clock = VirtualClock()

    async def main():
        task = asyncio.create_task(clock.sleep_async(1000))
        await asyncio.sleep(0)
        task.cancel()
        for _ in range(50):
            await asyncio.sleep(0)

    asyncio.run(main())
    assert clock.now() == 0


def test_cancelled_sleep_wakes_no_other_task_early():
    clock = VirtualClock()

    async def main():
        early = asyncio.create_task(clock.sleep_async(1))
        late = asyncio.create_task(clock.sleep_async(50))
        await asyncio.sleep(0)
        early.cancel()
        await late
        return clock.now()

    assert asyncio.run(main()) == 50


def test_timeout_can_be_built_from_two_sleeps():
    clock = VirtualClock()

    async def main():
        tasks = [asyncio.create_task(clock.sleep_async(seconds), name=str(seconds)) for seconds in (2, 60)]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        return [task.get_name() for task in done], clock.now()

    assert asyncio.run(main()) == (["2"], 2)


def test_clock_works_on_a_second_loop():
    clock = VirtualClock()

    async def abandoned():
        task = asyncio.create_task(clock.sleep_async(1000))
        await asyncio.sleep(0)
        return task

    asyncio.run(abandoned())
    asyncio.run(clock.sleep_async(2))
    assert clock.now() == 2
    gc.collect()


def test_two_loops_at_one_time_raise_runtime_error():
    clock = VirtualClock()
    errors = []

    def other_loop():
        try:
            asyncio.run(clock.sleep_async(1))
        except RuntimeError as error:
            errors.append(str(error))

    async def main():
        task = asyncio.create_task(clock.sleep_async(1))
        await asyncio.sleep(0)
        thread = threading.Thread(target=other_loop)
        thread.start()
        thread.join()
        await task

    asyncio.run(main())
    assert "two event loops" in errors[0]
    assert clock.now() == 1


def test_advance_wakes_the_tasks_that_are_due():
    clock = VirtualClock()

    async def main():
        task = asyncio.create_task(clock.sleep_async(10))
        await asyncio.sleep(0)
        clock.advance(10)
        await task
        return clock.now()

    assert asyncio.run(main()) == 10


def run_in_threads(*functions):
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def crowd(monkeypatch):
    """Let threads of a slow machine find each other."""
    monkeypatch.setattr(clock_module, "_CROWD_SECONDS", 1e9)
    monkeypatch.setattr(clock_module, "_QUIET_SECONDS", 0.05)


@pytest.mark.usefixtures("crowd")
def test_threads_that_sleep_at_the_same_time_share_it():
    clock = VirtualClock()
    together = threading.Barrier(4)
    woken = []

    def sleeper(seconds):
        together.wait(20)
        clock.sleep(1)
        together.wait(20)
        for _ in range(5):
            clock.sleep(seconds)
            woken.append((clock.now(), seconds))

    run_in_threads(*(lambda seconds=seconds: sleeper(seconds) for seconds in (1.0, 2.0, 3.0, 4.0)))
    assert 20 <= clock.now() <= 30, "not 50, the sum"
    assert len(woken) == 20 and woken == sorted(woken, key=lambda each: each[0])


def test_crowd_of_threads_waits_as_long_as_one():
    sandbox = Sandbox(evaluation_seconds=30)
    sandbox.outcomes.extend(["passed"] * 40)

    def one():
        assert client.evaluations.evaluate("https://images.example.com/a.png", "headshot").passed

    with sandbox.client() as client:
        run_in_threads(*[one] * 40)
    assert len(sandbox.charges) == 40
    assert sandbox.clock.now() < 120, "not 1200, the sum"


@pytest.mark.usefixtures("crowd")
def test_thread_wakes_by_a_timer_of_another():
    clock = VirtualClock()
    receiver = Receiver()
    expected = receiver.expect("e-1")
    together = threading.Barrier(2)
    times = []

    def waits():
        together.wait(20)
        clock.sleep(0.1)
        together.wait(20)
        clock.wait(expected, 1000.0)
        times.append(clock.now())

    def sleeps():
        together.wait(20)
        clock.sleep(0.1)
        clock.call_at(50.0, lambda: receiver(Callback("evaluation.completed", "e-1", None, None, {})))
        together.wait(20)
        clock.sleep(100.0)

    run_in_threads(waits, sleeps)
    assert times == [50.0] and 100 < clock.now() < 160


def test_clock_does_not_jump_while_it_is_held():
    clock = VirtualClock()
    seen = []

    def works():
        clock.sleep(1.0)
        with clock.hold():
            begun.set()
            released.wait(20)
            seen.append(clock.now())

    def sleeps():
        begun.wait(20)
        threading.Timer(0.02, released.set).start()
        clock.sleep(50.0)
        seen.append(clock.now())

    begun, released = threading.Event(), threading.Event()
    run_in_threads(works, sleeps)
    assert seen == [1.0, 51.0]


def test_sleep_without_end_is_refused():
    with pytest.raises(ValueError, match="^seconds must be finite, not inf"):
        VirtualClock().sleep(float("inf"))


@pytest.mark.parametrize("seconds", [0, -1])
def test_wait_of_zero_or_less_does_not_move_the_clock(seconds):
    clock = VirtualClock()
    clock.wait(Receiver().expect("e-1"), seconds)
    assert clock.now() == 0


def test_thousand_tasks_wake_in_order():
    clock = VirtualClock()
    woken = []

    async def sleeper(seconds):
        await clock.sleep_async(seconds)
        woken.append(seconds)

    async def main():
        await asyncio.gather(*(sleeper((n * 7919) % 1000 + 1) for n in range(1000)))

    asyncio.run(main())
    assert woken == sorted(woken)
    assert clock.now() == 1000


def test_task_cancelled_while_it_wakes_stays_cancelled(caplog):
    clock = VirtualClock()

    async def main():
        task = asyncio.create_task(clock.sleep_async(10))
        await asyncio.sleep(0)
        clock.advance(10)
        task.cancel()
        await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert caplog.records == []


def test_clock_passes_the_sleeps_of_a_closed_loop():
    clock = VirtualClock()
    loop = asyncio.new_event_loop()
    sleeper = clock.sleep_async(10)
    task = loop.create_task(sleeper)
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    clock.advance(20)
    assert clock.now() == 20
    with pytest.raises(RuntimeError, match="closed"):
        task.cancel()
    sleeper.close()
