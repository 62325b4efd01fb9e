"""The references of an OpenAPI document: where they stand, and whether each leads to another place of the same document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.contract.reading import Items, Mapping, Problem, escaped, pointer_parts

# The keys whose mappings hold parts by names of people's choice, among which any word may be.
OF_PATHS = (
    "paths",
    "webhooks",
    "callbacks",
    "responses",
    "parameters",
    "requestBodies",
    "headers",
    "content",
    "encoding",
)
OF_SCHEMAS = ("schemas", "properties", "patternProperties", "dependentSchemas", "$defs", "definitions", "mapping")
OF_OTHERS = ("examples", "links", "pathItems", "securitySchemes", "scopes", "variables")
BY_NAME = frozenset((*OF_PATHS, *OF_SCHEMAS, *OF_OTHERS))
# The keys whose values are data, in which `$ref` is a word like any other.
DATA = frozenset(("const", "default", "enum", "example", "value"))

LEADS_OUT = "leads out of the file"

# A place as a linked list, because most places are never written down.
Link = tuple["Link | None", str]
Reference = tuple[str, int, Any]


def references(document: Any) -> Iterator[Reference]:
    """The pointer, the line and the value of every `$ref`."""
    stack: list[tuple[Any, Link | None, bool]] = [(document, None, False)]
    while stack:
        value, link, by_name = stack.pop()
        if isinstance(value, Items):
            stack += [(item, (link, str(index)), False) for index, item in enumerate(value) if not is_plain(item)]
        elif isinstance(value, Mapping):
            reference = value.get("$ref")
            if reference is not None and not (by_name and isinstance(reference, Mapping)):
                yield pointer_of(link), value.lines[list(value).index("$ref")], reference
            for key, item in value.items():
                if not is_plain(item) and (by_name or not is_data(key, item)):
                    inner_by_name = not by_name and key in BY_NAME and isinstance(item, Mapping)
                    stack.append((item, (link, key), inner_by_name))


def is_plain(value: Any) -> bool:
    return not isinstance(value, (Mapping, Items))


def is_data(key: str, value: Any) -> bool:
    return key in DATA or key.startswith("x-") or (key == "examples" and isinstance(value, Items))


def pointer_of(link: Link | None) -> str:
    parts: list[str] = []
    while link is not None:
        link, key = link
        parts.append(key)
    return pointer(reversed(parts))


def pointer(parts: Iterator[str] | list[str]) -> str:
    return "/".join(["#", *map(escaped, parts)])


def canonical(reference: str) -> str:
    """A reference as pointers are written here, however its characters are escaped."""
    return pointer(pointer_parts(reference))


class Targets:
    """What the references of a document lead to."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._found: dict[str, tuple[bool, Any]] = {}

    def value(self, reference: str) -> Any:
        """What stands where a reference leads; raises KeyError where nothing does."""
        if reference not in self._found:
            self._found[reference] = self._look_up(reference)
        found, value = self._found[reference]
        if not found:
            raise KeyError(reference)
        return value

    def _look_up(self, reference: str) -> tuple[bool, Any]:
        value = self._document
        for part in pointer_parts(reference):
            if isinstance(value, Mapping) and part in value:
                value = value[part]
            elif isinstance(value, Items) and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            else:
                return False, None
        return True, value


def wrong_references(document: Any) -> list[Problem]:
    """Every reference that leads out of the document, nowhere, or back to itself."""
    targets = Targets(document)
    found = ((line, what_is_wrong(reference, targets)) for _, line, reference in references(document))
    return [(line, what) for line, what in found if what]


def what_is_wrong(reference: Any, targets: Targets) -> str | None:
    if not isinstance(reference, str):
        return "a `$ref` has to be text"
    if not reference.startswith("#/"):
        return f"the reference {reference!r} {LEADS_OUT}, where nothing is read"
    seen = [canonical(reference)]
    while True:
        try:
            target = targets.value(seen[-1])
        except KeyError:
            return f"the reference {reference!r} leads nowhere"
        following = target.get("$ref") if isinstance(target, Mapping) else None
        if not isinstance(following, str):
            return None
        if canonical(following) in seen:
            return f"the reference {reference!r} leads to itself"
        seen.append(canonical(following))
