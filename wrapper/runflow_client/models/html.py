"""How verdicts look in HTML, and texts that are safe in it. Notebooks and the report page share this."""

from __future__ import annotations

from html import escape
from typing import Any

from .._redaction import redactor

COLOURS = {
    "passed": "#1a7f4b",
    "rejected": "#c02f27",
    "undecided": "#8a6100",
    "failed": "#5b6472",
    "error": "#7b3fa6",
}
"""The colour of each kind of outcome. White text on it has a contrast of 4.5 to 1 at least, in light and dark pages alike."""

_OTHER_COLOUR = COLOURS["failed"]
_LONGEST = 300
_REDACT = redactor(())


def badge(word: Any) -> str:
    """Return a verdict or a status as a coloured label."""
    colour = COLOURS.get(word, _OTHER_COLOUR) if isinstance(word, str) else _OTHER_COLOUR
    return (
        f'<strong style="background:{colour};color:#fff;border-radius:1em;padding:.1em .7em">{safe_text(word)}</strong>'
    )


def safe_text(value: Any) -> str:
    """Return a text redacted, shortened to 300 characters and escaped; what is no text is left out."""
    text = _REDACT(value) if isinstance(value, str) else ""
    text = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate cannot be encoded
    return escape(text) if len(text) <= _LONGEST else escape(text[: _LONGEST - 1]) + "&hellip;"
