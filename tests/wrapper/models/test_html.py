from __future__ import annotations

from typing import Any

import pytest

from runflow_client.models.html import COLOURS, badge, safe_text


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    levels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (level / 12.92 if level <= 0.03928 else ((level + 0.055) / 1.055) ** 2.4 for level in levels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("verdict", COLOURS)
def test_white_text_is_readable_on_every_colour(verdict: str) -> None:
    assert 1.05 / (luminance(COLOURS[verdict]) + 0.05) >= 4.5
    assert COLOURS[verdict] in badge(verdict)


@pytest.mark.parametrize("word", ["pending", "<b>", None, {"url": "x"}, 7])
def test_badge_of_anything_else_is_grey_and_escaped(word: Any) -> None:
    assert COLOURS["failed"] in badge(word)
    assert "<b>" not in badge(word)


def test_text_is_redacted_shortened_and_escaped() -> None:
    assert safe_text("a < b, see https://x.example/?sig=s3cr3t") == "a &lt; b, see https://x.example/?[query cut]"
    assert safe_text("\ud800") == "?"
    assert safe_text("x " * 150) == "x " * 150
    assert safe_text("x " * 151) == ("x " * 150)[:-1] + "&hellip;"
    assert safe_text(None) == ""
