"""Say whether openapi.yaml is a sound OpenAPI 3.1 document, and where it is not.

    python -m scripts.contract.lint_spec [FILE]

Prints one line a finding, `file:line: place: what is wrong`. Besides what the OpenAPI schema demands it refuses a key
written twice, of which YAML readers silently keep the last, and a reference that leads nowhere or out of the file; then
Redocly looks at the document with the rules of redocly-lint.yaml, unless a reference leads out of the file, which Redocly
would follow. A fault that both see is said twice. Exit status: 0 nothing found; 1 something; 2 nothing found so far, and
Redocly could not be run.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jsonschema.exceptions import ValidationError, best_match
from openapi_spec_validator import OpenAPIV31SpecValidator

from scripts.contract.reading import NotReadableError, as_json, line_of, pointer_parts, read
from scripts.contract.redocly import RedoclyMissingError, redocly
from scripts.contract.references import LEADS_OUT, wrong_references

ROOT = Path(__file__).resolve().parents[2]
RULES = Path(__file__).resolve().parent / "redocly-lint.yaml"

Place = tuple[str, ...]
Finding = tuple[int, str]

LONGEST_MESSAGE = 300
MOST_PROBLEMS = "1000"


def written(place: Sequence[str]) -> str:
    return " > ".join(place) or "document"


def invalid_parts(document: Any, data: Any) -> Iterator[Finding]:
    """Every breach of the OpenAPI 3.1 schema."""
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        deepest = innermost(error)
        # Of a fault in a schema the validator gives the path within that schema only.
        start = place_with(document, deepest.absolute_path, deepest.instance) or ()
        place = [str(part) for part in (*start, *deepest.absolute_path)]
        yield line_of(data, place), f"{written(place)}: {shortened(deepest.message)}"


def place_with(document: Any, path: Sequence[str | int], value: Any, place: Place = ()) -> Place | None:
    """The first place in the document from which `path` leads to `value`."""
    found = document
    for part in path:
        try:
            found = found[part]
        except (KeyError, IndexError, TypeError):
            break
    else:
        if path and found == value:
            return place
    if isinstance(document, dict):
        parts = list(document.items())
    else:
        parts = list(enumerate(document)) if isinstance(document, list) else []
    inner = (place_with(item, path, value, (*place, str(key))) for key, item in parts)
    return next((start for start in inner if start is not None), None)


def innermost(error: ValidationError) -> ValidationError:
    """The error inside an `anyOf` or `oneOf` that most likely is the cause."""
    while error.context:
        inner = best_match(error.context)
        if inner is None:
            break
        # Its path continues the outer one's.
        error = inner
    return error


def shortened(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE] + " …"


def findings(text: str) -> list[Finding]:
    """What is wrong with a document, as line numbers and sentences, in the document's order."""
    try:
        data, repeated = read(text)
    except NotReadableError as error:
        return [(error.line, f"not YAML: {error.what}")]
    if not isinstance(data, dict):
        return [(1, "document: a mapping is needed")]
    version = str(data.get("openapi"))
    if not version.startswith("3.1."):
        return [(line_of(data, ["openapi"]), f"openapi: 3.1.x is needed, not {version}")]
    wrong = {*repeated, *wrong_references(data)}
    # The validator follows references, and stops at the first that leads nowhere.
    return sorted(wrong or {*invalid_parts(as_json(data), data)})


def problems(file: Path) -> list[Finding]:
    """What Redocly finds in a document, in the document's order; raises RedoclyMissingError when it cannot say."""
    options = ("--config", str(RULES), "--format", "json", "--max-problems", MOST_PROBLEMS)
    done = redocly(["lint", str(file.resolve()), *options])
    try:
        found = json.loads(done.stdout)["problems"]
    except (ValueError, KeyError):
        raise RedoclyMissingError(f"Redocly gave no report:\n{done.stdout}{done.stderr}") from None
    if bool(found) != bool(done.returncode):
        raise RedoclyMissingError(f"Redocly reports {len(found)} problems and exits with {done.returncode}")
    return sorted(problem(one) for one in found)


def problem(found: dict[str, Any]) -> Finding:
    location = found["location"][0]
    place = written(pointer_parts(location.get("pointer") or ""))
    line = location.get("start", {}).get("line", 1)
    return line, f"{place}: {shortened(found['message'])} ({found['ruleId']})"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Say what is wrong with an OpenAPI 3.1 document.")
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "openapi.yaml")
    file: Path = parser.parse_args(arguments).file
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        print(f"{file}: {error.strerror}", file=sys.stderr)
        return 1
    found = findings(text)
    try:
        # Redocly reads and fetches what a reference names, and the document may be a stranger's.
        found += [] if any(LEADS_OUT in what for _, what in found) else problems(file)
    except RedoclyMissingError as error:
        # It gives no report on what is not even YAML.
        if not found:
            print(error, file=sys.stderr)
            return 2
    for line, what in sorted(found):
        print(f"{file}:{line}: {what}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
