"""The classes of an answer, made of the contract for a library of models: the same fields and types as this project's."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable
from datetime import datetime
from types import GenericAlias
from typing import Any, Optional

Make = Callable[[str, list[tuple[str, Any]]], Any]
"""Makes a class of a name and its fields; every field may be missing, which is None."""


def answer_type(contract: dict[str, Any], body: bytes, make: Make) -> Any:
    """Return the class of an evaluation, or of a list of them, if the document is one."""
    schemas = contract["components"]["schemas"]
    kind = _Maker(schemas, make).of({"$ref": "#/components/schemas/Evaluation"}, "Evaluation", ())
    return make("EvaluationList", [("items", GenericAlias(list, (kind,)))]) if "items" in json.loads(body) else kind


class _Maker:
    def __init__(self, schemas: dict[str, Any], make: Make) -> None:
        self._schemas = schemas
        self._make = make
        self._made: dict[str, Any] = {}

    def of(self, schema: dict[str, Any], name: str, inside: tuple[str, ...]) -> Any:
        if "anyOf" in schema:
            return self.of(schema["anyOf"][0], name, inside)
        if "$ref" in schema:
            component = schema["$ref"].rsplit("/", 1)[-1]
            if component in inside:
                return Any  # an object in itself, which is null in the documents
            if component not in self._made:
                self._made[component] = self.of(self._schemas[component], component, (*inside, component))
            return self._made[component]
        if "enum" in schema:
            values = {f"VALUE_{index}": value for index, value in enumerate(schema["enum"])}
            # mashumaro looks classes up in their module.
            globals()[name] = made = enum.Enum(name, values, type=str, module=__name__)
            return made
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            fields = [(key, _or_none(self.of(each, key, inside))) for key, each in schema.get("properties", {}).items()]
            return self._make(name, fields) if fields else dict[str, Any]
        if kind == "array":
            return GenericAlias(list, (self.of(schema["items"], name, inside),))
        if kind == "string" and schema.get("format") == "date-time":
            return datetime
        return {"string": str, "integer": int, "number": float, "boolean": bool}.get(str(kind), Any)


def _or_none(kind: Any) -> Any:
    return kind if kind is Any else Optional[kind]  # noqa: UP045 - `|` is not defined for every class made here
