"""Callbacks that Runflow sends: verify and parse them, receive each once, and wake the waits for their evaluations.

Importable without an HTTP library, and usable in any web framework.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .applications import asgi, wsgi
    from .deduplication import Claim, Deduplicator, MemoryDeduplicator
    from .endpoint import Endpoint, Reply, signature_of
    from .receiver import Expectation, Receiver
    from .server import CallbackServer, serve
    from .signatures import Callback, PayloadError, SignatureError, parse, verify
    from .sqlite_deduplication import SQLiteDeduplicator

__all__ = [
    "Callback",
    "CallbackServer",
    "Claim",
    "Deduplicator",
    "Endpoint",
    "Expectation",
    "MemoryDeduplicator",
    "PayloadError",
    "Receiver",
    "Reply",
    "SQLiteDeduplicator",
    "SignatureError",
    "asgi",
    "parse",
    "serve",
    "signature_of",
    "verify",
    "wsgi",
]

_HOMES = {
    "Callback": "signatures",
    "CallbackServer": "server",
    "Claim": "deduplication",
    "Deduplicator": "deduplication",
    "Endpoint": "endpoint",
    "Expectation": "receiver",
    "MemoryDeduplicator": "deduplication",
    "PayloadError": "signatures",
    "Receiver": "receiver",
    "Reply": "endpoint",
    "SQLiteDeduplicator": "sqlite_deduplication",
    "SignatureError": "signatures",
    "asgi": "applications",
    "parse": "signatures",
    "serve": "server",
    "signature_of": "endpoint",
    "verify": "signatures",
    "wsgi": "applications",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
