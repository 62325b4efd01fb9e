"""What a line on the terminal is made of."""

from __future__ import annotations

from typing import NamedTuple


class Cell(NamedTuple):
    """A piece of text, and what it means; a terminal shows some meanings in a colour."""

    text: str
    meaning: str = ""
    width: int = 0
