"""TLS without IO: layers that lie between HTTP and the socket, and the certificates that are trusted."""

from __future__ import annotations

import os
import ssl
from collections.abc import Generator
from functools import lru_cache
from typing import TypeAlias

from ....errors import ConfigurationError

Steps: TypeAlias = Generator[bytes, bytes, None]
"""Yields bytes to be written (perhaps none) and is then sent the bytes that were read; b"" stands for the end."""

_PIECE = 262_144


def trusted_certificates() -> ssl.SSLContext:
    """Return this process's TLS context; it trusts what `SSL_CERT_FILE`, else `SSL_CERT_DIR`, else certifi names, as httpx does.

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
            f"the certificates cannot be read ({type(error).__name__}: {error.strerror or error}): look at the files that "
            "SSL_CERT_FILE and SSL_CERT_DIR name"
        ) from None
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Layer:
    """One TLS session between two sides of bytes."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def shake_hands(self) -> bool:
        """Go on with the handshake; return whether it is done."""
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def feed(self, data: bytes, is_end: bool) -> None:
        self._incoming.write(data)
        if is_end:
            self._incoming.write_eof()

    def encrypt(self, data: bytes) -> bytes:
        """Return what is to be sent for these bytes, and what the session itself has to send."""
        if data:
            self._session.write(data)
        return self._outgoing.read()

    def decrypt(self, data: bytes, is_end: bool) -> tuple[bytes, bool]:
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
    """The TLS sessions of a connection: none yet, one, or one through another.

    Raises:
        ConfigurationError: the certificates cannot be read.
    """

    def __init__(self) -> None:
        self._context = trusted_certificates()
        self._layers: list[_Layer] = []

    def secure(self, host: str) -> Steps:
        """Add a session with a host on top of those that there are."""
        layer = _Layer(self._context, host)
        while not layer.shake_hands():
            plain, is_end = self.decrypt((yield self.encrypt(layer.encrypt(b""))))
            layer.feed(plain, is_end)
        # What the handshake still has to send goes out with the first bytes of the request.
        self._layers.append(layer)

    def encrypt(self, data: bytes) -> bytes:
        """Return what is to be written to the socket for these bytes."""
        for layer in reversed(self._layers):
            data = layer.encrypt(data)
        return data

    def decrypt(self, data: bytes) -> tuple[bytes, bool]:
        """Return what was read from the socket without its TLS, and whether it is the end."""
        is_end = not data
        for layer in self._layers:
            data, is_end = layer.decrypt(data, is_end)
        return data, is_end
