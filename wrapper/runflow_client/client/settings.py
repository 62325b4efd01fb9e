"""What both clients are built from."""

from __future__ import annotations

import logging
import random
import uuid
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConfigurationError
from ..flows.base.context import Context
from ..flows.base.policies import RetryPolicy, is_positive_number

if TYPE_CHECKING:
    from ..runtime.async_driver import AsyncDriver
    from ..runtime.sync_driver import SyncDriver

_logger = logging.getLogger("runflow_client")


def new_context(driver: SyncDriver | AsyncDriver, retries: RetryPolicy, timeout: Any) -> Context:
    """Return what a client's flows are given.

    Raises:
        ConfigurationError: `timeout` is not a number of seconds above 0 or None, or `retries` is no RetryPolicy.
    """
    if timeout is not None and not is_positive_number(timeout):
        raise ConfigurationError(f"timeout must be a number of seconds above 0, or None for no limit, not {timeout!r}")
    if not isinstance(retries, RetryPolicy):
        raise ConfigurationError(f"retries must be a RetryPolicy, not {type(retries).__name__}")
    return Context(
        now=driver.clock.now,
        random=random.random,
        new_key=lambda: str(uuid.uuid4()),
        redact=driver.configuration.redact,
        log=_logger.info,
        retries=retries,
        timeout=None if timeout is None else float(timeout),
        is_local=driver.configuration.is_local,
        takes_coroutines=driver.takes_coroutines,
    )


class Keep(Enum):
    """The type of `KEEP`."""

    KEEP = "as it is"


KEEP: Final = Keep.KEEP
"""The value of an option that `with_options` leaves as it is; None means none."""


def kept(option: Any, own: Any) -> Any:
    """Return an option of a copy: what was given, else the original's own."""
    return own if option is KEEP else option
