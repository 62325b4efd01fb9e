"""The same promises over real sockets: the time is the machine's, and what is left open is the system's to tell."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from types import FrameType
from typing import Any

from fault_injection import (
    DROPS,
    EXAMPLES,
    FINE,
    KEY,
    Case,
    World,
    mishap,
    refusals,
    schedules,
    searched,
    seconds,
)
from hypothesis import given
from hypothesis import strategies as st

from runflow_client import AsyncRunflow, Evaluation, PollPolicy, RetryPolicy, Runflow, errors
from runflow_client.sandbox import Sandbox, SandboxServer, faults

_SLACK = 0.25 if EXAMPLES else 3.0
"""Seconds over a deadline: what is promised; in a normal run more, as a busy machine is no broken promise."""
_SPEED = 20.0

real_mishaps = st.one_of(
    st.sampled_from((FINE, *DROPS)),
    refusals(),
    seconds(0.01, 0.5).map(lambda value: mishap(faults.delay, value)),
    st.sampled_from([0, 20, 100_000]).map(lambda size: mishap(faults.stall, size)),
    st.sampled_from([0, 20, 100_000]).map(lambda size: mishap(faults.cut_off, size)),
    st.sampled_from([200, 302, 502, 520]).map(lambda status: mishap(faults.html_page, status)),
    st.sampled_from([0, 1, 40]).map(lambda size: mishap(faults.truncate, size)),
    st.sampled_from(["text/html", ""]).map(lambda kind: mishap(faults.content_type, kind)),
    st.sampled_from(["pending", "quite_new"]).map(
        lambda status: mishap(faults.show, status_code=status, overall_passed=None, completed_at=None)
    ),
)


@st.composite
def real_cases(draw: st.DrawFn) -> Case:
    large = draw(st.integers(0, 3)) == 0
    return Case(
        kind=draw(st.sampled_from(["sync", "async"])),
        large=large,
        from_path=draw(st.booleans()),
        given_key=draw(st.sampled_from([None, "mine"])),
        timeout=draw(seconds(0.1, 0.8)),
        call_timeout=draw(seconds(0.1, 0.8)),
        retries=RetryPolicy(
            attempts=draw(st.integers(1, 5)),
            attempt_timeout=draw(seconds(0.05, 0.4)),
            first_pause=0.01,
            longest_pause=0.05,
            longest_retry_after=draw(st.sampled_from([0.2, 5.0])),
        ),
        poll=PollPolicy(first=0.02, then=0.02, longest=0.05),
        evaluation_seconds=draw(st.sampled_from([0.0, 1.0, 4.0])),
        schedule=draw(schedules(real_mishaps, 4, uploads=large)),
    )


class SocketWorld(World):
    """A `World` over HTTP, against the sandbox's server."""

    def new_sandbox(self) -> Sandbox:
        self.server = SandboxServer(Sandbox(evaluation_seconds=self.case.evaluation_seconds, keys=[KEY]), speed=_SPEED)
        self.server.start()
        return self.server.sandbox

    def new_client(self) -> Any:
        make = Runflow if self.runner is None else AsyncRunflow
        return make(KEY, base_url=self.server.url, timeout=self.case.call_timeout, retries=self.case.retries)

    def now(self) -> float:
        return time.monotonic()

    def calm(self) -> Any:
        self.sandbox.faults.clear()
        return self.client.with_options(timeout=30.0, retries=RetryPolicy())

    def close(self) -> None:
        super().close()
        self.server.stop()


@searched(12, long=0.06)
@given(real_cases(), st.lists(st.booleans(), min_size=1, max_size=3))
def test_faults_over_sockets_leave_one_evaluation_and_nothing_open(case: Case, turns: list[bool]) -> None:
    with SocketWorld(case, slack=_SLACK) as world:
        key, evaluation_id, outcome = case.given_key, None, None
        for with_id in turns:
            if with_id and evaluation_id is not None:
                outcome = world.wait(evaluation_id)
            else:
                outcome = world.evaluate(idempotency_key=key)
            if isinstance(outcome, Evaluation):
                break
            assert isinstance(outcome, errors.RunflowError)
            key, evaluation_id = outcome.idempotency_key or key, outcome.evaluation_id or evaluation_id
        client = world.calm()
        if evaluation_id is not None:
            ended = world.wait(evaluation_id, client=client, timeout=30.0)
            assert isinstance(ended, Evaluation), repr(ended)
        assert world.sandbox.evaluations <= 1
        assert len(world.sandbox.charges) <= 1


@searched(8, long=0.03)
@given(real_cases())
def test_wait_over_sockets_ends_by_its_deadline(case: Case) -> None:
    with SocketWorld(replace(case, schedule=(), large=False), slack=_SLACK) as world:
        known = world.run(lambda: world.calm().evaluations.submit(case.picture, "headshot")).id
        for kind, row in case.schedule:
            world.sandbox.faults.on(*kind, *(entry.fault for entry in row))
        world.wait(known)


@contextlib.contextmanager
def interrupted(after: float) -> Iterator[None]:
    """Raise KeyboardInterrupt in the main thread so many seconds later, wherever it is and whatever it waits for.

    Where Python would swallow it (it is collecting an object), it comes once that is done.
    """
    armed, main, timers = True, threading.get_ident(), []

    def arm(seconds: float) -> None:
        timer = threading.Timer(seconds, signal.pthread_kill, (main, signal.SIGUSR1))
        timers.append(timer)
        timer.start()

    def raises(_: int, frame: FrameType | None) -> None:
        if armed and _is_collecting(frame):
            arm(0.001)
        elif armed:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, raises)
    arm(after)
    try:
        yield
    finally:
        armed = False
        for timer in timers:
            timer.cancel()
            timer.join()
        signal.signal(signal.SIGUSR1, before)


def _is_collecting(frame: FrameType | None) -> bool:
    while frame is not None:
        code = frame.f_code
        if code.co_name == "__del__" or (code.co_name == "remove" and code.co_filename.endswith("weakref.py")):
            return True
        frame = frame.f_back
    return False


@searched(8, long=0.03)
@given(real_cases(), seconds(0.0, 0.3))
def test_ctrl_c_over_sockets_at_any_time_allows_continuation(case: Case, after: float) -> None:
    with SocketWorld(replace(case, kind="sync", given_key="mine"), slack=_SLACK) as world:
        with warnings.catch_warnings():
            # A socket that is nobody's yet when Ctrl-C comes is closed by the collector, which says so.
            warnings.simplefilter("ignore", ResourceWarning)
            with contextlib.suppress(KeyboardInterrupt), interrupted(after):
                world.evaluate()
        goes_on_under_its_key(world)


@searched(8, long=0.03)
@given(real_cases(), seconds(0.0, 0.3))
def test_task_cancelled_over_sockets_at_any_time_allows_continuation(case: Case, after: float) -> None:
    with SocketWorld(replace(case, kind="async", given_key="mine"), slack=_SLACK) as world:

        async def cancelled() -> Any:
            async with asyncio.timeout(after):
                return await world.client.evaluations.evaluate(case.picture, "headshot", idempotency_key="mine")

        with contextlib.suppress(TimeoutError):
            world.call(cancelled, within=after)
        goes_on_under_its_key(world)


def goes_on_under_its_key(world: World) -> None:
    storage_may_refuse = any(kind[0] == "PUT" and row for kind, row in world.case.schedule)
    ended = world.evaluate(client=world.calm(), timeout=30.0)
    if not (storage_may_refuse and isinstance(ended, errors.ConflictError)):
        assert isinstance(ended, Evaluation), repr(ended)
        assert (world.sandbox.evaluations, len(world.sandbox.charges)) == (1, 1)
