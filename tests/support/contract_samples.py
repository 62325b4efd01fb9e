"""Values made for a schema, most of them fitting, some not: what a generated model is tried with."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from typing import Any

_ODD: tuple[Any, ...] = (None, "x", "abcdef", 0, -1, 7, 2.5, True, [], ["x"], {}, {"a": "q"}, "image")
_TEXTS = ("a", "ab", "abc", "", "xxxxx", "123", "image")
_FORMATS = {"date-time": "2020-01-02T03:04:05+00:00", "date": "2020-01-02", "decimal": "1.50"}


class Samples:
    """Makes values for the schemas of a document.

    Args:
        document: The document.
        seed: Decides about every value.
    """

    def __init__(self, document: dict[str, Any], seed: int) -> None:
        self._document = document
        self._random = random.Random(seed)

    def of(self, schema: Any, count: int) -> Iterator[Any]:
        """Some values for a schema; in a third of them something may be odd."""
        for index in range(count):
            yield self._value(schema, 0, 0.15 if index % 3 == 2 else 0.0)

    def _value(self, schema: Any, depth: int, odd: float) -> Any:
        choose = self._random.choice
        if self._random.random() < odd:
            return choose(_ODD)
        schema = self._followed(schema)
        if not isinstance(schema, dict):
            return "any"
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return choose(schema["enum"])
        if "allOf" in schema:
            return self._joined(schema, depth)
        for key in ("anyOf", "oneOf"):
            if key in schema and "properties" not in schema:
                return self._value(choose(schema[key]), depth, odd)
        given = schema.get("type", "object" if "properties" in schema else "any")
        kind = choose(given) if isinstance(given, list) else given
        if kind == "object":
            return self._object(schema, depth, odd)
        if kind == "array":
            count = 0 if depth > 3 else choose((0, 1, 2))
            return [self._value(schema.get("items", True), depth + 1, odd) for _ in range(count)]
        return self._scalar(kind, schema)

    def _scalar(self, kind: str, schema: dict[str, Any]) -> Any:
        choose = self._random.choice
        if kind == "string":
            if schema.get("format") == "uuid":
                return str(uuid.UUID(int=self._random.getrandbits(128)))
            return _FORMATS.get(str(schema.get("format"))) or choose(_TEXTS)
        numbers = (0, 1, 2, 3, 5, 10, 100, int(schema.get("minimum", 1)), int(schema.get("maximum", 9)))
        plain = {"null": (None,), "boolean": (True, False), "integer": numbers, "number": (0, 0.5, 1.0, 1.5, 2)}
        return choose(plain.get(kind, ("any",)))

    def _object(self, schema: dict[str, Any], depth: int, odd: float) -> dict[str, Any]:
        found = {}
        for name, inner in schema.get("properties", {}).items():
            likely = 0.95 if name in schema.get("required", []) else 0.7 if depth < 3 else 0.0
            if self._random.random() < likely:
                found[name] = self._value(inner, depth + 1, odd)
        if self._random.random() < 0.3 and schema.get("additionalProperties") is not False:
            found["extra"] = self._value(schema.get("additionalProperties", True), depth + 1, odd)
        return found

    def _joined(self, schema: dict[str, Any], depth: int) -> Any:
        own = {key: value for key, value in schema.items() if key in ("properties", "required", "type", "enum")}
        values = [self._value(part, depth, 0) for part in (*schema["allOf"], *([own] if own else []))]
        if all(isinstance(value, dict) for value in values):
            return {key: value for each in values for key, value in each.items()}
        return values[0]

    def _followed(self, schema: Any) -> Any:
        while isinstance(schema, dict) and "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            schema = found
        return schema


def without_nulls(value: Any) -> Any:
    """The same without the fields that are null, for an answer gives every field of the contract."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def opened(schema: Any) -> Any:
    """The same schema with open enums: as the generated layer takes them."""
    if isinstance(schema, list):
        return [opened(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: opened(value) for key, value in schema.items() if key != "enum"}
    values = schema.get("enum")
    if isinstance(values, list) and values and all(isinstance(value, str | None) for value in values):
        return {**plain, "type": ["string", "null"] if None in values else schema.get("type", "string")}
    if isinstance(values, list) and values and all(type(value) is int for value in values):
        return {**plain, "type": schema.get("type", "integer")}
    return {**plain, "enum": values} if "enum" in schema else plain
