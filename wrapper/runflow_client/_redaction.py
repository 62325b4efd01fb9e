"""Redaction: cuts the API key, image data and the queries of URLs out of every text that people read.

The server may repeat what it was sent, so its texts are redacted too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

# A redacted text stays as it is. The server chooses the text, so no pattern may backtrack (`*+`, `++`): a long message would hang the call.
_DATA_URI = re.compile(r"data:[\w.+-]*+(?:/[\w.+-]*+)?+(?:;[\w.=+-]++)*+,[^\s\"'<>]*+", re.IGNORECASE)
_URL = re.compile(
    r"(?<![a-z0-9+.-])([a-z0-9+.-]++://[^\s?#\"'<>]*+)([?#](?!\[query cut\])[^\s\"'<>]*+)?+", re.IGNORECASE
)
_ENCODED_RUN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{256,}+={0,2}")
_PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,80}")

Redact = Callable[[str], str]


class Secret:
    """A string that no repr shows and that cannot be pickled."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('...')"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a secret cannot be pickled: pass the API key to the other process in its environment")


def redactor(secrets: Sequence[Secret]) -> Redact:
    """Return a function that cuts these secrets, image data and the queries of URLs out of a text.

    Args:
        secrets: the values to cut out; an empty one is ignored.
    """

    def redact(text: str) -> str:
        for secret in secrets:
            value = secret.reveal()
            if value:
                text = text.replace(value, "[secret cut]")
        if ":" in text:  # the paths of requests have none, and are redacted most
            text = _DATA_URI.sub("[image data cut]", text)
            text = _URL.sub(lambda url: f"{url[1]}?[query cut]" if url[2] else url[0], text)
        return _ENCODED_RUN.sub("[encoded data cut]", text)

    return redact


def without_image_data(text: str) -> str:
    """Return a text without the `data:` URIs in it."""
    return _DATA_URI.sub("[image data cut]", text) if "data:" in text.lower() else text


def safe_id(value: Any) -> str:
    """Return an id or a code from the server as a message shows it: a plain word unchanged, anything else as '...'."""
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else "'...'"


def one_line(text: str) -> str:
    """Return a text on one line that can be printed and encoded: control characters and lone surrogates become spaces."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)


def redact_json(value: Any, redact: Redact, depth: int = 20) -> Any:
    """Return decoded JSON with every string redacted; what is nested deeper than `depth` is left out."""
    if isinstance(value, str):
        return redact(value)
    if depth == 0:
        return None
    if isinstance(value, list):
        return [redact_json(item, redact, depth - 1) for item in value]
    if isinstance(value, dict):
        return {redact(str(name)): redact_json(item, redact, depth - 1) for name, item in value.items()}
    return value
