"""Enums that take values they do not list."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, StrEnum
from typing import Any, Self

from .summary import shorten


class OpenEnum(StrEnum):
    """An enum of strings in which an unlisted string is a member too: the server may be newer than the contract.

    Such a member equals its string and has `is_known` false. It is made anew each time, so compare with `==`, not `is`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = str(value)
        return member

    @classmethod
    def read(cls, value: Any) -> Any:
        """The member for a string; anything else stays as it came."""
        return cls(value) if isinstance(value, str) else value

    @property
    def is_known(self) -> bool:
        """Whether the contract lists this value."""
        return self._value_ in type(self)._value2member_map_

    def __repr__(self) -> str:
        """Like that of any enum; a value that is not known is shortened and said to be so."""
        if self.is_known:
            return super().__repr__()
        return f"<{type(self).__name__}: {shorten(self)} (not known)>"

    def __reduce_ex__(self, protocol: object) -> tuple[type[Self], tuple[str]]:
        """By value: by name, as some versions of Python do it, an unlisted member would not come back."""
        return type(self), (str(self),)


def reader_of(enum: type[OpenEnum]) -> Callable[[Any], Any]:
    """Return a function that does what `enum.read` does, in a sixth of the time: an answer holds many enums."""
    members = dict(enum._value2member_map_)

    def read(value: Any) -> Any:
        try:
            return members[value]
        except (KeyError, TypeError):  # not known, or not hashable
            return enum.read(value)

    return read


class OpenIntEnum(IntEnum):
    """An enum of integers in which an unlisted integer is a member too, with `is_known` false."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"VALUE_{value:x}" if value.bit_length() > 64 else f"VALUE_{value}"
        member._value_ = int(value)
        return member

    @classmethod
    def read(cls, value: Any) -> Any:
        """The member for an integer; anything else stays as it came."""
        return cls(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @property
    def is_known(self) -> bool:
        """Whether the contract lists this value."""
        return self._value_ in type(self)._value2member_map_

    def __repr__(self) -> str:
        """Like that of any enum; a value that is not known is said to be so."""
        if self.is_known:
            return super().__repr__()
        shown = "a large integer" if self.bit_length() > 64 else int(self)
        return f"<{type(self).__name__}: {shown} (not known)>"

    def __reduce_ex__(self, protocol: object) -> tuple[type[Self], tuple[int]]:
        """By value: by name an unlisted member would not come back."""
        return type(self), (int(self),)
