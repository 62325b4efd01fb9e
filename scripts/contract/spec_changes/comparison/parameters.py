"""How parameters and headers differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scripts.contract.reading import Mapping, pointer_parts
from scripts.contract.spec_changes import wording
from scripts.contract.spec_changes.comparison import bodies, schemas
from scripts.contract.spec_changes.comparison.context import Comparison, Handler, deprecated, nothing, resolved
from scripts.contract.spec_changes.document import Document
from scripts.contract.spec_changes.values import Part, same
from scripts.contract.spec_changes.wording import Named, code

Key = tuple[str, str]
STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def effective(comparison: Comparison, item: Part, operation: Part, document: Document) -> dict[Key, Part] | None:
    """The parameters of an operation by where they go and how they are called; None where one stands twice in a list."""
    found: dict[Key, Part] = {}
    for owner in (item, operation):
        keys = []
        for part in comparison.items(owner.child("parameters"), document):
            target = resolved(part, document).value
            where, name = comparison.mapping(replace(part, value=target), document).get("in"), target.get("name")
            keys.append((str(where), str(name).lower() if where == "header" else str(name)))
            found[keys[-1]] = part
        if len(keys) != len(set(keys)):
            return None
    return found


def compare_all(
    comparison: Comparison, base: dict[Key, Part], revision: dict[Key, Part], path: tuple[str, str]
) -> None:
    """Compare the parameters of an operation; `path` is its path in both versions."""
    for key, part in revision.items():
        if key in base:
            compare(comparison, base[key], part)
    removed = {key: part for key, part in base.items() if key not in revision}
    added = {key: part for key, part in revision.items() if key not in base}
    told = renamed_in_path(comparison, removed, added, path) | renamed(comparison, removed, added)
    for key, part in removed.items():
        if key not in told:
            comparison.report("parameter-removed", part, nothing(part))
    for key, part in added.items():
        if key not in told:
            required = resolved(part, comparison.revision).child("required").value is True
            kind = "required-parameter-added" if required else "parameter-added"
            comparison.report(kind, nothing(part), part)


def renamed_in_path(
    comparison: Comparison, removed: dict[Key, Part], added: dict[Key, Part], path: tuple[str, str]
) -> set[Key]:
    """Reports the parameters that have another name in the same place of the path."""
    told: set[Key] = set()
    for old, new in zip(placeholders(path[0]), placeholders(path[1]), strict=False):
        before, after = ("path", old), ("path", new)
        if before in removed and after in added:
            owner = code(path[1])
            one, other = removed[before], added[after]
            comparison.report("path-parameter-renamed", one, other, part=owner, before=old, after=new)
            compare(comparison, one, other)
            told |= {before, after}
    return told


def placeholders(path: str) -> list[str]:
    """The names in the braces of a path."""
    return [part.partition("}")[0] for part in path.split("{")[1:]]


def renamed(comparison: Comparison, removed: dict[Key, Part], added: dict[Key, Part]) -> set[Key]:
    """Reports the parameters that are the same but for their name, or but for where they go."""
    told: set[Key] = set()
    for old, part in removed.items():
        alike = [new for new, other in added.items() if is_alike(comparison, part, other, old, new)]
        if len(alike) != 1 or alike[0] in told or old[0] == "path":
            continue
        new = alike[0]
        before = Named(wording.name(part.pointer, comparison.base.data))
        kind = "parameter-renamed" if old[0] == new[0] else "parameter-moved"
        after: Any = resolved(added[new], comparison.revision).child("name").value
        if kind == "parameter-moved":
            after = Named(f"a {new[0]} parameter")
        comparison.report(kind, part, added[new], before=before, after=after)
        told |= {old, new}
    return told


def is_alike(comparison: Comparison, base: Part, revision: Part, old: Key, new: Key) -> bool:
    if (old[0] == new[0]) == (old[1].lower() == new[1].lower()) or "path" in (old[0], new[0]):
        return False
    one, other = resolved(base, comparison.base), resolved(revision, comparison.revision)
    return all(same(one.child(key).value, other.child(key).value) for key in ("schema", "content", "required"))


def compare(comparison: Comparison, base: Part, revision: Part) -> None:
    """Compare two parameters or headers."""
    comparison.compare_references(base, revision)
    comparison.compare_mapping(*comparison.resolved(base, revision), HANDLERS)


def name(comparison: Comparison, base: Part, revision: Part) -> None:
    part = comparison.owner(base, revision)
    if str(base.value).lower() == str(revision.value).lower():
        comparison.report("name-case-changed", base, revision, part=part)
    else:
        # Of a path parameter it is reported where its operation is compared.
        comparison.report("rewritten", base, revision, part=part)


def required(comparison: Comparison, base: Part, revision: Part) -> None:
    part = comparison.owner(base, revision)
    now, before = revision.value is True, base.value is True
    if now != before:
        comparison.report("now-required" if now else "no-longer-required", base, revision, part=part)
    elif all(isinstance(one.value, bool) or not one.present for one in (base, revision)):
        comparison.report("rewritten", base, revision, part=part)


def serialized(comparison: Comparison, base: Part, revision: Part) -> None:
    """How a value is written into the request: the same where one version only states what goes without saying."""
    key = pointer_parts(revision.pointer)[-1]
    part = comparison.owner(base, revision)
    before, after = stated(comparison.base, base, key), stated(comparison.revision, revision, key)
    if same(before, after):
        comparison.report("rewritten", base, revision, part=part)
    else:
        comparison.report("serialization-changed", base, revision, part=part, name=key, before=before, after=after)


def stated(document: Document, part: Part, key: str) -> Any:
    """The value of a keyword of a parameter, or what it is where it is not written."""
    if part.present:
        return part.value
    owner = document.value(part.pointer.rpartition("/")[0])
    place = owner.get("in", "header") if isinstance(owner, Mapping) else "header"
    style = owner.get("style", STYLES.get(str(place))) if isinstance(owner, Mapping) else None
    return {"style": STYLES.get(str(place)), "explode": style == "form", "allowReserved": False}[key]


def empty_value(comparison: Comparison, base: Part, revision: Part) -> None:
    part = comparison.owner(base, revision)
    now, before = revision.value is True, base.value is True
    rule = "rewritten" if now == before else "empty-value-allowed" if now else "empty-value-refused"
    comparison.report(rule, base, revision, part=part)


def schema(comparison: Comparison, base: Part, revision: Part) -> None:
    if base.present and revision.present:
        schemas.compare(comparison, base, revision)
    else:
        swapped(comparison, base, revision)


def content(comparison: Comparison, base: Part, revision: Part) -> None:
    if base.present and revision.present:
        bodies.content(comparison, base, revision)
    else:
        swapped(comparison, base, revision)


def swapped(comparison: Comparison, base: Part, revision: Part) -> None:
    """A parameter with a schema is written otherwise than one with a media type."""
    part = comparison.owner(base, revision)
    said = ("written by its schema", "written as a media type")
    key = pointer_parts(revision.pointer)[-1]
    before, after = said if (key == "content") == revision.present else tuple(reversed(said))
    comparison.report(
        "serialization-changed", base, revision, part=part, name="content", before=Named(before), after=Named(after)
    )


HANDLERS: dict[str, Handler] = {
    "name": name,
    "required": required,
    "deprecated": deprecated,
    **dict.fromkeys(("style", "explode", "allowReserved"), serialized),
    "allowEmptyValue": empty_value,
    "schema": schema,
    "content": content,
}
