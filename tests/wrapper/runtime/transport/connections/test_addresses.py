"""The order of a host's addresses."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from runflow_client.runtime.transport.connections.addresses import Address, in_order

V4, V6 = socket.AF_INET, socket.AF_INET6


def found(*addresses: tuple[int, str]) -> list[Any]:
    return [(family, socket.SOCK_STREAM, 6, "", (host, 443)) for family, host in addresses]


def test_families_take_turns_beginning_with_the_first() -> None:
    addresses = in_order(found((V6, "::1"), (V6, "::2"), (V6, "::3"), (V4, "1.1.1.1"), (V4, "2.2.2.2")))
    assert [address.sockaddr[0] for address in addresses] == ["::1", "1.1.1.1", "::2", "2.2.2.2", "::3"]
    addresses = in_order(found((V4, "1.1.1.1"), (V6, "::1"), (V4, "2.2.2.2")))
    assert [address.sockaddr[0] for address in addresses] == ["1.1.1.1", "::1", "2.2.2.2"]


def test_an_address_is_tried_once() -> None:
    assert in_order(found((V4, "1.1.1.1"), (V4, "1.1.1.1"))) == [Address(V4, ("1.1.1.1", 443))]
    assert in_order([]) == []


def test_new_socket_is_non_blocking_and_without_delay() -> None:
    with Address(V4, ("127.0.0.1", 1)).new_socket() as sock:
        assert sock.gettimeout() == 0
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_socket_that_cannot_be_set_up_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []

    class Refusing:
        def __init__(self, *arguments: object) -> None: ...

        def setblocking(self, blocking: bool) -> None:
            raise OSError

        def close(self) -> None:
            closed.append(True)

    monkeypatch.setattr(socket, "socket", Refusing)
    with pytest.raises(OSError):
        Address(V4, ("127.0.0.1", 1)).new_socket()
    assert closed == [True]
