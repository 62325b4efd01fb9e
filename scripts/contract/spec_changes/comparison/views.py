"""A schema as it is compared: what is written in several ways and means the same is written in one.

Null is taken out of `anyOf`, `oneOf`, lists of types, enums and OpenAPI 3.0's `nullable`; a combination of one schema is that
schema; `const` is an enum of one value; an enum beside the plain type of its values is an open enum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from scripts.contract.reading import Items, Mapping
from scripts.contract.spec_changes.comparison.context import PROSE, reference_of
from scripts.contract.spec_changes.document import Document
from scripts.contract.spec_changes.values import Part

# What may stand beside a schema without changing which values it allows.
ASIDE = PROSE | {"deprecated", "readOnly", "writeOnly", "default", "nullable"}
EXCLUSIVE = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))


@dataclass
class View:
    """A schema: its keywords where they stand, and what was taken out of them."""

    part: Part
    keywords: dict[str, Part] = field(default_factory=dict)
    nullable: bool = False
    # Whether null is one of the choices, and so allowed whatever the others say.
    null_choice: bool = False
    never: bool = False
    open_enum: bool = False
    enum: Part | None = None
    filtered: dict[str, list[Part]] = field(default_factory=dict)
    choices: list[Part] = field(default_factory=list)
    choices_by: str = ""
    members: list[Part] = field(default_factory=list)
    more_properties: list[Part] = field(default_factory=list)
    more_required: list[Part] = field(default_factory=list)
    # How it is written, beyond what it means.
    form: tuple[str, ...] = ()

    @property
    def reference(self) -> str | None:
        """The pointer of the component it refers to."""
        return reference_of(self.part_of_reference) if "$ref" in self.keywords else None

    @property
    def part_of_reference(self) -> Part:
        value = Mapping()
        value["$ref"] = self.keywords["$ref"].value
        return replace(self.part, value=value)

    @property
    def types(self) -> frozenset[str] | None:
        """The types it allows, null aside; None where it allows any."""
        part = self.keywords.get("type")
        if part is None:
            return None
        found = part.value if isinstance(part.value, Items) else [part.value]
        names = frozenset(str(one) for one in found)
        return names - {"null"} or names

    @property
    def enum_values(self) -> list[Any] | None:
        """The values it allows, null aside; None where it has no enum."""
        if self.enum is None:
            return None
        values = list(self.enum.value) if isinstance(self.enum.value, Items) else [self.enum.value]
        return [value for value in values if value is not None]


def view(part: Part, document: Document) -> View:
    """The view of a schema; an absent one allows everything, as `true` does."""
    found = View(part)
    if part.value is False:
        found.never = True
    if isinstance(part.value, Mapping):
        found.keywords = {key: part.child(key) for key in part.value}
    if document.is_30:
        read_as_31(found)
    while unwrapped(found, document):
        pass
    take_types(found)
    take_enum(found)
    take_combinations(found)
    return found


def read_as_31(found: View) -> None:
    """Reads what only OpenAPI 3.0 has."""
    nullable = found.keywords.pop("nullable", None)
    if nullable is not None:
        found.nullable = nullable.value is True
        found.form += ("nullable",)
    for exclusive, limit in EXCLUSIVE:
        part = found.keywords.get(exclusive)
        if part is not None and isinstance(part.value, bool):
            del found.keywords[exclusive]
            found.form += (exclusive,)
            if part.value and limit in found.keywords:
                found.keywords[exclusive] = replace(found.keywords.pop(limit), pointer=part.pointer)


def unwrapped(found: View, document: Document) -> bool:
    """Takes null out of a choice, and the only schema out of a combination; whether there was something to do."""
    for key in ("anyOf", "oneOf", "allOf"):
        part = found.keywords.get(key)
        if part is None or not isinstance(part.value, Items):
            continue
        members = part.items()
        if key != "allOf" and "type" not in found.keywords:
            members = without_null(found, key, members)
            members = without_plain_type(found, key, members, document)
        if len(members) == 1 and fits(members[0], found):
            del found.keywords[key]
            found.form += (key,)
            take_in(found, members[0], document)
            return True
        if len(members) != len(part.value):
            found.keywords[key] = replace(part, value=listed(members))
            found.filtered[key] = members
    return False


def without_null(found: View, key: str, members: list[Part]) -> list[Part]:
    rest = [member for member in members if not is_null(member.value)]
    if len(rest) == len(members) or not rest:
        return members
    found.nullable = found.null_choice = True
    found.form += (f"{key} null",) * (len(members) - len(rest))
    return rest


def without_plain_type(found: View, key: str, members: list[Part], document: Document) -> list[Part]:
    """The enum alone, where there is nothing beside it but the type of its values: an open enum."""
    if key != "anyOf" or len(members) != 2:
        return members
    for plain, other in (members, reversed(members)):
        target = behind(other, document)
        is_enum = isinstance(target, Mapping) and isinstance(target.get("enum"), Items)
        if is_enum and is_plain_type(plain.value) and target.get("type") == plain.value["type"]:
            found.open_enum = True
            return [other]
    return members


def behind(part: Part, document: Document) -> Any:
    reference = reference_of(part)
    return document.target(reference)[1] if reference else part.value


def is_plain_type(value: Any) -> bool:
    return isinstance(value, Mapping) and "type" in value and all(key in PROSE or key == "type" for key in value)


def is_null(value: Any) -> bool:
    if not isinstance(value, Mapping) or any(
        key not in ("type", "const", "enum") and key not in PROSE for key in value
    ):
        return False
    if "type" in value:
        return value["type"] in ("null", ["null"])
    return ("const" in value and value["const"] is None) or ("enum" in value and list(value["enum"] or ()) == [None])


def listed(parts: Iterable[Part]) -> Items:
    values = Items()
    for part in parts:
        values.append(part.value)
        values.lines.append(0)
    return values


def fits(member: Part, found: View) -> bool:
    """Whether a schema can be written without the combination it is the only one of."""
    if not isinstance(member.value, Mapping):
        return False
    others = {key for key in found.keywords if key not in ("anyOf", "oneOf", "allOf")}
    return all(key in ASIDE or key not in others for key in member.value)


def take_in(found: View, member: Part, document: Document) -> None:
    """Adds the keywords of the only schema of a combination; what stands beside the combination goes before them."""
    inner = View(member, dict(member.children()))
    if document.is_30:
        read_as_31(inner)
    found.nullable = found.nullable or inner.nullable
    for key, part in inner.keywords.items():
        found.keywords.setdefault(key, part)


def take_types(found: View) -> None:
    part = found.keywords.get("type")
    if part is None or not isinstance(part.value, Items):
        return
    found.form += ("list of types",)
    if "null" in part.value and len(part.value) > 1:
        found.nullable = True


def take_enum(found: View) -> None:
    """The enum, `const` read as one; null is allowed only where it is among its values."""
    part = found.keywords.pop("const", None)
    if part is not None and "enum" not in found.keywords:
        found.form += ("const",)
    elif part is not None:
        found.keywords["const"] = part
        part = found.keywords.pop("enum")
    else:
        part = found.keywords.pop("enum", None)
    if part is None:
        return
    found.enum = part
    values = list(part.value) if isinstance(part.value, Items) else [part.value]
    has_null = any(value is None for value in values)
    if found.keywords.get("type") is None or found.nullable:
        found.nullable = has_null or found.null_choice


def take_combinations(found: View) -> None:
    for key in ("anyOf", "oneOf"):
        part = found.keywords.get(key)
        if part is not None and not found.choices_by and isinstance(part.value, Items):
            del found.keywords[key]
            found.choices = found.filtered.get(key) or part.items()
            found.choices_by = key
    part = found.keywords.get("allOf")
    if part is not None and isinstance(part.value, Items):
        del found.keywords["allOf"]
        found.members = part.items()


def is_empty(found: View) -> bool:
    """Whether a schema allows everything."""
    meaning = {key for key in found.keywords if key not in PROSE and not key.startswith("x-")}
    return not (meaning or found.choices or found.members or found.enum or found.never)
