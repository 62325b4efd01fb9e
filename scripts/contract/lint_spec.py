"""Say whether openapi.yaml is a sound OpenAPI 3.1 document, and where it is not.

    python -m scripts.contract.lint_spec [FILE]

Prints one line a finding, `file:line: place: what is wrong`. Besides what the OpenAPI schema demands it refuses a key
written twice, of which YAML readers silently keep the last, and a reference that leads nowhere; then Redocly looks at the
document with the rules of redocly-lint.yaml. A fault that both see is said twice. Exit status: 0 nothing found; 1
something; 2 nothing found so far, and Redocly could not be run.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from jsonschema.exceptions import ValidationError, best_match
from openapi_spec_validator import OpenAPIV31SpecValidator

from scripts.contract.redocly import RedoclyMissingError, redocly

ROOT = Path(__file__).resolve().parents[2]
RULES = Path(__file__).resolve().parent / "redocly-lint.yaml"

Place = tuple[str, ...]
Finding = tuple[int, str]

# Ten times as fast, where there is one: the locked wheels have it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LONGEST_MESSAGE = 300
MOST_PROBLEMS = "1000"


def parsed(text: str) -> tuple[yaml.Node | None, Any]:
    """A YAML document as nodes, which know their lines, and as values."""
    loader = LOADER(text)
    try:
        node = loader.get_single_node()
        return node, loader.construct_document(node) if node else None
    finally:
        loader.dispose()


def repeated_keys(node: yaml.Node | None, place: Place = ()) -> Iterator[Finding]:
    """Every key that stands twice in one mapping."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield (
                    key.start_mark.line + 1,
                    f"{written(place)}: the key {key.value!r} stands here twice",
                )
            seen.add(key.value)
            yield from repeated_keys(value, (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from repeated_keys(value, (*place, str(index)))


def steps(node: yaml.Node | None, place: Sequence[str]) -> Iterator[tuple[int, yaml.Node]]:
    """The line and the node at the document's start and after each part of `place`, as far as the document has it."""
    if node is None:
        return
    yield node.start_mark.line + 1, node
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == part), None)
            if pair is None:
                return
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
        else:
            return
        yield line, node


def line_of(node: yaml.Node | None, place: Sequence[str]) -> int:
    """The line of the deepest part of `place` that the document has."""
    return max((line for line, _ in steps(node, place)), default=1)


def written(place: Sequence[str]) -> str:
    return " > ".join(place) or "document"


def dangling_references(node: yaml.Node | None, root: yaml.Node | None) -> Iterator[Finding]:
    """Every `$ref` into this document that leads nowhere."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "$ref" and isinstance(value, yaml.ScalarNode) and value.value.startswith("#"):
                if not has_place(root, pointer_parts(value.value)):
                    yield value.start_mark.line + 1, f"the reference {value.value!r} leads nowhere"
            else:
                yield from dangling_references(value, root)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from dangling_references(item, root)


def pointer_parts(reference: str) -> list[str]:
    """The keys of a JSON pointer such as `#/paths/~1v1~1evaluations`."""
    return [unquote(part).replace("~1", "/").replace("~0", "~") for part in reference.split("/")[1:]]


def has_place(node: yaml.Node | None, place: Sequence[str]) -> bool:
    return len(list(steps(node, place))) == len(place) + 1


def invalid_parts(document: Any, node: yaml.Node | None) -> Iterator[Finding]:
    """Every breach of the OpenAPI 3.1 schema."""
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        deepest = innermost(error)
        # Of a fault in a schema the validator gives the path within that schema only.
        start = place_with(document, deepest.absolute_path, deepest.instance) or ()
        place = [str(part) for part in (*start, *deepest.absolute_path)]
        yield line_of(node, place), f"{written(place)}: {shortened(deepest.message)}"


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
        node, document = parsed(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return [(line, f"not YAML: {error.problem}")]
    if not isinstance(document, dict):
        return [(1, "document: a mapping is needed")]
    version = str(document.get("openapi"))
    if not version.startswith("3.1."):
        return [(line_of(node, ["openapi"]), f"openapi: 3.1.x is needed, not {version}")]
    wrong = {*repeated_keys(node), *dangling_references(node, node)}
    # The validator follows references, and stops at the first that leads nowhere.
    return sorted(wrong or {*invalid_parts(document, node)})


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
        found += problems(file)
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
