"""TLS for the scripts of `rawserver`, and a tunnelling proxy.

The certificates are for tests only: an authority, and a server certificate that it signed for `api.example.invalid`,
`localhost` and 127.0.0.1.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from pathlib import Path
from urllib.parse import urlsplit

from rawserver import Script

AUTHORITY = Path(__file__).parent / "certificates" / "authority.pem"
_SERVER = Path(__file__).parent / "certificates" / "server.pem"


def over_tls(script: Script) -> Script:
    """Return the same script over TLS, with the server certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_SERVER)

    def play(connection: socket.socket, over: threading.Event) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            script(secured, over)

    return play


def tunnel(url: str, heads: list[bytes]) -> Script:
    """Return a proxy script that connects every CONNECT request to one server, whatever host it names.

    Args:
        url: the server.
        heads: filled with the head of each CONNECT request.
    """
    place = urlsplit(url)

    def play(connection: socket.socket, over: threading.Event) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(1)
            if not part:
                return
            head += part
        heads.append(head)
        with socket.create_connection((place.hostname or "", place.port or 0)) as server:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with contextlib.suppress(OSError):
                _carry(connection, server)

    return play


def _carry(one: socket.socket, other: socket.socket) -> None:
    """Copy bytes both ways until either side ends, in one thread, because a TLS connection must not be read and written at once."""
    partner = {one: other, other: one}
    while True:
        # select does not report data that TLS has decrypted already.
        ready = [end for end in partner if isinstance(end, ssl.SSLSocket) and end.pending()]
        for source in ready or select.select(list(partner), [], [], 10)[0]:
            data = source.recv(65_536)
            if not data:
                return
            partner[source].sendall(data)
