"""What a contract asks for that is not generated: gathered, so that one run names everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class GenerationError(Exception):
    """The contract asks for something that this generator does not do, or does not do right."""


class Refusals:
    """Collects the reasons why a contract cannot be generated from."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, where: str, reason: str) -> None:
        """Note a reason.

        Args:
            where: The schema or operation, in the contract's words.
            reason: What is not done, in a few words.
        """
        line = f"{one_line(where)}: {one_line(reason)}"
        if line not in self._lines:
            self._lines.append(line)

    @contextmanager
    def collecting(self, where: str) -> Iterator[None]:
        """Note what is refused inside, and go on after it."""
        try:
            yield
        except GenerationError as error:
            self.add(where, str(error))
        except RecursionError:
            self.add(where, "it is nested too deeply")

    def raise_if_any(self) -> None:
        """Refuse the contract where anything was noted.

        Raises:
            GenerationError: With one line for each reason.
        """
        if self._lines:
            raise GenerationError("\n".join(self._lines))


def one_line(text: str) -> str:
    """Text of the contract in one line, short enough for a message."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= 400 else f"{line[:399]}…"
