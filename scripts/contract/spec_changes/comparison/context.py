"""What every comparison of two parts needs: both versions, and where the findings go.

Nothing that differs gets lost: `compare_mapping` gives every key that differs to its rule, and reports as not judged what has
no rule, and what its rule had nothing to say about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scripts.contract import reading
from scripts.contract.references import canonical
from scripts.contract.spec_changes import wording
from scripts.contract.spec_changes.document import CannotCompareError, Document
from scripts.contract.spec_changes.rules import RULES
from scripts.contract.spec_changes.values import ABSENT, Part, same

# Read by people only.
OF_INFO = ("termsOfService", "contact", "license")
PROSE = frozenset(("title", "summary", "description", "example", "examples", "externalDocs", "$comment", *OF_INFO))
# Truth values in OpenAPI 3.0, and numbers or nothing at all since.
VERSIONED = ("nullable", "exclusiveMinimum", "exclusiveMaximum")


@dataclass
class Finding:
    """A difference: which rule it falls under, its sentence, where it stands in each version, and from where that is used."""

    rule: str
    text: str
    base: str | None
    revision: str | None
    base_places: set[str] = field(default_factory=set)
    revision_places: set[str] = field(default_factory=set)


Handler = Callable[["Comparison", Part, Part], None]


class Comparison:
    """Two versions of the contract, and what was found so far."""

    def __init__(self, base: Document, revision: Document) -> None:
        self.base, self.revision = base, revision
        self.renamed: dict[str, str] = {}
        self.compared: set[tuple[str, str]] = set()
        self._found: dict[tuple[str, str | None, str | None, str], Finding] = {}
        self._log: list[tuple[str | None, str | None]] = []

    @property
    def findings(self) -> list[Finding]:
        return list(self._found.values())

    @property
    def reports(self) -> int:
        """How often something was reported; what is said of one part twice counts twice."""
        return len(self._log)

    def report(self, rule: str, base: Part, revision: Part, **said: Any) -> None:
        """Report a difference; `said` is what the rule's sentence needs beside the part's name."""
        side, document = (revision, self.revision) if revision.present else (base, self.base)
        said.setdefault("part", None)
        words = {key: wording.shown(value) for key, value in said.items() if key not in ("part", "name")}
        words["name"] = wording.bare(said.get("name", ""))
        words["part"] = said["part"] or wording.name(side.pointer, document.data)
        text = wording.sentence(RULES[rule].sentence, words)
        key = (rule, base.pointer if base.present else None, revision.pointer if revision.present else None, text)
        finding = self._found.setdefault(key, Finding(rule, text, key[1], key[2]))
        if base.present:
            finding.base_places.add(base.place)
        if revision.present:
            finding.revision_places.add(revision.place)
        self._log.append(key[1:3])

    def is_reported(self, base: Part, revision: Part, since: int) -> bool:
        """Whether something was reported of two parts as a whole, since there were so many reports."""
        return (base.pointer, revision.pointer) in self._log[since:]

    def is_reported_within(self, base: Part, revision: Part, since: int) -> bool:
        """Whether something was reported of two parts or of what is in them."""
        sides = [(part, index) for index, part in enumerate((base, revision)) if part.present]
        return any(
            f"{place[index]}/".startswith(f"{part.pointer}/") for place in self._log[since:] for part, index in sides
        )

    def settle(self, base: Part, revision: Part, since: int) -> None:
        """Say that two parts mean the same, if they differ and nothing of them was reported."""
        if not self.same(base, revision) and not self.is_reported_within(base, revision, since):
            self.report("rewritten", base, revision)

    def compare_references(self, base: Part, revision: Part) -> None:
        """Report that a part refers to something else now, or that it is written in its place."""
        before, after = reference_of(base), reference_of(revision)
        self.report_reference(base, revision, before, after)
        if before or after:
            self._compare_beside(base if before else nothing(base), revision if after else nothing(revision))

    def report_reference(self, base: Part, revision: Part, before: str | None, after: str | None) -> None:
        if base.present and revision.present and before != after:
            said = {"before": before, "after": after, "part": self.name_of(revision)}
            kind = "changed" if before and after else "set" if after else "removed"
            self.report(f"reference-{kind}", base, revision, **said)

    def _compare_beside(self, base: Part, revision: Part) -> None:
        """Compare what stands beside two references, of which only prose is known to mean nothing."""
        for one, other, key in self.pairs(base, revision):
            if key != "$ref" and not self.same(one, other):
                self.handle(None, one, other, key)

    def told(self) -> None:
        """Note that a difference is reported elsewhere."""
        self._log.append((None, None))

    def same(self, base: Part, revision: Part) -> bool:
        """Whether two parts are the same and mean the same."""
        if not same(base.value, revision.value):
            return False
        return self.base.is_30 == self.revision.is_30 or not depends_on_version(base.value)

    def resolved(self, base: Part, revision: Part) -> tuple[Part, Part]:
        """Both parts, and where one is nothing but a reference, what it leads to."""
        return resolved(base, self.base), resolved(revision, self.revision)

    def compare_mapping(self, base: Part, revision: Part, handlers: Mapping[str, Handler]) -> None:
        """Compare two mappings key by key; of an absent one, all keys are absent."""
        for one, other, key in self.pairs(base, revision):
            if not self.same(one, other):
                self.handle(handlers.get(key), one, other, key)

    def pairs(self, base: Part, revision: Part) -> list[tuple[Part, Part, str]]:
        """The parts of two mappings, in the revision's order, then what only the base has."""
        one, other = self.mapping(base, self.base), self.mapping(revision, self.revision)
        keys = [*other, *(key for key in one if key not in other)]
        return [(base.child(key), revision.child(key), key) for key in keys]

    def handle(self, handler: Handler | None, base: Part, revision: Part, key: str) -> None:
        """Give two parts that differ to what judges them, and see to it that something is said."""
        before = self.reports
        if handler is not None:
            handler(self, base, revision)
        elif key in PROSE:
            self.report(rule("prose", base, revision), base, revision, name=key, part=self.owner(base, revision))
        elif key.startswith("x-"):
            extension(self, base, revision, key)
        if self.reports == before:
            self.report("not-judged", base, revision)

    def name_of(self, part: Part) -> str:
        """The name of a part of the new version."""
        return wording.name(part.pointer, self.revision.data)

    def owner(self, base: Part, revision: Part) -> str:
        """The name of what a part belongs to."""
        side, document = (revision, self.revision) if revision.present else (base, self.base)
        return wording.name(side.pointer.rpartition("/")[0], document.data)

    def mapping(self, part: Part, document: Document) -> Mapping[str, Any]:
        """The value of a part that has to be a mapping; empty when it is absent."""
        if part.value is ABSENT:
            return {}
        if not isinstance(part.value, reading.Mapping):
            raise CannotCompareError(
                f"{document.name} cannot be compared:\n  line {document.line(part.pointer)}: {part.pointer} has to be a mapping"
            )
        return part.value

    def items(self, part: Part, document: Document) -> list[Part]:
        """The parts of a list; none when it is absent."""
        if part.value is ABSENT:
            return []
        if not isinstance(part.value, reading.Items):
            raise CannotCompareError(
                f"{document.name} cannot be compared:\n  line {document.line(part.pointer)}: {part.pointer} has to be a list"
            )
        return part.items()

    def is_renamed(self, base: str, revision: str) -> bool:
        """Whether two pointers lead to one component, or to one that has another name now."""
        return self.renamed.get(base, base) == revision


def depends_on_version(value: Any) -> bool:
    """Whether there is something in a value that OpenAPI 3.0 and 3.1 read differently."""
    if isinstance(value, reading.Items):
        return any(map(depends_on_version, value))
    if not isinstance(value, reading.Mapping):
        return False
    return any(isinstance(value.get(key), bool) for key in VERSIONED) or any(map(depends_on_version, value.values()))


def nothing(part: Part) -> Part:
    """What one version has not in the place of a part of the other."""
    return replace(part, value=ABSENT)


def resolved(part: Part, document: Document) -> Part:
    if isinstance(part.value, reading.Mapping) and isinstance(part.value.get("$ref"), str):
        return part.behind(*document.target(part.value["$ref"]))
    return part


def reference_of(part: Part) -> str | None:
    """The pointer that a part refers to."""
    reference = part.value.get("$ref") if isinstance(part.value, reading.Mapping) else None
    return canonical(reference) if isinstance(reference, str) else None


def rule(kind: str, base: Part, revision: Part) -> str:
    """The rule of a kind for what was changed, set or removed."""
    return f"{kind}-{'changed' if base.present and revision.present else 'set' if revision.present else 'removed'}"


def changed(kind: str) -> Handler:
    """Reports a changed key of a part by the rules `kind-changed`, `kind-set` and `kind-removed`."""

    def report(comparison: Comparison, base: Part, revision: Part) -> None:
        key = reading.pointer_parts(revision.pointer)[-1]
        owner = comparison.owner(base, revision)
        chosen = rule(kind, base, revision)
        comparison.report(chosen, base, revision, name=key, part=owner, before=base.value, after=revision.value)

    return report


def extension(comparison: Comparison, base: Part, revision: Part, key: str) -> None:
    owner = comparison.owner(base, revision)
    chosen = rule("extension", base, revision)
    comparison.report(chosen, base, revision, name=key, part=owner, before=base.value, after=revision.value)


def deprecated(comparison: Comparison, base: Part, revision: Part) -> None:
    now, before = revision.value is True, base.value is True
    owner = comparison.owner(base, revision)
    if now != before:
        comparison.report("deprecated" if now else "no-longer-deprecated", base, revision, part=owner)
    elif {base.value, revision.value} <= {False, ABSENT}:
        comparison.report("rewritten", base, revision, part=owner)
