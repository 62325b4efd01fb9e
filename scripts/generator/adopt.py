"""Takes a provider's own document in the place of our reconstruction: `make adopt SPEC=path`.

What it does not say stands in the overlay then: the names of our operations and classes, what is secret, and what is known from
where. Nothing is written unless the generated layer can be made of it. Exit status: 0 done, 1 refused.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from scripts.contract import contract_facts

from .document import Document, Schema, read_contract, read_yaml
from .matching import Match, match, operations_of
from .overlay import apply_overlay
from .refusals import GenerationError

ROOT = Path(__file__).resolve().parents[2]
_CARRIED = ("x-provenance", "x-source")


def main(arguments: list[str]) -> int:
    """Does what the command line says, and gives the exit status."""
    parser = argparse.ArgumentParser(description="Take a provider's document in the place of openapi.yaml.")
    parser.add_argument("document", type=Path, help="the provider's document, OpenAPI 3.0 or 3.1")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    parser.add_argument("--diff-python", default=sys.executable, help="the Python that the spec diff runs with")
    options = parser.parse_args(arguments)
    try:
        adopt(options.document.resolve(), options.root.resolve(), options.diff_python)
    except GenerationError as error:
        print(f"{options.document.name} cannot be adopted, and nothing was changed:\n{error}", file=sys.stderr)
        return 1
    return 0


def adopt(path: Path, root: Path, diff_python: str) -> None:
    """Adopts a document.

    Args:
        path: The document.
        root: The folder of the project.
        diff_python: The Python of the development environment.

    Raises:
        GenerationError: The document cannot be generated from.
    """
    contract, overlay = root / "openapi.yaml", root / "openapi.overlay.yaml"
    our_spec = read_contract(contract)
    if overlay.is_file():
        apply_overlay(our_spec, overlay)
    ours, theirs = Document(our_spec), Document(read_contract(path))
    found = match(ours, theirs)
    if not found.operations:
        raise GenerationError("it describes none of our operations")
    with tempfile.TemporaryDirectory() as folder:
        new_contract, new_overlay = Path(folder) / "openapi.yaml", Path(folder) / "openapi.overlay.yaml"
        _write(new_contract, theirs.spec)
        actions = list(overlay_actions(ours, theirs, found))
        _write(
            new_overlay,
            {
                "overlay": "1.0.0",
                "info": {"title": "What the document does not say", "version": "1"},
                "actions": actions,
            },
        )
        _generate(root, new_contract)
        renamed = contract_facts.under_our_names(theirs.spec, {"actions": actions})
        told = [*_summary(ours, theirs, found), *_differences(ours, renamed, Path(folder), root, diff_python)]
        told += [*_uses_of_what_is_gone(root, ours, theirs, found), *_facts_that_do_not_hold(root, renamed)]
        contract.write_bytes(new_contract.read_bytes())
        overlay.write_bytes(new_overlay.read_bytes())
    print(
        "\n".join(
            [*told, "", "openapi.yaml, openapi.overlay.yaml and generated/ are written. Next: make check, make test."]
        )
    )


def overlay_actions(ours: Document, theirs: Document, found: Match) -> Iterable[Schema]:
    """The overlay that gives another document our names, our secrets, and what is known from where."""
    for (method, _), (operation, path, other) in found.operations.items():
        target = f"$.paths[{_quoted(path)}].{method}"
        if "tags" in other:
            yield {"target": f"{target}.tags", "remove": True}
        kept = {key: operation[key] for key in ("operationId", "tags", *_CARRIED) if key in operation}
        yield {"target": target, "update": kept}
    components = ours.spec["components"]["schemas"]
    for theirs_name, our_name in found.schemas.items():
        target = f"$.components.schemas[{_quoted(theirs_name)}]"
        our_schema = components.get(our_name, {})
        kept = {key: our_schema[key] for key in _CARRIED if key in our_schema}
        yield {"target": target, "update": {"x-class-name": our_name, **kept}}
        described = theirs.spec["components"]["schemas"][theirs_name].get("properties") or {}
        for name, schema in (our_schema.get("properties") or {}).items():
            kept = {key: schema[key] for key in ("x-secret", *_CARRIED) if key in schema}
            if kept and isinstance(described.get(name), dict):
                yield {"target": f"{target}.properties[{_quoted(name)}]", "update": kept}
    for place, our_name in found.inline.items():
        parts = [part.replace("~1", "/").replace("~0", "~") for part in place.removeprefix("#/").split("/")]
        indexed = "".join(
            f"[{part}]" if part.isdecimal() and key in ("anyOf", "oneOf", "allOf") else f"[{_quoted(part)}]"
            for key, part in zip(["", *parts], parts, strict=False)
        )
        yield {"target": f"${indexed}", "update": {"x-class-name": our_name}}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _write(path: Path, value: Any) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 120
    # In the order of the document.
    yaml.representer.add_representer(dict, _in_order)
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(value, file)


def _in_order(representer: Any, value: dict[str, Any]) -> Any:
    return representer.represent_mapping("tag:yaml.org,2002:map", list(value.items()))


def _generate(root: Path, contract: Path) -> None:
    command = [sys.executable, "-m", "scripts.generator.generate", "--spec", str(contract)]
    command += ["--output", str(root / "generated" / "runflow_api")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise GenerationError(done.stderr.strip())


def _summary(ours: Document, theirs: Document, found: Match) -> Iterable[str]:
    our_operations, their_operations = operations_of(ours), operations_of(theirs)
    yield f"It describes {len(found.operations)} of our {len(our_operations)} operations."
    for key in sorted(our_operations.keys() - found.operations.keys()):
        yield f"lacks the operation {our_operations[key][1].get('operationId')}: {key[0].upper()} {our_operations[key][0]}"
    for key in sorted(their_operations.keys() - our_operations.keys()):
        yield f"adds an operation: {key[0].upper()} {their_operations[key][0]}"
    for name in _gone(ours, found):
        yield f"lacks the class {name}"


def _gone(ours: Document, found: Match) -> list[str]:
    known = {*found.schemas.values(), *found.inline.values()}
    return sorted(
        name
        for name, schema in ours.spec["components"]["schemas"].items()
        if name not in known and (schema.get("properties") or schema.get("anyOf"))
    )


def _differences(ours: Document, renamed: Schema, folder: Path, root: Path, python: str) -> Iterable[str]:
    """What the spec diff says of the two, the other one under our names."""
    repository = folder / "compared"
    repository.mkdir()
    spec = repository / "openapi.yaml"
    git = ("git", "-c", "user.name=adopt", "-c", "user.email=adopt@localhost", "-c", "commit.gpgsign=false")
    _write(spec, ours.spec)
    for command in (("init", "-q"), ("add", "openapi.yaml"), ("commit", "-q", "-m", "ours")):
        subprocess.run([*git, *command], cwd=repository, check=True, capture_output=True)
    _write(spec, renamed)
    compare = [python, "-m", "scripts.contract.spec_diff", "--base", "HEAD", "--spec", str(spec)]
    done = subprocess.run(compare, cwd=root, capture_output=True, text=True, check=False)
    yield from ("", "What the reconstruction had otherwise:", done.stdout.strip() or done.stderr.strip())


def _facts_that_do_not_hold(root: Path, renamed: Schema) -> Iterable[str]:
    """What the tests hold of the contract and the other document does not bear out."""
    facts, pages = read_yaml(root / contract_facts.FILE), read_yaml(root / contract_facts.PAGES)
    wanted, given = contract_facts.expected(facts, pages), contract_facts.found(renamed, facts)
    wrong = [
        line for section in wanted for line in contract_facts.differences(wanted[section], given[section], section)
    ]
    if wrong:
        yield ""
        yield f"The tests read the facts of the contract from {contract_facts.FILE}. {len(wrong)} no longer hold; edit them there:"
        yield from wrong


def _uses_of_what_is_gone(root: Path, ours: Document, theirs: Document, found: Match) -> Iterable[str]:
    """The files of the wrapper and of the tests that name an operation or a class that is not there any more."""
    gone = [
        str(operation.get("operationId"))
        for key, (_, operation) in operations_of(ours).items()
        if key not in found.operations
    ]
    gone += _gone(ours, found)
    files = [path for folder in ("wrapper", "tests", "examples") for path in sorted((root / folder).rglob("*.py"))]
    for name in gone:
        word = re.compile(rf"\b{re.escape(name)}\b")
        uses = [path.relative_to(root).as_posix() for path in files if word.search(path.read_text(encoding="utf-8"))]
        if uses:
            yield f"{name} is used by {', '.join(uses)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
