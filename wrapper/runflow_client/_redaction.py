"""What keeps the key, image data and signed URLs out of everything that people read.

Rule: DESIGN of this project, "Secrets"; the server may echo what it was sent, so its words are cleaned as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

# The text is the server's to choose: nothing here may be read twice (`*+`, `++`), or a long message would hang the call.
_DATA_URI = re.compile(r"data:[\w.+-]*+(?:/[\w.+-]*+)?+(?:;[\w.=+-]++)*+,[^\s\"'<>]*+", re.IGNORECASE)
_URL = re.compile(r"(?<![a-z0-9+.-])([a-z0-9+.-]++://[^\s?#\"'<>]*+)([?#][^\s\"'<>]*+)?+", re.IGNORECASE)
_ENCODED_RUN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{256,}+={0,2}")
_PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,80}")

Redact = Callable[[str], str]


class Secret:
    """A string that shows itself only when asked, and that refuses to be pickled."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('…')"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a secret is not pickled: hand the API key to the other process by its environment")


def redactor(secrets: Sequence[Secret]) -> Redact:
    """Return a function that cuts these secrets, image data and URL queries out of a text.

    Args:
        secrets: what must not be shown; empty ones are passed over.
    """

    def redact(text: str) -> str:
        for secret in secrets:
            value = secret.reveal()
            if value:
                text = text.replace(value, "[secret cut]")
        text = _DATA_URI.sub("[image data cut]", text)
        text = _URL.sub(lambda url: f"{url[1]}?[query cut]" if url[2] else url[0], text)
        return _ENCODED_RUN.sub("[encoded data cut]", text)

    return redact


def without_image_data(text: str) -> str:
    """Return a text without the `data:` URIs in it."""
    return _DATA_URI.sub("[image data cut]", text) if "data:" in text.lower() else text


def safe_id(value: Any) -> str:
    """Return an id or a code of the server as a message shows it: a plain word as it is, of anything else only a mark."""
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else "'…'"


def one_line(text: str) -> str:
    """Return a text that any terminal, log and encoding takes: control characters and lone surrogates become blanks."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def redact_json(value: Any, redact: Redact, depth: int = 20) -> Any:
    """Return decoded JSON with every string in it cleaned, to a depth that no error envelope reaches."""
    if isinstance(value, str):
        return redact(value)
    if depth == 0:
        return None
    if isinstance(value, list):
        return [redact_json(item, redact, depth - 1) for item in value]
    if isinstance(value, dict):
        return {redact(str(name)): redact_json(item, redact, depth - 1) for name, item in value.items()}
    return value
