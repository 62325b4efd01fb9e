"""How schemas that consist of others differ: what all of them say together, and which of them are to choose from."""

from __future__ import annotations

from dataclasses import replace

from scripts.contract.reading import Mapping
from scripts.contract.spec_changes.comparison import schemas
from scripts.contract.spec_changes.comparison.context import PROSE, Comparison, nothing, reference_of
from scripts.contract.spec_changes.comparison.views import ASIDE, View, is_empty, view
from scripts.contract.spec_changes.document import Document
from scripts.contract.spec_changes.values import Part, same
from scripts.contract.spec_changes.wording import Named, code

Pairs = tuple[list[tuple[Part, Part]], list[Part], list[Part]]


def wrap(comparison: Comparison, one: View, other: View) -> None:
    """Reads one schema as a choice of one, where the other version has several of which it is one."""
    if bool(one.choices) == bool(other.choices):
        return
    single, several = (one, other) if other.choices else (other, one)
    if single.members or is_empty(single) or (single.reference is None and single.types is None):
        return
    document = comparison.revision if other.choices else comparison.base
    for choice in several.choices:
        found = view(choice, document)
        if (single.reference, single.types) == (found.reference, found.types):
            value = Mapping()
            for key, part in single.keywords.items():
                if key not in ASIDE and not key.startswith("x-"):
                    value[key] = part.value
            kept = {key: part for key, part in single.keywords.items() if key not in value}
            single.choices = [replace(single.part, value=value)]
            was_one = several.choices_by in single.form
            exclusive = not was_one and may_match_two(several, document)
            single.choices_by = "anyOf" if exclusive else several.choices_by
            single.keywords = kept
            return


def may_match_two(found: View, document: Document) -> bool:
    """Whether a value may match two of the schemas to choose from, as nothing tells them apart."""
    if "discriminator" in found.keywords:
        return False
    types = [view(schemas_behind(choice, document), document).types for choice in found.choices]
    return any(one is None or one in types[:index] for index, one in enumerate(types))


def members(comparison: Comparison, one: View, other: View) -> None:
    """Compares what schemas consist of; what only one version has is read as if it were written in its place."""
    if not one.members and not other.members:
        return
    for found, counterpart in ((one, other), (other, one)):
        if counterpart.members and not found.members and "allOf" in found.form and found.reference is not None:
            found.members = [found.part_of_reference]
            del found.keywords["$ref"]
    pairs, removed, added = paired(comparison, one.members, other.members)
    for base, revision in pairs:
        schemas.compare(comparison, base, revision)
    for part in removed:
        comparison.report("member-removed", part, nothing(part), part=comparison.name_of(other.part), before=told(part))
    for part in added:
        comparison.report("member-added", nothing(part), part, part=comparison.name_of(other.part), after=told(part))
    left_out = take_in(one, removed, comparison.base), take_in(other, added, comparison.revision)
    if len(left_out[0]) == len(left_out[1]):
        for base, revision in zip(*left_out, strict=True):
            schemas.compare(comparison, base, revision)
    else:
        comparison.report("all-of-changed", one.part, other.part)
    same_order = [base.pointer for base, _ in pairs] == [part.pointer for part in one.members]
    if not removed and not added and same_order and not same_positions(pairs):
        comparison.report("order-changed", one.part, other.part, name="allOf")


def same_positions(pairs: list[tuple[Part, Part]]) -> bool:
    return all(base.pointer.rpartition("/")[2] == revision.pointer.rpartition("/")[2] for base, revision in pairs)


def take_in(found: View, parts: list[Part], document: Document) -> list[Part]:
    """Adds the keywords of schemas to the one that consists of them; those that contradict it are left out and given back."""
    left_out: list[Part] = []
    waiting, seen = list(parts), set[str]()
    while waiting:
        part = waiting.pop(0)
        target = view(schemas_behind(part, document), document)
        if target.part.pointer in seen:
            continue
        seen.add(target.part.pointer)
        waiting += target.members
        if target.choices or target.enum or target.never or "$ref" in target.keywords or not agree(found, target):
            left_out.append(part)
            continue
        for key, inner in target.keywords.items():
            if key == "properties" and key in found.keywords:
                found.more_properties.append(inner)
            elif key == "required" and key in found.keywords:
                found.more_required.append(inner)
            elif key not in PROSE:
                found.keywords.setdefault(key, inner)
    return left_out


def agree(found: View, target: View) -> bool:
    """Whether two schemas say nothing different under one keyword, nor of one property."""
    for key, part in target.keywords.items():
        here = found.keywords.get(key)
        if here is None or key in PROSE or key == "required" or same(here.value, part.value):
            continue
        if key != "properties" or set(part.value) & set(here.value):
            return False
    return True


def schemas_behind(part: Part, document: Document) -> Part:
    reference = reference_of(part)
    return part.behind(*document.target(reference)) if reference else part


def choices(comparison: Comparison, one: View, other: View) -> None:
    """Compares the schemas that are to choose from."""
    if not one.choices and not other.choices:
        return
    if not one.choices or not other.choices:
        comparison.report("choices-set" if other.choices else "choices-removed", one.part, other.part)
        return
    pairs, removed, added = paired(comparison, one.choices, other.choices)
    for base, revision in pairs:
        schemas.compare(comparison, base, revision)
    whole = comparison.name_of(other.part)
    for part in removed:
        comparison.report("choice-removed", part, nothing(part), part=whole, before=told(part))
    for part in added:
        comparison.report("choice-added", nothing(part), part, part=whole, after=told(part))
    if one.choices_by != other.choices_by and max(len(one.choices), len(other.choices)) > 1:
        rule = "choices-exclusive" if other.choices_by == "oneOf" else "choices-inclusive"
        comparison.report(rule, one.part, other.part)
    elif not removed and not added and not same_positions(pairs):
        comparison.report("order-changed", one.part, other.part, name=other.choices_by)


def told(part: Part) -> Named:
    reference = reference_of(part)
    if reference:
        return Named(code(schemas.component(reference)))
    found = part.value.get("type") if isinstance(part.value, Mapping) else None
    return Named(code(found) if isinstance(found, str) else "another schema")


def paired(comparison: Comparison, before: list[Part], after: list[Part]) -> Pairs:
    """Which schemas of two lists are the same ones, and what only one of the lists has."""
    pairs: list[tuple[Part, Part]] = []
    removed, added = list(before), list(after)
    for matches in (equal, same_component, same_kind):
        for base in list(removed):
            found = next((revision for revision in added if matches(comparison, base, revision)), None)
            if found is not None:
                pairs.append((base, found))
                removed = [part for part in removed if part is not base]
                added = [part for part in added if part is not found]
    return pairs, removed, added


def equal(comparison: Comparison, base: Part, revision: Part) -> bool:
    return comparison.same(base, revision)


def same_component(comparison: Comparison, base: Part, revision: Part) -> bool:
    one, other = reference_of(base), reference_of(revision)
    return one is not None and other is not None and comparison.is_renamed(one, other)


def same_kind(comparison: Comparison, base: Part, revision: Part) -> bool:
    """Whether both are written in their place and allow the same types."""
    if reference_of(base) or reference_of(revision):
        return False
    one, other = view(base, comparison.base), view(revision, comparison.revision)
    return one.types == other.types and one.reference is None and other.reference is None
