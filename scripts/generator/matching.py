"""Which parts of another document are which parts of our contract: operations by method and path, schemas by where they are used."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .document import Document, Schema
from .operations import METHODS
from .refusals import GenerationError

Key = tuple[str, str]
"""Method and path, its parameters without their names."""


@dataclass
class Match:
    """What was found of one document in the other.

    Args:
        operations: Method and path in the other document, for our operation.
        schemas: Our component for one of the other document.
        inline: Our component for a schema that stands in place there, by its JSON pointer.
    """

    operations: dict[Key, tuple[Schema, str, Schema]] = field(default_factory=dict)
    schemas: dict[str, str] = field(default_factory=dict)
    inline: dict[str, str] = field(default_factory=dict)


def operations_of(document: Document) -> dict[Key, tuple[str, Schema]]:
    """The operations of a document, with their paths."""
    found: dict[Key, tuple[str, Schema]] = {}
    for path, item in (document.spec.get("paths") or {}).items():
        for method in METHODS:
            operation = (document.follow(item) or {}).get(method)
            if isinstance(operation, dict):
                found[method, re.sub(r"\{[^{}]*\}", "{}", path)] = (path, operation)
    return found


def match(ours: Document, theirs: Document) -> Match:
    """What of our contract the other document describes."""
    found = Match()
    pairs = _Pairs(ours, theirs, found)
    known = operations_of(theirs)
    for key, (_, operation) in operations_of(ours).items():
        if key in known:
            path, other = known[key]
            found.operations[key] = (operation, path, other)
            pairs.walk(_body(ours, operation), _body(theirs, other))
            pairs.walk(_success(ours, operation), _success(theirs, other))
    return found


class _Pairs:
    def __init__(self, ours: Document, theirs: Document, found: Match) -> None:
        self._ours, self._theirs, self._found = ours, theirs, found
        self._seen: set[tuple[int, int]] = set()

    def walk(self, one: Any, other: Any) -> None:
        """Pairs what stands at the same place."""
        one, other = _without_null(self._ours, one), _without_null(self._theirs, other)
        if not isinstance(one, dict) or not isinstance(other, dict) or (id(one), id(other)) in self._seen:
            return
        self._seen.add((id(one), id(other)))
        name = one.get("$ref", "").rpartition("/")[2]
        if name:
            referenced = other.get("$ref", "").rpartition("/")[2]
            is_taken = name in self._found.schemas.values() or name in self._found.inline.values()
            if referenced and not is_taken:
                self._found.schemas.setdefault(referenced, name)
            elif not referenced and not is_taken:
                self._found.inline[self._theirs.place(other)] = name
        plain, described = _followed(self._ours, one), _followed(self._theirs, other)
        for field_name, inner in (plain.get("properties") or {}).items():
            self.walk(inner, (described.get("properties") or {}).get(field_name))
        self.walk(plain.get("items"), described.get("items"))


def _followed(document: Document, schema: Schema) -> Schema:
    try:
        found = document.follow(schema)
    except GenerationError:
        return {}
    return found if isinstance(found, dict) else {}


def _without_null(document: Document, schema: Any) -> Any:
    """The one thing that a nullable schema is beside null, or that an `allOf` wraps."""
    if not isinstance(schema, dict):
        return schema
    branches = [
        each for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key) or [] if each != {"type": "null"}
    ]
    return _without_null(document, branches[0]) if len(branches) == 1 and "properties" not in schema else schema


def _body(document: Document, operation: Schema) -> Any:
    return _json(document, operation.get("requestBody"))


def _success(document: Document, operation: Schema) -> Any:
    responses = operation.get("responses") or {}
    codes = sorted(str(code) for code in responses if str(code).startswith("2"))
    return _json(document, responses[codes[0]]) if codes else None


def _json(document: Document, holder: Any) -> Any:
    content = _followed(document, holder or {}).get("content") or {}
    return next(((media or {}).get("schema") for name, media in content.items() if "json" in name), None)
