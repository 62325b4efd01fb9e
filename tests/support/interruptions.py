"""Interrupting a call of a `World`: Ctrl-C at any step, in any sleep or at any line, and a task cancelled at any await."""

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
from fault_injection import KEY, World
from hypothesis import strategies as st

from runflow_client import errors
from runflow_client.flows.base.steps import Response, Send

_LIBRARY = re.compile(r"runflow_client/(flows|drivers/(sync|async)_driver)")
_NOTED_ID = re.compile(r"wait\('([^']+)'\)")
_NOTED_KEY = re.compile(r"idempotency_key='([^']+)'")


@dataclass(frozen=True)
class Interruption:
    """Where a call is interrupted.

    Args:
        where: before or after a step is done, in a sleep (of which each exchange has two), at a pass of the event loop,
            or at a line of the flows and drivers.
        number: which of them, from 0.
    """

    where: Literal["before", "after", "asleep", "pass", "line"]
    number: int


steps = st.builds(Interruption, st.sampled_from(["before", "after", "asleep"]), st.integers(0, 25))
passes = st.builds(Interruption, st.just("pass"), st.integers(0, 400))
lines = st.builds(Interruption, st.just("line"), st.integers(0, 3_000))


class Interrupted:
    """What an interrupted call has come to.

    Attributes:
        outcome: what was returned or raised.
        told_id: the id of the evaluation, once the flow was told of it.
        fired: whether it was interrupted.
    """

    def __init__(self) -> None:
        self.outcome: Any = None
        self.fired = False
        self.told_id: str | None = None

    @property
    def notes(self) -> str:
        return "\n".join(getattr(self.outcome, "__notes__", ()))

    @property
    def error_on_its_way(self) -> errors.RunflowError | None:
        """The error that the call was ending with when it was interrupted: Python prints it with the interruption."""
        context = getattr(self.outcome, "__context__", None)
        return context if isinstance(context, errors.RunflowError) else None

    @property
    def noted_id(self) -> str | None:
        found = _NOTED_ID.search(self.notes)
        return found[1] if found else getattr(self.error_on_its_way, "evaluation_id", None)

    @property
    def noted_key(self) -> str | None:
        found = _NOTED_KEY.search(self.notes)
        return found[1] if found else getattr(self.error_on_its_way, "idempotency_key", None)


def interrupt(world: World, how: Interruption, work: Callable[[], Any]) -> Interrupted:
    """Make a call that is interrupted; a call that ends earlier is not."""
    seen = Interrupted()
    ways = {"asleep": _asleep, "pass": _is_transient, "line": _lines}
    with _steps(world, how, seen), ways.get(how.where, _nowhere)(world, how, seen):
        try:
            seen.outcome = work()
        except (KeyboardInterrupt, asyncio.CancelledError) as interruption:
            check_hidden(interruption, KEY)
            traceback.clear_frames(interruption.__traceback__)
            seen.outcome = interruption.with_traceback(None)
    return seen


@contextmanager
def _nowhere(world: World, how: Interruption, seen: Interrupted) -> Iterator[None]:
    yield


@contextmanager
def _steps(world: World, how: Interruption, seen: Interrupted) -> Iterator[None]:
    """Watch every step, and interrupt before or after one."""
    driver, number = world.client._driver, -1
    original = driver._do

    def before() -> bool:
        nonlocal number
        number += 1
        return how.where == "before" and number == how.number

    def after(step: Any, answer: Any) -> Any:
        if how.where == "after" and number == how.number:
            seen.fired = True
            raise KeyboardInterrupt
        if isinstance(step, Send) and step.request.method == "POST" and isinstance(answer, Response):
            seen.told_id = seen.told_id or id_of(world)
        return answer

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

    driver._do = do_sync if world.runner is None else do_async
    try:
        yield
    finally:
        del driver._do


def id_of(world: World) -> str | None:
    """The id that the last exchange has told, if it was a submit."""
    last = world.ear.heard[-1]
    return id_in(last) if last.url.endswith("/v1/evaluations") else None


@contextmanager
def _asleep(world: World, how: Interruption, seen: Interrupted) -> Iterator[None]:
    clock, number = world.sandbox.clock, -1
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
def _is_transient(world: World, how: Interruption, seen: Interrupted) -> Iterator[None]:
    """Cancel the task of a call after so many passes of the event loop."""
    assert world.runner is not None
    original = world.run

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

    world.__dict__["run"] = run
    try:
        yield
    finally:
        del world.__dict__["run"]


@contextmanager
def _lines(world: World, how: Interruption, seen: Interrupted) -> Iterator[None]:
    """Raise at a line of the library's flows and drivers, wherever they are."""
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
