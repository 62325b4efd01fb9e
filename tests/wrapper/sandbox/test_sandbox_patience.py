from __future__ import annotations

import socket
from urllib.parse import urlsplit

from runflow_client.sandbox import Sandbox, SandboxServer, faults


def test_what_a_client_sends_into_a_stalled_answer_is_swallowed_until_it_leaves() -> None:
    with SandboxServer(Sandbox()) as server:
        server.sandbox.faults.append(faults.stall(3))
        place = urlsplit(server.url)
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
            connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: a\r\n\r\n")
            seen = b""
            while b"\r\n\r\n" not in seen:
                seen += connection.recv(100)
            connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.sendall(b"and more")
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(100):
                seen += data
    assert seen.count(b"HTTP/1.1") == 1
    assert len(seen.partition(b"\r\n\r\n")[2]) == 3
