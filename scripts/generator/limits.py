"""The limits of a schema as the options of its check, and the keywords that no check is written for."""

from __future__ import annotations

from typing import Any

from .document import Schema
from .patterns import python_pattern
from .refusals import GenerationError

_LENGTHS = {"minLength": "shortest", "maxLength": "longest"}
_NUMBERS = {
    "minimum": "least",
    "maximum": "most",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
    "multipleOf": "step",
}
_LIMITS = {
    "float": _NUMBERS,
    "int": _NUMBERS,
    "list": {"minItems": "fewest", "maxItems": "most"},
    "object": {"minProperties": "fewest", "maxProperties": "most"},
    "str": _LENGTHS,
}
_UNCHECKED = (
    "contains",
    "contentSchema",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "if",
    "not",
    "patternProperties",
    "propertyNames",
    "unevaluatedItems",
)


def limits_of(schema: Schema, kind: str) -> dict[str, Any]:
    """The options of a check.

    Args:
        schema: The schema.
        kind: str, int, float, list or object.

    Raises:
        GenerationError: A limit is no number, or a pattern is not one of Python.
    """
    limits: dict[str, Any] = {}
    for keyword, option in _LIMITS[kind].items():
        if keyword in schema:
            limits[option] = _number(keyword, schema[keyword], must_be_whole=kind not in ("int", "float"))
    if kind == "str" and "pattern" in schema:
        limits["pattern"] = python_pattern(str(schema["pattern"]))
    if kind == "list" and schema.get("uniqueItems") is True:
        limits["unique"] = True
    return limits


def _number(keyword: str, value: Any, *, must_be_whole: bool) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or (must_be_whole and value != int(value)):
        raise GenerationError(f"{keyword} needs to be a number, found {value!r}")
    return int(value) if value == int(value) else value


def refuse_unchecked(schema: Schema) -> None:
    """Refuse the keywords that a request would have to be checked against, and is not.

    Raises:
        GenerationError: One of them is there.
    """
    if found := [keyword for keyword in _UNCHECKED if keyword in schema]:
        raise GenerationError(f"no check is written for {', '.join(found)}")
