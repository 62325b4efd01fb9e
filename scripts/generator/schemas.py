"""The shape of each schema, and the models and enums that shapes refer to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .document import Document, Schema, said
from .fields import Field, Model
from .flattening import Flat, Flattener, is_structural
from .limits import limits_of, refuse_unchecked
from .names import ClassNames, literal, member_names
from .refusals import GenerationError, Refusals
from .shapes import Shape
from .unions import Unions, group_by_kind

RECEIVED, SENT, FORM = "received", "sent", "form"
_DECIMAL = "^(?!^[-+.]*$)"
_FORMATS = {"date-time": "datetime", "date": "date", "uuid": "uuid", "decimal": "decimal"}
_OBJECT_KEYS = ("properties", "additionalProperties", "required", "patternProperties", "minProperties", "maxProperties")


@dataclass
class EnumClass:
    """An enum.

    Args:
        class_name: Its class.
        module: The module it stands in.
        is_int: Whether its values are integers.
        members: Name and value, the value as Python.
        description: What the contract says of it.
        origin: Where it is known from.
    """

    class_name: str
    module: str
    is_int: bool
    members: list[tuple[str, str]]
    description: str
    origin: Schema


@dataclass
class Schemas:
    """Makes shapes of schemas, and classes of those that need one.

    Args:
        document: The contract.
        refusals: Takes what cannot be done.
        sent: The objects of the components that are sent.
        received: The objects of the components that are received.
        overrides: For a class, another name and module.
    """

    document: Document
    refusals: Refusals
    sent: set[int]
    received: set[int]
    overrides: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    models: dict[tuple[int, str], Model] = field(default_factory=dict)
    enums: dict[int, EnumClass] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare the names of the components, which are taken first."""
        self.flattener = Flattener(self.document)
        self._unions = Unions(self)
        self._names = ClassNames(self.overrides)
        components = (self.document.spec.get("components") or {}).get("schemas") or {}
        self._components = {id(schema): name for name, schema in components.items() if isinstance(schema, dict)}
        self._reserved: dict[tuple[str, str], tuple[str, str]] = {}
        self._waiting: list[Callable[[], None]] = []
        self._open: list[tuple[int, str]] = []

    def reserve(self, names: Mapping[str, Schema], kinds: Mapping[str, str]) -> None:
        """Give the components their classes before anything inline takes a name, those that keep their own name first."""
        for name in sorted(names, key=lambda each: (not each.isidentifier() or not each[:1].isupper(), each)):
            schema = names[name]
            wanted = str(schema.get("x-class-name") or name)
            sides = [side for side, found in ((RECEIVED, self.received), (SENT, self.sent)) if id(schema) in found]
            for side in sides or [RECEIVED]:
                is_second = side == SENT and RECEIVED in sides
                if kinds[name] == "Enum" and is_second:
                    continue
                taken = self._names.take(f"{wanted}Request" if is_second else wanted, kinds[name])
                self._reserved[name, "enum" if kinds[name] == "Enum" else side] = taken

    def shape(self, schema: Any, side: str, suggestion: str) -> Shape:
        """The shape of a schema.

        Args:
            schema: The schema.
            side: RECEIVED, SENT or FORM.
            suggestion: What its class is called where it needs one and has no name.

        Raises:
            GenerationError: It is not done, or not done right.
        """
        flat = self.flattener.flatten(schema)
        key = (id(flat.identity), side)
        if key in self._open:
            raise GenerationError("a schema that refers to itself without an object with fields in between")
        self._open.append(key)
        try:
            return self._shape(flat, side, suggestion)
        finally:
            self._open.pop()

    def _shape(self, flat: Flat, side: str, suggestion: str) -> Shape:
        schema = flat.schema
        if not is_structural(schema):
            return Shape("any", nullable=True)
        if side != RECEIVED:
            refuse_unchecked(schema)
        if "anyOf" in schema or "oneOf" in schema:
            return self._unions.shape(flat, side, suggestion)
        types = _types(schema)
        if "const" in schema or "enum" in schema:
            return self._values(flat, types, suggestion)
        nullable = "null" in types
        kinds = [each for each in types if each != "null"]
        if not types:
            return Shape("any", nullable=True)
        if not kinds:
            return Shape("null", nullable=True)
        if len(kinds) > 1:
            branches = [self.document.made({**schema, "type": each}, self.document.place(schema)) for each in kinds]
            shapes = [self.shape(each, side, suggestion) for each in branches]
            return self._unions.joined(shapes, [], "", side, nullable=nullable)
        shape = self._typed(flat, kinds[0], side, suggestion)
        return shape.with_null() if nullable else shape

    def _typed(self, flat: Flat, kind: str, side: str, suggestion: str) -> Shape:
        schema = flat.schema
        if kind == "string":
            return self._string(schema, side)
        if kind in ("integer", "number"):
            shape = "int" if kind == "integer" else "float"
            return Shape(shape, limits=limits_of(schema, shape))
        if kind == "boolean":
            return Shape("bool")
        if kind == "array":
            if "prefixItems" in schema and side != RECEIVED:
                raise GenerationError("prefixItems, a list whose places differ, is not checked in a request")
            items = {} if "prefixItems" in schema else schema.get("items", {})
            return Shape("list", item=self.shape(items, side, f"{suggestion}Item"), limits=limits_of(schema, "list"))
        if kind == "object":
            return self._object(flat, side, suggestion)
        raise GenerationError(f"the type {kind!r} is not one of JSON Schema")

    def _string(self, schema: Schema, side: str) -> Shape:
        said_format = schema.get("format")
        is_raw = said_format == "binary" or (
            "contentMediaType" in schema and "contentEncoding" not in schema and side == FORM
        )
        if is_raw and side == FORM:
            return Shape("file")
        if is_raw and side == SENT:
            raise GenerationError("format: binary has no place in JSON")
        kind = _FORMATS.get(str(said_format), "str")
        if kind == "str" and str(schema.get("pattern", "")).startswith(_DECIMAL) and side != RECEIVED:
            return Shape("decimal")
        limits = limits_of(schema, "str") if side != RECEIVED or kind == "str" else {}
        if kind != "str" and limits:
            raise GenerationError(f"{', '.join(limits)} beside format: {said_format} is not checked")
        return Shape(kind, limits=limits)

    def _object(self, flat: Flat, side: str, suggestion: str) -> Shape:
        schema = flat.schema
        extra = schema.get("additionalProperties", True)
        has_fields = bool(schema.get("properties")) or (side != RECEIVED and bool(schema.get("required")))
        if has_fields:
            return self._model(flat, side, suggestion)
        limits = limits_of(schema, "object")
        if not isinstance(extra, dict) or not is_structural(self.flattener.flatten(extra).schema):
            if extra is False and side != RECEIVED:
                limits = {**limits, "most": 0}
            return Shape("object", limits=limits)
        return Shape("map", item=self.shape(extra, side, f"{suggestion}Value"), limits=limits)

    def _model(self, flat: Flat, side: str, suggestion: str) -> Shape:
        key = (id(flat.identity), side)
        model = self.models.get(key)
        if model is None:
            class_name, module = self._class(flat, side, suggestion, "Model")
            description = str(flat.identity.get("description") or flat.schema.get("description") or "")
            model = Model(class_name, module, side != RECEIVED, description, flat.identity)
            self.models[key] = model
            self._waiting.append(lambda: self._fill(model, flat, side))
        return Shape("model", class_name=model.class_name, module=model.module)

    def complete(self) -> None:
        """Give every model its fields; fields bring new models."""
        while self._waiting:
            self._waiting.pop(0)()

    def _fill(self, model: Model, flat: Flat, side: str) -> None:
        schema, where = flat.schema, said(self.document.place(flat.identity))
        required = [name for name in schema.get("required") or [] if isinstance(name, str)]
        described = dict(schema.get("properties") or {})
        if side != RECEIVED:
            described.update({name: {} for name in required if name not in described})
        for wire, inner in described.items():
            with self.refusals.collecting(f"{where}.{wire}"):
                property_ = self.flattener.flatten(inner)
                if property_.marks("writeOnly" if side == RECEIVED else "readOnly"):
                    continue
                shape = self.shape(inner, side, f"{model.class_name} {wire}")
                model.fields.append(Field.of(wire, shape, property_, inner, wire in required))
        with self.refusals.collecting(where):
            model.limits = limits_of(schema, "object") if model.is_sent else {}
            extra = schema.get("additionalProperties", schema.get("unevaluatedProperties", True))
            model.is_closed = extra is False
            if isinstance(extra, dict):
                shape = self.shape(extra, side, f"{model.class_name} Value")
                model.extra = None if shape.kind == "any" else shape
        model.name_fields()

    def _values(self, flat: Flat, types: list[str], suggestion: str) -> Shape:
        schema = flat.schema
        given = [schema["const"]] if "const" in schema else schema["enum"]
        if not isinstance(given, list) or not given:
            raise GenerationError("an enum needs at least one value")
        values = list(dict.fromkeys(value for value in given if _is_scalar(value) and value is not None))
        nullable = None in given or "null" in types
        if any(not _is_scalar(value) for value in given):
            raise GenerationError("an enum of lists or objects is not supported")
        for value in values:
            if types and not any(_is_of(value, kind) for kind in types):
                raise GenerationError(f"its value {literal(value)} is not of the type {' or '.join(types)}")
        if not values:
            return Shape("null", nullable=True)
        if "const" not in schema and all(isinstance(value, str) for value in values):
            return self._enum(flat, values, suggestion, nullable, is_int=False)
        if "const" not in schema and all(type(value) is int for value in values) and "number" not in types:
            return self._enum(flat, values, suggestion, nullable, is_int=True)
        members = group_by_kind(values, is_number="number" in types)
        only = members[0] if len(members) == 1 else Shape("union", members=members)
        return replace(only, nullable=nullable)

    def _enum(self, flat: Flat, values: list[Any], suggestion: str, nullable: bool, *, is_int: bool) -> Shape:
        enum = self.enums.get(id(flat.identity))
        if enum is None:
            class_name, module = self._class(flat, "enum", suggestion, "Enum")
            given = flat.schema.get("x-enum-varnames")
            is_named = isinstance(given, list) and len(given) == len(values) and all(isinstance(n, str) for n in given)
            names = member_names(given if is_named and given else values)
            members = [(name, literal(value)) for name, value in zip(names, values, strict=True)]
            description = str(flat.identity.get("description") or flat.schema.get("description") or "")
            enum = EnumClass(class_name, module, is_int, members, description, flat.identity)
            self.enums[id(flat.identity)] = enum
        kind = "int_enum" if is_int else "enum"
        return Shape(kind, nullable=nullable, class_name=enum.class_name, module=enum.module)

    def _class(self, flat: Flat, side: str, suggestion: str, kind: str) -> tuple[str, str]:
        component = self._components.get(id(flat.identity))
        reserved_for = SENT if side == FORM else side
        found = None if component is None else self._reserved.pop((component, reserved_for), None)
        named = flat.identity.get("x-class-name")
        return found or self._names.take(str(named or component or suggestion), kind)

    def component_kind(self, schema: Any) -> str:
        """Enum or Model: what a component's class would be called were its name taken."""
        flat = self.flattener.flatten(schema).schema
        branches = flat.get("anyOf") or flat.get("oneOf") or []
        is_open_enum = any(isinstance(each, dict) and "enum" in each for each in branches)
        return "Enum" if "enum" in flat or is_open_enum else "Model"


def _types(schema: Schema) -> list[str]:
    given = schema.get("type")
    if isinstance(given, str):
        return [given]
    if isinstance(given, list):
        return list(dict.fromkeys(str(each) for each in given))
    if given is not None:
        raise GenerationError("type needs to be a string or a list of strings")
    if any(key in schema for key in _OBJECT_KEYS):
        return ["object"]
    return ["array"] if "items" in schema or "prefixItems" in schema else []


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _is_of(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, int):
        return kind in ("integer", "number")
    return kind == ("number" if isinstance(value, float) else "string" if isinstance(value, str) else "null")
