"""What a value looks like, and the expressions of Python that type, read, write and check it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .names import literal

_RECEIVED = {"decimal": "str", "uuid": "str", "any": "Any", "object": "JsonObject", "null": "None", "file": "str"}
_SENT = {
    "any": "Any",
    "date": "date",
    "decimal": "Decimal | str",
    "file": "File",
    "null": "None",
    "object": "JsonObject",
    "uuid": "str | UUID",
}
_CHECKS = {
    "bool": "check_boolean",
    "date": "check_date",
    "datetime": "check_datetime",
    "decimal": "check_decimal",
    "enum": "check_string",
    "file": "check_file",
    "float": "check_number",
    "int": "check_number",
    "int_enum": "check_number",
    "list": "check_list",
    "map": "check_map",
    "model": "check_object",
    "null": "check_null",
    "object": "check_map",
    "str": "check_string",
    "uuid": "check_uuid",
}
# What `isinstance` can check an item against without a check of its own.
_RUNTIME = {"any": "object", "bool": "bool", "enum": "str", "object": "dict", "str": "str"}


@dataclass(frozen=True)
class Variant:
    """One model of a union.

    Args:
        shape: Its shape.
        tags: The values of the discriminator that stand for it.
        required: The fields without which a value is not it.
        fields: All its fields.
    """

    shape: Shape
    tags: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shape:
    """What a value looks like.

    Args:
        kind: any, null, str, uuid, decimal, int, float, bool, date, datetime, file, enum, int_enum, object (free-form), map,
            list, model, or union.
        nullable: Whether null is in the contract.
        limits: The options of its check.
        values: The only values that it takes, where they are no enum.
        class_name: The class of a model or an enum.
        module: The module it stands in.
        item: What a list or a map holds.
        members: The shapes of a union, models aside.
        variants: The models of a union.
        tag: The field that tells a union's models apart.
    """

    kind: str
    nullable: bool = False
    limits: Mapping[str, Any] = field(default_factory=dict)
    values: tuple[Any, ...] = ()
    class_name: str = ""
    module: str = ""
    item: Shape | None = None
    members: tuple[Shape, ...] = ()
    variants: tuple[Variant, ...] = ()
    tag: str = ""

    @property
    def reference(self) -> str:
        """The expression of its class, empty if it has none: a model stands in its package, which loads it at its first use."""
        return f"api_models.{self.class_name}" if self.kind == "model" else self.class_name

    def with_null(self) -> Shape:
        """The same, null included."""
        return self if self.nullable else replace(self, nullable=True)

    @property
    def is_converted(self) -> bool:
        """Whether a value from the wire becomes something else."""
        if self.kind in ("date", "datetime", "enum", "int_enum", "model") or self.variants:
            return True
        return any(part.is_converted for part in self.inner())

    @property
    def is_nested(self) -> bool:
        """Whether there may be something to convert inside a list or a map."""
        return self.is_converted and self.kind in ("list", "map", "union")

    def inner(self) -> Iterator[Shape]:
        """The shapes that this one is made of."""
        if self.item is not None:
            yield self.item
        yield from self.members
        yield from (variant.shape for variant in self.variants)

    def parts(self) -> Iterator[Shape]:
        """The models and enums in this shape."""
        if self.class_name:
            yield self
        for part in self.inner():
            yield from part.parts()

    # Types

    def received(self) -> str:
        """The type of a value in an answer, null left aside."""
        if self.kind == "list":
            return f"list[{self._item.received_or_null()}]"
        if self.kind == "map":
            return f"dict[str, {self._item.received_or_null()}]"
        if self.kind == "union":
            found = [member.received() for member in self.members] + [each.shape.received() for each in self.variants]
            return _either(found + (["JsonObject"] if len(self.variants) > 1 else []))
        if self.kind == "decimal" and self.limits.get("numbers"):
            return "float | str"
        return self.reference or _RECEIVED.get(self.kind, self.kind)

    def received_or_null(self) -> str:
        """The type of a value in an answer, null included where it is in the contract."""
        return _or_none(self.received()) if self.nullable else self.received()

    def sent(self) -> str:
        """The type of a value in a request, null left aside."""
        if self.kind == "list":
            return f"list[{self._item.sent_or_null()}]"
        if self.kind == "map":
            return f"dict[str, {self._item.sent_or_null()}]"
        if self.kind == "union":
            return _either([member.sent() for member in self.members] + [each.shape.sent() for each in self.variants])
        if self.values and all(isinstance(value, bool | int | str) for value in self.values):
            return f"Literal[{', '.join(literal(value) for value in self.values)}]"
        if self.kind == "decimal" and self.limits.get("numbers"):
            return "Decimal | float | str"
        if self.kind in ("enum", "int_enum"):
            return f"{self.class_name} | {'str' if self.kind == 'enum' else 'int'}"
        return self.reference or _SENT.get(self.kind, self.kind)

    def sent_or_null(self) -> str:
        """The type of a value in a request, null included where it is in the contract."""
        return _or_none(self.sent()) if self.nullable else self.sent()

    # Reading

    def read(self, source: str, own_class: str = "", depth: int = 0) -> str:
        """The expression that reads a value from the wire.

        Args:
            source: A name that holds the value.
            own_class: The class the expression stands in, which a subclass of it takes the place of.
            depth: How many loops stand around it.
        """
        if not self.is_converted:
            return source
        if self.kind in ("date", "datetime"):
            return f"read_{self.kind}({source})"
        if self.kind in ("enum", "int_enum"):
            return f"{self.class_name}.read({source})"
        if self.kind == "model":
            name = "cls" if self.class_name == own_class else self.reference
            return f"{name}.from_dict({source}) if isinstance({source}, dict) else {source}"
        item = f"item{depth or ''}"
        if self.kind == "list" and self._item.kind == "model":
            name = "cls" if self._item.class_name == own_class else self._item.reference
            return f"read_models({source}, {name}.from_dict) if {source} else {source}"
        if self.kind == "list":
            inner = self._item.read(item, own_class, depth + 1)
            return f"[{inner} for {item} in {source}] if isinstance({source}, list) else {source}"
        if self.kind == "map":
            inner, key = self._item.read(item, own_class, depth + 1), f"key{depth or ''}"
            pairs = f"{key}: {inner} for {key}, {item} in {source}.items()"
            return f"{{{pairs}}} if isinstance({source}, dict) else {source}"
        return self._read_union(source, own_class, depth)

    def read_or_null(self, source: str, own_class: str = "") -> str:
        """The same for a field of an answer: a null, which most fields may be and many are, costs no call."""
        read = f"_read_{self.module}({source})" if self.kind == "enum" else self.read(source, own_class)
        return read if " if " in read else f"{source} if {source} is None else {read}"

    def _read_union(self, source: str, own_class: str, depth: int) -> str:
        parts = [
            (_JSON_TYPE.get(member.kind, "str"), member.read(source, own_class, depth))
            for member in self.members
            if member.is_converted
        ]
        expression = source
        for kind, read in reversed(parts):
            expression = f"({read}) if isinstance({source}, {kind}) else ({expression})"
        if self.variants:
            models = self._read_variants(source, own_class)
            expression = models if expression == source else f"{models} if isinstance({source}, dict) else {expression}"
        return expression

    def _read_variants(self, source: str, own_class: str) -> str:
        names = [
            (each, "cls" if each.shape.class_name == own_class else each.shape.reference) for each in self.variants
        ]
        if self.tag:
            pairs = ", ".join(f"{literal(tag)}: {name}" for each, name in names for tag in each.tags)
            return f"read_tagged({source}, {literal(self.tag)}, {{{pairs}}})"
        choices = ", ".join(f"({name}, {literal(each.required)}, {literal(each.fields)})" for each, name in names)
        return f"read_closest({source}, ({choices},))"

    # Writing

    def written(self, value: str, *, is_sent: bool) -> str:
        """The expression that makes a value's JSON."""
        if self.kind == "list" and self._item.is_converted and not self._item.is_nested:
            return f"plain_list({value})"
        needs = self.is_converted or (is_sent and self._holds_objects())
        if not needs:
            return value
        if self.kind == "datetime":
            return f"plain_time({value})"
        return f"plain_deep({value})" if self.kind in ("list", "map", "union") else f"plain({value})"

    def written_or_null(self, value: str) -> str:
        """The same for a field of an answer: a null, which most fields may be and many are, costs no call."""
        written = self.written(value, is_sent=False)
        return written if written == value else f"{value} if {value} is None else {written}"

    def _holds_objects(self) -> bool:
        return self.kind in ("uuid", "decimal") or any(part._holds_objects() for part in self.inner())

    # Checking

    def check(self, at: str, value: str, flags: tuple[str, ...] = (), depth: int = 0) -> str:
        """The call that refuses a value outside the contract; empty if anything goes.

        Args:
            at: The expression of the field's name.
            value: The expression of the value.
            flags: Options of the call, as `optional=True`.
            depth: How many checks stand around it.
        """
        options = (*(("nullable=True",) if self.nullable else ()), *flags)
        if self.kind == "any":
            return ""
        if self.kind == "union":
            return self._check_union(at, value, options, depth)
        if self.values:
            return _call("check_values", at, value, f"values={literal(self.values)}", *options)
        limits = [f"{name}={literal(limit)}" for name, limit in self.limits.items()]
        if self.kind in ("list", "map"):
            limits.append(self._check_item(depth))
        elif self.kind == "model":
            limits.append(f"kind={self.reference}")
        elif self.kind in ("int", "int_enum"):
            limits.append("whole=True")
        name = "check_object" if self.kind == "object" and not limits else _CHECKS[self.kind]
        return _call(name, at, value, *(limit for limit in limits if limit), *options)

    @property
    def is_checked(self) -> bool:
        """Whether more than the kind of a value is checked, or the kind is one that is easily mistaken."""
        return bool(self.limits or self.values) or self.kind not in ("str", "int", "float", "bool", "enum", "any")

    def _check_item(self, depth: int) -> str:
        item = self._item
        is_simple = not (item.nullable or item.limits or item.values)
        if self.kind == "list" and is_simple and (item.kind in _RUNTIME or item.kind == "model"):
            return f"item={item.reference if item.kind == 'model' else _RUNTIME[item.kind]}"
        check = _lambda(item, depth)
        return f"each={check}" if check else "item=object" if self.kind == "list" else ""

    def _check_union(self, at: str, value: str, options: tuple[str, ...], depth: int) -> str:
        if any(member.kind == "any" for member in self.members):
            return ""
        models = ", ".join(each.shape.reference for each in self.variants)
        if not self.members:
            return _call("check_object", at, value, f"kind=({models},)", *options)
        checks = [_lambda(member, depth) for member in self.members]
        checks += [_lambda(each.shape, depth) for each in self.variants]
        return _call("check_any_of", at, value, f"checks=({', '.join(checks)},)", *options)

    @property
    def _item(self) -> Shape:
        assert self.item is not None  # of a list and of a map
        return self.item


_JSON_TYPE = {"list": "list", "map": "dict", "model": "dict", "int_enum": "int"}


def _lambda(shape: Shape, depth: int) -> str:
    names = f"at{depth or ''}", f"part{depth or ''}"
    check = shape.check(*names, depth=depth + 1)
    return f"lambda {names[0]}, {names[1]}: {check}" if check else ""


def _call(name: str, *arguments: str) -> str:
    return f"{name}({', '.join(arguments)})"


def _either(annotations: list[str]) -> str:
    parts = (
        [part for annotation in annotations for part in annotation.split(" | ")]
        if not any("[" in annotation for annotation in annotations)
        else annotations
    )
    unique = list(dict.fromkeys(parts))
    return "Any" if "Any" in unique else " | ".join(unique)


def _or_none(annotation: str) -> str:
    return annotation if annotation in ("Any", "None") else f"{annotation} | None"
