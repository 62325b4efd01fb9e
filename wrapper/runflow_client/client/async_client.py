"""The client: its configuration, its resources and its end."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, overload

from ..errors import ConfigurationError
from ..flows import operations as sending
from ..flows.base.context import DEFAULT_TIMEOUT
from ..flows.base.policies import RetryPolicy
from ..flows.base.steps import Response
from ..runtime.async_driver import AsyncDriver
from ..runtime.clock import Clock, SystemClock
from ..runtime.configuration import Configuration, configure
from ..runtime.transport.interfaces import AsyncTransport
from .resources.async_account import AsyncAccount
from .resources.async_assets import AsyncAssets
from .resources.async_callback_secrets import AsyncCallbackSecrets
from .resources.async_evaluations import AsyncEvaluations
from .settings import KEEP, Keep, kept, new_context

if TYPE_CHECKING:
    import httpx

    from runflow_api.types import Operation

T = TypeVar("T")


class AsyncRunflow:
    """The client of the evaluation API.

    Calls are tried again after 408, 425, 429, 5xx (not 501 and 505) and lost answers, always with the same bytes under
    the same idempotency key, so that nothing is billed twice.

    Args:
        api_key: else the environment variable `RUNFLOW_API_KEY`, else the `api_key` of
            `~/.config/runflow/credentials.json`.
        organization_id: else `RUNFLOW_ORGANIZATION_ID`; without it the server takes the key's own organization.
        base_url: else `RUNFLOW_BASE_URL`, else the public service; https only, http for loopback addresses.
        timeout: seconds that one call may take with all of its retries; None for no limit. At the default, an upload
            may take longer: 120 s, or what 256 KiB/s need.
        retries: how often and how patiently a call is tried again.
        default_headers: sent with every request.
        http_client: an `httpx.AsyncClient` of your own, for its proxies, certificates or transports; it stays yours to
            close.

    Raises:
        ConfigurationError: no key was found, or an argument cannot be used.

    Example:
        >>> import asyncio
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> async def main():
        ...     async with Sandbox().async_client() as client:
        ...         evaluation = await client.evaluations.evaluate(sharp_picture(), "headshot")
        ...         return evaluation.verdict
        >>> asyncio.run(main())
        <Verdict.PASSED: 'passed'>
    """

    evaluations: AsyncEvaluations
    assets: AsyncAssets
    callback_secrets: AsyncCallbackSecrets
    account: AsyncAccount

    def __init__(
        self,
        api_key: str | None = None,
        *,
        organization_id: str | None = None,
        base_url: str | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
        retries: RetryPolicy = RetryPolicy(),
        default_headers: Mapping[str, str] | None = None,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        try:
            configuration = configure(api_key, organization_id, base_url, default_headers)
        finally:
            # Tracebacks that show local variables would show these.
            del api_key, default_headers
        clock = SystemClock()
        self._assemble(AsyncDriver(configuration, _new_transport(http_client, clock), clock), timeout, retries)

    @classmethod
    def _create(cls, *, transport: AsyncTransport, clock: Clock, api_key: str, base_url: str, **options: Any) -> Self:
        """Return a client over a transport and clock of the sandbox's."""
        client = cls.__new__(cls)
        timeout, retries = options.pop("timeout", DEFAULT_TIMEOUT), options.pop("retries", RetryPolicy())
        configuration = configure(
            api_key, options.pop("organization_id", None), base_url, options.pop("default_headers", None)
        )
        if options:
            raise TypeError(f"a sandbox's client takes no {', '.join(sorted(options))}")
        client._assemble(AsyncDriver(configuration, transport, clock), timeout, retries)
        return client

    def _assemble(
        self, driver: AsyncDriver, timeout: float | None, retries: RetryPolicy, *, owns_transport: bool = True
    ) -> None:
        context = new_context(driver, retries, timeout)
        self._driver = driver
        self._context = context
        self._owns_transport = owns_transport
        self.evaluations = AsyncEvaluations(driver, context)
        self.assets = AsyncAssets(driver, context)
        self.callback_secrets = AsyncCallbackSecrets(driver, context)
        self.account = AsyncAccount(driver, context)

    def with_options(
        self,
        *,
        api_key: str | Keep = KEEP,
        organization_id: str | Keep | None = KEEP,
        timeout: float | Keep | None = KEEP,
        retries: RetryPolicy | Keep = KEEP,
        default_headers: Mapping[str, str] | Keep | None = KEEP,
    ) -> Self:
        """Return a copy with other options, which shares this client's connections.

        Closing the copy leaves the connections open; closing this client ends the copy too.

        Args:
            api_key: another key.
            organization_id: another organization; None for the key's own.
            timeout: as of the client.
            retries: as of the client.
            default_headers: in place of this client's; None for none.

        Raises:
            ConfigurationError: an option cannot be used.

        Example:
            >>> from runflow_client.sandbox import Sandbox
            >>> client = Sandbox().async_client()
            >>> client.with_options(timeout=5)
            AsyncRunflow(base_url='https://api.sandbox.invalid')
        """
        own: Configuration = self._driver.configuration
        try:
            configuration = configure(
                kept(api_key, own.api_key.reveal()),
                kept(organization_id, own.organization_id),
                own.base_url,
                kept(default_headers, own.default_headers),
                environment={},
            )
        finally:
            # Tracebacks that show local variables would show these.
            del api_key, default_headers
        copy = type(self).__new__(type(self))
        copy._assemble(
            AsyncDriver(configuration, self._driver.transport, self._driver.clock),
            kept(timeout, self._context.timeout),
            kept(retries, self._context.retries),
            owns_transport=False,
        )
        return copy

    @overload
    async def send(self, operation: Operation[T], *, raw: Literal[False] = False) -> T: ...

    @overload
    async def send(self, operation: Operation[Any], *, raw: Literal[True]) -> Response: ...

    async def send(self, operation: Operation[Any], *, raw: bool = False) -> Any:
        """Send any operation of the generated layer, with the retries and errors of every other call.

        Args:
            operation: what a module of `runflow_api.api` builds.
            raw: whether to return the successful answer as it came (`status`, `headers`, `body`).

        Raises:
            APIError: the server refused.
            TransportError: no answer came.
            DecodeError: the answer is not what the contract promises.

        Example:
            >>> import asyncio
            >>> from runflow_api.api.account import get_health
            >>> from runflow_client.sandbox import Sandbox
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         health = await client.send(get_health.operation())
            ...         return health.status
            >>> asyncio.run(main())
            'ok'
        """
        if raw:
            return await self._driver.run(sending.send_raw(self._context, operation))
        return await self._driver.run(sending.send(self._context, operation))

    def __repr__(self) -> str:
        # A debugger may show a client whose making was refused.
        driver = getattr(self, "_driver", None)
        return f"{type(self).__name__}({'' if driver is None else f'base_url={driver.configuration.base_url!r}'})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a client holds connections and a key and is not pickled: make one in each process")

    async def aclose(self) -> None:
        """Close the connections, unless they are another client's or your own `http_client`'s. Twice does no harm."""
        self._driver.closed = True
        if self._owns_transport:
            await self._driver.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


def _new_transport(http_client: Any, clock: Clock) -> AsyncTransport:
    if http_client is None:
        from ..runtime.transport.connections.async_transport import AsyncConnectionTransport

        return AsyncConnectionTransport(clock)
    import httpx

    from ..runtime.transport.httpx_client.async_transport import AsyncHttpxTransport

    if not isinstance(http_client, httpx.AsyncClient):
        raise ConfigurationError(f"http_client must be an httpx.AsyncClient, not {type(http_client).__name__}")
    return AsyncHttpxTransport(http_client, clock)
