"""How the operations of two versions differ: which there are, and what each of them takes and gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scripts.contract.spec_changes import wording
from scripts.contract.spec_changes.comparison import bodies, parameters, security, servers
from scripts.contract.spec_changes.comparison.context import Comparison, Handler, deprecated, nothing, resolved
from scripts.contract.spec_changes.document import CannotCompareError, Document
from scripts.contract.spec_changes.values import ABSENT, Part
from scripts.contract.spec_changes.wording import METHODS, Named

# What is compared operation by operation, and not where it is written.
SHARED = ("parameters", "servers", "security")


@dataclass(frozen=True)
class Operation:
    """An operation with the path item it belongs to."""

    path: str
    method: str
    item: Part
    part: Part

    @property
    def whole(self) -> Part:
        """The operation where its path leads to it: the path itself, where that is a reference."""
        return self.part if self.item.pointer == self.item.place else replace(self.item, pointer=self.item.place)

    @property
    def id(self) -> object:
        return self.part.child("operationId").value


def paths(comparison: Comparison, base: Part, revision: Part) -> None:
    """Compare two mappings of path items: the paths, or the webhooks."""
    before = dict(items(comparison, base, comparison.base))
    after = dict(items(comparison, revision, comparison.revision))
    pairs = [(path, path) for path in after if path in before]
    rest = {anonymous(path): path for path in after if path not in before}
    for path in [path for path in before if path not in after]:
        if anonymous(path) in rest:
            pairs.append((path, rest.pop(anonymous(path))))
    paired_before, paired_after = {old for old, _ in pairs}, {new for _, new in pairs}
    removed = {path: part for path, part in before.items() if path not in paired_before}
    added = {path: part for path, part in after.items() if path not in paired_after}
    alone: tuple[list[Operation], list[Operation]] = ([], [])
    for old, new in pairs:
        path_item(comparison, before[old], after[new], (old, new), alone)
    whole_items(comparison, removed, added, alone)
    for one, other, key in comparison.pairs(base, revision):
        if key.startswith("x-") and not comparison.same(one, other):
            comparison.handle(None, one, other, key)


def items(comparison: Comparison, part: Part, document: Document) -> Iterator[tuple[str, Part]]:
    for path in comparison.mapping(part, document):
        if not path.startswith("x-"):
            if part.pointer == "#/paths" and not path.startswith("/"):
                line = document.line(part.child(path).pointer)
                raise CannotCompareError(
                    f"{document.name} cannot be compared:\n  line {line}: the path {path!r} has to start with a slash"
                )
            yield path, part.child(path)


def anonymous(path: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"\{[^}]*\}", "{}", path)


Alone = tuple[list[Operation], list[Operation]]


def whole_items(comparison: Comparison, removed: dict[str, Part], added: dict[str, Part], alone: Alone) -> None:
    """Report operations that only one version has; one that has the same name elsewhere was moved."""
    for path, part in removed.items():
        alone[0].extend(operations(comparison, part, path, comparison.base))
    for path, part in added.items():
        alone[1].extend(operations(comparison, part, path, comparison.revision))
    ids = {one.id: one for one in alone[1] if one.id is not ABSENT}
    moved = [(one, ids[one.id]) for one in alone[0] if one.id in ids]
    for one, other in moved:
        said = {"before": name_of(one, comparison.base), "after": name_of(other, comparison.revision)}
        comparison.report("operation-moved", one.whole, other.whole, **said)
        operation(comparison, one, other)
    told_of = {id(found) for pair in moved for found in pair}
    for rule, parts, found, document in (
        ("removed", removed, alone[0], comparison.base),
        ("added", added, alone[1], comparison.revision),
    ):
        for path, part in parts.items():
            here = [one for one in found if one.item.place == part.place and id(one) not in told_of]
            told_of |= {id(one) for one in here}
            whole = Named(" and ".join(name_of(one, document) for one in here)) if here else None
            if here or not any(one.item.place == part.place for one in found):
                report_alone(comparison, f"operation-{rule}" if here else f"path-{rule}", part, whole, path)
        for one in found:
            if id(one) not in told_of:
                report_alone(comparison, f"operation-{rule}", one.part, None, one.path)


def report_alone(comparison: Comparison, rule: str, part: Part, whole: Named | None, path: str) -> None:
    sides = (part, nothing(part)) if rule.endswith("removed") else (nothing(part), part)
    comparison.report(rule, *sides, part=whole)


def name_of(one: Operation, document: Document) -> Named:
    """The name of an operation, by its path even where the path item is a reference."""
    path = wording.name(one.item.place, document.data)
    return Named(
        f"`{one.method.upper()} {path.strip('`')}`"
        if path.startswith("`")
        else wording.name(one.part.pointer, document.data)
    )


def operations(comparison: Comparison, part: Part, path: str, document: Document) -> list[Operation]:
    item = resolved(part, document)
    comparison.mapping(item, document)
    for method in METHODS:
        if item.child(method).present:
            comparison.mapping(item.child(method), document)
            comparison.items(item.child(method).child("parameters"), document)
    return [Operation(path, method, item, item.child(method)) for method in METHODS if item.child(method).present]


def path_item(comparison: Comparison, base: Part, revision: Part, path: tuple[str, str], alone: Alone) -> None:
    """Compare two path items; operations that only one of them has are left for later."""
    before = {one.method: one for one in operations(comparison, base, path[0], comparison.base)}
    after = {one.method: one for one in operations(comparison, revision, path[1], comparison.revision)}
    reports = comparison.reports
    for method, other in after.items():
        if method in before:
            operation(comparison, before[method], other)
        else:
            alone[1].append(other)
    alone[0].extend(one for method, one in before.items() if method not in after)
    comparison.compare_references(base, revision)
    one, two = comparison.resolved(base, revision)
    for first, second, key in comparison.pairs(one, two):
        if key in SHARED:
            comparison.settle(first, second, reports)
        elif key not in METHODS and not comparison.same(first, second):
            comparison.handle(None, first, second, key)


def operation(comparison: Comparison, base: Operation, revision: Operation) -> None:
    one, other = base.part, revision.part
    before = comparison.reports
    of_parameters(comparison, base, revision)
    security.effective(comparison, one, other)
    servers.effective(comparison, (base.item, one), (revision.item, other))
    for first, second, key in comparison.pairs(one, other):
        if not comparison.same(first, second) and key not in SHARED:
            comparison.handle(HANDLERS.get(key), first, second, key)
    for key in SHARED:
        comparison.settle(one.child(key), other.child(key), before)


def of_parameters(comparison: Comparison, base: Operation, revision: Operation) -> None:
    lists = [owner.child("parameters") for owner in (base.item, revision.item, base.part, revision.part)]
    unchanged = comparison.same(lists[0], lists[1]) and comparison.same(lists[2], lists[3])
    if unchanged and base.path == revision.path:
        return
    before = parameters.effective(comparison, base.item, base.part, comparison.base)
    after = parameters.effective(comparison, revision.item, revision.part, comparison.revision)
    if before is None or after is None:
        for one, other in ((lists[0], lists[1]), (lists[2], lists[3])):
            if not comparison.same(one, other):
                comparison.report("not-judged", one, other)
        return
    parameters.compare_all(comparison, before, after, (base.path, revision.path))
    if [key for key in before if key in after] != [key for key in after if key in before]:
        owner = name_of(revision, comparison.revision)
        for one, other in ((lists[0], lists[1]), (lists[2], lists[3])):
            if not comparison.same(one, other):
                comparison.report("order-changed", one, other, name="parameters", part=owner)


def operation_id(comparison: Comparison, base: Part, revision: Part) -> None:
    kind = "changed" if base.present and revision.present else "set" if revision.present else "removed"
    owner = comparison.owner(base, revision)
    comparison.report(f"operation-id-{kind}", base, revision, part=owner, before=base.value, after=revision.value)


def tags(comparison: Comparison, base: Part, revision: Part) -> None:
    owner = comparison.owner(base, revision)
    before, after = ([part.value for part in side.items()] for side in (base, revision))
    comparison.report("tags-changed", base, revision, part=owner, before=before, after=after)


def callbacks(comparison: Comparison, base: Part, revision: Part) -> None:
    for one, other, _ in comparison.pairs(base, revision):
        if comparison.same(one, other):
            continue
        if not (one.present and other.present):
            comparison.report("callback-added" if other.present else "callback-removed", one, other)
        else:
            comparison.handle(callback, one, other, "")


def callback(comparison: Comparison, base: Part, revision: Part) -> None:
    comparison.compare_references(base, revision)
    paths(comparison, *comparison.resolved(base, revision))


HANDLERS: dict[str, Handler] = {
    "operationId": operation_id,
    "tags": tags,
    "deprecated": deprecated,
    "requestBody": bodies.request_body,
    "responses": bodies.responses,
    "callbacks": callbacks,
}
