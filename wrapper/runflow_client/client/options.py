"""The checks of a client's options."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from runflow_api.types import UNSET

from ..errors import ConfigurationError
from ..flows.base.policies import RetryPolicy, is_positive_number

if TYPE_CHECKING:
    from ..events import Event


def chosen(option: Any, own: Any) -> Any:
    """Return an option of a copy: the new value where one was passed, else the original's."""
    return own if option is UNSET else option


def checked_timeout(timeout: Any) -> float:
    """Return a client's timeout in seconds; infinity for None."""
    if timeout is None:
        return math.inf
    if not is_positive_number(timeout):
        raise ConfigurationError(f"timeout must be a number of seconds above 0, or None for no limit, not {timeout!r}")
    return float(timeout)


def checked_max_connections(count: Any) -> int:
    if isinstance(count, int) and not isinstance(count, bool) and count >= 1:
        return count
    raise ConfigurationError(f"max_connections must be a whole number of at least 1, not {count!r}")


def checked_retries(retries: Any) -> RetryPolicy:
    if isinstance(retries, RetryPolicy):
        return retries
    hint = "; to send every request once, pass RetryPolicy(attempts=1)" if not retries else ""
    raise ConfigurationError(f"retries must be a RetryPolicy, not {type(retries).__name__}{hint}")


def checked_hooks(hooks: Any) -> tuple[Callable[[Event], object], ...]:
    listed: list[Any] = list(hooks) if isinstance(hooks, (list, tuple, set, frozenset)) else [None]  # refused below
    if not all(callable(hook) for hook in listed):
        raise ConfigurationError("hooks must be a list of functions that take one event, as in hooks=[print]")
    return tuple(listed)
