"""The pytest plugin: fixtures that put a sandbox in the place of the service. Nothing is loaded until a test asks for one.

def test_blurred_image_is_refused(runflow_sandbox, shop):
    runflow_sandbox.outcomes.append("rejected")
    assert shop.publish(b"...") == "refused"
    assert runflow_sandbox.received.only(client_ref="order-7").task_type == "product_photo"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..client.async_client import AsyncRunflow
    from ..client.sync_client import Runflow
    from .in_process.clock import VirtualClock
    from .sandbox import Sandbox

_MARKERS = (
    "runflow_sandbox(**options): the arguments of the test's Sandbox, such as evaluation_seconds=86400",
    "runflow_outcomes(*outcomes, by_client_ref=None): the outcomes of the next submissions: passed, rejected, undecided, failed",
    "runflow_faults(*faults, on=None, always=False): faults of the next requests, or of all; on=(method, path) limits them; "
    "or lines such as 'POST /v1/evaluations: 503 x2'",
)


def pytest_configure(config: pytest.Config) -> None:
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.fixture
def runflow_sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox of the test's own, in the process and on a virtual clock; waiting takes no time.

    While the test runs, every `Runflow(...)` and `AsyncRunflow(...)` that is made talks to it, whatever its arguments;
    `RUNFLOW_API_KEY` is set to its key. A client that was made before, as when a module was imported, raises
    `ConfigurationError`, so that no test reaches the real service.
    """
    from .sandbox import Sandbox

    options: dict[str, Any] = {}
    for marker in _markers(request, "runflow_sandbox"):
        options |= marker.kwargs
    sandbox = Sandbox(**options)
    for marker in _markers(request, "runflow_outcomes"):
        sandbox.outcomes.extend(marker.args)
        sandbox.outcomes.by_client_ref.update(marker.kwargs.get("by_client_ref") or {})
    for marker in _markers(request, "runflow_faults"):
        _add_faults(sandbox, *marker.args, **marker.kwargs)
    _use_for_all_clients(sandbox, monkeypatch)
    return sandbox


@pytest.fixture
def runflow(runflow_sandbox: Sandbox) -> Iterator[Runflow]:
    """A client of the test's sandbox."""
    with runflow_sandbox.client() as client:
        yield client


@pytest.fixture
def async_runflow(runflow_sandbox: Sandbox) -> AsyncRunflow:
    """An async client of the test's sandbox, for the event loop of the test; it holds nothing that must be closed."""
    return runflow_sandbox.async_client()


@pytest.fixture
def runflow_clock(runflow_sandbox: Sandbox) -> VirtualClock:
    """The clock of the test's sandbox; `advance` moves it."""
    return runflow_sandbox.clock


def _markers(request: pytest.FixtureRequest, name: str) -> list[pytest.Mark]:
    """Return the markers of a test, the one of the module first, so that the nearest has the last word."""
    return [*request.node.iter_markers(name)][::-1]


def _add_faults(sandbox: Sandbox, *given: Any, on: tuple[str, str] | None = None, always: bool = False) -> None:
    sandbox.faults.add(*(fault for fault in given if isinstance(fault, str)))
    faults = [fault for fault in given if not isinstance(fault, str)]
    if always:
        for fault in faults:
            sandbox.faults.always(fault, on=on or ("*", "*"))
    elif on is not None:
        sandbox.faults.on(*on, *faults)
    else:
        sandbox.faults.extend(faults)


def _use_for_all_clients(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every client that is made send its requests to the sandbox."""
    from ..client import async_client, sync_client
    from ..errors import ConfigurationError
    from ..runtime.transport.connections.async_transport import AsyncConnectionTransport
    from ..runtime.transport.connections.sync_transport import ConnectionTransport
    from .in_process.transport import AsyncSandboxTransport, SandboxTransport
    from .sandbox import BASE_URL

    def transport_for(kind: Any) -> Any:
        return lambda http_client, clock, max_connections: kind(
            sandbox.service, sandbox.clock, sandbox.request_seconds, max_connections
        )

    def refuse(*arguments: Any, **options: Any) -> Any:
        raise ConfigurationError(
            "this client was made before the test asked for runflow_sandbox, so it would reach the real service: make it where "
            "your service starts, not where a module is imported"
        )

    monkeypatch.setenv("RUNFLOW_API_KEY", sandbox.keys[0])
    monkeypatch.setenv("RUNFLOW_BASE_URL", BASE_URL)
    monkeypatch.delenv("RUNFLOW_ORGANIZATION_ID", raising=False)
    for module, kind in ((sync_client, SandboxTransport), (async_client, AsyncSandboxTransport)):
        monkeypatch.setattr(module, "_new_transport", transport_for(kind))
        monkeypatch.setattr(module, "SystemClock", lambda: sandbox.clock)
    for transport in (ConnectionTransport, AsyncConnectionTransport):
        monkeypatch.setattr(transport, "send", refuse)
        monkeypatch.setattr(transport, "slot", refuse)
