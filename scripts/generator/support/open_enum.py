"""Enums that take values they do not list."""

from __future__ import annotations

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
        if not isinstance(value, str):
            return value
        member = cls._value2member_map_.get(value)
        return cls(value) if member is None else member

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
        if not isinstance(value, int) or isinstance(value, bool):
            return value
        member = cls._value2member_map_.get(value)
        return cls(value) if member is None else member

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
