"""Short texts of models for people, without image data and without the queries of URLs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any

from .types import UNSET

_LONGEST_REPR = 200
_LONGEST_VALUE = 48


def short_repr(model: object, fields: Iterable[str]) -> str:
    """One line that tells a model from its like: its class and the first of the given fields that are set.

    Args:
        model: The model.
        fields: Names of attributes, the telling ones first, none of them secret.
    """
    text = f"{type(model).__name__}("
    separator = ""
    for name in fields:
        value = getattr(model, name, None)
        if value is None or value is UNSET or value in ("", []):
            continue
        piece = f"{separator}{name}={_show(value)}"
        if len(text) + len(piece) > _LONGEST_REPR - 4:
            return f"{text}{separator}…)"
        text += piece
        separator = ", "
    return f"{text})"


def shorten(text: str) -> str:
    """A string in quotes, cut to size; a data URI is not shown at all, a URL without its query."""
    text = str(text)
    if "data:" in text[:_LONGEST_VALUE].lower():
        return f"<{len(text)} characters>"
    shown = text[:_LONGEST_VALUE]
    if "://" in shown:
        shown = shown.split("?", 1)[0]
    quoted = repr(shown)
    return quoted if len(shown) == len(text) else f"{quoted[:-1]}…{quoted[-1]}"


def _show(value: Any) -> str:
    """A scalar as it is, a list by its length, anything else by a mark that it is there."""
    if isinstance(value, str):
        return shorten(value.value if isinstance(value, Enum) else value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{len(value)}]"
    # A number beyond 64 bits is nonsense, and beyond 4,300 digits Python refuses to write it.
    if isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= 64):
        return repr(value)
    return "…"
