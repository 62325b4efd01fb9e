"""One schema out of several: references followed, `allOf` merged, and what OpenAPI 3.0 writes otherwise written as in 3.1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .document import Document, Schema
from .refusals import GenerationError

# What says nothing about a value's form.
ANNOTATIONS = frozenset(
    (
        "$comment", "$defs", "$id", "$schema", "default", "definitions", "deprecated", "description", "example", "examples",
        "externalDocs", "readOnly", "summary", "title", "writeOnly", "xml",
    )
)  # fmt: skip
_STRICTER: Mapping[str, Any] = {
    "minLength": max, "minItems": max, "minProperties": max, "minimum": max, "exclusiveMinimum": max,
    "maxLength": min, "maxItems": min, "maxProperties": min, "maximum": min, "exclusiveMaximum": min,
}  # fmt: skip


@dataclass(frozen=True)
class Flat:
    """A schema without references and `allOf` at its top.

    Args:
        schema: What it says.
        identity: The object that stands for it: of a referenced schema the one that is referenced.
        outer: The objects that were passed on the way to it, the outermost first.
    """

    schema: Schema
    identity: Schema
    outer: tuple[Schema, ...] = ()

    def said(self, key: str) -> Any:
        """What the outermost object that has a key says under it."""
        return next((each[key] for each in (*self.outer, self.schema) if key in each), None)

    def marks(self, key: str) -> bool:
        """Whether any of the objects sets a flag."""
        return any(each.get(key) is True for each in (*self.outer, self.schema))


class Flattener:
    """Makes one schema of several.

    Args:
        document: The contract.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._plain: dict[int, Schema] = {}
        self._flat: dict[int, Flat] = {}
        self._open: list[int] = []

    def flatten(self, schema: Any) -> Flat:
        """What a schema comes to.

        Raises:
            GenerationError: It contradicts itself, or refers to what is not there.
        """
        if schema is True:
            return Flat({}, {})
        if not isinstance(schema, dict):
            raise GenerationError(
                "a schema that takes no value" if schema is False else "a schema needs to be an object"
            )
        known = self._flat.get(id(schema))
        if known is not None:
            return known
        if id(schema) in self._open:
            raise GenerationError("a schema that is made of itself")
        self._open.append(id(schema))
        try:
            flat = self._flatten(schema)
        finally:
            self._open.pop()
        self._flat[id(schema)] = flat
        return flat

    def _flatten(self, original: Schema) -> Flat:
        schema = self._as_31(original)
        parts: list[Any] = []
        if "$ref" in schema:
            parts.append(self._document.target(schema["$ref"]))
        parts += schema.get("allOf", [])
        own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        if not parts:
            return Flat(schema, original)
        inner = [self.flatten(part) for part in parts]
        saying = [flat for flat in inner if is_structural(flat.schema)]
        if not is_structural(own):
            if not saying:
                return Flat(own, original, (own,))
            if len(saying) == 1:
                only = saying[0]
                others = tuple(flat.schema for flat in inner if flat is not only)
                is_inline = any(only.identity is part for part in schema.get("allOf", []))
                return Flat(only.schema, original if is_inline else only.identity, (own, *others, *only.outer))
        place = self._document.place(original)
        merged = self._merge([*(flat.schema for flat in inner), own], place)
        return Flat(self._document.made(merged, place), original, tuple(each for flat in inner for each in flat.outer))

    def combined(self, base: Schema, branch: Any) -> Schema:
        """A branch of a union together with what stands beside the union."""
        place = self._document.place(branch) if isinstance(branch, dict) else self._document.place(base)
        return self._document.made({"allOf": [base, branch]}, place)

    def _merge(self, schemas: Iterable[Schema], place: str) -> Schema:
        merged: Schema = {}
        for schema in schemas:
            for key, value in schema.items():
                merged[key] = self._both(key, merged[key], value, place) if key in merged else value
        return merged

    def _both(self, key: str, one: Any, other: Any, place: str) -> Any:
        if key in ANNOTATIONS or key.startswith("x-") or one == other:
            return other
        if key == "properties":
            both = dict(one)
            for name, schema in other.items():
                is_new = name not in both or both[name] == schema
                inner = f"{place}/properties/{name.replace('~', '~0').replace('/', '~1')}"
                both[name] = schema if is_new else self._document.made({"allOf": [both[name], schema]}, inner)
            return both
        if key == "required":
            return list(dict.fromkeys([*one, *other]))
        if key in _STRICTER:
            return _STRICTER[key](one, other)
        if key == "type":
            return _common_types(one, other)
        if key == "enum":
            return [value for value in one if value in other]
        if key == "items":
            return self._document.made({"allOf": [one, other]}, f"{place}/items")
        if key == "additionalProperties" and (one is True or other is True or one == {} or other == {}):
            return other if one is True or one == {} else one
        if key == "format":
            raise GenerationError(f"allOf joins the formats {one} and {other}")
        raise GenerationError(f"allOf joins two different values of {key}")

    def _as_31(self, schema: Schema) -> Schema:
        if not self._document.is_30 or not ({"nullable", "exclusiveMinimum", "exclusiveMaximum"} & schema.keys()):
            return schema
        known = self._plain.get(id(schema))
        if known is None:
            known = self._plain[id(schema)] = self._document.made(_of_30(schema), self._document.place(schema))
        return known


def is_structural(schema: Any) -> bool:
    """Whether a schema says anything about a value's form."""
    return schema is not True and (
        not isinstance(schema, dict) or any(key not in ANNOTATIONS and not key.startswith("x-") for key in schema)
    )


def _common_types(one: Any, other: Any) -> Any:
    first, second = (each if isinstance(each, list) else [each] for each in (one, other))
    common = [each for each in first if each in second]
    if "integer" in (*first, *second) and "number" in (*first, *second) and "integer" not in common:
        common.append("integer")
    if not common:
        raise GenerationError(f"allOf joins the types {' and '.join(map(str, (*first, *second)))}")
    return common[0] if len(common) == 1 else common


def _of_30(schema: Schema) -> Schema:
    """A schema of OpenAPI 3.0 as 3.1 writes it."""
    plain = {key: value for key, value in schema.items() if key != "nullable"}
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(plain.get(exclusive), bool):
            is_exclusive = plain.pop(exclusive)
            if is_exclusive and inclusive in plain:
                plain[exclusive] = plain.pop(inclusive)
    if schema.get("nullable") is not True:
        return plain
    if "$ref" in plain or "allOf" in plain or "anyOf" in plain or "oneOf" in plain:
        kept = {key: value for key, value in plain.items() if key in ANNOTATIONS or key.startswith("x-")}
        return {**kept, "anyOf": [{key: value for key, value in plain.items() if key not in kept}, {"type": "null"}]}
    if "type" in plain:
        types = plain["type"] if isinstance(plain["type"], list) else [plain["type"]]
        plain["type"] = [*types, "null"]
    return plain
