"""One parameter of an operation, and how its value is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .document import Schema
from .fields import Field
from .refusals import GenerationError
from .shapes import Shape

if TYPE_CHECKING:
    from .schemas import Schemas

PLACES = ("path", "query", "header", "cookie")
_SCALARS = frozenset(
    ("any", "bool", "date", "datetime", "decimal", "enum", "float", "int", "int_enum", "null", "str", "uuid")
)
_STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
_SEPARATORS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}


@dataclass
class Parameter:
    """One parameter.

    Args:
        field: Its name, shape and limits.
        separator: What stands between the items of a list that is one text; empty where there is none.
        form: json for a value written as JSON, deep for `name[key]`, object for a pair a key; empty for a plain one.
    """

    field: Field
    separator: str = ""
    form: str = ""

    @property
    def value(self) -> str:
        """The expression of what is written."""
        name = self.field.name
        if self.form == "json":
            return f"json_text({name})"
        return f"joined({self.field.wire_literal}, {name}, {self.separator!r})" if self.separator else name

    @property
    def pairs(self) -> str:
        """The expression of its pairs, where its value makes several."""
        if self.form == "deep":
            return f"deep_pairs({self.field.wire_literal}, {self.field.name})"
        return f"object_pairs({self.field.wire_literal}, {self.field.name})" if self.form == "object" else ""


def parameter_of(name: str, place: str, raw: Schema, schemas: Schemas, owner: str) -> Parameter:
    """The parameter that the contract describes.

    Args:
        name: Its name.
        place: Where it stands: path, query, header or cookie.
        raw: Its description.
        schemas: Makes its shape.
        owner: What inline classes are named after.

    Raises:
        GenerationError: Its form is not supported there.
    """
    try:
        return _parameter_of(name, place, raw, schemas, owner)
    except GenerationError as error:
        raise GenerationError(f"the parameter {name!r}: {error}") from None


def _parameter_of(name: str, place: str, raw: Schema, schemas: Schemas, owner: str) -> Parameter:
    content = raw.get("content")
    if content is not None and (not isinstance(content, dict) or list(content) != ["application/json"]):
        raise GenerationError("its content needs to be application/json")
    schema: Any = raw.get("schema", {}) if content is None else (content["application/json"] or {}).get("schema", {})
    shape = schemas.shape(schema, "sent", f"{owner} {name}")
    flat = schemas.flattener.flatten(schema)
    field = Field.of(name, shape, flat, schema, place == "path" or raw.get("required") is True)
    field.description = str(raw.get("description") or field.description)
    field.constant = ""
    field.is_in_path = place == "path" and shape.kind not in ("str", "any")
    if content is not None:
        if place == "path":
            raise GenerationError("JSON in a path is not supported")
        return Parameter(field, form="json")
    return _styled(field, shape, place, raw)


def _styled(field: Field, shape: Shape, place: str, raw: Schema) -> Parameter:
    style = str(raw.get("style") or _STYLES[place])
    explode = raw.get("explode", style == "form")
    if is_scalar(shape):
        return Parameter(field)
    if is_list_of_scalars(shape):
        if place == "query" and style == "form" and explode:
            return Parameter(field)
        if place == "query" and style in _SEPARATORS and not explode:
            return Parameter(field, separator=_SEPARATORS[style])
        if place == "header" and style == "simple":
            return Parameter(field, separator=",")
    if place == "query" and shape.kind in ("object", "map", "model"):
        if style == "deepObject":
            return Parameter(field, form="deep")
        if style == "form" and explode:
            return Parameter(field, form="object")
    raise GenerationError(f"a {shape.kind} in a {place} with style {style} and explode {str(bool(explode)).lower()}")


def is_scalar(shape: Shape) -> bool:
    """Whether a value is one text."""
    return shape.kind in _SCALARS or (
        shape.kind == "union" and not shape.variants and all(map(is_scalar, shape.members))
    )


def is_list_of_scalars(shape: Shape) -> bool:
    """Whether a value is a list of texts, or may be one."""
    if shape.kind == "union" and not shape.variants:
        return all(is_scalar(member) or is_list_of_scalars(member) for member in shape.members)
    return shape.kind == "list" and shape.item is not None and is_scalar(shape.item)
