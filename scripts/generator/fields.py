"""The fields of a model, and the parameters of an operation: how each is called, typed, written and checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .document import Schema
from .flattening import Flat
from .names import RESERVED_FOR_FIELDS, literal, unique_identifiers
from .shapes import Shape

_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NAME = re.compile(r"[^\W\d]\w*")
_RANK_IN_REPR = {
    "enum": 1, "int_enum": 1, "bool": 2, "int": 3, "float": 3, "str": 4, "uuid": 4, "decimal": 4, "datetime": 5, "date": 5,
    "list": 6, "model": 7,
}  # fmt: skip
_LIMIT_TEXTS = (
    ("shortest", "longest", " characters"),
    ("fewest", "most", " items"),
    ("least", "most", ""),
)


@dataclass
class Field:
    """One field of a model, or one parameter of an operation.

    Args:
        wire: Its name on the wire.
        shape: What its value looks like.
        is_required: Whether a request cannot be made without it.
        description: What the contract says of it.
        is_secret: Whether it may never be shown.
        default: What the server takes where it is not sent, as JSON; empty where nothing is said.
        constant: The only value that it may have, as Python, where it is always sent.
        name: Its name in Python.
        is_in_path: Whether it is a part of a path, where every kind of value but a string is checked.
    """

    wire: str
    shape: Shape
    is_required: bool = False
    description: str = ""
    is_secret: bool = False
    default: str = ""
    constant: str = ""
    name: str = ""
    is_in_path: bool = False

    @classmethod
    def of(cls, wire: str, shape: Shape, flat: Flat, schema: Any, is_required: bool) -> Field:
        """The field that a property stands for.

        Args:
            wire: Its name.
            shape: Its shape.
            flat: Its schema, without references.
            schema: Its schema as it stands.
            is_required: Whether it is required.
        """
        default = flat.said("default")
        is_constant = len(shape.values) == 1 and (is_required or default == shape.values[0])
        return cls(
            wire,
            shape,
            is_required,
            str(schema.get("description") or "") if isinstance(schema, dict) else "",
            is_secret(schema, flat),
            default="" if default in (None, [], {}, "") or is_constant else json.dumps(default, ensure_ascii=False),
            constant=literal(shape.values[0]) if is_constant else "",
        )

    @property
    def wire_literal(self) -> str:
        """The name on the wire as a string of Python."""
        return literal(self.wire)

    @property
    def documentation(self) -> str:
        """Its description, followed by its limits where it has any."""
        limits = self.shape.limits
        is_size = self.shape.kind in ("list", "map", "object")
        texts = []
        for low, high, unit in _LIMIT_TEXTS:
            if (unit == " items") != is_size and high == "most":
                continue
            texts.append(_range(limits.get(low), limits.get(high), unit))
        if "above" in limits:
            texts.append(f"More than {_number(limits['above'])}.")
        if "below" in limits:
            texts.append(f"Less than {_number(limits['below'])}.")
        if "step" in limits:
            texts.append(f"A multiple of {_number(limits['step'])}.")
        if self.default and len(self.default) <= 80:
            texts.append(f"The server's default: {self.default}.")
        return " ".join(text for text in (self.description, *texts) if text).strip()

    @property
    def received_annotation(self) -> str:
        """Its type in an answer, where everything may be missing."""
        annotation = self.shape.received()
        return annotation if annotation in ("Any", "None") else f"{annotation} | None"

    @property
    def received_target(self) -> str:
        """Where its value in an answer is put: its attribute, or a variable if it is converted first."""
        return f"raw_{self.name}" if self.shape.is_converted else f"self.{self.name}"

    @property
    def sent_annotation(self) -> str:
        """Its type in a request, where what is not given is not sent."""
        annotation = self.shape.sent_or_null()
        if annotation == "Any" or self.is_required or self.constant:
            return annotation
        return f"{annotation} | Unset"

    @property
    def sent_default(self) -> str:
        """What stands behind its annotation in a request."""
        if self.constant:
            return f" = {self.constant}"
        return "" if self.is_required else " = UNSET"

    @property
    def is_given(self) -> bool:
        """Whether a caller has to give it."""
        return self.is_required and not self.constant

    @property
    def parameter_annotation(self) -> str:
        """Its type as an argument of an operation, where null and unset both mean that it is not sent."""
        annotation = self.shape.sent()
        return annotation if self.is_required else f"{annotation} | None | Unset"

    def check(self, value: str) -> str:
        """The call that checks it in a request.

        Args:
            value: The expression of its value.
        """
        if self.shape.kind == "any" and self.is_required:
            return f"check_given({self.wire_literal}, {value})"
        is_optional = not self.is_required and not self.constant
        return self.shape.check(self.wire_literal, value, ("optional=True",) if is_optional else ())

    @property
    def parameter_check(self) -> str:
        """The check of a parameter, where null and unset both mean that it is not sent."""
        if not self.shape.is_checked and not self.is_in_path:
            return ""
        flags = () if self.is_required else ("optional=True", *(() if self.shape.nullable else ("nullable=True",)))
        return self.shape.check(self.wire_literal, self.name, flags)

    @property
    def rank_in_repr(self) -> int | None:
        """Where it stands in a repr; nowhere if it is secret, or tells nothing."""
        if self.is_secret:
            return None
        return 0 if self.name == "id" else _RANK_IN_REPR.get(self.shape.kind) if self.shape.kind != "uuid" else None


@dataclass
class Model:
    """A class for an object of the contract.

    Args:
        class_name: Its class.
        module: The module it stands in.
        is_sent: Whether the client sends it; otherwise it is received.
        description: What the contract says of it.
        origin: The object it was made of.
        fields: Its fields; in the contract's order, of a request those first that must be given.
        limits: How many fields it takes.
        extra: The shape of fields that it does not name, where one is given.
        is_closed: Whether it takes none but its own.
    """

    class_name: str
    module: str
    is_sent: bool
    description: str
    origin: Schema
    fields: list[Field] = field(default_factory=list)
    limits: Mapping[str, Any] = field(default_factory=dict)
    extra: Shape | None = None
    is_closed: bool = False

    def name_fields(self) -> None:
        """Give the fields their names and their order."""
        annotations = [each.sent_annotation if self.is_sent else each.received_annotation for each in self.fields]
        if self.extra is not None:
            annotations.append(self.extra.sent_or_null() if self.is_sent else self.extra.received_or_null())
        hidden = {name for annotation in annotations for name in _NAME.findall(_TEXT.sub("", annotation))}
        reserved = RESERVED_FOR_FIELDS | hidden | {self.class_name}
        names = unique_identifiers([(each.wire, "") for each in self.fields], reserved)
        for each, name in zip(self.fields, names, strict=True):
            each.name = name
        if self.is_sent:
            self.fields.sort(key=lambda each: not each.is_given)

    def shown_in_repr(self) -> list[str]:
        """The fields worth a place in a repr, the telling ones first; no secret, id of another thing or bare object."""
        ranked = [(rank, each.name) for each in self.fields if (rank := each.rank_in_repr) is not None]
        return [name for _, name in sorted(ranked, key=lambda pair: pair[0])]

    def shapes(self) -> list[Shape]:
        """The shapes of everything it holds."""
        return [each.shape for each in self.fields] + ([self.extra] if self.extra is not None else [])


def is_secret(schema: Any, flat: Flat) -> bool:
    """Whether a value may never be shown: marked so anywhere on the way to it, a password, or only ever sent."""
    if flat.marks("x-secret") or flat.marks("writeOnly") or flat.said("format") == "password":
        return True
    inner = [branch for key in ("anyOf", "oneOf") for branch in flat.schema.get(key) or []]
    return any(
        isinstance(each, dict) and (each.get("x-secret") is True or each.get("format") == "password") for each in inner
    )


def _range(least: Any, most: Any, unit: str) -> str:
    """A sentence for a lower and an upper limit, of which either may be missing."""
    if least is not None and least == most:
        return f"Exactly {_number(least)}{unit}."
    if least is not None and most is not None:
        return f"From {_number(least)} to {_number(most)}{unit}."
    return (
        f"At least {_number(least)}{unit}."
        if least is not None
        else f"At most {_number(most)}{unit}."
        if most is not None
        else ""
    )


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value!r}"
