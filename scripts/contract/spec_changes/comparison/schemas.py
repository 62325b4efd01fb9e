"""How two schemas differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scripts.contract.reading import Items, Mapping
from scripts.contract.spec_changes import names
from scripts.contract.spec_changes.comparison import combinations, keywords, properties
from scripts.contract.spec_changes.comparison.context import Comparison
from scripts.contract.spec_changes.comparison.views import View, is_empty, view
from scripts.contract.spec_changes.document import Document
from scripts.contract.spec_changes.values import Bag, Part
from scripts.contract.spec_changes.wording import Named, code, shown


def compare(comparison: Comparison, base: Part, revision: Part) -> None:
    """Compare two schemas; an absent one allows everything."""
    if comparison.same(base, revision):
        return
    pair = (base.pointer, revision.pointer)
    if pair in comparison.compared and base.pointer != base.place:
        # A component that is compared from another place already.
        comparison.report("rewritten", base, revision)
        return
    comparison.compared.add(pair)
    before = comparison.reports
    one, other = view(base, comparison.base), view(revision, comparison.revision)
    compare_views(comparison, one, other)
    rewritten = one.form != other.form and base.present and revision.present
    if comparison.reports == before or (rewritten and not comparison.is_reported(base, revision, before)):
        comparison.report("rewritten", base, revision)


def compare_views(comparison: Comparison, one: View, other: View) -> None:
    if one.never != other.never:
        comparison.report("nothing-allowed" if other.never else "something-allowed", one.part, other.part)
        return
    combinations.wrap(comparison, one, other)
    nullability(comparison, one, other)
    openness(comparison, one, other)
    combinations.members(comparison, one, other)
    if refers_elsewhere(comparison, one, other):
        return
    types(comparison, one, other)
    enum(comparison, one, other)
    combinations.choices(comparison, one, other)
    properties.compare(comparison, one, other)
    keywords.compare(comparison, one, other)


def nullability(comparison: Comparison, one: View, other: View) -> None:
    # What allows everything allows null; that it no longer does is said of its type.
    if one.nullable != other.nullable and not (is_empty(one) or is_empty(other)):
        comparison.report("null-added" if other.nullable else "null-removed", one.part, other.part)


def openness(comparison: Comparison, one: View, other: View) -> None:
    """Whether an enum may have values that it does not list; a schema that is no enum in one version has no such change."""
    if one.open_enum != other.open_enum and is_enum(one, comparison.base) and is_enum(other, comparison.revision):
        comparison.report("enum-opened" if other.open_enum else "enum-closed", one.part, other.part)


def is_enum(found: View, document: Document) -> bool:
    target = found.reference
    value = document.target(target)[1] if target else None
    return found.enum is not None or (isinstance(value, Mapping) and "enum" in value)


def refers_elsewhere(comparison: Comparison, one: View, other: View) -> bool:
    """Whether one class took the place of another; what only stands in another place is put in the place of the reference."""
    before, after = one.reference, other.reference
    if before is None and after is None:
        return False
    if before is not None and after is not None and comparison.is_renamed(before, after):
        del one.keywords["$ref"], other.keywords["$ref"]
        if before != after:
            # That the component was renamed is said once, of the component.
            comparison.told()
        return False
    has_class = [
        reference is not None and is_class(document.value(reference))
        for reference, document in ((before, comparison.base), (after, comparison.revision))
    ]
    if any(has_class) or not (expand(one, comparison, is_base=True) and expand(other, comparison, is_base=False)):
        report_class(comparison, one, other)
        return True
    comparison.report_reference(one.part, other.part, before, after)
    return False


def is_class(schema: Any) -> bool:
    return isinstance(schema, Mapping) and names.has_class(schema)


def report_class(comparison: Comparison, one: View, other: View) -> None:
    before, after = (
        None if reference is None else component(reference) for reference in (one.reference, other.reference)
    )
    rule = "class-changed" if before and after else "class-written-in-place" if before else "class-used"
    if not one.part.present or not other.part.present:
        rule = "schema-type-set" if other.part.present else "schema-type-removed"
        owner = comparison.owner(one.part, other.part)
        key = (other.part if other.part.present else one.part).pointer.rpartition("/")[2]
        comparison.report(rule, one.part, other.part, name=key, part=owner, before=before, after=after)
        return
    if is_empty(one) or is_empty(other):
        rule = "class-changed"
    comparison.report(rule, one.part, other.part, before=before or Named("anything"), after=after or Named("anything"))


def component(reference: str) -> str:
    return reference.rpartition("/")[2]


def expand(found: View, comparison: Comparison, *, is_base: bool) -> bool:
    """Puts what a schema refers to in the place of the reference; whether nothing beside the reference contradicts it."""
    reference = found.reference
    if reference is None:
        return True
    document = comparison.base if is_base else comparison.revision
    target = view(found.part.behind(*document.target(reference)), document)
    if target.members or target.choices or set(target.keywords) & set(found.keywords) - {"description", "title"}:
        return False
    del found.keywords["$ref"]
    found.keywords = {**target.keywords, **found.keywords}
    found.enum = found.enum or target.enum
    if target.reference is not None:
        return expand(found, comparison, is_base=is_base)
    return True


def types(comparison: Comparison, one: View, other: View) -> None:
    before, after = one.types, other.types
    base, revision = one.keywords.pop("type", None), other.keywords.pop("type", None)
    base, revision = base or one.part.child("type"), revision or other.part.child("type")
    if before == after:
        if isinstance(base.value, Items) and isinstance(revision.value, Items) and not comparison.same(base, revision):
            comparison.report("order-changed", base, revision, name="type", part=comparison.owner(base, revision))
        return
    said = {"name": "type", "part": comparison.owner(base, revision), "before": told(before), "after": told(after)}
    if before is None or after is None:
        comparison.report("schema-type-set" if before is None else "schema-type-removed", base, revision, **said)
        return
    wider = widened(before) <= widened(after)
    comparison.report("schema-type-widened" if wider else "schema-type-changed", base, revision, **said)


def widened(found: frozenset[str]) -> frozenset[str]:
    return found | {"integer"} if "number" in found else found


def told(found: frozenset[str] | None) -> Any:
    return Named(" or ".join(map(code, sorted(found)))) if found else Named("any")


def enum(comparison: Comparison, one: View, other: View) -> None:
    before, after = one.enum_values, other.enum_values
    base, revision = one.enum or replace(one.part), other.enum or replace(other.part)
    if before is None and after is None:
        return
    part = comparison.owner(base, revision) if other.enum or one.enum else None
    if before is None:
        comparison.report("enum-set", one.part.child("enum"), revision, part=part, after=values(after))
        return
    if after is None:
        comparison.report("enum-removed", base, other.part.child("enum"), part=part, before=values(before))
        return
    new, old = Bag(after), Bag(before)
    for value in before:
        if value not in new:
            comparison.report("enum-values-removed", base, revision, part=part, before=value)
    for value in after:
        if value not in old:
            comparison.report("enum-values-added", base, revision, part=part, after=value)
    if not comparison.same(base, revision) and len(before) == len(after) and all(value in new for value in before):
        comparison.report("order-changed", base, revision, name=base.pointer.rpartition("/")[2], part=part)


def values(found: list[Any] | None) -> Named:
    return Named(", ".join(shown(value) for value in found or ()))
