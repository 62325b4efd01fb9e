"""The order in which a host's addresses are tried (RFC 8305): IPv6 and IPv4 alternate."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Any, NamedTuple

ATTEMPT_DELAY = 0.25
"""Seconds before the next address is tried as well (the "Connection Attempt Delay" of RFC 8305)."""


class Address(NamedTuple):
    """An address that a socket can connect to, as `getaddrinfo` returns it."""

    family: int
    sockaddr: Any

    def new_socket(self) -> socket.socket:
        sock = socket.socket(self.family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            sock.close()
            raise
        return sock


def in_order(found: Iterable[tuple[Any, ...]]) -> list[Address]:
    """Return the addresses that `getaddrinfo` found, each once; the families alternate, and that of the first comes first."""
    addresses = list(dict.fromkeys(Address(entry[0], entry[4]) for entry in found))
    first = [address for address in addresses if address.family == addresses[0].family]
    others = [address for address in addresses if address.family != addresses[0].family]
    return [address for address in chain(*zip_longest(first, others)) if address is not None]


def no_address() -> OSError:
    return OSError("the host name has no address")
