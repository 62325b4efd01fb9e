"""The limit on requests in flight to one origin, and the first-in, first-out queue of the waiting ones.

The taken slots are a set, not a count, so that releasing one twice, or after an interrupted `take`, is harmless. The cost of
an operation does not depend on the number of waiting requests. The lock is for threads; in asyncio nothing waits for it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from ..clock import Clock

DEFAULT_MAX_CONNECTIONS = 32


class Slot:
    """The right to have one request in flight to an origin.

    Args:
        origin: the scheme, host and port of the server.
        is_taken: True while the caller holds the slot; False while the caller waits, after the release, and if the deadline came
            first.
    """

    __slots__ = ("__weakref__", "is_taken", "origin")

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.is_taken = False

    def wake(self) -> None:
        """Continue the thread or task that waits for this slot, which is now taken; called by whoever released a slot."""


class _Queue:
    __slots__ = ("taken", "waiting")

    def __init__(self) -> None:
        self.taken: set[Slot] = set()
        self.waiting: OrderedDict[Slot, None] = OrderedDict()


class Slots:
    """The slots of every origin.

    Args:
        size: the largest number of requests in flight to one origin; `math.inf` for no limit.
    """

    def __init__(self, size: float) -> None:
        self._size = size
        # Reentrant: a finalizer may release a slot while the same thread holds the lock.
        self._lock = threading.RLock()
        self._queues: dict[str, _Queue] = {}

    def enter(self, slot: Slot) -> bool:
        """Take a slot and return True, or join the queue and return False; `wake` is then called once the slot is taken."""
        with self._lock:
            queue = self._queues.setdefault(slot.origin, _Queue())
            if queue.waiting or len(queue.taken) >= self._size:
                queue.waiting[slot] = None
                return False
            queue.taken.add(slot)
            slot.is_taken = True
            return True

    def leave(self, slot: Slot) -> None:
        """Release a slot to the first in the queue, or leave the queue; a second call does nothing."""
        with self._lock:
            slot.is_taken = False
            queue = self._queues.get(slot.origin)
            if queue is None:
                return
            queue.waiting.pop(slot, None)
            queue.taken.discard(slot)
            while queue.waiting and len(queue.taken) < self._size:
                first = next(iter(queue.waiting))
                queue.taken.add(first)
                del queue.waiting[first]
                first.is_taken = True
                first.wake()
            if not queue.taken:
                del self._queues[slot.origin]

    def counts(self, origin: str) -> tuple[int, int]:
        """Return how many slots of an origin are taken and how many wait."""
        queue = self._queues.get(origin)
        return (0, 0) if queue is None else (len(queue.taken), len(queue.waiting))


class ThreadSlot(Slot):
    """A slot that a thread waits for; a context manager that releases it.

    Args:
        slots: the slots that it belongs to.
        origin: the scheme, host and port of the server.
        deadline: the time on the clock until which to wait for it.
        clock: the clock of the deadline.
    """

    __slots__ = ("_clock", "_deadline", "_slots", "_wake_lock")

    def __init__(self, slots: Slots, origin: str, deadline: float, clock: Clock) -> None:
        super().__init__(origin)
        self._slots = slots
        self._deadline = deadline
        self._clock = clock
        self._wake_lock = threading.Lock()  # `take` acquires it twice: the second time waits until `wake` releases it

    def take(self) -> None:
        """Wait for the slot until the deadline; `is_taken` says whether it was taken."""
        try:
            self._wake_lock.acquire()
            if not self._slots.enter(self):
                left = min(self._deadline - self._clock.now(), threading.TIMEOUT_MAX)
                if not (left > 0 and self._wake_lock.acquire(timeout=left)) and not self.is_taken:
                    self._slots.leave(self)
        except BaseException:
            self._slots.leave(self)
            raise

    def release(self) -> None:
        """Release the slot; a second call does nothing."""
        self._slots.leave(self)

    def __enter__(self) -> ThreadSlot:
        self.take()
        return self

    def __exit__(self, *problem: object) -> None:
        self.release()

    def wake(self) -> None:
        self._wake_lock.release()
