"""Clear errors for the wrong `with` statement."""

from __future__ import annotations

from typing import NoReturn


class AsyncWithOnly:
    """An asynchronous client: `with` raises an error that names `async with`."""

    def __enter__(self) -> NoReturn:
        raise TypeError(f"use `async with {type(self).__name__}(...) as client`, in a coroutine")

    def __exit__(self, *ignored: object) -> None: ...


class WithOnly:
    """A synchronous client: `async with` raises an error that names `with`."""

    async def __aenter__(self) -> NoReturn:
        raise TypeError(f"use `with {type(self).__name__}(...) as client`, or AsyncRunflow with `async with`")

    async def __aexit__(self, *ignored: object) -> None: ...
