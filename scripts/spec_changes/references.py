"""Findings that compare two different things, because a reference leads elsewhere now: said once instead of line by line.

Redocly follows references. Where one is replaced by another, the mark on it says so. Where one is replaced by a schema written
in its place, or the other way round, only the component and that schema are compared, and the marks are not looked at.
"""

from __future__ import annotations

from dataclasses import replace

from lint_spec import pointer_parts
from spec_changes.comparison import CLASS, Finding, Side

Homes = frozenset[str]


def told_once(findings: list[Finding]) -> list[Finding]:
    """The findings, with those that compare two different things replaced by one for each reference that changed."""
    changed = {one.path: one for one in findings if one.property == CLASS}
    for one in findings:
        if crosses(one) and not any(is_below(one, path) for path in changed):
            changed[one.path] = written_in_place(one)
    homes = {path: homes_of(one, findings) for path, one in changed.items()}
    kept = [one for one in findings if one.property != CLASS and not is_noise(one, homes)]
    return kept + list(changed.values())


def is_noise(finding: Finding, homes: dict[str, Homes]) -> bool:
    """Whether a finding only says how two things differ of which one took the place of the other."""
    for path, compared in homes.items():
        if not is_below(finding, path):
            continue
        if crosses(finding):
            return True
        # A component that both of them refer to may be compared here for the first and only time: that is kept.
        one_sided = finding.base is None or finding.revision is None
        if finding.path != path and one_sided and {home(side) for side in sides(finding)} <= compared:
            return True
    return False


def homes_of(changed: Finding, findings: list[Finding]) -> Homes:
    """The components that were compared because of a changed reference."""
    inside = (one for one in findings if crosses(one) and is_below(one, changed.path))
    return frozenset(home(side) for one in inside for side in sides(one))


def crosses(finding: Finding) -> bool:
    """Whether the two sides of a finding stand in two components; one that was renamed is still the same."""
    return finding.property != "key" and len({home(side) for side in sides(finding)}) > 1


def written_in_place(finding: Finding) -> Finding:
    """The finding that a reference was replaced by a schema in its place, or the other way round."""
    base, revision = finding.base, finding.revision
    assert base is not None  # as it crosses
    assert revision is not None
    place = finding.path.rpartition("/")[2]
    stays = revision if f"{revision.pointer}/".find(f"/{place}/") >= 0 else base
    pointer = stays.pointer.removesuffix(f"/{finding.property}")
    return replace(
        finding,
        property=CLASS,
        rules=(),
        base=Side(pointer, None if stays is base else home(base)),
        revision=Side(pointer, None if stays is revision else home(revision)),
    )


def is_below(finding: Finding, path: str) -> bool:
    return f"{finding.path}/".startswith(f"{path}/")


def sides(finding: Finding) -> list[Side]:
    return [side for side in (finding.base, finding.revision) if side is not None]


def home(side: Side) -> str:
    """The name of the component that a side stands in; empty outside of them."""
    parts = pointer_parts(side.pointer)
    return parts[2] if parts[:1] == ["components"] and len(parts) > 2 else ""
