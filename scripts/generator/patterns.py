"""Patterns of JSON Schema, which are JavaScript's, as patterns of Python; what means something else in Python is refused."""

from __future__ import annotations

import re
import warnings

from .refusals import GenerationError

# What stands for itself after a backslash in both languages, outside of letters and digits.
_CLASSES = {
    "d": "0-9",
    "w": "A-Za-z0-9_",
    "s": r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff",
}
_SAME = frozenset("tnrfv")
_GROUPS = ("?:", "?=", "?!", "?<=", "?<!")


def python_pattern(pattern: str) -> str:
    """The pattern of Python that takes what a pattern of JavaScript takes.

    Raises:
        GenerationError: Python has no such pattern.
    """
    translated = _Translation(pattern).run()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(translated)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise _refused(pattern, str(error)) from None
    return translated


class _Translation:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0

    def run(self) -> str:
        parts = []
        while self._place < len(self._pattern):
            letter = self._take()
            if letter == "\\":
                parts.append(self._escape(in_class=False))
            elif letter == "[":
                parts.append(self._class())
            elif letter == "(":
                parts.append(self._group())
            elif letter == "$":
                parts.append(r"\Z")
            elif letter == ".":
                parts.append(r"[^\n\r\u2028\u2029]")
            else:
                parts.append(letter)
        return "".join(parts)

    def _take(self) -> str:
        if self._place >= len(self._pattern):
            raise _refused(self._pattern, "it ends too early")
        letter = self._pattern[self._place]
        self._place += 1
        return letter

    def _group(self) -> str:
        if not self._pattern.startswith("?", self._place):
            return "("
        for start in _GROUPS:
            if self._pattern.startswith(start, self._place):
                self._place += len(start)
                return f"({start}"
        named = re.compile(r"\?<([A-Za-z_]\w*)>", re.ASCII).match(self._pattern, self._place)
        if named is None:
            raise _refused(self._pattern, "Python has no such group")
        self._place = named.end()
        return f"(?P<{named[1]}>"

    def _escape(self, *, in_class: bool) -> str:
        letter = self._take()
        if letter in _CLASSES:
            return _CLASSES[letter] if in_class else f"[{_CLASSES[letter]}]"
        if letter in "DWS":
            if in_class:
                raise _refused(self._pattern, f"\\{letter} inside brackets")
            return f"[^{_CLASSES[letter.lower()]}]"
        if letter in "bB" and not in_class:
            return f"(?a:\\{letter})"
        if letter == "x" or letter == "u":
            digits = self._pattern[self._place : self._place + (2 if letter == "x" else 4)]
            if re.fullmatch(r"[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}", digits) is None:
                raise _refused(self._pattern, f"\\{letter} without its digits")
            self._place += len(digits)
            return re.escape(chr(int(digits, 16)))
        if letter in _SAME or (letter == "0" and not self._pattern[self._place : self._place + 1].isdigit()):
            return f"\\{letter}"
        if letter.isalnum() and not (letter.isdigit() and not in_class):
            raise _refused(self._pattern, f"Python has no \\{letter}")
        return f"\\{letter}" if letter.isdigit() else re.escape(letter)

    def _class(self) -> str:
        parts = ["["]
        if self._pattern.startswith("^", self._place):
            self._place += 1
            parts.append("^")
        if self._pattern.startswith("]", self._place):
            raise _refused(self._pattern, "empty brackets")
        while (letter := self._take()) != "]":
            several = letter == "\\" and self._pattern[self._place : self._place + 1] in tuple(_CLASSES)
            parts.append(self._escape(in_class=True) if letter == "\\" else self._plain(letter))
            is_range = self._pattern.startswith("-", self._place) and not self._pattern.startswith("-]", self._place)
            if is_range:
                self._place += 1
                following = self._take()
                if several or (following == "\\" and self._pattern[self._place : self._place + 1] in tuple(_CLASSES)):
                    raise _refused(self._pattern, "a range from or to more than one character")
                parts.append("-" + (self._escape(in_class=True) if following == "\\" else self._plain(following)))
        parts.append("]")
        return "".join(parts)

    @staticmethod
    def _plain(letter: str) -> str:
        return re.escape(letter) if letter in "-[^&~|" else letter


def _refused(pattern: str, reason: str) -> GenerationError:
    return GenerationError(f"the pattern {pattern!r} is not one of Python: {reason}")
