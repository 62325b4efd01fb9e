"""How the properties of two schemas differ, and which of them are required."""

from __future__ import annotations

from scripts.contract.reading import Mapping, pointer_parts
from scripts.contract.spec_changes import wording
from scripts.contract.spec_changes.comparison import schemas
from scripts.contract.spec_changes.comparison.context import Comparison, nothing, resolved
from scripts.contract.spec_changes.comparison.views import View
from scripts.contract.spec_changes.document import Document
from scripts.contract.spec_changes.values import Part, moved

Properties = dict[str, Part]


def compare(comparison: Comparison, one: View, other: View) -> None:
    before, after = properties(one, comparison, comparison.base), properties(other, comparison, comparison.revision)
    required_now = required(other, comparison, comparison.revision)
    for name in [name for name in after if name in before]:
        schemas.compare(comparison, before[name], after[name])
    removed = {name: part for name, part in before.items() if name not in after}
    added = {name: part for name, part in after.items() if name not in before}
    told = report_renamed(comparison, removed, added)
    for name, part in removed.items():
        if name not in told:
            comparison.report("property-removed", part, nothing(part))
    for name, part in added.items():
        if name not in told:
            rule = "required-property-added" if name in required_now else "property-added"
            comparison.report(rule, nothing(part), part)
    compare_required(comparison, one, other, {**before, **after}, {*removed, *added})
    one.keywords.pop("properties", None)
    other.keywords.pop("properties", None)


def properties(found: View, comparison: Comparison, document: Document) -> Properties:
    """The properties of a schema, those of the schemas it consists of included."""
    merged: Properties = {}
    for part in [found.keywords.get("properties"), *found.more_properties]:
        if part is not None:
            comparison.mapping(part, document)
            merged.update(part.children())
    return merged


def required(found: View, comparison: Comparison, document: Document) -> dict[str, Part]:
    """The names of the required properties, and where each is written."""
    names: dict[str, Part] = {}
    for part in [found.keywords.get("required"), *found.more_required]:
        if part is not None:
            names.update({str(item.value): item for item in comparison.items(part, document)})
    return names


def report_renamed(comparison: Comparison, removed: Properties, added: Properties) -> set[str]:
    """Reports each property that is only called otherwise, and says both names."""
    told: set[str] = set()
    for part, revision in moved(removed.values(), added.values()):
        old = wording.name(part.pointer, comparison.base.data)
        names = [pointer_parts(one.pointer)[-1] for one in (part, revision)]
        comparison.report("property-renamed", part, revision, part=old, after=names[1])
        told.update(names)
    return told


def compare_required(comparison: Comparison, one: View, other: View, known: Properties, told: set[str]) -> None:
    """Reports what is newly or no longer required, but for the properties that are reported as a whole."""
    before, after = required(one, comparison, comparison.base), required(other, comparison, comparison.revision)
    base, revision = one.keywords.pop("required", None), other.keywords.pop("required", None)
    base, revision = base or one.part.child("required"), revision or other.part.child("required")
    owner = wording.name((other.part if other.part.present else one.part).pointer, comparison.revision.data)
    for name in [name for name in after if name not in before and name not in told]:
        rule = (
            "required-read-only-added" if has(known.get(name), "readOnly", comparison) else "required-properties-added"
        )
        comparison.report(rule, nothing(after[name]), after[name], part=owner, after=name)
    for name in [name for name in before if name not in after and name not in told]:
        only_sent = has(known.get(name), "writeOnly", comparison)
        rule = "required-write-only-removed" if only_sent else "required-properties-removed"
        comparison.report(rule, before[name], nothing(before[name]), part=owner, before=name)
    if not comparison.same(base, revision) and {*before} == {*after}:
        comparison.report("order-changed", base, revision, name="required", part=owner)


def has(part: Part | None, key: str, comparison: Comparison) -> bool:
    """Whether a property is marked in its place or in the component it refers to."""
    if part is None or not isinstance(part.value, Mapping):
        return False
    target = resolved(part, comparison.revision) if "$ref" in part.value else part
    return part.value.get(key) is True or (isinstance(target.value, Mapping) and target.value.get(key) is True)
