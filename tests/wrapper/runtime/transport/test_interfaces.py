"""Every transport has what the drivers use of one."""

from __future__ import annotations

import inspect

import pytest

from runflow_client.runtime.transport.connections.async_transport import AsyncConnectionTransport
from runflow_client.runtime.transport.connections.sync_transport import ConnectionTransport
from runflow_client.runtime.transport.httpx_client.async_transport import AsyncHttpxTransport
from runflow_client.runtime.transport.httpx_client.sync_transport import HttpxTransport
from runflow_client.runtime.transport.interfaces import AsyncTransport, Transport


@pytest.mark.parametrize(
    ("transport", "interface"),
    [
        (ConnectionTransport, Transport),
        (HttpxTransport, Transport),
        (AsyncConnectionTransport, AsyncTransport),
        (AsyncHttpxTransport, AsyncTransport),
    ],
)
def test_transport_has_methods_of_its_interface(transport: type, interface: type) -> None:
    for name, method in vars(interface).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            expected, found = inspect.signature(method), inspect.signature(getattr(transport, name))
            assert list(found.parameters) == list(expected.parameters)
            assert inspect.iscoroutinefunction(getattr(transport, name)) == inspect.iscoroutinefunction(method)
