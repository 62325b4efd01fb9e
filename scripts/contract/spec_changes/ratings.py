"""What each finding is about, and how it is rated: as Redocly does, but for a small table.

Redocly rates an added enum value in an answer as major, because a strict reader breaks on it; here enums are open. It
passes a removed enum value or a narrowed type in an answer, and a removed field of a request; here each of them changes a
name or a type that users write down. The table also rates apart what stands together in one finding of Redocly's, such as one
value added to an enum and another removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.contract.spec_changes.comparison import CLASS, NULLABLE, WRITTEN_HERE, Finding, Rating
from scripts.contract.spec_changes.uses import Direction

# By Redocly's rule, or by a name of that kind where it has none, and direction.
OVERRIDES: Mapping[tuple[str, Direction], Rating] = {
    ("enum-values-removed", "request"): "major",
    ("enum-values-removed", "answer"): "major",
    ("enum-values-added", "request"): "minor",
    ("enum-values-added", "answer"): "minor",
    ("required-properties-added", "request"): "major",
    ("required-properties-added", "answer"): "patch",
    ("required-properties-removed", "request"): "minor",
    ("required-properties-removed", "answer"): "major",
    ("property-added", "request"): "minor",
    ("property-added", "answer"): "minor",
    ("property-removed", "request"): "major",
    ("property-removed", "answer"): "major",
    ("property-renamed", "request"): "major",
    ("property-renamed", "answer"): "major",
    ("schema-type-changed", "request"): "major",
    ("schema-type-changed", "answer"): "major",
    ("null-removed", "request"): "major",
    ("null-removed", "answer"): "patch",
    ("null-added", "request"): "minor",
    ("null-added", "answer"): "major",
}

ORDER: Mapping[Rating, int] = {"major": 0, "minor": 1, "patch": 2}


@dataclass(frozen=True)
class Fact:
    """One thing that a finding says: a rule's name, and the value it is about where that is one of several."""

    rule: str
    value: Any = None


def facts(finding: Finding) -> list[Fact]:
    """What a finding says, one by one."""
    base = finding.base.value if finding.base else None
    revision = finding.revision.value if finding.revision else None
    if finding.type_name == "Schema" and finding.kind == "modified":
        if finding.property == "enum" and isinstance(base, list) and isinstance(revision, list):
            return [*listed("enum-values", base, revision)] or [Fact("order-changed")]
        if finding.property == "required":
            return [*listed("required-properties", base or [], revision or [])] or [Fact("order-changed")]
        if finding.property == "type":
            return [Fact("schema-type-changed" if types(base) != types(revision) else "order-changed")]
        if finding.property == NULLABLE:
            return [Fact("null-added" if revision else "null-removed")]
        if finding.property in (CLASS, WRITTEN_HERE):
            return [Fact("schema-type-changed")]
    if is_property(finding):
        if finding.kind == "modified" and finding.property == "key":
            return [Fact("property-renamed")]
        if finding.kind in ("added", "removed"):
            return [Fact(f"property-{finding.kind}")]
    return [Fact(finding.rules[0] if finding.rules else f"{finding.property or finding.type_name}-{finding.kind}")]


def listed(rule: str, base: list[Any], revision: list[Any]) -> Iterator[Fact]:
    """One fact for each value that only one of two lists has."""
    yield from (Fact(f"{rule}-removed", value) for value in base if value not in revision)
    yield from (Fact(f"{rule}-added", value) for value in revision if value not in base)


def types(value: Any) -> set[str]:
    return {str(item) for item in (value if isinstance(value, list) else [value])}


def is_property(finding: Finding) -> bool:
    """Whether a finding is about a property of an object as such, not about what is in it."""
    side = finding.revision or finding.base
    if side is None or finding.type_name != "Schema":
        return False
    return side.pointer.split("/")[-2] == "properties"


def rating(fact: Fact, finding: Finding, directions: set[Direction]) -> Rating:
    """The worst rating of a fact over the directions it is used in; what is used nowhere counts as used in both."""
    if fact.rule == "order-changed":
        return "patch"
    ways: set[Direction] = directions or {"request", "answer"}
    decided = [OVERRIDES[fact.rule, way] for way in ways if (fact.rule, way) in OVERRIDES]
    return min(decided, key=ORDER.__getitem__) if decided else finding.impact
