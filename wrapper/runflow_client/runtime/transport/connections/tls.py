"""TLS without IO: the layers between HTTP and the socket, and the trusted certificates."""

from __future__ import annotations

import os
import ssl
from collections.abc import Generator
from functools import lru_cache
from typing import TypeAlias

from ....errors import ConfigurationError

Steps: TypeAlias = Generator[bytes, bytes, None]
"""A generator that yields bytes to write (perhaps none) and is sent the bytes that were read; b"" at the end."""

_PIECE = 262_144


def trusted_certificates() -> ssl.SSLContext:
    """Return this process's TLS context; it trusts the certificates of `SSL_CERT_FILE`, else `SSL_CERT_DIR`, else certifi, as httpx does.

    Raises:
        ConfigurationError: the certificates cannot be read.
    """
    return _context(os.environ.get("SSL_CERT_FILE") or None, os.environ.get("SSL_CERT_DIR") or None)


@lru_cache(maxsize=4)
def _context(file: str | None, folder: str | None) -> ssl.SSLContext:
    try:
        if file is None and folder is None:
            import certifi

            file = certifi.where()
        context = ssl.create_default_context(cafile=file, capath=None if file else folder)
    except OSError as error:
        raise ConfigurationError(
            f"the certificates cannot be read ({type(error).__name__}: {error.strerror or error}): check the files that "
            "SSL_CERT_FILE and SSL_CERT_DIR name"
        ) from None
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Layer:
    """One TLS session, with bytes in and out on both sides."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def shake_hands(self) -> bool:
        """Continue the handshake; return whether it is complete."""
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def feed(self, data: bytes, is_end: bool) -> None:
        """Take bytes of the other side."""
        self._incoming.write(data)
        if is_end:
            self._incoming.write_eof()

    def encrypt(self, data: bytes) -> bytes:
        """Encrypt these bytes, and return them with the session's own messages."""
        if data:
            self._session.write(data)
        return self._outgoing.read()

    def decrypt(self, data: bytes, is_end: bool) -> tuple[bytes, bool]:
        """Take bytes of the other side; return their plain text, and whether the session has ended."""
        self.feed(data, is_end)
        parts = []
        try:
            while part := self._session.read(_PIECE):
                parts.append(part)
            is_end = True
        except ssl.SSLWantReadError:
            is_end = False
        except ssl.SSLEOFError:
            is_end = True
        return b"".join(parts), is_end


class Layers:
    """The TLS sessions of a connection: none, one, or one inside another.

    Raises:
        ConfigurationError: the certificates cannot be read.
    """

    def __init__(self) -> None:
        self._context = trusted_certificates()
        self._layers: list[_Layer] = []

    def secure(self, host: str) -> Steps:
        """Add a session with a host inside the existing ones."""
        layer = _Layer(self._context, host)
        while not layer.shake_hands():
            plain, is_end = self.decrypt((yield self.encrypt(layer.encrypt(b""))))
            layer.feed(plain, is_end)
        # The last bytes of the handshake are sent with the first bytes of the request.
        self._layers.append(layer)

    def encrypt(self, data: bytes) -> bytes:
        """Return the bytes to write to the socket for these bytes."""
        for layer in reversed(self._layers):
            data = layer.encrypt(data)
        return data

    def decrypt(self, data: bytes) -> tuple[bytes, bool]:
        """Decrypt the bytes that were read from the socket; return them, and whether the connection has ended."""
        is_end = not data
        for layer in self._layers:
            data, is_end = layer.decrypt(data, is_end)
        return data, is_end
