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


def server_context() -> ssl.SSLContext:
    """What a server with the tests' certificate needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_SERVER)
    return context


class MemoryServer:
    """The other side: TLS to the client, all in memory."""

    def __init__(self) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = server_context().wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.is_done = False

    def answer(self, data: bytes) -> bytes:
        self.incoming.write(data)
        try:
            if not self.is_done:
                self.session.do_handshake()
                self.is_done = True
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()

    def read(self, data: bytes) -> bytes:
        self.answer(data)
        return self.session.read(100_000)

    def write(self, data: bytes) -> bytes:
        self.session.write(data)
        return self.outgoing.read()


def over_tls(script: Script) -> Script:
    """The same script, played to those who speak TLS and trust the authority."""
    context = server_context()

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
