"""How two versions of a contract differ as a whole."""

from __future__ import annotations

from scripts.contract.spec_changes.comparison import bodies, operations, parameters, schemas, security
from scripts.contract.spec_changes.comparison.context import Comparison, Finding, Handler, nothing
from scripts.contract.spec_changes.document import Document
from scripts.contract.spec_changes.values import Part, moved, same
from scripts.contract.spec_changes.wording import Named

# What is compared operation by operation: of a change that meets no operation it is said that nothing has it.
EFFECTIVE = ("security", "servers")


def compare(base: Document, revision: Document) -> list[Finding]:
    """Everything that differs; raises CannotCompareError where a version is not made as OpenAPI has it."""
    comparison = Comparison(base, revision)
    one, other = Part(base.data, "#", "#"), Part(revision.data, "#", "#")
    schemas_before, schemas_after = (side.child("components").child("schemas") for side in (one, other))
    comparison.renamed = renamed(schemas_before, schemas_after)
    for key in ("paths", "webhooks"):
        if not (comparison.same(one.child(key), other.child(key)) and unchanged_around(comparison, one, other)):
            operations.paths(comparison, one.child(key), other.child(key))
    compared = ("paths", "webhooks")
    for first, second, key in comparison.pairs(one, other):
        if key not in compared and not same(first.value, second.value):
            comparison.handle(HANDLERS.get(key), first, second, key)
    return comparison.findings


def unchanged_around(comparison: Comparison, base: Part, revision: Part) -> bool:
    """Whether what operations take over from the contract is the same."""
    return all(comparison.same(base.child(key), revision.child(key)) for key in EFFECTIVE)


def renamed(base: Part, revision: Part) -> dict[str, str]:
    """The pointers of the schemas that only have another name, with the new pointers."""
    removed = [part for key, part in base.children() if not revision.child(key).present]
    added = [part for key, part in revision.children() if not base.child(key).present]
    return {one.pointer: other.pointer for one, other in moved(removed, added)}


def version(comparison: Comparison, base: Part, revision: Part) -> None:
    said = {"name": "openapi", "part": Named("the contract"), "before": base.value, "after": revision.value}
    comparison.report("version-changed", base, revision, **said)


def prose(comparison: Comparison, base: Part, revision: Part) -> None:
    for one, other, key in comparison.pairs(base, revision):
        if not same(one.value, other.value):
            comparison.report("prose-changed", one, other, name=key, part="the contract")


def tags(comparison: Comparison, base: Part, revision: Part) -> None:
    comparison.report("prose-changed", base, revision, name="list of tags", part="the contract")


def taken_over(comparison: Comparison, base: Part, revision: Part) -> None:
    """What operations take over; where none does, nothing breaks."""
    key = revision.pointer.rpartition("/")[2]
    pointers = {finding.base for finding in comparison.findings} | {finding.revision for finding in comparison.findings}
    if not any(f"{pointer}/".startswith(f"#/{key}/") for pointer in pointers):
        comparison.report("prose-changed", base, revision, name=key, part="the contract")
    else:
        comparison.told()


def components(comparison: Comparison, base: Part, revision: Part) -> None:
    for one, other, kind in comparison.pairs(base, revision):
        if comparison.same(one, other):
            continue
        if kind not in COMPONENTS:
            comparison.handle(None, one, other, kind)
            continue
        if not (one.present and other.present) and not (one if one.present else other).value:
            comparison.report("rewritten", one, other)
        for before, after, _ in comparison.pairs(one, other):
            if not comparison.same(before, after):
                component(comparison, before, after, kind)


def component(comparison: Comparison, base: Part, revision: Part, kind: str) -> None:
    if base.present and revision.present:
        comparison.handle(COMPONENTS[kind], base, revision, kind)
    elif kind != "schemas":
        comparison.report("shared-part-added" if revision.present else "shared-part-removed", base, revision)
    elif base.pointer in comparison.renamed:
        pointer = comparison.renamed[base.pointer]
        other = Part(comparison.revision.value(pointer), pointer, pointer)
        comparison.report(
            "component-renamed",
            base,
            other,
            part=f"`{base.pointer.rpartition('/')[2]}`",
            after=pointer.rpartition("/")[2],
        )
    elif revision.pointer not in comparison.renamed.values():
        comparison.report("component-added" if revision.present else "component-removed", base, revision)
    else:
        comparison.told()


def path_item(comparison: Comparison, base: Part, revision: Part) -> None:
    alone: operations.Alone = ([], [])
    operations.path_item(comparison, base, revision, ("", ""), alone)
    for one in alone[0]:
        comparison.report("operation-removed", one.part, nothing(one.part))
    for one in alone[1]:
        comparison.report("operation-added", nothing(one.part), one.part)


def response(comparison: Comparison, base: Part, revision: Part) -> None:
    bodies.response(comparison, base, revision)


def request_body(comparison: Comparison, base: Part, revision: Part) -> None:
    bodies.request_body(comparison, base, revision)


def example(comparison: Comparison, base: Part, revision: Part) -> None:
    comparison.report("prose-changed", base, revision, name="text", part=None)


def link(comparison: Comparison, base: Part, revision: Part) -> None:
    comparison.report("link-changed", base, revision)


HANDLERS: dict[str, Handler] = {
    "openapi": version,
    "info": prose,
    "tags": tags,
    "components": components,
    **dict.fromkeys(EFFECTIVE, taken_over),
}
COMPONENTS: dict[str, Handler] = {
    "schemas": schemas.compare,
    "parameters": parameters.compare,
    "headers": parameters.compare,
    "responses": response,
    "requestBodies": request_body,
    "securitySchemes": security.scheme,
    "pathItems": path_item,
    "callbacks": operations.callback,
    "examples": example,
    "links": link,
}
