"""The examples of the reference pages and of the contract validate against the contract."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from known_facts import FACTS

Placed = list[tuple[str, Any]]
Check = Callable[[Any, dict[str, Any]], list[str]]
Resolve = Callable[[Any], Any]

PAGES = Path(__file__).parent / "pages"
EVALUATION = {"$ref": "#/components/schemas/Evaluation"}
BLOCKS = [
    ("submit-request.json", {"$ref": "#/components/schemas/SubmitEvaluationRequest"}),
    ("submit-response.json", EVALUATION),
    ("feedback-request.json", {"$ref": "#/components/schemas/SetEvaluationFeedbackRequest"}),
    ("feedback-response.json", EVALUATION),
]
blocks = pytest.mark.parametrize(("file", "schema"), BLOCKS, ids=[file for file, _ in BLOCKS])

# The placeholders of the page examples, with the types that they stand for.
PLACEHOLDERS = {
    "<string>": ({"string"}, None),
    "3c90c3cc-0d44-4b50-8888-8dd25736052a": ({"string"}, "uuid"),
    "2023-11-07T05:31:56Z": ({"string"}, "date-time"),
    "standard": ({"string"}, None),
    "<unknown>": ({"any"}, None),
    123: ({"integer", "number"}, None),
    0.5: ({"number"}, None),
}
CONTAINERS: dict[type, tuple[set[str], None]] = {
    bool: ({"boolean"}, None),
    dict: ({"object", "any"}, None),
    list: ({"array"}, None),
}


def shown_type(value: Any) -> tuple[set[str], str | None]:
    return CONTAINERS.get(type(value)) or PLACEHOLDERS[value]


def declared_type(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "any")
    return str(kind[0] if isinstance(kind, list) else kind)


def block(file: str) -> Any:
    return json.loads((PAGES / file).read_text(encoding="utf-8"))


def pairs(document: Any, schema: Any, resolve: Resolve, place: str = "$") -> Iterator[tuple[str, Any, Any]]:
    """Yield each value of a document with its place and its schema; the schema is None for an unknown field."""
    if schema is not None:
        schema = resolve(schema["anyOf"][0] if "anyOf" in schema else schema)
    yield place, document, schema
    if isinstance(document, dict) and schema and "properties" in schema:
        for name, value in document.items():
            yield from pairs(value, schema["properties"].get(name), resolve, f"{place}.{name}")
    elif isinstance(document, list) and schema:
        for index, value in enumerate(document):
            yield from pairs(value, schema.get("items"), resolve, f"{place}[{index}]")


def unknown_fields(document: Any, schema: dict[str, Any], resolve: Resolve) -> list[str]:
    return [place for place, _, found in pairs(document, schema, resolve) if found is None]


@blocks
def test_page_example_validates_against_contract(file: str, schema: dict[str, Any], errors_in: Check) -> None:
    document = block(file)
    if schema is EVALUATION:
        # The placeholder of the page is a string, but its field list requires a decimal. The list wins.
        assert document["cost"] == "<string>"
        document["cost"] = "1.5"
    assert errors_in(document, schema) == []


def test_cost_placeholder_is_only_invalid_page_value(errors_in: Check) -> None:
    (error,) = errors_in(block("submit-response.json"), EVALUATION)
    assert error.startswith("$.cost:")


@blocks
def test_page_example_fields_are_all_in_contract(file: str, schema: dict[str, Any], resolve: Resolve) -> None:
    assert unknown_fields(block(file), schema, resolve) == []


@blocks
def test_page_example_placeholders_match_contract_types(file: str, schema: dict[str, Any], resolve: Resolve) -> None:
    for place, value, found in pairs(block(file), schema, resolve):
        if value is not None:  # null has no type
            kinds, form = shown_type(value)
            assert declared_type(found) in kinds, place
            assert found.get("format") == form, place


def test_contract_adds_no_field_to_page_examples(resolve: Resolve, schemas: dict[str, Any]) -> None:
    shown: dict[int, set[str]] = {}
    for _, value, found in pairs(block("submit-response.json"), EVALUATION, resolve):
        if isinstance(value, dict):
            shown.setdefault(id(found), set()).update(value)
    seen = {name: schema for name, schema in schemas.items() if id(schema) in shown and name != "JsonObject"}
    assert len(seen) == FACTS["classes_in_examples"]
    added = {name: set(schema["properties"]) - shown[id(schema)] for name, schema in seen.items()}
    assert {name: fields for name, fields in added.items() if fields} == {
        name: set(fields) for name, fields in FACTS["fields_beyond_examples"].items()
    }


def given_examples(everything: Placed, resolve: Resolve) -> dict[str, tuple[Any, dict[str, Any]]]:
    found: dict[str, tuple[Any, dict[str, Any]]] = {}
    for place, node in everything:
        if isinstance(node, dict) and isinstance(node.get("schema"), dict):
            if "example" in node:
                found[place] = (node["example"], node["schema"])
            for name, example in node.get("examples", {}).items():
                found[f"{place}/{name}"] = (resolve(example)["value"], node["schema"])
    return found


def test_contract_examples_validate_against_contract(everything: Placed, resolve: Resolve, errors_in: Check) -> None:
    wrong = {place: errors_in(*pair) for place, pair in given_examples(everything, resolve).items()}
    assert {place: errors for place, errors in wrong.items() if errors} == {}


def test_contract_examples_have_no_unknown_field(everything: Placed, resolve: Resolve) -> None:
    odd = {place: unknown_fields(*pair, resolve) for place, pair in given_examples(everything, resolve).items()}
    assert {place: fields for place, fields in odd.items() if fields} == {}


def test_every_body_has_example(everything: Placed) -> None:
    bodies = {place: node for place, node in everything if place.endswith("/application/json")}
    assert len(bodies) >= 30
    assert [place for place, node in bodies.items() if not node.get("examples")] == []


def test_every_example_is_referenced(spec: dict[str, Any], everything: Placed) -> None:
    references = {node["$ref"] for _, node in everything if isinstance(node, dict) and "$ref" in node}
    assert {f"#/components/examples/{name}" for name in spec["components"]["examples"]} <= references


def test_only_callback_secret_creation_shows_plain_secret(operations: Placed, resolve: Resolve) -> None:
    showing = {
        operation["operationId"]
        for _, operation in operations
        for answer in map(resolve, operation["responses"].values())
        for example in answer.get("content", {}).get("application/json", {}).get("examples", {}).values()
        if "plain_secret" in resolve(example)["value"]
    }
    assert showing == set(FACTS["shows_plain_secret"])
