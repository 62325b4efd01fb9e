"""The shape of a value that may be one of several things, and how a reader tells which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .document import Schema
from .flattening import ANNOTATIONS, Flat, is_structural
from .refusals import GenerationError
from .shapes import Shape, Variant

if TYPE_CHECKING:
    from .schemas import Schemas

_STRINGS = ("str", "uuid", "decimal", "date", "datetime", "enum")
_BESIDE = frozenset(("anyOf", "oneOf", "discriminator"))
_DECIMAL = "^(?!^[-+.]*$)"


class Unions:
    """Makes one shape of `anyOf` and `oneOf`.

    Args:
        schemas: Makes the shapes of the branches.
    """

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def shape(self, flat: Flat, side: str, suggestion: str) -> Shape:
        """The shape of a schema with `anyOf` or `oneOf`.

        Raises:
            GenerationError: The branches cannot be told apart, or cannot be checked.
        """
        schema = flat.schema
        branches = schema.get("anyOf") or schema.get("oneOf")
        if ("anyOf" in schema and "oneOf" in schema) or not isinstance(branches, list) or not branches:
            raise GenerationError("anyOf and oneOf beside each other, or without a schema in them")
        beside = {key: value for key, value in schema.items() if key not in _BESIDE}
        if is_structural({key: value for key, value in beside.items() if key not in ANNOTATIONS}):
            return self._with_base(flat, beside, branches, side, suggestion)
        if values := self._constants(branches):
            made = {**beside, "enum": values}
            self._schemas.document.made(made, self._schemas.document.place(flat.identity))
            return self._schemas._shape(Flat(made, flat.identity), side, suggestion)
        if (open_enum := self._open_enum(branches)) is not None:
            return self._schemas._shape(Flat({**beside, **open_enum}, flat.identity), side, suggestion)
        if side != "received" and (decimal := self._decimal(branches)):
            return decimal
        shapes = [
            self._schemas.shape(branch, side, _suggested(suggestion, branch, index, len(branches)))
            for index, branch in enumerate(branches)
        ]
        tag = schema.get("discriminator") or {}
        return self.joined(shapes, branches, tag.get("propertyName", ""), side, mapping=tag.get("mapping") or {})

    def _with_base(self, flat: Flat, base: Schema, branches: list[Any], side: str, suggestion: str) -> Shape:
        """What stands beside a union counts for each of its branches."""
        only_required = all(
            isinstance(each, dict) and not (each.keys() - {"required", *ANNOTATIONS}) for each in branches
        )
        schemas = self._schemas
        schemas.document.made(base, schemas.document.place(flat.identity))
        if only_required:
            if side != "received":
                raise GenerationError(
                    "no check is written for which of its fields are required together (anyOf, oneOf)"
                )
            return schemas._shape(Flat(base, flat.identity), side, suggestion)
        joined = [schemas.flattener.combined(base, branch) for branch in branches]
        union = schemas.document.made({"anyOf": joined}, schemas.document.place(flat.identity))
        if "discriminator" in flat.schema:
            union["discriminator"] = flat.schema["discriminator"]
        return self.shape(Flat(union, flat.identity), side, suggestion)

    def _constants(self, branches: list[Any]) -> list[Any]:
        """The values of branches that are one value each; null is told by its type."""
        values: list[Any] = []
        for branch in branches:
            if not isinstance(branch, dict) or "$ref" in branch:
                return []
            if branch.get("type") == "null":
                values.append(None)
            elif "const" in branch:
                values.append(branch["const"])
            else:
                return []
        return values if sum(value is not None for value in values) > 1 else []

    @staticmethod
    def _open_enum(branches: list[Any]) -> Schema | None:
        """An enum beside the type of its values, which says that there may be others."""
        others = [each for each in branches if each != {"type": "null"}]
        enums = [each for each in others if isinstance(each, dict) and "enum" in each and "$ref" not in each]
        plain = [each for each in others if each in ({"type": "string"}, {"type": "integer"})]
        if len(enums) != 1 or len(plain) != 1 or len(others) != 2 or enums[0].get("type") != plain[0]["type"]:
            return None
        made = dict(enums[0])
        if len(others) < len(branches):
            made["type"] = [made["type"], "null"]
        return made

    def _decimal(self, branches: list[Any]) -> Shape | None:
        """A decimal as pydantic takes it: a number, or a string of its pattern."""
        kinds = {str(each.get("type")): each for each in branches if isinstance(each, dict)}
        text = kinds.get("string", {})
        if not {"number", "string"} <= kinds.keys() <= {"number", "string", "null"}:
            return None
        if not str(text.get("pattern", "")).startswith(_DECIMAL) and text.get("format") != "decimal":
            return None
        limits = self._schemas.shape(kinds["number"], "sent", "").limits
        return Shape("decimal", nullable="null" in kinds, limits={**limits, "numbers": True})

    def joined(
        self,
        shapes: Iterable[Shape],
        branches: list[Any],
        tag: str,
        side: str,
        *,
        nullable: bool = False,
        mapping: Any = None,
    ) -> Shape:
        """One shape of several.

        Args:
            shapes: Those of the branches.
            branches: The branches, where they may be models.
            tag: The field that tells models apart, empty where none is named.
            side: Which side they stand on.
            nullable: Whether null is allowed beside them.
            mapping: From values of the tag to references.
        """
        found = list(shapes)
        nullable = nullable or any(shape.nullable for shape in found)
        pairs = [
            (replace(shape, nullable=False), branches[index] if index < len(branches) else None)
            for index, shape in enumerate(found)
            if shape.kind != "null"
        ]
        if not pairs:
            return Shape("null", nullable=True)
        if any(shape.kind == "any" for shape, _ in pairs):
            return Shape("any", nullable=True)
        members: list[Shape] = []
        variants: list[Variant] = []
        for shape, branch in pairs:
            if shape.kind == "union":
                members += shape.members
                variants += shape.variants
            elif shape.kind == "model":
                variants.append(self._variant(shape, branch, tag, mapping or {}))
            else:
                members.append(shape)
        variants = list({variant.shape.class_name: variant for variant in variants}.values())
        members = _unique(members)
        if side == "received":
            members, variants = _readable(members, variants)
        members = _without_covered(members)
        if len(members) + len(variants) == 1:
            only = members[0] if members else variants[0].shape
            return replace(only, nullable=nullable)
        tag, variants = self._tagged(tag, variants)
        return Shape("union", nullable=nullable, members=tuple(members), variants=tuple(variants), tag=tag)

    def _variant(self, shape: Shape, branch: Any, tag: str, mapping: dict[str, Any]) -> Variant:
        flat = self._schemas.flattener.flatten(branch)
        properties = flat.schema.get("properties") or {}
        named = branch.get("$ref", "") if isinstance(branch, dict) else ""
        name = named.rpartition("/")[2]
        tags = [value for value, target in mapping.items() if target in (named, name)]
        constants = self._values_of(properties, tag) if tag else ()
        return Variant(
            shape,
            tuple(tags) or constants or ((name,) if tag and name else ()),
            tuple(str(each) for each in flat.schema.get("required") or []),
            tuple(properties),
        )

    def _values_of(self, properties: dict[str, Any], name: str) -> tuple[str, ...]:
        if name not in properties:
            return ()
        schema = self._schemas.flattener.flatten(properties[name]).schema
        values = [schema["const"]] if "const" in schema else schema.get("enum") or []
        return tuple(value for value in values if isinstance(value, str))

    def _tagged(self, tag: str, variants: list[Variant]) -> tuple[str, list[Variant]]:
        """The field that tells the models apart: the one that is named, or one that has other constants in each."""
        if len(variants) < 2:
            return "", variants
        if tag:
            every = [value for variant in variants for value in variant.tags]
            if len(set(every)) != len(every) or not all(variant.tags for variant in variants):
                raise GenerationError(f"its discriminator {tag!r} does not tell its schemas apart")
            return tag, variants
        for name in variants[0].fields:
            found = [replace(each, tags=self._constants_of(each, name)) for each in variants]
            every = [value for variant in found for value in variant.tags]
            if all(variant.tags for variant in found) and len(set(every)) == len(every):
                return name, found
        return "", variants

    def _constants_of(self, variant: Variant, name: str) -> tuple[str, ...]:
        for model in self._schemas.models.values():
            if model.class_name == variant.shape.class_name:
                flat = self._schemas.flattener.flatten(model.origin)
                return self._values_of(flat.schema.get("properties") or {}, name)
        return ()


def _unique(shapes: list[Shape]) -> list[Shape]:
    found: list[Shape] = []
    for shape in shapes:
        if shape not in found:
            found.append(shape)
    return found


def _readable(members: list[Shape], variants: list[Variant]) -> tuple[list[Shape], list[Variant]]:
    """The members of an answer, each told from the others by the JSON type of a value.

    Strings that could be several things stay strings, objects that need not be a model stay objects.
    """
    strings = [shape for shape in members if shape.kind in _STRINGS]
    if len(strings) > 1:
        enums = [shape for shape in strings if shape.kind == "enum"]
        is_open_enum = len(enums) == 1 and all(shape.kind in ("enum", "str") for shape in strings)
        members = [shape for shape in members if shape not in strings] + [enums[0] if is_open_enum else Shape("str")]
    if any(shape.kind == "object" for shape in members):
        members = [shape for shape in members if shape.kind != "map"]
        variants = []
    for kind in ("list", "map", "int_enum"):
        alike = [shape for shape in members if shape.kind == kind]
        if len(alike) > 1 and any(shape.is_converted for shape in alike):
            raise GenerationError(f"a union of several kinds of {kind}, which cannot be told apart")
    if variants and any(shape.kind == "map" for shape in members):
        raise GenerationError("a union of a model and a map, which cannot be told apart")
    return members, variants


def _without_covered(members: list[Shape]) -> list[Shape]:
    """Without members that another one holds already: an open enum takes any string, a float any number."""
    kinds = {shape.kind for shape in members if not shape.limits and not shape.values}
    covered = set()
    if "enum" in {shape.kind for shape in members}:
        covered.add("str")
    if "int_enum" in {shape.kind for shape in members} or "float" in kinds:
        covered.add("int")
    return [shape for shape in members if shape.kind not in covered or shape.limits or shape.values]


def group_by_kind(values: list[Any], *, is_number: bool) -> tuple[Shape, ...]:
    """A shape for each kind of scalar among the values of an enum."""
    groups: dict[str, list[Any]] = {}
    for value in values:
        if isinstance(value, bool):
            kind = "bool"
        elif isinstance(value, int | float):
            kind = "float" if is_number or isinstance(value, float) else "int"
        else:
            kind = "str"
        groups.setdefault(kind, []).append(value)
    return tuple(Shape(kind, values=tuple(group)) for kind, group in groups.items())


def _suggested(suggestion: str, branch: Any, index: int, count: int) -> str:
    """What an inline branch is called: as the whole where it is the only one beside null."""
    title = branch.get("title") if isinstance(branch, dict) else None
    is_null = isinstance(branch, dict) and branch.get("type") == "null"
    others = count - 1 if is_null or count == 2 else count
    return f"{suggestion} {title}" if title and others > 1 else suggestion
