"""How the servers of an operation differ; the first of them is where requests go unless a caller says otherwise."""

from __future__ import annotations

from scripts.contract.reading import Mapping
from scripts.contract.spec_changes.comparison.context import PROSE, Comparison, nothing
from scripts.contract.spec_changes.document import Document
from scripts.contract.spec_changes.values import ABSENT, Part, same
from scripts.contract.spec_changes.wording import Named


def effective(comparison: Comparison, base: tuple[Part, Part], revision: tuple[Part, Part]) -> None:
    """Compare the servers of two operations, each given with its path item."""
    one, other = stated(base, comparison.base), stated(revision, comparison.revision)
    if same(one.value, other.value):
        return
    whole = one.pointer == other.pointer == "#/servers"
    owner = "the contract" if whole else comparison.name_of(revision[1])
    before = {url(part): part for part in comparison.items(one, comparison.base)}
    after = {url(part): part for part in comparison.items(other, comparison.revision)}
    reports = comparison.reports
    gone = [key for key in before if key not in after]
    come = [key for key in after if key not in before]
    if before and after and next(iter(before)) != next(iter(after)):
        said = {"part": owner, "before": next(iter(before)), "after": next(iter(after))}
        comparison.report("server-default-changed", one, other, **said)
    for key in gone:
        comparison.report("server-removed", before[key], nothing(other), part=owner, before=key)
    for key in come:
        comparison.report("server-added", nothing(one), after[key], part=owner, after=key)
    for key in [key for key in after if key in before]:
        compare(comparison, before[key], after[key], owner, key)
    if comparison.reports == reports:
        comparison.report("server-order-changed", one, other, part=owner)


def stated(owners: tuple[Part, Part], document: Document) -> Part:
    """The servers that an operation has itself, or its path, or the whole contract."""
    for owner in reversed(owners):
        if owner.child("servers").present:
            return owner.child("servers")
    return Part(document.data.get("servers", ABSENT), "#/servers", owners[1].pointer)


def url(part: Part) -> str:
    return str(part.value.get("url")) if isinstance(part.value, Mapping) else repr(part.value)


def compare(comparison: Comparison, base: Part, revision: Part, owner: str, key: str) -> None:
    """Compare two servers of one URL."""
    for one, other, name in comparison.pairs(base, revision):
        if same(one.value, other.value):
            continue
        if name == "variables":
            comparison.report("server-variables-changed", one, other, part=owner, after=key)
        elif name in PROSE or name == "name":
            comparison.report("prose-changed", one, other, name=name, part=Named(f"the server of {owner}"))
        else:
            comparison.handle(None, one, other, name)
