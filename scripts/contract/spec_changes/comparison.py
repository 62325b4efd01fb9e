"""The raw comparison: Redocly's, of two versions written so that it sees what this contract means.

To Redocly a nullable reference, `anyOf` of a reference and null, is a combination whose every change is major. Here null is
taken out of it, and out of a list of types, and the schema gets the mark `x-nullable` in its place, so that both forms mean
the same. A reference gets the mark `x-class`, because Redocly compares only what stands behind it, and a schema written where
a reference might be the mark `x-written-here`. Pointers stay those of the contract, but for the marks.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from scripts.contract import redocly
from scripts.contract.spec_changes.document import CannotCompareError, Document

Rating = Literal["major", "minor", "patch"]

NULL = {"type": "null"}
NULLABLE = "x-nullable"
CLASS = "x-class"
WRITTEN_HERE = "x-written-here"
MARKS = (NULLABLE, CLASS, WRITTEN_HERE)

# Without the extension every rule of the comparison is off, and everything a patch.
CONFIGURATION = "extends: [diff-recommended]\n"


@dataclass(frozen=True)
class Side:
    """Where a changed part stands in one version, and its value there; None when it has none."""

    pointer: str
    value: Any


@dataclass(frozen=True)
class Finding:
    """A change as Redocly found it: of a part (`kind`: added, removed, modified), or of one property of it."""

    kind: str
    type_name: str
    property: str | None
    impact: Rating
    rules: tuple[str, ...]
    path: str
    base: Side | None
    revision: Side | None


def compare(base: Document, revision: Document) -> list[Finding]:
    """Everything that differs; raises CannotCompareError when Redocly is missing or gives no answer."""
    with tempfile.TemporaryDirectory(prefix="spec-diff-") as name:
        folder = Path(name)
        (folder / "redocly.yaml").write_text(CONFIGURATION, encoding="utf-8")
        for file, document in (("base.json", base), ("revision.json", revision)):
            (folder / file).write_text(json.dumps(marked(document.data)), encoding="utf-8")
        options = ["--config", "redocly.yaml", "--format", "json", "--fail-on", "none"]
        try:
            done = redocly.redocly(["diff", "base.json", "revision.json", *options], folder)
        except redocly.RedoclyMissingError as error:
            raise CannotCompareError(str(error)) from error
    try:
        changes = json.loads(done.stdout)["changes"]
    except (ValueError, KeyError, TypeError):
        changes = None
    if done.returncode != 0 or not isinstance(changes, list):
        said = (done.stderr + done.stdout).strip() or "nothing"
        raise CannotCompareError(f"Redocly could not compare (exit status {done.returncode}); it said:\n{said}")
    return [finding(change) for change in changes]


def finding(change: Mapping[str, Any]) -> Finding:
    """One entry of Redocly's report."""
    return Finding(
        kind=change["kind"],
        type_name=change["typeName"],
        property=change.get("property"),
        impact=change["impact"],
        rules=tuple(verdict["ruleId"] for verdict in change["verdicts"]),
        path=change["path"],
        base=side(change.get("base")),
        revision=side(change.get("revision")),
    )


def side(entry: Mapping[str, Any] | None) -> Side | None:
    return None if entry is None else Side(entry["pointer"], entry.get("value"))


def marked(value: Any) -> Any:
    """A version with its nullable references and its references marked."""
    if isinstance(value, list):
        return [marked(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: marked(item) for key, item in value.items()}
    choices = value.get("anyOf")
    if isinstance(choices, list) and len(choices) == 2 and NULL in choices:
        chosen = marked(choices[0] if choices[1] == NULL else choices[1])
        del result["anyOf"]
        result = {**chosen, **result, NULLABLE: True}
    types = value.get("type")
    if isinstance(types, list) and "null" in types and len(types) > 1:
        others = [one for one in types if one != "null"]
        result |= {"type": others[0] if len(others) == 1 else others, NULLABLE: True}
    reference = result.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/components/schemas/"):
        result[CLASS] = reference.rpartition("/")[2]
    for schema in schemas_within(result):
        if "$ref" not in schema:
            schema[WRITTEN_HERE] = True
    return result


def schemas_within(value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas of a schema's properties and items, and of a media type."""
    properties = value.get("properties")
    inner = [value.get("items"), value.get("schema"), *(properties.values() if isinstance(properties, dict) else [])]
    yield from (schema for schema in inner if isinstance(schema, dict))
