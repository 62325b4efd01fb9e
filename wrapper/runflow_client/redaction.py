"""What keeps the key, image data and signed URLs out of everything that people read.

Rule: DESIGN of this project, "Secrets"; the server may echo what it was sent, so its words are cleaned as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

# A server's words may be long. Each pattern reads a text in one pass: what comes before a fixed mark is bounded, so that a
# long run that never gets to the mark is not read again from each of its characters.
_DATA_URI = re.compile(r"data:[\w.+/-]{0,128}(?:;[\w.=+-]{1,128}){0,8},[^\s\"'<>]*", re.IGNORECASE)
_URL = re.compile(r"://[^\s\"'<>]*")
_QUERY = re.compile(r"[?#].*")
_ENCODED_RUN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{256,}={0,2}")
_PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,80}")

Scrub = Callable[[str], str]


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


def scrubber(secrets: Sequence[Secret]) -> Scrub:
    """Return a function that cuts these secrets, image data and URL queries out of a text.

    Args:
        secrets: what must not be shown; empty ones are passed over.
    """

    def scrub(text: str) -> str:
        for secret in secrets:
            value = secret.reveal()
            if value:
                text = text.replace(value, "[secret cut]")
        text = _DATA_URI.sub("[image data cut]", text)
        text = _URL.sub(_without_query, text)
        return _ENCODED_RUN.sub("[encoded data cut]", text)

    return scrub


def _without_query(url: re.Match[str]) -> str:
    return _QUERY.sub("?[query cut]", url[0])


def shown(value: Any) -> str:
    """Return an id or a code of the server as a message shows it: a plain word as it is, of anything else only a mark."""
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else "'…'"


def scrub_json(value: Any, scrub: Scrub, depth: int = 20) -> Any:
    """Return decoded JSON with every string in it cleaned, to a depth that no error envelope reaches."""
    if isinstance(value, str):
        return scrub(value)
    if depth == 0:
        return None
    if isinstance(value, list):
        return [scrub_json(item, scrub, depth - 1) for item in value]
    if isinstance(value, dict):
        return {scrub(str(name)): scrub_json(item, scrub, depth - 1) for name, item in value.items()}
    return value
