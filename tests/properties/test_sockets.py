"""The promises over real sockets, with the system clock and the open files of the process."""

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
    Harness,
    named_fault,
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
"""Seconds allowed beyond a deadline. A normal run allows more than the promise, because the machine may be busy."""
_SPEED = 20.0

socket_faults = st.one_of(
    st.sampled_from((FINE, *DROPS)),
    refusals(),
    seconds(0.01, 0.5).map(lambda value: named_fault(faults.delay, value)),
    st.sampled_from([0, 20, 100_000]).map(lambda size: named_fault(faults.stall, size)),
    st.sampled_from([0, 20, 100_000]).map(lambda size: named_fault(faults.cut_off, size)),
    st.sampled_from([200, 302, 502, 520]).map(lambda status: named_fault(faults.html_page, status)),
    st.sampled_from([0, 1, 40]).map(lambda size: named_fault(faults.truncate, size)),
    st.sampled_from(["text/html", ""]).map(lambda kind: named_fault(faults.content_type, kind)),
    st.sampled_from(["pending", "quite_new"]).map(
        lambda status: named_fault(faults.show, status_code=status, overall_passed=None, completed_at=None)
    ),
)


@st.composite
def socket_cases(draw: st.DrawFn) -> Case:
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
        schedule=draw(schedules(socket_faults, 4, uploads=large)),
    )


class SocketHarness(Harness):
    """A `Harness` that talks HTTP to the sandbox server."""

    def new_sandbox(self) -> Sandbox:
        self.server = SandboxServer(Sandbox(evaluation_seconds=self.case.evaluation_seconds, keys=[KEY]), speed=_SPEED)
        self.server.start()
        return self.server.sandbox

    def new_client(self) -> Any:
        make = Runflow if self.runner is None else AsyncRunflow
        return make(KEY, base_url=self.server.url, timeout=self.case.call_timeout, retries=self.case.retries)

    def now(self) -> float:
        return time.monotonic()

    def without_faults(self) -> Any:
        self.sandbox.faults.clear()
        return self.client.with_options(timeout=30.0, retries=RetryPolicy())

    def close(self) -> None:
        super().close()
        self.server.stop()


@searched(12, long=0.06)
@given(socket_cases(), st.lists(st.booleans(), min_size=1, max_size=3))
def test_faults_over_sockets_leave_one_evaluation_and_nothing_open(case: Case, turns: list[bool]) -> None:
    with SocketHarness(case, slack=_SLACK) as harness:
        key, evaluation_id, outcome = case.given_key, None, None
        for with_id in turns:
            if with_id and evaluation_id is not None:
                outcome = harness.wait(evaluation_id)
            else:
                outcome = harness.evaluate(idempotency_key=key)
            if isinstance(outcome, Evaluation):
                break
            assert isinstance(outcome, errors.RunflowError)
            key, evaluation_id = outcome.idempotency_key or key, outcome.evaluation_id or evaluation_id
        client = harness.without_faults()
        if evaluation_id is not None:
            ended = harness.wait(evaluation_id, client=client, timeout=30.0)
            assert isinstance(ended, Evaluation), repr(ended)
        assert harness.sandbox.evaluations <= 1
        assert len(harness.sandbox.charges) <= 1


@searched(8, long=0.03)
@given(socket_cases())
def test_wait_over_sockets_ends_by_its_deadline(case: Case) -> None:
    with SocketHarness(replace(case, schedule=(), large=False), slack=_SLACK) as harness:
        known = harness.run(lambda: harness.without_faults().evaluations.submit(case.picture, "headshot")).id
        for kind, row in case.schedule:
            harness.sandbox.faults.on(*kind, *(entry.fault for entry in row))
        harness.wait(known)


@contextlib.contextmanager
def interrupted(after: float) -> Iterator[None]:
    """Raise KeyboardInterrupt in the main thread after some seconds, wherever it is.

    Python swallows exceptions while it collects an object; the interruption is then repeated afterwards.
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
@given(socket_cases(), seconds(0.0, 0.3))
def test_ctrl_c_over_sockets_at_any_time_allows_continuation(case: Case, after: float) -> None:
    with SocketHarness(replace(case, kind="sync", given_key="mine"), slack=_SLACK) as harness:
        with warnings.catch_warnings():
            # The garbage collector closes a socket that no connection owned when Ctrl-C came, and warns of it.
            warnings.simplefilter("ignore", ResourceWarning)
            with contextlib.suppress(KeyboardInterrupt), interrupted(after):
                harness.evaluate()
        check_continuation(harness)


@searched(8, long=0.03)
@given(socket_cases(), seconds(0.0, 0.3))
def test_task_cancelled_over_sockets_at_any_time_allows_continuation(case: Case, after: float) -> None:
    with SocketHarness(replace(case, kind="async", given_key="mine"), slack=_SLACK) as harness:

        async def cancelled() -> Any:
            async with asyncio.timeout(after):
                return await harness.client.evaluations.evaluate(case.picture, "headshot", idempotency_key="mine")

        with contextlib.suppress(TimeoutError):
            harness.call(cancelled, within=after)
        check_continuation(harness)


def check_continuation(harness: Harness) -> None:
    storage_may_refuse = any(kind[0] == "PUT" and row for kind, row in harness.case.schedule)
    ended = harness.evaluate(client=harness.without_faults(), timeout=30.0)
    if not (storage_may_refuse and isinstance(ended, errors.ConflictError)):
        assert isinstance(ended, Evaluation), repr(ended)
        assert (harness.sandbox.evaluations, len(harness.sandbox.charges)) == (1, 1)
