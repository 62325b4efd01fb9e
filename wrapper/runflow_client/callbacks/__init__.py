"""Callbacks that Runflow sends: prove their signature, then read them. Importable without httpx."""

from .signatures import Callback, PayloadError, SignatureError, parse, verify

__all__ = ["Callback", "PayloadError", "SignatureError", "parse", "verify"]
