"""The pytest plugin: fixtures that put a sandbox in the place of the service. Nothing is loaded until a test asks for one.

def test_blurred_image_is_refused(runflow_sandbox, shop):
    runflow_sandbox.outcomes.append("rejected")
    assert shop.publish(b"...") == "refused"
    assert runflow_sandbox.received.only(client_ref="order-7").task_type == "product_photo"
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from ..client.async_client import AsyncRunflow
    from ..client.sync_client import Runflow
    from .in_process.clock import VirtualClock
    from .sandbox import Sandbox

_MARKERS = {
    "runflow_sandbox": "(**options): the arguments of the test's Sandbox, such as evaluation_seconds=86400",
    "runflow_outcomes": "(*outcomes, by_client_ref=None): the outcomes of the next submissions: passed, rejected, undecided, "
    "failed",
    "runflow_faults": "(*faults, on=None, always=False): faults of the next requests, or of all; on=(method, path) limits them; "
    "or lines such as 'POST /v1/evaluations: 503 x2'",
}
# Characters of an argument that an error shows.
_LONGEST = 80
_FIXTURES = ("runflow_sandbox", "runflow", "async_runflow", "runflow_clock")
_WHERE = """\
In a test the fixture runflow_sandbox gives each client its key, so a client needs none of yours. Let the test ask for
runflow_sandbox, and make the client after that: in a function that the test calls, not where a module is imported, nor
in a fixture of the module or session. As a fixture of the test:

    @pytest.fixture
    def client(runflow_sandbox):
        with Runflow() as client:
            yield client"""


def pytest_configure(config: pytest.Config) -> None:
    for name, description in _MARKERS.items():
        config.addinivalue_line("markers", name + description)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse markers that nothing would read, before the test could reach the real service."""
    for mark in item.iter_markers():
        if mark.name.startswith("runflow_") and mark.name not in _MARKERS:
            _refuse(mark, f"there is no such marker{_similar(mark.name, _MARKERS)}")
    for mark in item.own_markers:
        if mark.name in _MARKERS and not set(_FIXTURES) & set(getattr(item, "fixturenames", ())):
            _refuse(
                mark,
                f"nothing reads it, because {item.name} asks for none of {', '.join(_FIXTURES)}. Write runflow_sandbox among the "
                'arguments of the test, or @pytest.mark.usefixtures("runflow_sandbox") above it',
            )


def pytest_exception_interact(call: pytest.CallInfo[Any], report: pytest.TestReport | pytest.CollectReport) -> None:
    """Say beside the error of a client that was made too early what to do."""
    errors = sys.modules.get("runflow_client.errors")
    error = None if call.excinfo is None else call.excinfo.value
    if errors is not None and isinstance(error, errors.ConfigurationError) and str(error).startswith("no API key"):
        report.sections.append(("runflow-client", _WHERE))


@pytest.fixture
def runflow_sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox of the test's own, in the process and on a virtual clock; waiting takes no time.

    While the test runs, every `Runflow(...)` and `AsyncRunflow(...)` that is made talks to it, whatever its arguments;
    `RUNFLOW_API_KEY` is set to its key. A client that was made before, as when a module was imported, or in an earlier test,
    raises `ConfigurationError`, so that no test reaches the real service or another test's sandbox.
    """
    from .sandbox import Sandbox

    options: dict[str, Any] = {}
    for mark in _markers(request, "runflow_sandbox"):
        options |= _options(mark, inspect.signature(Sandbox).parameters)
    with _explained(*_markers(request, "runflow_sandbox")):
        sandbox = Sandbox(**options)
    for mark in _markers(request, "runflow_outcomes"):
        _set_outcomes(sandbox, mark)
    for mark in _markers(request, "runflow_faults"):
        _add_faults(sandbox, mark)
    clients = _use_for_all_clients(sandbox, monkeypatch)
    yield sandbox
    for transport in clients:
        transport.has_ended = True


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


def _options(mark: pytest.Mark, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the named arguments of a marker."""
    if mark.args and mark.name == "runflow_sandbox":
        _refuse(mark, "its arguments have names, as in runflow_sandbox(evaluation_seconds=86_400)")
    for name in mark.kwargs:
        if name not in known:
            _refuse(mark, f"it has no argument {name!r}{_similar(name, known)}")
    return mark.kwargs


def _set_outcomes(sandbox: Sandbox, mark: pytest.Mark) -> None:
    from .outcomes import checked_outcome

    by_client_ref = _options(mark, {"by_client_ref": None}).get("by_client_ref") or {}
    if not mark.args and not by_client_ref:
        _refuse(mark, 'it sets no outcome: write one for each submission, as in runflow_outcomes("rejected", "passed")')
    with _explained(mark):
        sandbox.outcomes.extend(mark.args)
        sandbox.outcomes.by_client_ref.update({name: checked_outcome(by_client_ref[name]) for name in by_client_ref})


def _add_faults(sandbox: Sandbox, mark: pytest.Mark) -> None:
    from .faults.faults import Fault

    options = _options(mark, {"on": None, "always": None})
    on, always = options.get("on"), options.get("always", False)
    lines = [fault for fault in mark.args if isinstance(fault, str)]
    faults = [fault for fault in mark.args if not isinstance(fault, str)]
    if not mark.args:
        _refuse(mark, 'it names no fault: write one as text, as in runflow_faults("POST /v1/evaluations: 503 x2")')
    if lines and options:
        _refuse(
            mark, "a fault that is text holds its route and `always` itself, as in 'always POST /v1/evaluations: 503'"
        )
    if on is not None and not (isinstance(on, tuple) and len(on) == 2 and all(isinstance(part, str) for part in on)):
        _refuse(mark, 'on= is a method and a path, as in on=("POST", "/v1/evaluations")')
    for fault in faults:
        if getattr(fault, "__module__", "") == Fault.__module__ and not isinstance(fault, Fault):
            _refuse(mark, f"{fault.__name__} makes a fault when it is called, as in refuse(503)")
        if not (fault is None or isinstance(fault, Fault) or callable(fault)):
            _refuse(mark, f"{fault!r} is no fault: write a text such as '503', or one of runflow_client.sandbox.faults")
    with _explained(mark):
        sandbox.faults.add(*lines)
        if always:
            for fault in faults:
                sandbox.faults.always(fault, on=on or ("*", "*"))
        elif on is not None:
            sandbox.faults.on(*on, *faults)
        else:
            sandbox.faults.extend(faults)


@contextmanager
def _explained(*marks: pytest.Mark) -> Iterator[None]:
    """Turn a value that is refused inside this block into the error of the last of these markers."""
    try:
        yield
    except ValueError as error:
        _refuse(marks[-1], str(error))


def _refuse(mark: pytest.Mark, problem: str) -> NoReturn:
    """End the test with an error that shows a marker as it was written, and not the code of this plugin."""
    texts = [*map(repr, mark.args), *(f"{name}={value!r}" for name, value in mark.kwargs.items())]
    arguments = ", ".join(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..." for text in texts)
    raise pytest.fail.Exception(f"@pytest.mark.{mark.name}({arguments}): {problem}", pytrace=False) from None


def _similar(name: str, known: Mapping[str, Any]) -> str:
    similar = get_close_matches(name, known, n=1)
    return (
        f": did you mean {similar[0]}?" + f" There are {', '.join(known)}"
        if similar
        else f": there are {', '.join(known)}"
    )


def _use_for_all_clients(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Have every client that is made send its requests to the sandbox, and return the list that will hold their transports."""
    from ..client import async_client, sync_client
    from ..errors import ConfigurationError
    from ..runtime.transport.connections.async_transport import AsyncConnectionTransport
    from ..runtime.transport.connections.sync_transport import ConnectionTransport
    from .in_process.transport import AsyncSandboxTransport, SandboxTransport
    from .sandbox import BASE_URL

    made: list[Any] = []

    def transport_for(kind: Any) -> Any:
        def new_transport(http_client: Any, clock: Any, max_connections: int) -> Any:
            made.append(kind(sandbox.service, sandbox.clock, sandbox.request_seconds, max_connections))
            return made[-1]

        return new_transport

    def refuse(*arguments: Any, **options: Any) -> Any:
        raise ConfigurationError(
            "this client was made before the test asked for runflow_sandbox (where a module is imported, or in a fixture of the "
            "module or session), so it would reach the real service. Make it in a function that the test calls, or in a fixture "
            "of the test that asks for runflow_sandbox"
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
    return made
