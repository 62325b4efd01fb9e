"""Reading JSON, with orjson where the extra `fast` is installed.

The results are the same, but for integers beyond 64 bits, which orjson reads as floats.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

_decode = json.JSONDecoder().raw_decode


def _orjson() -> Callable[[bytes], Any] | None:
    """Return the function of orjson that reads JSON, None if it is not installed."""
    try:
        from orjson import loads
    except ImportError:
        return None
    return loads


_fast_loads = _orjson()


def read_json(body: bytes) -> Any:
    """Return a body as JSON data; None if it is not JSON."""
    try:
        if _fast_loads is not None:
            return _fast_loads(body)
        # `json.loads` would look for the encoding and for spaces first, which takes as long as a short body itself.
        text = body.decode()
        value, end = _decode(text)
        if end == len(text):
            return value
    except (ValueError, RecursionError):
        pass
    return _read_tolerantly(body)


def _read_tolerantly(body: bytes) -> Any:
    """Read what else `json` takes: NaN, lone surrogates, a byte order mark, UTF-16, numbers beyond a float, spaces around it."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
