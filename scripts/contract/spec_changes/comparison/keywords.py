"""How the keywords of two schemas differ that are judged one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.contract import reading
from scripts.contract.spec_changes.comparison import schemas
from scripts.contract.spec_changes.comparison.context import PROSE, Comparison, Handler, changed, deprecated, rule
from scripts.contract.spec_changes.comparison.views import View
from scripts.contract.spec_changes.values import ABSENT, Part, is_number, same

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
# What a keyword means where it is not written.
UNWRITTEN: Mapping[str, Any] = {
    "minLength": 0,
    "minItems": 0,
    "minProperties": 0,
    "minContains": 1,
    "uniqueItems": False,
}
# Patterns that every text matches.
ANY_TEXT = ("", ".*", "^.*$")
# Formats of which the generated layer makes a type of their own.
TYPED_FORMATS = frozenset(("date-time", "date", "time", "duration", "binary", "byte", "decimal", "uuid"))


def compare(comparison: Comparison, one: View, other: View) -> None:
    """Compare what is left of two schemas when types, enums, combinations and properties are dealt with."""
    # Of a schema that comes or goes as a whole, prose is no news.
    whole = one.part.present and other.part.present
    for key in dict.fromkeys([*other.keywords, *one.keywords]):
        base, revision = one.keywords.get(key) or one.part.child(key), other.keywords.get(key) or other.part.child(key)
        if comparison.same(base, revision) or not (whole or (key not in PROSE and not key.startswith("x-"))):
            continue
        comparison.handle(HANDLERS.get(key), base, revision, key)


def limit(comparison: Comparison, base: Part, revision: Part) -> None:
    key = reading.pointer_parts(revision.pointer)[-1]
    said = {"name": key, "part": comparison.owner(base, revision), "before": base.value, "after": revision.value}
    before, after = written(base, key), written(revision, key)
    if same(before, after):
        comparison.report("rewritten", base, revision, part=said["part"])
    elif before is ABSENT or after is ABSENT:
        comparison.report(rule("limit", base, revision), base, revision, **said)
    elif not (is_number(before) and is_number(after)):
        comparison.report("limit-changed", base, revision, **said)
    else:
        tighter = after > before if key in LOWER else after < before
        kind = "limit-tightened" if tighter else "limit-loosened"
        if not (base.present and revision.present):
            kind = "limit-set" if tighter else "limit-removed"
            said |= {"before": before, "after": after}
        comparison.report(kind, base, revision, **said)


def written(part: Part, key: str) -> Any:
    return part.value if part.present else UNWRITTEN.get(key, ABSENT)


def multiple(comparison: Comparison, base: Part, revision: Part) -> None:
    kind = rule("limit", base, revision)
    before, after = base.value, revision.value
    if is_number(before) and is_number(after) and before > 0 and after > 0:
        kind = "limit-tightened" if after % before == 0 else "limit-loosened" if before % after == 0 else kind
    owner = comparison.owner(base, revision)
    comparison.report(kind, base, revision, name="multipleOf", part=owner, before=before, after=after)


def unique(comparison: Comparison, base: Part, revision: Part) -> None:
    said = {"name": "uniqueItems", "part": comparison.owner(base, revision)}
    before, after = base.value is True, revision.value is True
    if before == after and {type(one) for one in (base.value, revision.value)} <= {bool, type(ABSENT)}:
        comparison.report("rewritten", base, revision, part=said["part"])
    elif before != after:
        comparison.report("limit-set" if after else "limit-removed", base, revision, **said, before=True, after=True)


def formats(comparison: Comparison, base: Part, revision: Part) -> None:
    typed = {base.value, revision.value} & TYPED_FORMATS if all_text(base, revision) else {"?"}
    # Ids are text in responses, whatever their format.
    typed -= {"uuid"}
    chosen = rule("format-type" if typed else "format", base, revision)
    owner = comparison.owner(base, revision)
    comparison.report(chosen, base, revision, name="format", part=owner, before=base.value, after=revision.value)


def all_text(base: Part, revision: Part) -> bool:
    return all(isinstance(part.value, str) or not part.present for part in (base, revision))


def mark(kind: str) -> Handler:
    """Reports `readOnly` and `writeOnly`, which are false where they are not written."""

    def report(comparison: Comparison, base: Part, revision: Part) -> None:
        owner = comparison.owner(base, revision)
        before, after = base.value is True, revision.value is True
        if before != after:
            comparison.report(f"{kind}-set" if after else f"{kind}-removed", base, revision, part=owner)
        elif {type(one) for one in (base.value, revision.value)} <= {bool, type(ABSENT)}:
            comparison.report("rewritten", base, revision, part=owner)

    return report


def condition(comparison: Comparison, base: Part, revision: Part) -> None:
    """A schema that is not simply demanded: whatever changes in it may refuse what was allowed."""
    key = reading.pointer_parts(revision.pointer)[-1]
    owner = comparison.owner(base, revision)
    if same(without_prose(base.value), without_prose(revision.value)):
        comparison.report("prose-changed", base, revision, name=f"text in `{key}`", part=owner)
    else:
        comparison.report(rule("condition", base, revision), base, revision, name=key, part=owner)


def without_prose(value: Any) -> Any:
    """A schema without what is read by people only; a property of such a name is kept."""
    if isinstance(value, reading.Items):
        items = reading.Items()
        items.extend(without_prose(item) for item in value)
        return items
    if not isinstance(value, reading.Mapping):
        return value
    kept = reading.Mapping()
    for key, item in value.items():
        if key in ("const", "enum", "default"):
            kept[key] = item
        elif key not in PROSE or isinstance(item, reading.Mapping):
            kept[key] = without_prose(item)
    return kept


def subschema(comparison: Comparison, base: Part, revision: Part) -> None:
    schemas.compare(comparison, base, revision)


def demand(comparison: Comparison, base: Part, revision: Part) -> None:
    """A schema that gives no type to what people hold, and only says more about it."""
    if base.present and revision.present:
        schemas.compare(comparison, base, revision)
    else:
        key = reading.pointer_parts(revision.pointer)[-1]
        owner = comparison.owner(base, revision)
        comparison.report(rule("condition", base, revision), base, revision, name=key, part=owner)


def pattern(comparison: Comparison, base: Part, revision: Part) -> None:
    kind = rule("limit", base, revision)
    if base.present and revision.value in ANY_TEXT:
        kind = "limit-loosened"
    said = {"name": "pattern", "part": comparison.owner(base, revision), "before": base.value, "after": revision.value}
    comparison.report(kind, base, revision, **said)


def by_name(comparison: Comparison, base: Part, revision: Part) -> None:
    """Schemas by name or pattern; one that is not there allows everything."""
    for one, other, _ in comparison.pairs(base, revision):
        schemas.compare(comparison, one, other)


def by_position(comparison: Comparison, base: Part, revision: Part) -> None:
    one, other = comparison.items(base, comparison.base), comparison.items(revision, comparison.revision)
    for index in range(max(len(one), len(other))):
        first = one[index] if index < len(one) else Part(ABSENT, f"{base.pointer}/{index}", base.place)
        second = other[index] if index < len(other) else Part(ABSENT, f"{revision.pointer}/{index}", revision.place)
        schemas.compare(comparison, first, second)


def dependent_required(comparison: Comparison, base: Part, revision: Part) -> None:
    owner = comparison.owner(base, revision)
    for one, other, name in comparison.pairs(base, revision):
        before = [part.value for part in comparison.items(one, comparison.base)]
        after = [part.value for part in comparison.items(other, comparison.revision)]
        for value in after:
            if value not in before:
                comparison.report("dependent-required-added", one, other, part=owner, name=name, after=value)
        for value in before:
            if value not in after:
                comparison.report("dependent-required-removed", one, other, part=owner, name=name, before=value)
        if before != after and sorted(map(str, before)) == sorted(map(str, after)):
            comparison.report("order-changed", one, other, part=owner, name="dependentRequired")


def discriminator(comparison: Comparison, base: Part, revision: Part) -> None:
    owner = comparison.owner(base, revision)
    if not (base.present and revision.present):
        side = base if base.present else revision
        by = side.child("propertyName").value
        kind = "discriminator-set" if revision.present else "discriminator-removed"
        comparison.report(kind, base, revision, part=owner, before=by, after=by)
        return

    def name(comparison: Comparison, one: Part, other: Part) -> None:
        comparison.report("discriminator-changed", one, other, part=owner, before=one.value, after=other.value)

    def mapping(comparison: Comparison, one: Part, other: Part) -> None:
        for before, after, key in comparison.pairs(one, other):
            if not before.present:
                comparison.report("mapping-added", before, after, part=owner, after=key)
            elif not after.present:
                comparison.report("mapping-removed", before, after, part=owner, before=key)
            elif not same(before.value, after.value):
                said = {"name": key, "before": before.value, "after": after.value}
                comparison.report("mapping-changed", before, after, part=owner, **said)

    comparison.compare_mapping(base, revision, {"propertyName": name, "mapping": mapping})


HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys((*LOWER, *UPPER), limit),
    "multipleOf": multiple,
    "uniqueItems": unique,
    "pattern": pattern,
    "format": formats,
    "default": changed("default"),
    "contentEncoding": changed("content"),
    "contentMediaType": changed("content"),
    "readOnly": mark("read-only"),
    "writeOnly": mark("write-only"),
    "deprecated": deprecated,
    **dict.fromkeys(
        (
            "items",
            "additionalProperties",
        ),
        subschema,
    ),
    **dict.fromkeys(
        ("unevaluatedProperties", "unevaluatedItems", "propertyNames", "contains", "contentSchema"), demand
    ),
    **dict.fromkeys(("patternProperties", "$defs", "definitions"), by_name),
    "prefixItems": by_position,
    **dict.fromkeys(("not", "if", "then", "else", "dependentSchemas"), condition),
    "dependentRequired": dependent_required,
    "discriminator": discriminator,
}
