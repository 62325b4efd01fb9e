"""The changes between two versions of the contract, each with all that a reviewer asks about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from scripts.contract.spec_changes import names
from scripts.contract.spec_changes.comparison import contract
from scripts.contract.spec_changes.comparison.context import Finding
from scripts.contract.spec_changes.document import Document
from scripts.contract.spec_changes.rules import ORDER, RULES, Rating
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
    found = [judge.judged(finding) for finding in contract.compare(base, revision)]
    return sorted(found, key=lambda change: (ORDER[change.rating], change.anchor, change.line, change.text))


class _Judge:
    """Knows both versions, and makes changes of findings."""

    def __init__(self, base: Document, revision: Document) -> None:
        self._base, self._revision = base, revision
        self._base_uses, self._revision_uses = Uses(base.data), Uses(revision.data)
        self._count = len(self._revision_uses.operations())

    def judged(self, finding: Finding) -> Change:
        uses = self._uses(finding)
        directions = {use.direction for use in uses if use.direction}
        removed = finding.revision is None
        path = finding.revision or finding.base
        assert path is not None  # a finding has at least one side
        line = (self._base if removed else self._revision).line(path)
        return Change(
            rating=RULES[finding.rule].rating(directions),
            rule=finding.rule,
            text=finding.text,
            path=path,
            removed=removed,
            line=line,
            anchor=self._revision.line_before(self._base, path) if removed else line,
            provenance=self._provenance(finding),
            operations=tuple(sorted(uses, key=lambda use: (use.operation, use.direction or ""))),
            of_operations=self._count,
            touches=self._touches(finding, uses),
        )

    def _uses(self, finding: Finding) -> set[Use]:
        base = {use for place in finding.base_places for use in self._base_uses.of(place)}
        return base | {use for place in finding.revision_places for use in self._revision_uses.of(place)}

    def _provenance(self, finding: Finding) -> str:
        """That of the changed part; of both versions where they differ."""
        before = self._base.provenance(finding.base) if finding.base else None
        after = self._revision.provenance(finding.revision) if finding.revision else None
        both = dict.fromkeys(one for one in (before, after) if one)
        return " → ".join(both) or "not stated"

    def _touches(self, finding: Finding, uses: set[Use]) -> tuple[str, ...]:
        # What is written today has the old names.
        pointer, document = (finding.base, self._base) if finding.base else (finding.revision, self._revision)
        found = [*names.classes(pointer, document.data)] if pointer else []
        for operation in sorted({use.operation for use in uses}):
            found += names.methods(operation)
        return tuple(dict.fromkeys(found))
