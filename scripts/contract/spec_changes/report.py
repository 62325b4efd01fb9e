"""The changes as a text, as Markdown, as JSON and as annotations on the lines of the contract."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scripts.contract.spec_changes.changes import Change
from scripts.contract.spec_changes.rules import ORDER, Rating
from scripts.contract.spec_changes.wording import code

FILE = "openapi.yaml"

Quote = Callable[[str], str]

MEANINGS: Mapping[Rating, str] = {
    "major": "breaks code that is written today",
    "minor": "adds something",
    "patch": "breaks and adds nothing",
}

# What operations do with a changed part; each is named once.
VERBS: Mapping[str, set[str | None]] = {
    "": set(),
    "sent by ": {"request"},
    "received by ": {"response"},
    "sent and received by ": {"request", "response"},
}

MOST_NAMES = 6
# In bytes: GitHub refuses a comment of more than 65,536 characters, and Linux an environment variable of more than 128 KiB.
LONGEST_COMMENT = 60_000


@dataclass(frozen=True)
class Report:
    """What changed since `base`, a version of the contract as people name it."""

    base: str
    changes: Sequence[Change]

    @property
    def bump(self) -> Rating | None:
        """The worst rating; None when nothing changed."""
        return min((change.rating for change in self.changes), key=ORDER.__getitem__, default=None)

    @property
    def breaking(self) -> bool:
        return self.bump == "major"

    def rated(self, rating: Rating) -> list[Change]:
        return [change for change in self.changes if change.rating == rating]

    def counts(self) -> str:
        """How many changes there are of each rating, in words."""
        parts = (f"{len(self.rated(rating))} {rating}" for rating in ORDER if self.rated(rating))
        return ", ".join(parts) or "no change"


def as_text(report: Report) -> str:
    lines = [f"{FILE} since {report.base}: {report.counts()}"]
    for rating in ORDER:
        for change in report.rated(rating):
            lines += ["", f"{rating.upper()}  {change.text}", *(f"       {line}" for line in details(change))]
    return "\n".join(lines)


def details(change: Change) -> Iterator[str]:
    """Where a change stands and whom it concerns, a line each."""
    yield f"{where(change)}  {change.path}"
    yield f"provenance: {change.provenance}"
    yield f"operations: {concerned(change)}"
    if change.touches:
        yield f"touches: {some(change.touches, str)}"


def where(change: Change) -> str:
    return f"{FILE}:{change.line}{' (old version)' if change.removed else ''}"


def concerned(change: Change, quoted: Quote = str) -> str:
    """The operations that a change concerns, by what they do with the changed part."""
    if not change.operations:
        return "none uses it" if change.path.startswith("#/components/schemas/") else "all of them"
    directions: dict[str, set[str | None]] = {}
    for use in change.operations:
        directions.setdefault(use.operation, set()).add(use.direction)
    told = []
    for verb, wanted in VERBS.items():
        names = [operation for operation, found in directions.items() if wanted == found - {None}]
        if names:
            told.append(verb + (f"all {len(names)}" if len(names) == change.of_operations > 1 else some(names, quoted)))
    return "; ".join(told)


def some(names: Sequence[str], quoted: Quote) -> str:
    """A list of names, cut where it is long."""
    told = [quoted(name) for name in names[:MOST_NAMES]]
    more = len(names) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")


def as_markdown(report: Report) -> str:
    bump = f"**{report.bump}**: " if report.bump else ""
    lines = [f"### Changes of the contract: {bump}{report.counts()}", "", f"`{FILE}` since {report.base}."]
    for rating in ORDER:
        found = report.rated(rating)
        if not found:
            continue
        title = f"{rating.capitalize()}: {MEANINGS[rating]}"
        if rating == "patch":
            # Read on demand: often many, never urgent.
            lines += ["", f"<details><summary>{title} ({len(found)})</summary>", "", *items(found), "", "</details>"]
        else:
            lines += ["", f"#### {title}", "", *items(found)]
    return cut("\n".join(lines))


def items(changes: Sequence[Change]) -> Iterator[str]:
    """One entry of a Markdown list for each change."""
    for change in changes:
        yield f"- {change.text}"
        yield f"  - {code(change.path)}, line {change.line}{' of the old version' if change.removed else ''}"
        yield f"  - provenance: {code(change.provenance)}"
        yield f"  - operations: {concerned(change, code)}"
        if change.touches:
            yield f"  - touches {some(change.touches, code)}"


def cut(text: str) -> str:
    whole = text.encode()
    if len(whole) <= LONGEST_COMMENT:
        return text
    kept = whole[:LONGEST_COMMENT].decode(errors="ignore").rpartition("\n- ")[0]
    # What was cut off may have closed the list of patches.
    closing = "\n\n</details>" if kept.count("<details>") > kept.count("</details>") else ""
    return f"{kept}{closing}\n\nThe list is longer; `make spec-diff` prints all of it."


def as_json(report: Report) -> str:
    content = {
        "base": report.base,
        "bump": report.bump,
        "counts": {rating: len(report.rated(rating)) for rating in ORDER},
        "changes": [change.as_dict() for change in report.changes],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


FORMATS: Mapping[str, Callable[[Report], str]] = {"text": as_text, "markdown": as_markdown, "json": as_json}


def annotated(report: Report, *, accepted: bool) -> Iterator[str]:
    """A workflow command for each major or minor change, on its line; a removed thing's is the one it stood behind.

    Patches are left out: GitHub shows ten of a kind, and these are the ones that nobody misses.
    """
    levels: Mapping[Rating, str] = {"major": "warning" if accepted else "error", "minor": "notice"}
    for change in report.changes:
        if change.rating not in levels:
            continue
        title = f"{change.rating}: {change.rule}"
        stood = f" (it was in line {change.line})" if change.removed else ""
        message = f"{change.text}{stood}\nprovenance: {change.provenance}\noperations: {concerned(change)}"
        yield annotation(levels[change.rating], change.anchor, title, message)


def annotation(level: str, line: int, title: str, message: str) -> str:
    """A workflow command that puts a message on a line of the contract."""
    return f"::{level} file={as_property(FILE)},line={line},title={as_property(title)}::{as_data(message)}"


def as_data(text: str) -> str:
    """A text as a workflow command takes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def as_property(text: str) -> str:
    return as_data(text).replace(":", "%3A").replace(",", "%2C")
