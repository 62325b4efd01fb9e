"""The items of a batch, read one at a time, only when there is room for one."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Sized
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..errors import InvalidRequestError
from ..models.evaluation_request import EvaluationRequest

if TYPE_CHECKING:
    import asyncio

Requests: TypeAlias = Iterable[EvaluationRequest]
AsyncRequests: TypeAlias = Iterable[EvaluationRequest] | AsyncIterable[EvaluationRequest]


class Shard(NamedTuple):
    """Every item of so many in turn: `number` counts from 1."""

    number: int = 1
    shards: int = 1

    def has(self, index: int) -> bool:
        return index % self.shards == self.number - 1


class Input:
    """Items that are read from an iterable.

    Args:
        requests: the iterable, which may be endless.
        shard: which of them are taken.
        wake: called when an item has come that was not there when it was asked for.
    """

    def __init__(self, requests: Any, shard: Shard, wake: Callable[[], None]) -> None:
        self._requests = requests
        self._wake = wake
        self._shard = shard
        self._iterator: Iterator[Any] | None = None
        self._index = -1
        self.has_ended = False
        self.check()

    def check(self) -> None:
        """Refuse what is no iterable of requests."""
        if isinstance(self._requests, (str, bytes)) or not isinstance(self._requests, Iterable):
            hint = "; async iterables need AsyncRunflow" if isinstance(self._requests, AsyncIterable) else ""
            raise InvalidRequestError(
                f"requests must be an iterable of EvaluationRequest, not {type(self._requests).__name__}{hint}",
                argument="requests",
            )

    def take(self) -> tuple[int, Any] | None:
        """Return the next item with its position in the whole input; None where none is there."""
        if self._iterator is None:
            self._iterator = iter(self._requests)
        for request in self._iterator:
            self._index += 1
            if self._shard.has(self._index):
                return self._index, request
        self.has_ended = True
        return None

    def count(self) -> int | None:
        """Return how many items there are in all; None where the input has no length."""
        if not isinstance(self._requests, Sized):
            return None
        return (len(self._requests) - self._shard.number) // self._shard.shards + 1

    def listed(self) -> Iterator[Any]:
        """Return all items, without taking any.

        Raises:
            InvalidRequestError: the input can be read only once.
        """
        if not isinstance(self._requests, Iterable) or isinstance(self._requests, Iterator):
            raise InvalidRequestError(
                "estimate() needs requests that can be read twice: pass a list instead of an iterator",
                argument="requests",
            )
        return (request for index, request in enumerate(self._requests) if self._shard.has(index))

    def close(self) -> None:
        """Take no further items."""
        self.has_ended = True


class AsyncInput(Input):
    """Items that are read from an iterable or an asynchronous iterable."""

    def __init__(self, requests: Any, shard: Shard, wake: Callable[[], None]) -> None:
        super().__init__(requests, shard, wake)
        self._reading: asyncio.Task[list[Any]] | None = None
        self._next: Any = None

    def check(self) -> None:
        if not isinstance(self._requests, AsyncIterable):
            super().check()

    def take(self) -> tuple[int, Any] | None:
        """Return the next item; None where none is there, or none yet."""
        if not isinstance(self._requests, AsyncIterable):
            return super().take()
        if self._reading is None:
            import asyncio

            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(lambda task: self._wake())
        if not self._reading.done():
            return None
        found = self._reading.result()
        if not found:
            self.has_ended = True
            return None
        self._reading = None
        return self._index, found[0]

    async def _read(self) -> list[Any]:
        """Return the next item of the shard in a list, an empty one at the end."""
        if self._next is None:
            self._next = aiter(self._requests).__anext__
        while True:
            try:
                request = await self._next()
            except StopAsyncIteration:
                return []
            self._index += 1
            if self._shard.has(self._index):
                return [request]

    async def aclose(self) -> None:
        """Take no further items, and end the reading of the next one."""
        self.close()
        if self._reading is not None:
            import asyncio

            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
