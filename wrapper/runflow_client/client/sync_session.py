# Derived from async_session.py by `make derive`; edit that file instead.
"""The session that a client, its copies and its resources share: settings, connections, and the driver that runs flows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar

from runflow_api.types import Unset

from ..errors import InvalidRequestError
from ..flows.base.context import DEFAULT_TIMEOUT, Context
from ..flows.base.policies import RetryPolicy
from ..runtime.clock import Clock, new_key, random
from ..runtime.configuration import Configuration, configure
from ..runtime.transport.failures import closed_error
from .options import checked_hooks, checked_retries, checked_timeout, chosen

if TYPE_CHECKING:
    from ..events import Event
    from ..flows.base.steps import Flow
    from ..runtime.sync_driver import SyncDriver
    from ..runtime.transport.interfaces import Transport

T = TypeVar("T")


class Session:
    """Runs the flows of one client.

    Args:
        configuration: the API key, the base URL and the headers.
        transport: sends requests.
        clock: reads the time and sleeps.
        retries: how requests are retried.
        timeout: seconds that one call may take; None for no limit.
        hooks: called with every event.
        owns_transport: whether closing this session closes the transport.

    Raises:
        ConfigurationError: `timeout`, `retries` or `hooks` cannot be used.
    """

    def __init__(
        self,
        configuration: Configuration,
        transport: Transport,
        clock: Clock,
        *,
        retries: RetryPolicy = RetryPolicy(),
        timeout: float | None = DEFAULT_TIMEOUT,
        hooks: Iterable[Callable[[Event], object]] = (),
        owns_transport: bool = True,
    ) -> None:
        self.configuration = configuration
        self.hooks = checked_hooks(hooks)
        self._transport = transport
        self._clock = clock
        self._owns_transport = owns_transport
        self._retries = checked_retries(retries)
        self._timeout = checked_timeout(timeout)
        self._closed = False

    # What only a call needs is made at the first one: many processes make a client long before they use it, or never do.
    @cached_property
    def context(self) -> Context:
        """The settings, as the flows use them."""
        from ..runtime.notifications import notifier, request_reporting

        return Context(
            now=self._clock.now,
            random=random,
            new_key=new_key,
            redact=self.configuration.redact,
            notify=notifier(self.hooks),
            retries=self._retries,
            timeout=self._timeout,
            is_local=self.configuration.is_local,
            takes_coroutines=self._driver.takes_coroutines,
            reports_requests=request_reporting(self.hooks),
        )

    @cached_property
    def _driver(self) -> SyncDriver:
        from ..runtime.sync_driver import SyncDriver

        return SyncDriver(self.configuration, self._transport, self._clock)

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return what it returns, or raise what it raises."""
        if self._closed:
            flow.close()
            raise closed_error()
        try:
            return self._driver.run(flow)
        except InvalidRequestError as error:
            # An argument of the caller is wrong, a file that is missing for example: the frames of the library would bury their line.
            raise error.with_traceback(None) from error.__cause__

    @property
    def driver(self) -> SyncDriver:
        """The driver, to run many flows at once with."""
        if self._closed:
            raise closed_error()
        return self._driver

    @property
    def max_connections(self) -> int:
        """How many requests are sent to one origin at a time."""
        return self._transport.max_connections

    def with_options(
        self,
        *,
        api_key: str | Unset,
        organization_id: str | Unset | None,
        timeout: float | Unset | None,
        retries: RetryPolicy | Unset,
        default_headers: Mapping[str, str] | Unset | None,
        hooks: Iterable[Callable[[Event], object]] | Unset,
    ) -> Self:
        """Return a session with other options over the same connections; closing it leaves them open."""
        own = self.configuration
        try:
            configuration = configure(
                chosen(api_key, own.api_key.reveal()),
                chosen(organization_id, own.organization_id),
                own.base_url,
                chosen(default_headers, own.default_headers),
                environment={},
            )
        finally:
            # A traceback that prints local variables must not show these.
            del api_key, default_headers
        seconds = None if self._timeout == math.inf else self._timeout
        return type(self)(
            configuration,
            self._transport,
            self._clock,
            retries=chosen(retries, self._retries),
            timeout=chosen(timeout, seconds),
            hooks=chosen(hooks, self.hooks),
            owns_transport=False,
        )

    def close(self) -> None:
        """Refuse further flows, and close the connections if this session owns them."""
        self._closed = True
        if self._owns_transport:
            self._transport.close()
