# Derived from async_client.py by `make derive`; edit that file instead.
"""The client: its configuration, its resources and its end."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..configuration import configure
from ..drivers.clock import Clock, SystemClock
from ..drivers.sync_driver import SyncDriver
from ..drivers.wire import Transport
from ..errors import ConfigurationError
from ..policies import RetryPolicy
from ..resources.sync_evaluations import Evaluations
from .settings import new_context

if TYPE_CHECKING:
    import httpx


class Runflow:
    """The client of the evaluation API.

    Calls are tried again after 408, 425, 429, 5xx (not 501 and 505) and lost answers, always with the same bytes under
    the same idempotency key, so that nothing is billed twice.

    Args:
        api_key: else the environment variable `RUNFLOW_API_KEY`.
        organization_id: else `RUNFLOW_ORGANIZATION_ID`; without it the server takes the key's own organization.
        base_url: else `RUNFLOW_BASE_URL`, else the public service; https only, http for loopback addresses.
        timeout: seconds that one call may take with all of its retries; None for no limit.
        retries: how often and how patiently a call is tried again.
        default_headers: sent with every request.
        http_client: an `httpx.Client` of your own, for its proxies, certificates or transports; it stays yours to close.

    Raises:
        ConfigurationError: no key was found, or an argument cannot be used.

    Example:
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> def main():
        ...     with Sandbox().client() as client:
        ...         evaluation = client.evaluations.evaluate(sharp_picture(), "headshot")
        ...         return evaluation.verdict
        >>> main()
        <Verdict.PASSED: 'passed'>
    """

    evaluations: Evaluations

    def __init__(
        self,
        api_key: str | None = None,
        *,
        organization_id: str | None = None,
        base_url: str | None = None,
        timeout: float | None = 60.0,
        retries: RetryPolicy = RetryPolicy(),
        default_headers: Mapping[str, str] | None = None,
        http_client: httpx.Client | None = None,
    ) -> None:
        from ..drivers.sync_transport import HttpxTransport, PoolTransport

        configuration = configure(api_key, organization_id, base_url, default_headers)
        clock = SystemClock()
        transport: Transport
        if http_client is None:
            transport = PoolTransport(configuration, clock)
        else:
            _check_http_client(http_client)
            transport = HttpxTransport(http_client, clock)
        self._assemble(SyncDriver(configuration, transport, clock), timeout, retries)

    @classmethod
    def _create(
        cls,
        *,
        transport: Transport,
        clock: Clock,
        api_key: str,
        base_url: str,
        timeout: float | None = 60.0,
        retries: RetryPolicy = RetryPolicy(),
    ) -> Self:
        """Return a client over a transport and clock of the sandbox's."""
        client = cls.__new__(cls)
        configuration = configure(api_key, None, base_url, None)
        client._assemble(SyncDriver(configuration, transport, clock), timeout, retries)
        return client

    def _assemble(self, driver: SyncDriver, timeout: float | None, retries: RetryPolicy) -> None:
        context = new_context(driver.configuration, driver.clock, retries, timeout)
        self._driver = driver
        self._closed = False
        self.evaluations = Evaluations(driver, context)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._driver.configuration.base_url!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a client holds connections and a key and is not pickled: make one in each process")

    def close(self) -> None:
        """Close the connections; a client of your own (`http_client`) stays open. Closing twice does no harm."""
        if not self._closed:
            self._closed = True
            self._driver.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _check_http_client(http_client: Any) -> None:
    import httpx

    if not isinstance(http_client, httpx.Client):
        raise ConfigurationError(f"http_client must be an httpx.Client, not {type(http_client).__name__}")
