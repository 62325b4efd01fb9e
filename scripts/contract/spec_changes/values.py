"""Parts of a version of the contract, and when two of them are the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from scripts.contract.reading import Items, Mapping, escaped


class Absent:
    """Stands for what a version does not have."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Part:
    """A value, the pointer to it, and the place it is used from: behind a reference that of the reference."""

    value: Any
    pointer: str
    place: str

    @property
    def present(self) -> bool:
        return self.value is not ABSENT

    def child(self, key: str) -> Part:
        """A part of a mapping, which may be absent."""
        value = self.value.get(key, ABSENT) if isinstance(self.value, Mapping) else ABSENT
        return self._below(key, value)

    def children(self) -> Iterator[tuple[str, Part]]:
        """The parts of a mapping by their keys, those of a list by their positions."""
        if isinstance(self.value, Mapping):
            for key, value in self.value.items():
                yield key, self._below(key, value)
        elif isinstance(self.value, Items):
            for index, value in enumerate(self.value):
                yield str(index), self._below(str(index), value)

    def items(self) -> list[Part]:
        return [part for _, part in self.children()]

    def behind(self, pointer: str, value: Any) -> Part:
        """What a reference in this place leads to."""
        return Part(value, pointer, self.place)

    def _below(self, key: str, value: Any) -> Part:
        step = escaped(key)
        same = self.pointer == self.place
        pointer = f"{self.pointer}/{step}"
        return Part(value, pointer, pointer if same else self.place)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same as JSON has it: truth values are no numbers, 10 is 10.0, and order counts in lists only."""
    if one is other:
        return True
    if isinstance(one, Mapping):
        if not isinstance(other, Mapping) or len(one) != len(other):
            return False
        return all(key in other and same(value, other[key]) for key, value in one.items())
    if isinstance(one, Items):
        if not isinstance(other, Items) or len(one) != len(other):
            return False
        return all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return False if not (isinstance(one, bool) and isinstance(other, bool)) else one == other
    return bool(one == other)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def fingerprint(value: Any) -> int:
    """A number that is the same for values that are the same, and seldom for others."""
    if isinstance(value, Mapping):
        return hash(frozenset((key, fingerprint(item)) for key, item in value.items()))
    if isinstance(value, Items):
        return hash(tuple(map(fingerprint, value)))
    return hash(value)


class Bag:
    """Values to look for the same one in, in a time that does not grow with their number."""

    def __init__(self, values: Iterable[Any]) -> None:
        self._values: dict[int, list[Any]] = {}
        for value in values:
            self._values.setdefault(fingerprint(value), []).append(value)

    def __contains__(self, value: Any) -> bool:
        return any(same(one, value) for one in self._values.get(fingerprint(value), ()))


def moved(removed: Iterable[Part], added: Iterable[Part]) -> list[tuple[Part, Part]]:
    """The removed and the added parts that have the same value, where it is clear which has taken the place of which."""
    before, after = by_value(removed), by_value(added)
    pairs = [(before[key][0], after[key][0]) for key in before if len(before[key]) == len(after.get(key, ())) == 1]
    return [(one, other) for one, other in pairs if same(one.value, other.value)]


def by_value(parts: Iterable[Part]) -> dict[int, list[Part]]:
    found: dict[int, list[Part]] = {}
    for part in parts:
        found.setdefault(fingerprint(part.value), []).append(part)
    return found
