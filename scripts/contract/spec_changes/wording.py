"""A change as a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from scripts.contract.lint_spec import pointer_parts
from scripts.contract.spec_changes.comparison import CLASS, WRITTEN_HERE, Finding, Side
from scripts.contract.spec_changes.ratings import Fact
from scripts.contract.spec_changes.uses import operations

LONGEST_VALUE = 80

# Texts are read in the diff of the file itself.
PROSE = ("description", "summary", "title", "example", "examples")


def sentence(fact: Fact, finding: Finding, path: str, document: Mapping[str, Any]) -> str:
    """What changed, with the part's name between backticks."""
    part = name(path_of_part(finding, path))
    base = finding.base.value if finding.base else None
    revision = finding.revision.value if finding.revision else None
    sentences = {
        "enum-values-removed": f"{part} no longer has the value {shown(fact.value)}",
        "enum-values-added": f"{part} has the new value {shown(fact.value)}",
        "required-properties-added": f"{shown(fact.value)} of {part} is now required",
        "required-properties-removed": f"{shown(fact.value)} of {part} is no longer required",
        "null-removed": f"{part} is no longer nullable",
        "null-added": f"{part} is now nullable",
        "order-changed": f"{shown(finding.property)} of {part} is written in another order",
        "operation-id-changed": f"{part}, {shown(base)} so far, is now called {shown(revision)}",
    }
    if fact.rule in sentences:
        return sentences[fact.rule]
    if finding.property == "key":
        return f"{name(finding.base.pointer if finding.base else path)} was renamed to {shown(revision)}"
    if finding.property == CLASS:
        return f"the type of {part} changed from {shown(base)} to {shown(revision)}"
    if finding.property == WRITTEN_HERE:
        if base:
            return f"{part} is now written in its place instead of being {shown(base)}"
        return f"{part} is now {shown(revision)} instead of being written in its place"
    if finding.property is not None:
        return modified(finding.property, part, base, revision)
    return f"{whole(finding.base or finding.revision, path, document)} was {finding.kind}"


def modified(key: str, part: str, base: Any, revision: Any) -> str:
    """What happened to one property of a part."""
    if key in PROSE:
        return f"the {key} of {part} changed"
    what = f"{code(key)} of {part}"
    if base is None:
        return f"{what} was set to {shown(revision)}"
    if revision is None:
        return f"{what}, {shown(base)} so far, was removed"
    return f"{what} changed from {shown(base)} to {shown(revision)}"


def path_of_part(finding: Finding, path: str) -> str:
    """The pointer of the part itself, where Redocly gives that of the property that was changed."""
    last = pointer_parts(path)[-1:]
    if finding.kind == "modified" and finding.property not in (None, "key") and last == [finding.property]:
        return path.rpartition("/")[0]
    return path


def name(pointer: str) -> str:
    """What people call the part that a pointer leads to."""
    parts = pointer_parts(pointer)
    if parts[:1] == ["paths"] and len(parts) > 1:
        place = code(f"{parts[2].upper()} {parts[1]}") if len(parts) > 2 else code(parts[1])
        return f"{code(' '.join(parts[3:]))} of {place}" if len(parts) > 3 else place
    if parts[:1] == ["components"] and len(parts) > 2:
        inner = [part for part in parts[3:] if part != "properties"]
        return code(".".join([parts[2], *inner]))
    return code(".".join(parts)) if parts else "the contract"


def whole(side: Side | None, path: str, document: Mapping[str, Any]) -> str:
    """The name of an added or removed part; of a path, its operations; of a parameter, what it is called."""
    parts = pointer_parts(path)
    if parts[:1] == ["paths"] and len(parts) == 2:
        methods = [method.upper() for method, _ in operations(document["paths"].get(parts[1]))]
        return " and ".join(code(f"{method} {parts[1]}") for method in methods) or name(path)
    value = side.value if side else None
    if isinstance(value, dict) and isinstance(value.get("name"), str) and "in" in value:
        return f"the {value['in']} parameter {code(value['name'])} of {name('/'.join(path.split('/')[:4]))}"
    return name(path)


def shown(value: Any) -> str:
    """A value between backticks, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return code(text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…")


def code(text: str) -> str:
    """A text between backticks, so that Markdown takes nothing in it for its own."""
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"
