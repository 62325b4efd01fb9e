"""Interrupts a call of a `Harness`: Ctrl-C at any step, sleep or line, and task cancellation at any await."""

from __future__ import annotations

import asyncio
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal

from error_checks import check_hidden, id_in
from fault_injection import KEY, Harness
from hypothesis import strategies as st

from runflow_client import errors
from runflow_client.flows.base.steps import Response, Send

_LIBRARY = re.compile(r"runflow_client/(flows|runtime/(sync|async)_driver)")
_NOTED_ID = re.compile(r"wait\('([^']+)'\)")
_NOTED_KEY = re.compile(r"idempotency_key='([^']+)'")


@dataclass(frozen=True)
class Interruption:
    """Where a call is interrupted.

    Args:
        where: before or after a step, in a sleep (each exchange has two), at a pass of the event loop, or at a line of
            the flows and drivers.
        number: the index of the step, sleep, pass or line, from 0.
    """

    where: Literal["before", "after", "asleep", "pass", "line"]
    number: int


steps = st.builds(Interruption, st.sampled_from(["before", "after", "asleep"]), st.integers(0, 25))
passes = st.builds(Interruption, st.just("pass"), st.integers(0, 400))
lines = st.builds(Interruption, st.just("line"), st.integers(0, 3_000))


class Interrupted:
    """The outcome of an interrupted call.

    Attributes:
        outcome: the returned value or the raised exception.
        received_id: the id of the evaluation, once the flow has its response.
        fired: whether the interruption took place.
    """

    def __init__(self) -> None:
        self.outcome: Any = None
        self.fired = False
        self.received_id: str | None = None

    @property
    def notes(self) -> str:
        return "\n".join(getattr(self.outcome, "__notes__", ()))

    @property
    def error_in_flight(self) -> errors.RunflowError | None:
        """The error that the call was raising when it was interrupted; Python prints it with the interruption."""
        context = getattr(self.outcome, "__context__", None)
        return context if isinstance(context, errors.RunflowError) else None

    @property
    def noted_id(self) -> str | None:
        found = _NOTED_ID.search(self.notes)
        return found[1] if found else getattr(self.error_in_flight, "evaluation_id", None)

    @property
    def noted_key(self) -> str | None:
        found = _NOTED_KEY.search(self.notes)
        return found[1] if found else getattr(self.error_in_flight, "idempotency_key", None)


def interrupt(harness: Harness, how: Interruption, work: Callable[[], Any]) -> Interrupted:
    """Make a call and interrupt it, unless it ends earlier."""
    seen = Interrupted()
    ways = {"asleep": _asleep, "pass": _event_loop_passes, "line": _lines}
    with _steps(harness, how, seen), ways.get(how.where, _nowhere)(harness, how, seen):
        try:
            seen.outcome = work()
        except (KeyboardInterrupt, asyncio.CancelledError) as interruption:
            check_hidden(interruption, KEY)
            traceback.clear_frames(interruption.__traceback__)
            seen.outcome = interruption.with_traceback(None)
    return seen


@contextmanager
def _nowhere(harness: Harness, how: Interruption, seen: Interrupted) -> Iterator[None]:
    yield


@contextmanager
def _steps(harness: Harness, how: Interruption, seen: Interrupted) -> Iterator[None]:
    """Count the steps, and interrupt before or after one."""
    driver, number = harness.client._session._driver, -1
    original = driver.perform

    def before() -> bool:
        nonlocal number
        number += 1
        return how.where == "before" and number == how.number

    def after(step: Any, result: Any) -> Any:
        if how.where == "after" and number == how.number:
            seen.fired = True
            raise KeyboardInterrupt
        if isinstance(step, Send) and step.request.method == "POST" and isinstance(result, Response):
            seen.received_id = seen.received_id or id_of(harness)
        return result

    def do_sync(step: Any) -> Any:
        if before():
            seen.fired = True
            raise KeyboardInterrupt
        return after(step, original(step))

    async def do_async(step: Any) -> Any:
        if before():
            seen.fired = True
            raise KeyboardInterrupt
        return after(step, await original(step))

    driver.perform = do_sync if harness.runner is None else do_async
    try:
        yield
    finally:
        del driver.perform


def id_of(harness: Harness) -> str | None:
    """Return the id in the response of the last exchange, if that was a submit."""
    last = harness.recorder.exchanges[-1]
    return id_in(last) if last.url.endswith("/v1/evaluations") else None


@contextmanager
def _asleep(harness: Harness, how: Interruption, seen: Interrupted) -> Iterator[None]:
    clock, number = harness.sandbox.clock, -1
    sleep, sleep_async = clock.sleep, clock.sleep_async

    def count() -> None:
        nonlocal number
        number += 1
        if number == how.number:
            seen.fired = True
            raise KeyboardInterrupt

    def interrupted(seconds: float) -> None:
        count()
        sleep(seconds)

    async def interrupted_async(seconds: float) -> None:
        count()
        await sleep_async(seconds)

    clock.__dict__.update(sleep=interrupted, sleep_async=interrupted_async)
    try:
        yield
    finally:
        del clock.__dict__["sleep"], clock.__dict__["sleep_async"]


@contextmanager
def _event_loop_passes(harness: Harness, how: Interruption, seen: Interrupted) -> Iterator[None]:
    """Cancel the task of a call after a number of passes of the event loop."""
    assert harness.runner is not None
    original = harness.run

    def run(work: Callable[[], Any]) -> Any:
        async def main() -> Any:
            task = asyncio.ensure_future(work())
            for _ in range(how.number):
                await asyncio.sleep(0)
                if task.done():
                    break
            else:
                seen.fired = task.cancel()
            return await task

        return original(main)

    harness.__dict__["run"] = run
    try:
        yield
    finally:
        del harness.__dict__["run"]


@contextmanager
def _lines(harness: Harness, how: Interruption, seen: Interrupted) -> Iterator[None]:
    """Raise KeyboardInterrupt at a line of the flows and drivers."""
    before, number = sys.gettrace(), -1

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal number
        if not _LIBRARY.search(frame.f_code.co_filename):
            return None
        if event == "line":
            number += 1
            if number == how.number:
                seen.fired = True
                raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
