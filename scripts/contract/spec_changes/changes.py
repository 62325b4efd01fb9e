"""The changes between two versions of the contract, each with all that a reviewer asks about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from scripts.contract.spec_changes import comparison, names, wording
from scripts.contract.spec_changes.comparison import MARKS, Finding, Rating, Side
from scripts.contract.spec_changes.document import Document
from scripts.contract.spec_changes.ratings import ORDER, Fact, facts, rating
from scripts.contract.spec_changes.references import told_once
from scripts.contract.spec_changes.uses import Use, Uses


@dataclass(frozen=True)
class Change:
    """One change: its rating, what it is in words, where it stands and whom it concerns.

    `line` is the changed line of the new version, and of the old one for what is no longer there; `anchor` is then the line
    of the new version behind which it stood.
    """

    rating: Rating
    rule: str
    text: str
    path: str
    removed: bool
    line: int
    anchor: int
    provenance: str
    operations: tuple[Use, ...]
    of_operations: int
    touches: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def changes(base: Document, revision: Document) -> list[Change]:
    """Everything that changed, majors first, then in the order of the document; raises CannotCompareError."""
    judge = _Judge(base, revision)
    findings = told_once(comparison.compare(base, revision))
    found = {change for finding in findings for change in judge.judged(finding)}
    return sorted(found, key=lambda change: (ORDER[change.rating], change.anchor, change.line, change.text))


class _Judge:
    """Knows both versions, and makes changes of findings."""

    def __init__(self, base: Document, revision: Document) -> None:
        self._base, self._revision = base, revision
        self._base_uses, self._revision_uses = Uses(base.data), Uses(revision.data)
        self._count = len(self._revision_uses.of("#/paths"))

    def judged(self, finding: Finding) -> Iterator[Change]:
        uses = self._uses(finding)
        directions = {use.direction for use in uses if use.direction}
        for fact in facts(finding):
            rated = rating(fact, finding, directions)
            yield self._change(fact, finding, rated, uses)

    def _uses(self, finding: Finding) -> set[Use]:
        base = self._base_uses.of(finding.base.pointer) if finding.base else set()
        revision = self._revision_uses.of(finding.revision.pointer) if finding.revision else set()
        return base | revision

    def _change(self, fact: Fact, finding: Finding, rated: Rating, uses: set[Use]) -> Change:
        side = finding.revision or finding.base
        assert side is not None  # a finding has at least one
        path = unmarked(side.pointer)
        removed = finding.revision is None
        line = (self._base if removed else self._revision).line(path)
        return Change(
            rating=rated,
            rule=fact.rule,
            text=wording.sentence(fact, finding, path, (self._base if removed else self._revision).data),
            path=path,
            removed=removed,
            line=line,
            anchor=self._revision.line_after(self._base, line) if removed else line,
            provenance=self._provenance(finding.base, finding.revision),
            operations=tuple(sorted(uses, key=lambda use: (use.operation, use.direction or ""))),
            of_operations=self._count,
            touches=self._touches(finding, uses),
        )

    def _provenance(self, base: Side | None, revision: Side | None) -> str:
        """That of the changed part; of both versions where they differ."""
        before = self._base.provenance(unmarked(base.pointer)) if base else None
        after = self._revision.provenance(unmarked(revision.pointer)) if revision else None
        both = dict.fromkeys(one for one in (before, after) if one)
        return " → ".join(both) or "not stated"

    def _touches(self, finding: Finding, uses: set[Use]) -> tuple[str, ...]:
        found: list[str] = []
        for side, document in ((finding.base, self._base), (finding.revision, self._revision)):
            if side is not None:
                found += names.classes(side.pointer, document.data)
        for operation in sorted({use.operation for use in uses}):
            found += names.methods(operation)
        return tuple(dict.fromkeys(found))


def unmarked(pointer: str) -> str:
    """The contract's own pointer for one that leads to a mark."""
    start, _, last = pointer.rpartition("/")
    return start if last in MARKS else pointer
