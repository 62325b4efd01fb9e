"""Findings that compare two different things, because a reference leads elsewhere now: said once instead of line by line.

Redocly follows references. Where one is replaced by another, or by a schema written in its place, the marks say so; what it
then finds below is how the two differ.
"""

from __future__ import annotations

from dataclasses import replace

from scripts.contract.lint_spec import pointer_parts
from scripts.contract.spec_changes.comparison import CLASS, WRITTEN_HERE, Finding, Side

Homes = frozenset[str]


def told_once(findings: list[Finding]) -> list[Finding]:
    """The findings without those that only say how two things differ of which one took the place of the other."""
    compared = {one.path: homes_of(one) for one in findings if one.property in (CLASS, WRITTEN_HERE)}
    return [in_its_place(one) for one in findings if not is_noise(one, compared)]


def in_its_place(finding: Finding) -> Finding:
    """Of a schema written in the place of a reference, or the other way round: that place, and the component's name."""
    written = next((side for side in sides(finding) if side.pointer.endswith(f"/{WRITTEN_HERE}")), None)
    if written is None or finding.base is None or finding.revision is None:
        return finding
    place = written.pointer.removesuffix(f"/{WRITTEN_HERE}")
    base, revision = (None if side is written else home(side) for side in (finding.base, finding.revision))
    return replace(finding, base=Side(place, base), revision=Side(place, revision))


def homes_of(changed: Finding) -> Homes:
    """The components that are compared because of a changed reference."""
    if changed.property == CLASS:
        return frozenset(str(side.value) for side in sides(changed))
    return frozenset(home(side) for side in sides(changed))


def is_noise(finding: Finding, compared: dict[str, Homes]) -> bool:
    if finding.property in (CLASS, WRITTEN_HERE):
        return False
    for path, homes in compared.items():
        if not is_below(finding, path):
            continue
        if crosses(finding):
            return True
        # A component that both of them refer to may be compared here for the first and only time: that is kept.
        one_sided = finding.base is None or finding.revision is None
        if finding.path != path and one_sided and {home(side) for side in sides(finding)} <= homes:
            return True
    return False


def crosses(finding: Finding) -> bool:
    """Whether the two sides of a finding stand in two components; one that was renamed is still the same."""
    renamed = finding.property == "key" and all(is_component(side) for side in sides(finding))
    return not renamed and len({home(side) for side in sides(finding)}) > 1


def is_component(side: Side) -> bool:
    return len(pointer_parts(side.pointer)) == 3


def is_below(finding: Finding, path: str) -> bool:
    return f"{finding.path}/".startswith(f"{path}/")


def sides(finding: Finding) -> list[Side]:
    return [side for side in (finding.base, finding.revision) if side is not None]


def home(side: Side) -> str:
    """The name of the component that a side stands in; empty outside of them."""
    parts = pointer_parts(side.pointer)
    return parts[2] if parts[:1] == ["components"] and len(parts) > 2 else ""
