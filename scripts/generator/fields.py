"""One field of a model, or one parameter: how it is typed, read, written and checked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from keyword import iskeyword
from typing import Any

from openapi_python_client.parser import properties

# Names that the annotations of a class, or the class itself, need for something else.
_TAKEN = frozenset(
    (
        "Any",
        "Self",
        "UUID",
        "additional_properties",
        "bool",
        "cls",
        "datetime",
        "dict",
        "float",
        "from_dict",
        "int",
        "list",
        "self",
        "str",
        "to_dict",
    )
)
_LEAVES = (
    (properties.StringProperty, "str"),
    (properties.UuidProperty, "uuid"),
    (properties.DateProperty, "str"),
    (properties.IntProperty, "int"),
    (properties.FloatProperty, "float"),
    (properties.BooleanProperty, "bool"),
    (properties.AnyProperty, "any"),
)
_LEAF_ANNOTATIONS = {"any": "Any", "uuid": "str", "object": "JsonObject"}
# The limits of JSON Schema that are checked, and what the checks call them.
_LIMITS = {
    "str": {"minLength": "shortest", "maxLength": "longest", "pattern": "pattern"},
    "int": {"minimum": "least", "maximum": "most"},
    "float": {"minimum": "least", "maximum": "most"},
    "list": {"minItems": "fewest", "maxItems": "most"},
}
_UNCHECKED_LIMITS = (
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "const",
    "enum",
)


class GenerationError(Exception):
    """The contract asks for something that this generator does not do, or does not do right."""


@dataclass(frozen=True)
class Shape:
    """What a value looks like, null left aside.

    Args:
        kind: str, uuid, int, float, bool, any, object (free-form), datetime, enum, model, list, or union (of leaves).
        annotation: The type of a value.
        class_name: The class of a model or an enum.
        module: The module it stands in.
        item: What a list holds.
        nullable: Whether null is in the contract.
    """

    kind: str
    annotation: str
    class_name: str = ""
    module: str = ""
    item: Shape | None = None
    nullable: bool = False

    @property
    def with_null(self) -> str:
        """The annotation, null included where it is in the contract."""
        return f"{self.annotation} | None" if self.nullable and self.kind != "any" else self.annotation

    @property
    def is_converted(self) -> bool:
        """Whether a value from the wire becomes something else."""
        return self.kind in ("datetime", "enum", "model") or (self.item is not None and self.item.is_converted)

    def parts(self) -> Iterator[Shape]:
        """The models and enums in this shape."""
        if self.class_name:
            yield self
        if self.item is not None:
            yield from self.item.parts()

    def read(self, source: str, own_class: str) -> str:
        """The expression that reads a value from the wire.

        Args:
            source: A name that holds the value.
            own_class: The class the expression stands in, which a subclass of it takes the place of.
        """
        if self.kind == "datetime":
            return f"read_datetime({source})"
        if self.kind == "enum":
            return f"{self.class_name}.read({source})"
        if self.kind == "model":
            name = "cls" if self.class_name == own_class else self.class_name
            return f"{name}.from_dict({source}) if isinstance({source}, dict) else {source}"
        if self.item is not None and self.is_converted:
            if self.item.kind == "list":
                raise GenerationError("a list of lists of models is not supported")
            items = f"[{self.item.read('item', own_class)} for item in {source}]"
            return f"{items} if isinstance({source}, list) else {source}"
        return source


class Field:
    """One field of a model, or one parameter of an operation.

    Args:
        prop: What the generator made of it.
        schema: Its schema as it stands in the contract.
    """

    def __init__(self, prop: Any, schema: Mapping[str, Any]) -> None:
        self.wire = str(prop.name.get_untrusted_value())
        self.name = _python_name(self.wire, str(prop.python_name))
        self.shape = shape_of(prop)
        self.is_required = bool(prop.required)
        self.description = str(schema.get("description") or "")
        self.is_secret = bool(schema.get("x-secret"))
        self._schema = schema

    @property
    def wire_literal(self) -> str:
        """The name on the wire as a string of Python."""
        return json.dumps(self.wire)

    @property
    def documentation(self) -> str:
        """Its description, followed by its limits where it has any."""
        lengths = self._schema.get("minLength"), self._schema.get("maxLength")
        counts = self._schema.get("minItems"), self._schema.get("maxItems")
        values = self._schema.get("minimum"), self._schema.get("maximum")
        limits = [
            text for text in (_range(lengths, " characters"), _range(counts, " items"), _range(values, "")) if text
        ]
        return " ".join([self.description, *limits]).strip()

    @property
    def answer_annotation(self) -> str:
        """Its type in an answer, where everything may be missing."""
        return "Any" if self.shape.kind == "any" else f"{self.shape.annotation} | None"

    @property
    def request_annotation(self) -> str:
        """Its type in a request, where what is not given is not sent."""
        if self.shape.kind == "any":
            return "Any"
        annotation = (
            f"str | UUID{' | None' if self.shape.nullable else ''}"
            if self.shape.kind == "uuid"
            else self.shape.with_null
        )
        return annotation if self.is_required else f"{annotation} | Unset"

    @property
    def parameter_annotation(self) -> str:
        """Its type as an argument of an operation, where null and unset both mean that it is not sent."""
        kind = self.shape.kind
        annotation = "str | UUID" if kind == "uuid" else "str" if kind == "enum" else self.shape.annotation
        return annotation if self.is_required else f"{annotation} | None | Unset"

    @property
    def repr_kind(self) -> str:
        """What it counts as when a repr chooses what to show."""
        return self.shape.kind

    @cached_property
    def check(self) -> str:
        """The call that refuses a value outside the contract, `VALUE` being the value; empty if anything goes."""
        kind = self.shape.kind
        if unchecked := [limit for limit in _UNCHECKED_LIMITS if limit in self._schema and kind != "enum"]:
            raise GenerationError(f"{self.wire}: no check is written for {', '.join(unchecked)}")
        if unchecked := [
            limit for limits in _LIMITS.values() for limit in limits if limit in self._schema.get("items", {})
        ]:
            raise GenerationError(f"{self.wire}: no check is written for {', '.join(unchecked)} of an item")
        options = [
            f"{ours}={self._schema[theirs]!r}"
            for theirs, ours in _LIMITS.get(kind, {}).items()
            if theirs in self._schema
        ]
        if kind == "list":
            options.append(f"item={_runtime_class(self.shape.item)}")
        elif kind == "model":
            options.append(f"kind={self.shape.class_name}")
        elif kind == "int":
            options.append("whole=True")
        options += [
            flag
            for flag, is_set in (("nullable=True", self.shape.nullable), ("optional=True", not self.is_required))
            if is_set
        ]
        name = {
            "str": "check_string",
            "enum": "check_string",
            "uuid": "check_uuid",
            "bool": "check_boolean",
            "int": "check_number",
            "float": "check_number",
            "list": "check_list",
            "object": "check_object",
            "model": "check_object",
        }.get(kind)
        if name is None:
            if kind == "any":
                return ""
            raise GenerationError(f"{self.wire}: a {kind} in a request is not supported")
        return f"{name}({', '.join([self.wire_literal, 'VALUE', *options])})"

    @property
    def parameter_check(self) -> str:
        """The check of a parameter of query or headers, where null and unset both mean that it is not sent."""
        if (
            not any(limit in self._schema for limits in _LIMITS.values() for limit in limits)
            and self.shape.kind != "uuid"
        ):
            return ""
        missing = ["nullable=True"] if not self.shape.nullable and not self.is_required else []
        return ", ".join([self.check[:-1].replace("VALUE", self.name), *missing]) + ")"


def shape_of(prop: Any) -> Shape:
    """The shape of what the generator parsed.

    Raises:
        GenerationError: A union that would leave open how a value is read.
    """
    if isinstance(prop, properties.UnionProperty):
        return _shape_of_union(prop)
    for kind, name in _LEAVES:
        if isinstance(prop, kind):
            return Shape(name, _LEAF_ANNOTATIONS.get(name, name))
    if isinstance(prop, properties.DateTimeProperty):
        return Shape("datetime", "datetime")
    if isinstance(prop, properties.ModelProperty) and is_free_form(prop):
        return Shape("object", "JsonObject")
    if isinstance(prop, properties.ModelProperty | properties.EnumProperty):
        kind = "model" if isinstance(prop, properties.ModelProperty) else "enum"
        name, module = str(prop.class_info.name), str(prop.class_info.module_name)
        return Shape(kind, name, class_name=name, module=module)
    if isinstance(prop, properties.ListProperty):
        item = shape_of(prop.inner_property)
        return Shape("list", f"list[{item.with_null}]", item=item)
    raise GenerationError(f"{prop.name.get_untrusted_value()}: {type(prop).__name__} is not supported")


def is_free_form(model: Any) -> bool:
    """Whether a model names no field, so that it is no class but a plain `JsonObject`."""
    return not model.data.properties and not model.data.allOf


def _shape_of_union(prop: Any) -> Shape:
    inner = [shape_of(each) for each in prop.inner_properties if not isinstance(each, properties.NoneProperty)]
    nullable = len(inner) < len(prop.inner_properties)
    if not inner:
        return Shape("any", "Any")
    if len(inner) == 1:
        only = inner[0]
        return Shape(only.kind, only.annotation, only.class_name, only.module, only.item, nullable or only.nullable)
    if any(each.is_converted for each in inner):
        raise GenerationError(
            f"{prop.name.get_untrusted_value()}: a union that holds more than one thing may hold only plain values"
        )
    annotations = sorted({each.annotation for each in inner})
    return Shape("union", "Any" if "Any" in annotations else " | ".join(annotations), nullable=nullable)


def _range(bounds: tuple[Any, Any], unit: str) -> str:
    """A sentence for a lower and an upper limit, of which either may be missing."""
    least, most = (f"{bound:,}" if bound is not None else "" for bound in bounds)
    if least and most:
        return f"From {least} to {most}{unit}."
    return f"At least {least}{unit}." if least else f"At most {most}{unit}." if most else ""


def _python_name(wire: str, proposed: str) -> str:
    """The wire's own name where Python allows it: the generator also renames `input` and other harmless builtins."""
    allowed = wire.isidentifier() and not iskeyword(wire) and wire not in _TAKEN and not wire.startswith("_")
    if not allowed and proposed in _TAKEN:
        raise GenerationError(f"{wire}: the generated classes need this name themselves")
    return wire if allowed else proposed


def _runtime_class(item: Shape | None) -> str:
    """What `isinstance` can check an item against."""
    if item is None or item.kind == "any":
        return "object"
    return {"uuid": "str", "object": "dict"}.get(item.kind, item.class_name or item.annotation)
