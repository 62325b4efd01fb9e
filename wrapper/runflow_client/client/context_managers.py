"""Clear errors for the wrong `with` statement."""

from __future__ import annotations

from typing import NoReturn


class AsyncWithOnly:
    """An asynchronous client: `async with` works, and `with` says so."""

    def __enter__(self) -> NoReturn:
        raise TypeError(f"use `async with {type(self).__name__}(...) as client`, in a coroutine")

    def __exit__(self, *ignored: object) -> None: ...


class WithOnly:
    """A synchronous client: `with` works, and `async with` says so."""

    async def __aenter__(self) -> NoReturn:
        raise TypeError(f"use `with {type(self).__name__}(...) as client`, or AsyncRunflow with `async with`")

    async def __aexit__(self, *ignored: object) -> None: ...
