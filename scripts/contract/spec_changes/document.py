"""One version of the contract: its values, and what stands where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

import yaml

from scripts.contract.lint_spec import dangling_references, line_of, pointer_parts, repeated_keys


class CannotCompareError(Exception):
    """The two versions could not be compared; the message says why."""


class _Loader(yaml.CSafeLoader):
    """Leaves dates as they are written, because JSON has none; libyaml's, which takes a tenth of the time."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Document:
    """A version of the contract, called `name` where something is wrong with it; raises CannotCompareError."""

    def __init__(self, text: str, name: str) -> None:
        self._lines = text.splitlines()
        try:
            self._node = yaml.compose(text, Loader=_Loader)
            self.data: Any = _Loader("").construct_document(self._node) if self._node else None
        except yaml.YAMLError as error:
            raise CannotCompareError(f"{name} is not YAML: {error}") from error
        if not isinstance(self.data, dict) or not isinstance(self.data.get("paths"), dict):
            raise CannotCompareError(f"{name} is not an OpenAPI document: it has no paths")
        # A reader keeps the last of two equal keys, and a reference that leads nowhere hides what stood behind it.
        wrong = sorted({*repeated_keys(self._node), *dangling_references(self._node, self._node)})
        if wrong:
            found = "\n".join(f"  line {line}: {what}" for line, what in wrong)
            raise CannotCompareError(f"{name} cannot be compared:\n{found}")

    def line(self, pointer: str) -> int:
        """The line of the deepest part of a pointer that this version has."""
        return line_of(self._node, pointer_parts(pointer))

    def line_after(self, base: Document, line: int) -> int:
        """The line of this version at which a removed line of the base stood: the next before it that is still there."""
        blocks = SequenceMatcher(None, base._lines, self._lines, autojunk=False).get_matching_blocks()
        above = [block for block in blocks if block.size and block.a < line - 1]
        return max((block.b + min(block.size, line - 1 - block.a) for block in above), default=1)

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
            if isinstance(value, Mapping) and part in value:
                value = value[part]
            elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            else:
                return
            yield value


def has_provenance(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("x-provenance"), str)
