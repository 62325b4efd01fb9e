"""Which flow advances next: those that may send, those that sleep, and those that have ended. No IO, no thread, no task."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from ...errors import ConfigurationError, JournalError, RunflowError
from ...flows.base.steps import Flow, RequestFailure, Response, Send, Sleep, Step, StepResult, WakeSignal

K = TypeVar("K")
T = TypeVar("T")


class Gate(Protocol):
    """Bounds the requests of all flows together.

    `opens_at` returns the time on the clock from which the next request may be sent, minus infinity where nothing bounds it.
    `sent` is told of each request, `finished` of its outcome and of when it was sent.
    """

    def opens_at(self) -> float: ...

    def sent(self, now: float) -> None: ...

    def finished(self, sent_at: float, now: float, outcome: Response | RequestFailure) -> None: ...


class Job(Generic[K, T]):
    """A flow in progress.

    Args:
        key: whose flow it is.
        flow: the flow.
    """

    __slots__ = ("error", "flow", "key", "result", "sent_at")

    def __init__(self, key: K, flow: Flow[T]) -> None:
        self.key = key
        self.flow = flow
        self.result: StepResult = None
        self.error: BaseException | None = None
        self.sent_at: float | None = None


class _Sleep(Generic[K, T]):
    """A sleep of a flow; once the flow was woken, it has no job any longer.

    Args:
        job: the flow.
        signal: what may end it early.
    """

    __slots__ = ("job", "signal")

    def __init__(self, job: Job[K, T], signal: WakeSignal | None) -> None:
        self.job: Job[K, T] | None = job
        self.signal = signal


class FlowQueue(Generic[K, T]):
    """Many flows, of which at most so many perform steps at a time; the others sleep or wait for their turn in order.

    A signal may wake a sleeping flow early, from any thread; `on_wake` is called in that thread then.

    A flow holds its place from its first step to the next sleep, so from before an image is loaded to the response of its
    submit: only the images of the flows that hold a place are in memory.

    Args:
        now: the clock.
        places: how many flows perform steps at a time.
        gate: bounds the requests.
        prepare: shown every step before it is performed; returns the step to perform in its place.
    """

    def __init__(self, now: Callable[[], float], places: int, gate: Gate, prepare: Callable[[K, Step], Step]) -> None:
        self._now = now
        self._places = places
        self._gate = gate
        self._prepare = prepare
        self._due = -math.inf
        self._order = 0
        self._ready: deque[Job[K, T]] = deque()
        self._performed: deque[Job[K, T]] = deque()
        self._held_back: deque[tuple[Job[K, T], Send]] = deque()
        self._sleeping: list[tuple[float, int, _Sleep[K, T]]] = []
        self._asleep = 0
        self._woken: deque[_Sleep[K, T]] = deque()
        self._active: set[Job[K, T]] = set()
        self.ended: deque[tuple[K, T | None, RunflowError | None]] = deque()
        self.on_wake: Callable[[], None] = _do_nothing

    def __len__(self) -> int:
        """Return how many flows are in progress."""
        return len(self._ready) + self._asleep + len(self._active)

    @property
    def has_room(self) -> bool:
        """Whether a new flow could perform a step at once: flows that are due come first."""
        self._wake_due(self.time())
        return not self._ready and len(self._active) < self._places

    def time(self) -> float:
        """Return the time on the clock, or the time that was slept to, if that is later."""
        return max(self._now(), self._due)

    def slept_to(self, time: float) -> None:
        """Be told that nothing was done until this time."""
        self._due = max(self._due, time)

    def start(self, key: K, flow: Flow[T]) -> None:
        self._ready.append(Job(key, flow))

    def next_step(self) -> tuple[Job[K, T], Step] | None:
        """Advance the flows until one has a step to perform, and return it; None where all wait.

        Raises:
            ConfigurationError: the client cannot be used, so that every further flow would fail alike.
            JournalError: the same of the journal.
        """
        now = self.time()
        self._wake_due(now)
        while True:
            is_open = self._gate.opens_at() <= now
            if self._held_back and is_open:
                job, send = self._held_back.popleft()
                return self._sent(job, send, now)
            if self._performed:
                job = self._performed.popleft()
            elif self._ready and is_open and len(self._active) < self._places:
                job = self._ready.popleft()
                self._active.add(job)
            else:
                return None
            step = self._advance(job)
            if isinstance(step, Send):
                if is_open:
                    return self._sent(job, step, now)
                self._held_back.append((job, step))
            elif step is not None:
                return job, self._prepare(job.key, step)

    def performed(self, job: Job[K, T], result: StepResult, error: BaseException | None = None) -> None:
        """Be told the outcome of a step, or the exception that it ended with."""
        job.result, job.error = result, error
        if job.sent_at is not None and isinstance(result, (Response, RequestFailure)):
            self._gate.finished(job.sent_at, self.time(), result)
        job.sent_at = None
        self._performed.append(job)

    def wakes_at(self) -> float:
        """Return the time at which a flow may advance that cannot now; infinity where all wait for their steps."""
        if self._woken:
            return -math.inf
        while self._sleeping and self._sleeping[0][2].job is None:
            heapq.heappop(self._sleeping)
        times = [self._sleeping[0][0]] if self._sleeping else []
        if self._held_back or self._ready:
            times.append(self._gate.opens_at() if self._held_back or len(self._active) < self._places else math.inf)
        return min(times, default=math.inf)

    def close(self) -> None:
        """Close every flow: each lets go of what it holds."""
        asleep = [sleep.job for *_, sleep in self._sleeping if sleep.job is not None]
        jobs = [*self._ready, *asleep, *self._active]
        self._asleep = 0
        waiting = (self._ready, self._performed, self._held_back, self._sleeping, self._woken, self._active, self.ended)
        for jobs_or_sleeps in waiting:
            jobs_or_sleeps.clear()
        for job in jobs:
            job.flow.close()

    def _sent(self, job: Job[K, T], step: Send, now: float) -> tuple[Job[K, T], Step]:
        self._gate.sent(now)
        job.sent_at = now
        return job, self._prepare(job.key, step)

    def _advance(self, job: Job[K, T]) -> Step | None:
        """Give a flow the outcome of its last step, and return its next one; None where it sleeps or has ended."""
        result, error = job.result, job.error
        job.result = job.error = None
        try:
            step = job.flow.send(result) if error is None else job.flow.throw(error)
        except StopIteration as end:
            self._end(job, end.value, None)
            return None
        except BaseException as problem:
            self._active.discard(job)
            if not isinstance(problem, RunflowError) or isinstance(problem, (ConfigurationError, JournalError)):
                raise
            # Its traceback holds the frames of the flow, and those the image.
            self._end(job, None, problem.with_traceback(None))
            return None
        if isinstance(step, Sleep):
            self._active.discard(job)
            self._put_to_sleep(job, step)
            return None
        return step

    def _put_to_sleep(self, job: Job[K, T], step: Sleep) -> None:
        self._order += 1
        self._asleep += 1
        sleep = _Sleep(job, step.signal)
        heapq.heappush(self._sleeping, (self.time() + step.seconds, self._order, sleep))
        if step.signal is not None:
            step.signal.on_arrival(lambda: self._wake_early(sleep))

    def _wake_early(self, sleep: _Sleep[K, T]) -> None:
        """Wake a flow; called from any thread."""
        self._woken.append(sleep)
        self.on_wake()

    def _end(self, job: Job[K, T], value: Any, error: RunflowError | None) -> None:
        self._active.discard(job)
        self.ended.append((job.key, value, error))

    def _wake_due(self, now: float) -> None:
        while self._woken:
            self._wake(self._woken.popleft())
        while self._sleeping and self._sleeping[0][0] <= now:
            self._wake(heapq.heappop(self._sleeping)[2])

    def _wake(self, sleep: _Sleep[K, T]) -> None:
        """Make a sleeping flow ready; nothing where it has been woken before."""
        job, sleep.job = sleep.job, None
        if job is not None:
            self._asleep -= 1
            self._ready.append(job)
            if sleep.signal is not None:
                sleep.signal.on_arrival(None)


def _do_nothing() -> None: ...
