# Derived from async_client.py by `make derive`; edit that file instead.
"""The client class, with the resources of the API as its attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, overload

import runflow_client
from runflow_api.types import UNSET, Operation, Unset

from ..errors import ConfigurationError
from ..flows.base.context import DEFAULT_TIMEOUT
from ..flows.base.policies import RetryPolicy
from ..flows.base.steps import Response
from ..runtime.clock import Clock, SystemClock
from ..runtime.configuration import configure
from ..runtime.transport.slots import DEFAULT_MAX_CONNECTIONS
from . import resources
from .context_managers import WithOnly
from .http_clients import HTTPClient
from .options import checked_max_connections
from .sync_session import Session

if TYPE_CHECKING:
    from ..runtime.transport.interfaces import Transport

T = TypeVar("T")


class Runflow(WithOnly):
    """The client of the evaluation API.

    A request is retried if the status is 408, 425, 429 or 5xx (not 501 and 505) or no response arrives, always with the
    same bytes under the same idempotency key, so that nothing is billed twice.

    Args:
        api_key: if None, the environment variable `RUNFLOW_API_KEY`, else the `api_key` of
            `~/.config/runflow/credentials.json`.
        organization_id: if None, `RUNFLOW_ORGANIZATION_ID`; without either the server uses the key's own organization.
        base_url: if None, `RUNFLOW_BASE_URL`, else the public service; https only, http for loopback addresses.
        timeout: seconds that one call may take with all of its retries; None for no limit. At the default, an upload
            may take longer: 120 s, or the time that it needs at 256 KiB/s if that is more.
        retries: how often a request is retried, and after which pauses.
        default_headers: sent with every request.
        max_connections: the largest number of requests in flight to one origin; further ones wait, first come, first served.
        http_client: an `httpx.Client` of your own, for its proxies, certificates or transports; you close it
            yourself.
        hooks: functions that receive the events of `runflow_client.events`.

    Attributes:
        evaluations: submit images, wait for their verdicts, evaluate many at once, send feedback.
        assets: upload files and get their metadata.
        callback_secrets: the secrets that callbacks are signed with.
        account: the account of the key, its balance, the service's health.

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

    def __init__(
        self,
        api_key: str | None = None,
        *,
        organization_id: str | None = None,
        base_url: str | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
        retries: RetryPolicy = RetryPolicy(),
        default_headers: Mapping[str, str] | None = None,
        max_connections: int = DEFAULT_MAX_CONNECTIONS,
        http_client: HTTPClient | None = None,
        hooks: Iterable[Callable[[runflow_client.events.Event], object]] = (),
    ) -> None:
        try:
            configuration = configure(api_key, organization_id, base_url, default_headers)
        finally:
            # A traceback that prints local variables must not show these.
            del api_key, default_headers
        clock = SystemClock()
        transport = _new_transport(http_client, clock, checked_max_connections(max_connections))
        self._session = Session(configuration, transport, clock, retries=retries, timeout=timeout, hooks=hooks)

    @classmethod
    def _with_session(cls, session: Session) -> Self:
        """Return a client that uses an existing session."""
        client = cls.__new__(cls)
        client._session = session
        return client

    @classmethod
    def _create(
        cls,
        *,
        transport: Transport,
        clock: Clock,
        api_key: str,
        base_url: str,
        organization_id: str | None = None,
        default_headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Self:
        """Return a client that uses a transport and a clock of the sandbox."""
        configuration = configure(api_key, organization_id, base_url, default_headers)
        return cls._with_session(Session(configuration, transport, clock, **options))

    @cached_property
    def evaluations(self) -> resources.Evaluations:
        """Submit images, wait for their verdicts, and send feedback on them."""
        return resources.Evaluations(self._session)

    @cached_property
    def assets(self) -> resources.Assets:
        """Upload files and get their metadata."""
        return resources.Assets(self._session)

    @cached_property
    def callback_secrets(self) -> resources.CallbackSecrets:
        """Manage the secrets that callbacks are signed with."""
        return resources.CallbackSecrets(self._session)

    @cached_property
    def account(self) -> resources.Account:
        """Read the account of the key, its balance, and the service's health."""
        return resources.Account(self._session)

    def with_options(
        self,
        *,
        api_key: str | Unset = UNSET,
        organization_id: str | Unset | None = UNSET,
        timeout: float | Unset | None = UNSET,
        retries: RetryPolicy | Unset = UNSET,
        default_headers: Mapping[str, str] | Unset | None = UNSET,
        hooks: Iterable[Callable[[runflow_client.events.Event], object]] | Unset = UNSET,
    ) -> Self:
        """Return a copy with other options, which shares this client's connections.

        Closing the copy leaves the connections open; closing this client closes the copy too.

        Args:
            api_key: another key.
            organization_id: another organization; None for the key's own.
            timeout: as for the client.
            retries: as for the client.
            default_headers: in place of this client's; None for none.
            hooks: in place of this client's.

        Raises:
            ConfigurationError: an option cannot be used.

        Example:
            >>> from runflow_client.sandbox import Sandbox
            >>> client = Sandbox().client()
            >>> client.with_options(timeout=5)
            Runflow(base_url='https://api.sandbox.invalid')
        """
        try:
            session = self._session.with_options(
                api_key=api_key,
                organization_id=organization_id,
                timeout=timeout,
                retries=retries,
                default_headers=default_headers,
                hooks=hooks,
            )
        finally:
            # A traceback that prints local variables must not show these.
            del api_key, default_headers
        return self._with_session(session)

    @overload
    def send(self, operation: Operation[T], *, raw: Literal[False] = False) -> T: ...

    @overload
    def send(self, operation: Operation[Any], *, raw: Literal[True]) -> Response: ...

    def send(self, operation: Operation[Any], *, raw: bool = False) -> Any:
        """Send any operation of `runflow_api`, with the retries and errors of every other call.

        Args:
            operation: built by a module of `runflow_api.api`.
            raw: whether to return the successful response itself (`status`, `headers`, `body`), not its model.

        Raises:
            APIError: the server refused.
            TransportError: no response arrived.
            DecodeError: the response does not match the OpenAPI document.

        Example:
            >>> from runflow_api.api.account import get_health
            >>> from runflow_client.sandbox import Sandbox
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         health = client.send(get_health.operation())
            ...         return health.status
            >>> main()
            'ok'
        """
        from ..flows import operations

        if raw:
            return self._session.run(operations.send_raw(self._session.context, operation))
        return self._session.run(operations.send(self._session.context, operation))

    def __repr__(self) -> str:
        # A debugger may show a client whose constructor raised.
        session = getattr(self, "_session", None)
        return f"{type(self).__name__}({'' if session is None else f'base_url={session.configuration.base_url!r}'})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            "a client cannot be pickled, because it holds connections and a key: create one in each process"
        )

    def close(self) -> None:
        """Close the connections, unless they belong to another client or to your own `http_client`; a second call does nothing."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _new_transport(http_client: Any, clock: Clock, max_connections: int) -> Transport:
    if http_client is None:
        from ..runtime.transport.connections.sync_transport import ConnectionTransport

        return ConnectionTransport(clock, max_connections)
    import httpx

    from ..runtime.transport.httpx_client.sync_transport import HttpxTransport

    if not isinstance(http_client, httpx.Client):
        raise ConfigurationError(f"http_client must be an httpx.Client, not {type(http_client).__name__}")
    return HttpxTransport(http_client, clock, max_connections)
