"""Say what of the two reference pages stands in openapi.yaml, and what openapi.yaml holds beyond them.

    python -m scripts.contract.spec_coverage [--all] [FILE]

The pages' facts are tests/spec/pages/facts.yaml and the examples beside it. Listed are the facts that are missing or stand
there otherwise, and what the contract holds beyond the pages, by provenance; with `--all` every fact with its line. Exit
status: 0 all facts are there; 1 some are not, or the contract marks as `reference` what is on neither page; 2 the contract
or the facts cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from scripts.contract import reading
from scripts.contract.lint_spec import Place
from scripts.contract.reading import line_of, pointer_parts

ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT / "tests" / "spec" / "pages" / "facts.yaml"

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LIMITS = ("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "pattern", "default")
PROVENANCES = ("reference", "documented", "observed", "inferred")
KINDS = ("operations", "parameters", "answers", "schemas", "fields", "limits", "values")
# Below these stand values of the API, not parts of the contract.
VALUES = ("example", "examples", "value", "default")

Rule = Mapping[str, Any]


class UnreadableError(Exception):
    """The contract or the facts cannot be read; the message says which and why."""


@dataclass(frozen=True)
class Fact:
    """One thing that a page says, and where the contract says it too; or what is wrong there."""

    page: str
    kind: str
    name: str
    place: Place
    problem: str | None = None


class Contract:
    """The contract as values, with the line of each."""

    def __init__(self, file: Path) -> None:
        text = read(file)
        try:
            self.document, _ = reading.read(text)
        except reading.NotReadableError as error:
            raise UnreadableError(f"{file}: {error}") from None
        if not isinstance(self.document, dict):
            raise UnreadableError(f"{file}: a mapping is needed")

    def at(self, place: Place | None) -> Any:
        """The value at a place; None where there is none."""
        found: Any = None if place is None else self.document
        for key in place or ():
            if isinstance(found, list):
                found = found[int(key)] if key.isdecimal() and int(key) < len(found) else None
            else:
                found = found.get(key) if isinstance(found, dict) else None
        return found

    def settle(self, place: Place) -> tuple[Place, bool]:
        """Where a schema, parameter or answer really stands, and whether it may be null on the way there."""
        null, been = False, {place}
        while isinstance(found := self.at(place), dict):
            if "$ref" in found:
                place = tuple(pointer_parts(found["$ref"]))
            elif {"type": "null"} in found.get("anyOf", []):
                null, place = True, (*place, "anyOf", "0")
            elif {"type": "string"} in found.get("anyOf", []):  # an open enum: its values, or any other string
                place = (*place, "anyOf", "0")
            else:
                break
            if place in been:
                raise UnreadableError(f"{'/'.join(place)}: the reference leads back to itself")
            been.add(place)
        return place, null

    def field(self, place: Place, path: Sequence[str]) -> Place | None:
        """Where the field is described that `path` leads to from a schema; `[]` is an array's element."""
        for step in path:
            schema, _ = self.settle(place)
            place = (*schema, "items") if step == "[]" else (*schema, "properties", step)
            if self.at(place) is None:
                return None
        return place

    def line(self, place: Place) -> int:
        return line_of(self.document, place)


def read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{file}: {error}") from None


def read_pages(file: Path = FACTS) -> list[dict[str, Any]]:
    """The facts, each page with its examples."""
    pages: list[dict[str, Any]] = yaml.safe_load(read(file))["pages"]
    for page in pages:
        for side in ("request", "answer"):
            page[f"{side}_example"] = json.loads(read(file.parent / page[f"{side}_example"]))
    return pages


def check_page(page: dict[str, Any], contract: Contract) -> Iterator[Fact]:
    """Every fact of a page, found or not."""
    name, operation = page["name"], operation_place(page["operation"])
    for call in (page["operation"], *page.get("other_operations", [])):
        place = operation_place(call)
        yield Fact(name, "operations", call, place, None if contract.at(place) else "there is no such operation")
    if "callback" in page:
        yield from check_callback(name, page["callback"], operation, contract)
    yield check_authorization(name, page["authorization"], contract)
    for parameter, rule in page["parameters"].items():
        yield check_parameter(name, parameter, rule, operation, contract)
    for side, root in (("request", request_place(operation)), ("answer", answer_place(operation, contract))):
        fields: dict[tuple[str, ...], Rule] = {(field,): rule for field, rule in page[side].items()}
        for path in example_fields(page[f"{side}_example"]):
            fields.setdefault(path, {})
        for path, rule in fields.items():
            yield from check_field(f"{name} {side}", path, rule, root, contract)


def operation_place(call: str) -> Place:
    method, path = call.split(" ")
    return ("paths", path, method.lower())


def request_place(operation: Place) -> Place:
    return (*operation, "requestBody", "content", "application/json", "schema")


def answer_place(operation: Place, contract: Contract) -> Place:
    statuses = contract.at((*operation, "responses")) or {}
    status = next((status for status in statuses if status.startswith("2")), "200")
    return (*operation, "responses", status, "content", "application/json", "schema")


def example_fields(document: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every field that an example shows."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield (*path, name)
            yield from example_fields(value, (*path, name))
    elif isinstance(document, list):
        for value in document:
            yield from example_fields(value, (*path, "[]"))


def check_callback(page: str, callback: dict[str, Any], operation: Place, contract: Contract) -> Iterator[Fact]:
    sent_to = f"{{$request.body#/{callback['to']}}}"
    callbacks = contract.at((*operation, "callbacks")) or {}
    name = next((name for name, found in callbacks.items() if sent_to in found), "none")
    post = (*operation, "callbacks", name, sent_to, "post")
    problem = None if name in callbacks else "there is no such callback"
    yield Fact(page, "operations", f"callback to {callback['to']}", post, problem)
    for field in callback["fields"]:
        yield from check_field(f"{page} callback", (field,), {}, request_place(post), contract)


def check_authorization(page: str, scheme: str, contract: Contract) -> Fact:
    schemes = contract.at(("components", "securitySchemes")) or {}
    for name, found in schemes.items():
        if found.get("scheme") == scheme and {name: []} in contract.document.get("security", []):
            return Fact(page, "parameters", "Authorization", ("components", "securitySchemes", name))
    return Fact(page, "parameters", "Authorization", (), f"the contract does not ask for {scheme} authorization")


def check_parameter(page: str, name: str, rule: Rule, operation: Place, contract: Contract) -> Fact:
    for index in range(len(contract.at((*operation, "parameters")) or [])):
        place, _ = contract.settle((*operation, "parameters", str(index)))
        found = contract.at(place) or {}
        if (found.get("name"), found.get("in")) == (name, rule["in"]):
            problem = type_problem(rule, (*place, "schema"), contract)
            if found.get("required", False) != rule.get("required", False):
                problem = f"required: {found.get('required', False)} there"
            return Fact(page, "parameters", name, place, problem)
    return Fact(page, "parameters", name, operation, f"the operation has no such parameter in the {rule['in']}")


def check_field(page: str, path: tuple[str, ...], rule: Rule, root: Place, contract: Contract) -> Iterator[Fact]:
    """A field, its limits and its values, one fact each; what is missing has the place where it would stand."""
    name = ".".join(path).replace(".[]", "[]")
    parent, _ = contract.settle(contract.field(root, path[:-1]) or root)
    place = (*parent, "properties", path[-1])
    there = contract.field(root, path) is not None
    yield Fact(page, "fields", name, place, type_problem(rule, place, contract) if there else "there is no such field")
    schema, _ = contract.settle(place)
    for limit in LIMITS:
        if limit in rule:
            found = contract.at((*schema, limit))
            problem = None if found == rule[limit] else f"{found or 'nothing'} there"
            yield Fact(page, "limits", f"{name} {limit} {rule[limit]}", (*schema, limit), problem)
    if rule.get("required"):
        yield check_listed(Fact(page, "limits", f"{name} required", (*parent, "required", path[-1])), contract)
    for value in rule.get("values", []):
        yield check_listed(Fact(page, "values", f"{name} {value}", (*schema, "enum", value)), contract)


def check_listed(fact: Fact, contract: Contract) -> Fact:
    """The fact with the index of what its place ends with, or the problem that the list does not hold it."""
    *above, value = fact.place
    listed = contract.at(tuple(above)) or []
    if value not in listed:
        return replace(fact, problem="not listed")
    return replace(fact, place=(*above, str(listed.index(value))))


def type_problem(rule: Rule, place: Place, contract: Contract) -> str | None:
    """What is wrong with the type of a value; answers may be null where the page does not show it."""
    if rule.get("type", "any") == "any":
        return None
    schema, null = contract.settle(place)
    found = contract.at(schema) or {}
    kinds = found.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if rule["type"] not in kinds:
        return f"{' or '.join(kinds) or 'anything'} there, {rule['type']} on the page"
    if rule.get("null") and not null and "null" not in kinds:
        return "may not be null there, may be on the page"
    if rule.get("format") != found.get("format"):
        return f"format {found.get('format')} there, {rule.get('format')} on the page"
    return type_problem({"type": rule["items"]}, (*schema, "items"), contract) if "items" in rule else None


def parts(node: Any, place: Place = ()) -> Iterator[tuple[str, Place]]:
    """Every part of the contract that could stand on a page, by its kind."""
    if kind := kind_of(node, place):
        yield kind, place
    if place and place[-1] in VALUES and place[-2] != "properties":
        return
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from parts(child, (*place, str(key)))


def kind_of(node: Any, place: Place) -> str | None:
    """What kind of part stands at a place; None where it is none, or a reference to one."""
    if len(place) < 3:
        return None
    above, last = place[-2], place[-1]
    if isinstance(node, dict) and "$ref" in node and above != "properties":
        return None
    if last in METHODS and (len(place) == 3 or place[-4] == "callbacks"):
        return "operations"
    if above == "parameters" and isinstance(node, dict):
        return "parameters"
    if above == "responses":
        return "answers"
    if above == "properties":
        return "fields"
    if above == "schemas" and len(place) == 3:
        return "schemas"
    if above == "enum":
        return "values"
    return "limits" if last in LIMITS or (above == "required" and place[0] == "components") else None


def provenance(contract: Contract, place: Place) -> str:
    """What is said of a part, or else of the nearest one around it."""
    said = (contract.at(place[:end]) for end in range(len(place), 0, -1))
    words = (part["x-provenance"] for part in said if isinstance(part, dict) and "x-provenance" in part)
    return str(next(words, "unsaid"))


def beyond(facts: Sequence[Fact], contract: Contract) -> list[tuple[str, str, Place]]:
    """What no page says: its provenance, its kind and its place, one provenance after the other."""
    on_a_page: set[Place] = set()
    for fact in facts:
        settled, _ = contract.settle(fact.place)
        # with the schema that it stands in, and with the answer of an operation
        on_a_page |= {fact.place, settled, settled[:3], fact.place[:3]}
        if fact.kind == "operations":
            on_a_page.add(answer_place(fact.place, contract)[: len(fact.place) + 2])
    found = [(kind, place) for kind, place in parts(contract.document) if place not in on_a_page]
    said = [(provenance(contract, place), kind, place) for kind, place in found]
    return sorted(said, key=lambda part: part[0])


def summary(facts: Sequence[Fact], more: Sequence[tuple[str, str, Place]]) -> list[str]:
    """The totals as a table; CONTRIBUTING.md shows it."""
    head = ["", *KINDS]
    # Once each, however many places of the pages show it: a run holds a model, and so does an evaluation.
    wanted = Counter(kind for kind, _ in {(fact.kind, fact.place) for fact in facts})
    missing = Counter(kind for kind, _ in {(fact.kind, fact.place) for fact in facts if fact.problem})
    lines = [["on the two pages", *(str(wanted[kind]) if wanted[kind] else "" for kind in KINDS)]]
    lines += [
        ["of them in the contract", *(str(wanted[kind] - missing[kind]) if wanted[kind] else "" for kind in KINDS)]
    ]
    counted = Counter((said, kind) for said, kind, _ in more)
    for said in (*PROVENANCES, "unsaid"):
        if any(counted[said, kind] for kind in KINDS) or said in PROVENANCES[1:]:
            lines.append([f"beyond them, {said}", *(str(counted[said, kind]) for kind in KINDS)])
    return [f"| {' | '.join(line)} |" for line in (head, ["---"] + ["---:"] * len(KINDS), *lines)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare the contract with the facts of the two reference pages.")
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "openapi.yaml", help="the contract")
    parser.add_argument("--facts", type=Path, default=FACTS, help="the pages' facts")
    parser.add_argument("--all", action="store_true", help="show every fact, not only what is wrong")
    options = parser.parse_args(arguments)
    try:
        contract = Contract(options.file)
        facts = [fact for page in read_pages(options.facts) for fact in check_page(page, contract)]
    except UnreadableError as error:
        print(error, file=sys.stderr)
        return 2
    missing = [fact for fact in facts if fact.problem]
    for fact in facts if options.all else missing:
        state = f"missing: {fact.problem}" if fact.problem else "found"
        print(f"{options.file.name}:{contract.line(fact.place)}: {fact.page}: {fact.name}: {state}")
    more = beyond(facts, contract)
    for said, kind, place in more:
        print(f"{options.file.name}:{contract.line(place)}: beyond the pages, {said}: {kind[:-1]} {shown(place)}")
    print("\n".join(["", *summary(facts, more)]))
    # a limit and a value have no mark of their own
    claimed = [place for said, kind, place in more if said not in PROVENANCES[1:] and kind not in ("limits", "values")]
    if claimed:
        print(f"\nMarked as of the pages, or as nothing, and on neither page: {', '.join(map(shown, claimed))}.")
    if missing:
        print(f"\n{len(missing)} of {len(facts)} facts of the pages are missing.")
    return 1 if missing or claimed else 0


def shown(place: Place) -> str:
    """A place in a short form: `Evaluation.cost`, `GET /v1/health 200`."""
    if place[0] == "paths":
        return " ".join([place[2].upper(), place[1], *place[3:]]) if len(place) > 2 else " ".join(place)
    return ".".join(part for part in place[2:] if part != "properties")


if __name__ == "__main__":
    sys.exit(main())
