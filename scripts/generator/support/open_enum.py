"""Enums of strings that take values they do not list."""

from __future__ import annotations

from enum import StrEnum
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
