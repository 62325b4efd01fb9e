"""How request bodies, responses, their media types, headers and links differ."""

from __future__ import annotations

from scripts.contract.spec_changes.comparison import parameters, schemas
from scripts.contract.spec_changes.comparison.context import Comparison, Handler
from scripts.contract.spec_changes.values import Part


def request_body(comparison: Comparison, base: Part, revision: Part) -> None:
    if not base.present:
        _, other = comparison.resolved(base, revision)
        required = other.child("required").value is True
        comparison.report("required-body-added" if required else "body-added", base, revision)
    elif not revision.present:
        comparison.report("body-removed", base, revision)
    else:
        compare_resolved(comparison, base, revision, BODY)


def compare_resolved(comparison: Comparison, base: Part, revision: Part, handlers: dict[str, Handler]) -> None:
    """Compare two parts of which either may be a reference; another reference to the same is only written otherwise."""
    comparison.compare_references(base, revision)
    comparison.compare_mapping(*comparison.resolved(base, revision), handlers)


def content(comparison: Comparison, base: Part, revision: Part) -> None:
    """Compare the media types of a body; one that only has other parameters, such as a charset, is the same."""
    before, after = comparison.mapping(base, comparison.base), comparison.mapping(revision, comparison.revision)
    gone = [key for key in before if key not in after]
    come = [key for key in after if key not in before]
    pairs = [(key, key) for key in after if key in before]
    for key in list(gone):
        alike = [new for new in come if essence(new) == essence(key)]
        if len(alike) == 1:
            pairs.append((key, alike[0]))
            gone.remove(key)
            come.remove(alike[0])
            comparison.report(
                "media-type-parameters-changed",
                base.child(key),
                revision.child(alike[0]),
                part=comparison.owner(base, revision),
                before=key,
                after=alike[0],
            )
    for old, new in pairs:
        one, other = base.child(old), revision.child(new)
        if not comparison.same(one, other):
            comparison.handle(media_type, one, other, new)
    owner = comparison.owner(base, revision)
    for key in gone:
        comparison.report("media-type-removed", base.child(key), revision.child(key), part=owner, before=key)
    for key in come:
        comparison.report("media-type-added", base.child(key), revision.child(key), part=owner, after=key)
    if not before and not after:
        comparison.report("rewritten", base, revision, part=owner)


def essence(media_type: str) -> str:
    """A media type without its parameters."""
    return media_type.partition(";")[0].strip().lower()


def media_type(comparison: Comparison, base: Part, revision: Part) -> None:
    compare_resolved(comparison, base, revision, MEDIA_TYPE)


def schema(comparison: Comparison, base: Part, revision: Part) -> None:
    schemas.compare(comparison, base, revision)


def encoding(comparison: Comparison, base: Part, revision: Part) -> None:
    comparison.report("encoding-changed", base, revision, part=comparison.owner(base, revision))


def required(comparison: Comparison, base: Part, revision: Part) -> None:
    parameters.required(comparison, base, revision)


def responses(comparison: Comparison, base: Part, revision: Part) -> None:
    pairs = comparison.pairs(base, revision)
    had_success = any(one.present and is_success(status) for one, _, status in pairs)
    for one, other, status in pairs:
        if status.startswith("x-") or comparison.same(one, other):
            if not comparison.same(one, other):
                comparison.handle(None, one, other, status)
        elif one.present and other.present:
            comparison.handle(response, one, other, status)
        elif is_success(status):
            added = "success-added" if had_success else "first-success-added"
            comparison.report("success-removed" if one.present else added, one, other)
        else:
            comparison.report("error-removed" if one.present else "error-added", one, other)
    if not pairs:
        comparison.report("rewritten", base, revision, part=comparison.owner(base, revision))


def is_success(status: str) -> bool:
    """Whether a status is that of a success; whatever is neither an error nor the rest counts as one."""
    return status[:1] not in ("4", "5") and status != "default"


def response(comparison: Comparison, base: Part, revision: Part) -> None:
    compare_resolved(comparison, base, revision, RESPONSE)


def headers(comparison: Comparison, base: Part, revision: Part) -> None:
    """Compare headers, whose names have no case."""
    before = {name.lower(): (name, part) for name, part in named(comparison, base, is_base=True)}
    after = {name.lower(): (name, part) for name, part in named(comparison, revision, is_base=False)}
    for key in dict.fromkeys([*after, *before]):
        if key not in before:
            comparison.report("header-added", base.child(after[key][0]), after[key][1])
        elif key not in after:
            comparison.report("header-removed", before[key][1], revision.child(before[key][0]))
        else:
            (old, one), (new, other) = before[key], after[key]
            if old != new:
                comparison.report("name-case-changed", one, other)
            if not comparison.same(one, other):
                comparison.handle(parameters.compare, one, other, new)
    if not before and not after:
        comparison.report("rewritten", base, revision, part=comparison.owner(base, revision))


def named(comparison: Comparison, part: Part, *, is_base: bool) -> list[tuple[str, Part]]:
    comparison.mapping(part, comparison.base if is_base else comparison.revision)
    return list(part.children())


def links(comparison: Comparison, base: Part, revision: Part) -> None:
    for one, other, _ in comparison.pairs(base, revision):
        if not comparison.same(one, other):
            kind = "changed" if one.present and other.present else "added" if other.present else "removed"
            comparison.report(f"link-{kind}", one, other)


BODY: dict[str, Handler] = {"required": required, "content": content}
MEDIA_TYPE: dict[str, Handler] = {"schema": schema, "encoding": encoding}
RESPONSE: dict[str, Handler] = {"headers": headers, "content": content, "links": links}
