"""Callbacks that Runflow sends: verify their signature, then parse them. Importable without httpx."""

from .signatures import Callback, PayloadError, SignatureError, parse, verify

__all__ = ["Callback", "PayloadError", "SignatureError", "parse", "verify"]
