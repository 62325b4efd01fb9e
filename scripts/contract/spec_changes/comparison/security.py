"""How what an operation asks of its caller differs, and the schemes it is asked by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.contract import reading
from scripts.contract.spec_changes.comparison.context import PROSE, Comparison, Handler, changed
from scripts.contract.spec_changes.document import Document
from scripts.contract.spec_changes.values import ABSENT, Part, same
from scripts.contract.spec_changes.wording import Named, code

# One way in: the schemes that have to be met together, with their scopes. Without any, everybody gets in.
Alternative = dict[str, frozenset[str]]
EVERYBODY: list[Alternative] = [{}]


def effective(comparison: Comparison, base: Part, revision: Part) -> None:
    """Compare what two operations ask for, by themselves or because the whole contract does."""
    one, other = stated(base, comparison.base), stated(revision, comparison.revision)
    if same(one.value, other.value):
        return
    before, after = alternatives(comparison, one, comparison.base), alternatives(comparison, other, comparison.revision)
    schemes = renamed_schemes(comparison, before, after)
    before = [{schemes.get(name, name): scopes for name, scopes in way.items()} for way in before]
    kept = all(any(lets_in(new, old) for new in after) for old in before)
    wider = not all(any(lets_in(old, new) for old in before) for new in after)
    whole = one.pointer == other.pointer == "#/security"
    part = "the contract" if whole else comparison.name_of(revision)
    said: dict[str, Any] = {"part": part, "before": told(before), "after": told(after)}
    if kept and not wider:
        comparison.report("rewritten", one, other, part=f"what {part} asks for")
    else:
        comparison.report("security-looser" if kept else "security-stricter", one, other, **said)


def stated(operation: Part, document: Document) -> Part:
    own = operation.child("security")
    if own.present:
        return own
    return Part(document.data.get("security", ABSENT), "#/security", operation.pointer)


def alternatives(comparison: Comparison, part: Part, document: Document) -> list[Alternative]:
    found: list[Alternative] = []
    for item in comparison.items(part, document):
        names = comparison.mapping(item, document)
        scopes = {name: comparison.items(item.child(name), document) for name in names}
        found.append({name: frozenset(str(scope.value) for scope in scopes[name]) for name in names})
    return found or EVERYBODY


def lets_in(new: Alternative, old: Alternative) -> bool:
    """Whether who meets the old one meets the new one."""
    return all(name in old and scopes <= old[name] for name, scopes in new.items())


def renamed_schemes(comparison: Comparison, before: list[Alternative], after: list[Alternative]) -> dict[str, str]:
    """Schemes that only have another name: of the old names, the new ones."""
    old, new = schemes(comparison.base), schemes(comparison.revision)
    used = {name for way in before for name in way}
    wanted = {name for way in after for name in way}
    found: dict[str, str] = {}
    for name in used - wanted:
        alike = [other for other in wanted - used if name in old and other in new and is_same(old[name], new[other])]
        if len(alike) == 1 and name not in new:
            found[name] = alike[0]
    return found


def schemes(document: Document) -> Mapping[str, Any]:
    components = document.data.get("components")
    found = components.get("securitySchemes") if isinstance(components, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def is_same(one: Any, other: Any) -> bool:
    return same(meaning(one), meaning(other))


def meaning(scheme: Any) -> Any:
    """A scheme without what is read by people only."""
    if not isinstance(scheme, reading.Mapping):
        return scheme
    kept = reading.Mapping()
    kept.update({key: value for key, value in scheme.items() if key not in PROSE and not key.startswith("x-")})
    return kept


def told(ways: list[Alternative]) -> Named:
    return Named(" or ".join(" and ".join(told_scheme(*one) for one in way.items()) or "nothing" for way in ways))


def told_scheme(name: str, scopes: frozenset[str]) -> str:
    return code(name) + (f" with {', '.join(map(code, sorted(scopes)))}" if scopes else "")


def scheme(comparison: Comparison, base: Part, revision: Part) -> None:
    """Compare two security schemes."""
    comparison.compare_references(base, revision)
    comparison.compare_mapping(*comparison.resolved(base, revision), SCHEME)


def flows(comparison: Comparison, base: Part, revision: Part) -> None:
    owner = comparison.owner(base, revision)
    for one, other, key in comparison.pairs(base, revision):
        if one.present and other.present:
            comparison.compare_mapping(one, other, FLOW)
        else:
            rule = "flow-added" if other.present else "flow-removed"
            comparison.report(rule, one, other, part=owner, before=key, after=key)


def scopes(comparison: Comparison, base: Part, revision: Part) -> None:
    owner = comparison.owner(base, revision)
    for one, other, key in comparison.pairs(base, revision):
        if one.present and other.present:
            if not same(one.value, other.value):
                comparison.report("prose-changed", one, other, name="description", part=owner)
        else:
            rule = "scope-added" if other.present else "scope-removed"
            comparison.report(rule, one, other, part=owner, before=key, after=key)


def bearer_format(comparison: Comparison, base: Part, revision: Part) -> None:
    comparison.report("prose-changed", base, revision, name="bearerFormat", part=comparison.owner(base, revision))


SCHEME: dict[str, Handler] = {
    **dict.fromkeys(("type", "name", "in", "scheme", "openIdConnectUrl"), changed("scheme")),
    "bearerFormat": bearer_format,
    "flows": flows,
}
FLOW: dict[str, Handler] = {
    **dict.fromkeys(("authorizationUrl", "tokenUrl", "refreshUrl"), changed("scheme")),
    "scopes": scopes,
}
