"""Which operations use a part of the contract, and whether they send it or receive it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.contract.reading import Mapping, pointer_parts
from scripts.contract.references import canonical, pointer, references
from scripts.contract.spec_changes.rules import Direction
from scripts.contract.spec_changes.wording import METHODS, value_at

OTHER_WAY: dict[Direction | None, Direction | None] = {"request": "response", "response": "request", None: None}
SECTIONS: dict[str, Direction] = {"parameters": "request", "requestBody": "request", "responses": "response"}


@dataclass(frozen=True, order=True)
class Use:
    """An operation, by its operationId, and the direction it uses a part in; none for what is neither sent nor received."""

    operation: str
    direction: Direction | None = None


class Uses:
    """The uses of the parts of one version of the contract, looked up from a part towards the operations."""

    def __init__(self, document: Mapping) -> None:
        self._document = document
        # The places that refer to a pointer.
        self._referring: dict[str, list[str]] = defaultdict(list)
        for place, _, reference in references(document):
            self._referring[canonical(reference)].append(place)
        self._known: dict[str, frozenset[Use]] = {}
        self._steps: dict[str, tuple[set[Use], set[str]]] = {}

    def operations(self) -> list[str]:
        """The names of all operations of the paths."""
        paths = self._document.get("paths")
        return (
            []
            if not isinstance(paths, Mapping)
            else [self._name(["paths", path, method]) for path, item in paths.items() for method, _ in operations(item)]
        )

    def of(self, place: str) -> frozenset[Use]:
        """Who uses the part a pointer leads to, or what it stands in."""
        if place not in self._known:
            found: set[Use] = set()
            waiting, seen = [place], {place}
            while waiting:
                uses, referring = self._step(waiting.pop())
                found |= uses
                more = referring - seen
                seen |= more
                waiting += more
            self._known[place] = frozenset(found)
        return self._known[place]

    def _step(self, place: str) -> tuple[set[Use], set[str]]:
        """The uses of a place by the operation it stands in, and the places that refer to it or to what it stands in."""
        if place not in self._steps:
            parts = pointer_parts(place)
            if parts[:1] == ["components"]:
                uses = self._in_component(parts)
            else:
                uses = self._in_item(parts, 2, flipped=parts[:1] == ["webhooks"])
            wholes = [pointer(parts[:length]) for length in range(2, len(parts) + 1)]
            self._steps[place] = uses, {one for whole in wholes for one in self._referring.get(whole, ())}
        return self._steps[place]

    def _in_component(self, parts: list[str]) -> set[Use]:
        """The uses by operations that a component holds itself."""
        if parts[1:2] == ["pathItems"]:
            whole = pointer(parts[:3])
            referring = self._referring.get(whole, [])
            flips = {one.startswith("#/webhooks/") or "/callbacks/" in one for one in referring} or {False}
            return {use for flipped in flips for use in self._in_item(parts, 3, flipped=flipped)}
        if parts[1:2] == ["callbacks"] and len(parts) > 4:
            owners = {use.operation for one in self._referring.get(pointer(parts[:3]), []) for use in self.of(one)}
            section = SECTIONS.get(parts[5]) if len(parts) > 5 else None
            return {Use(owner, OTHER_WAY[section]) for owner in owners}
        return set()

    def _in_item(self, parts: list[str], start: int, *, flipped: bool) -> set[Use]:
        """The uses of a part of a path item, which stands after `start` steps."""
        if len(parts) < start:
            return set()
        if len(parts) == start or parts[start] not in METHODS:
            section = SECTIONS.get(parts[start]) if len(parts) > start else None
            item = value_at(self._document, parts[:start])
            return {Use(self._name([*parts[:start], method]), section) for method, _ in operations(item)}
        name = self._name(parts[: start + 1])
        rest, place = parts[start + 1 :], start + 1
        while rest[:1] == ["callbacks"] and len(rest) > 3:
            # Of a callback we are the server, so its request is what we read.
            flipped, rest, place = not flipped, rest[4:], place + 4
        section = SECTIONS.get(rest[0]) if rest else None
        return {Use(name, OTHER_WAY[section] if flipped else section)}

    def _name(self, parts: list[str]) -> str:
        operation = value_at(self._document, parts)
        stated = operation.get("operationId") if isinstance(operation, Mapping) else None
        return str(stated) if stated is not None else f"{parts[-1].upper()} {parts[-2]}"


def operations(item: Any) -> Iterator[tuple[str, Any]]:
    """The operations of a path, with their methods."""
    if isinstance(item, Mapping):
        yield from ((method, item[method]) for method in METHODS if isinstance(item.get(method), Mapping))
