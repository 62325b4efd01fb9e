"""The order in which a host's addresses are tried (RFC 8305): the families in turn, the next one after a quarter of a second."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

NEXT_AFTER = 0.25
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address that a socket can be connected to."""

    family: int
    place: Any

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
    """Return what `getaddrinfo` found: each address once, the families in turn, beginning with the first one's."""
    addresses = list(dict.fromkeys(Address(entry[0], entry[4]) for entry in found))
    first = [address for address in addresses if address.family == addresses[0].family]
    others = [address for address in addresses if address.family != addresses[0].family]
    return [address for address in chain(*zip_longest(first, others)) if address is not None]


def no_address() -> OSError:
    return OSError("the host name leads to no address")
