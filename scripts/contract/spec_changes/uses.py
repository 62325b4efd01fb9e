"""Which operations use a part of the contract, and whether they send it or are answered with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scripts.contract.lint_spec import pointer_parts

Direction = Literal["request", "answer"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
OTHER_WAY: Mapping[Direction, Direction] = {"request": "answer", "answer": "request"}
SECTIONS: Mapping[str, Direction] = {"parameters": "request", "requestBody": "request", "responses": "answer"}


@dataclass(frozen=True, order=True)
class Use:
    """An operation, by its operationId, and the direction it uses a part in; none for what is neither sent nor answered."""

    operation: str
    direction: Direction | None = None


class Uses:
    """The uses of every part of one version of the contract."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._found: dict[str, set[Use]] = {}
        for path, item in document["paths"].items():
            place = f"#/paths/{escaped(path)}"
            for method, operation in operations(item):
                name = operation.get("operationId") or f"{method.upper()} {path}"
                self._visit(operation.get("parameters", []), f"{place}/{method}/parameters", Use(name, "request"))
                self._visit(item.get("parameters", []), f"{place}/parameters", Use(name, "request"))
                self._operation(operation, f"{place}/{method}", name, inverted=False)

    def of(self, pointer: str) -> set[Use]:
        """Who uses the part a pointer leads to, or any part of it."""
        parts = pointer.split("/")
        for length in range(len(parts), 1, -1):
            found = self._found.get("/".join(parts[:length]))
            if found is not None:
                return found
        inside = (uses for place, uses in self._found.items() if place.startswith(f"{pointer}/"))
        return {Use(use.operation) for uses in inside for use in uses}

    def _operation(self, operation: Mapping[str, Any], place: str, name: str, *, inverted: bool) -> None:
        """What an operation uses; of a callback we are the server, so its request is what we read."""
        self._found.setdefault(place, set()).add(Use(name))
        for section, direction in SECTIONS.items():
            use = Use(name, OTHER_WAY[direction] if inverted else direction)
            self._visit(operation.get(section), f"{place}/{section}", use)
        for key, callback in operation.get("callbacks", {}).items():
            for expression, item in callback.items():
                for method, inner in operations(item):
                    inside = f"{place}/callbacks/{escaped(key)}/{escaped(expression)}/{method}"
                    self._operation(inner, inside, name, inverted=True)

    def _visit(self, value: Any, place: str, use: Use) -> None:
        """Notes the use of this part and of every component it refers to."""
        known = self._found.setdefault(place, set())
        if use in known:
            return
        known.add(use)
        for reference in references(value):
            if reference.startswith("#/components/"):
                self._visit(self._value(reference), reference, use)

    def _value(self, pointer: str) -> Any:
        value: Any = self._document
        for part in pointer_parts(pointer):
            value = value[int(part)] if isinstance(value, list) else value[part]
        return value


def operations(item: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The operations of a path, with their methods."""
    for method in METHODS:
        if isinstance(item, Mapping) and isinstance(item.get(method), Mapping):
            yield method, item[method]


def references(value: Any) -> Iterator[str]:
    """Every reference anywhere in a value."""
    inner: Iterable[Any] = ()
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    for part in inner:
        yield from references(part)


def escaped(key: str) -> str:
    """A key as a JSON pointer has it."""
    return key.replace("~", "~0").replace("/", "~1")
