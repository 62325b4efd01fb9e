"""One version of the contract: its values, and what stands where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scripts.contract.reading import Items, Mapping, NotReadableError, line_of, pointer_parts, read
from scripts.contract.references import Targets, canonical, wrong_references

VERSION = re.compile(r"3\.[012]\.\d+(-.*)?")


class CannotCompareError(Exception):
    """The two versions could not be compared; the message says why."""


class Document:
    """A version of the contract, called `name` where something is wrong with it; raises CannotCompareError."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        try:
            self.data, problems = read(text)
        except NotReadableError as error:
            raise CannotCompareError(f"{name} is not YAML 1.2 as contracts are read here: {error}") from error
        if not isinstance(self.data, Mapping) or not isinstance(self.data.get("openapi"), str):
            raise CannotCompareError(f"{name} is not an OpenAPI document: it has no `openapi` with a version as text")
        self.version: str = self.data["openapi"]
        if not VERSION.fullmatch(self.version):
            raise CannotCompareError(f"{name} is OpenAPI {self.version}; 3.0, 3.1 and 3.2 are compared")
        if not any(isinstance(self.data.get(key), Mapping) for key in ("paths", "webhooks", "components")):
            raise CannotCompareError(f"{name} has neither paths nor webhooks nor components")
        # A reader keeps one of two equal keys, and a reference that leads nowhere hides what stood behind it.
        wrong = sorted({*problems, *wrong_references(self.data)})
        if wrong:
            found = "\n".join(f"  line {line}: {what}" for line, what in wrong)
            raise CannotCompareError(f"{name} cannot be compared:\n{found}")
        self._targets = Targets(self.data)

    @property
    def is_30(self) -> bool:
        """Whether schemas are those of OpenAPI 3.0, which has `nullable` and limits that are excluded by a truth value."""
        return self.version.startswith("3.0.")

    def target(self, reference: str) -> tuple[str, Any]:
        """The pointer and the value of what a reference leads to, through others if need be."""
        pointer = canonical(reference)
        value = self._targets.value(pointer)
        while isinstance(value, Mapping) and isinstance(value.get("$ref"), str) and len(value) == 1:
            pointer = canonical(value["$ref"])
            value = self._targets.value(pointer)
        return pointer, value

    def value(self, pointer: str) -> Any:
        """What stands at a pointer; raises KeyError where nothing does."""
        return self._targets.value(pointer)

    def line(self, pointer: str) -> int:
        """The line of the deepest part of a pointer that this version has."""
        return line_of(self.data, pointer_parts(pointer))

    def line_before(self, base: Document, pointer: str) -> int:
        """The line of this version behind which a part of the base would stand that is here no more."""
        here, there, line = self.data, base.data, 1
        for part in pointer_parts(pointer):
            if isinstance(here, Mapping) and isinstance(there, Mapping) and part not in here:
                keys = list(there)
                before = keys[: keys.index(part)] if part in there else []
                kept = next((key for key in reversed(before) if key in here), None)
                return line if kept is None else max(here.lines[list(here).index(kept)], last_line(here[kept]))
            step = [*line_steps(here, part)]
            if not step:
                return line
            (line, here), there = step[0], child(there, part)
        return line

    def provenance(self, pointer: str) -> str | None:
        """The provenance of the part a pointer leads to: its own, that of the nearest part it belongs to, or its parts'."""
        values = list(self._values(pointer))
        stated = [value["x-provenance"] for value in values if has_provenance(value)]
        if stated:
            return str(stated[-1])
        inside = values[-1].values() if isinstance(values[-1], Mapping) else ()
        return " and ".join(sorted({value["x-provenance"] for value in inside if has_provenance(value)})) or None

    def _values(self, pointer: str) -> Iterator[Any]:
        value: Any = self.data
        yield value
        for part in pointer_parts(pointer):
            value = child(value, part)
            if value is None:
                return
            yield value


def line_steps(value: Any, part: str) -> Iterator[tuple[int, Any]]:
    """The line and the value of a part of a value, if it has it."""
    if isinstance(value, Mapping) and part in value:
        yield value.lines[list(value).index(part)], value[part]
    elif isinstance(value, Items) and part.isdecimal() and int(part) < len(value):
        yield value.lines[int(part)], value[int(part)]


def child(value: Any, part: str) -> Any:
    """A part of a value; None when it has none of that name."""
    return next((inner for _, inner in line_steps(value, part)), None)


def last_line(value: Any) -> int:
    """The last line in which a part of a value starts."""
    line = 0
    while isinstance(value, (Mapping, Items)) and value:
        line = max(line, value.lines[-1])
        value = list(value.values())[-1] if isinstance(value, Mapping) else value[-1]
    return line


def has_provenance(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("x-provenance"), str)
