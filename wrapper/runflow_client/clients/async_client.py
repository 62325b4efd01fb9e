"""The client: its configuration, its resources and its end."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..configuration import configure
from ..drivers.async_driver import AsyncDriver
from ..drivers.clock import Clock, SystemClock
from ..drivers.wire import AsyncTransport
from ..errors import ConfigurationError
from ..policies import RetryPolicy
from ..resources.async_evaluations import AsyncEvaluations
from .settings import new_context

if TYPE_CHECKING:
    import httpx


class AsyncRunflow:
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
        http_client: an `httpx.AsyncClient` of your own, for its proxies, certificates or transports; it stays yours to close.

    Raises:
        ConfigurationError: no key was found, or an argument cannot be used.

    Example:
        >>> import asyncio
        >>> from runflow_client.sandbox import Sandbox, pictures
        >>> async def main():
        ...     async with Sandbox().async_client() as client:
        ...         evaluation = await client.evaluations.evaluate(pictures.sharp_picture(), "headshot")
        ...         return evaluation.verdict
        >>> asyncio.run(main())
        <Verdict.PASSED: 'passed'>
    """

    evaluations: AsyncEvaluations

    def __init__(
        self,
        api_key: str | None = None,
        *,
        organization_id: str | None = None,
        base_url: str | None = None,
        timeout: float | None = 60.0,
        retries: RetryPolicy = RetryPolicy(),
        default_headers: Mapping[str, str] | None = None,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        from ..drivers.async_transport import AsyncHttpxTransport, AsyncPoolTransport

        configuration = configure(api_key, organization_id, base_url, default_headers)
        clock = SystemClock()
        transport: AsyncTransport
        if http_client is None:
            transport = AsyncPoolTransport(configuration, clock)
        else:
            _check_http_client(http_client)
            transport = AsyncHttpxTransport(http_client, clock)
        self._assemble(AsyncDriver(configuration, transport, clock), timeout, retries)

    @classmethod
    def _create(
        cls,
        *,
        transport: AsyncTransport,
        clock: Clock,
        api_key: str,
        base_url: str,
        timeout: float | None = 60.0,
        retries: RetryPolicy = RetryPolicy(),
    ) -> Self:
        """Return a client over a transport and clock of the sandbox's."""
        client = cls.__new__(cls)
        configuration = configure(api_key, None, base_url, None)
        client._assemble(AsyncDriver(configuration, transport, clock), timeout, retries)
        return client

    def _assemble(self, driver: AsyncDriver, timeout: float | None, retries: RetryPolicy) -> None:
        context = new_context(driver.configuration, driver.clock, retries, timeout)
        self._driver = driver
        self._closed = False
        self.evaluations = AsyncEvaluations(driver, context)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._driver.configuration.base_url!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a client holds connections and a key and is not pickled: make one in each process")

    async def aclose(self) -> None:
        """Close the connections; a client of your own (`http_client`) stays open. Closing twice does no harm."""
        if not self._closed:
            self._closed = True
            await self._driver.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


def _check_http_client(http_client: Any) -> None:
    import httpx

    if not isinstance(http_client, httpx.AsyncClient):
        raise ConfigurationError(f"http_client must be an httpx.AsyncClient, not {type(http_client).__name__}")
