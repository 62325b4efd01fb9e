"""The facts of a contract are read out of it in any usual form, and what differs is said in words."""

from __future__ import annotations

from typing import Any

import pytest
from known_facts import EXPECTED, FACTS

from scripts.contract.contract_facts import differences, found, page_field, plain_rule, under_our_names

TEXT = {"type": ["string", "null"]}


@pytest.mark.parametrize(
    ("schema", "rule"),
    [
        ({"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}], "title": "A"}, {**TEXT, "maxLength": 5}),
        ({"type": "string", "description": "a", "x-provenance": "inferred"}, {"type": "string"}),
        ({"anyOf": [{"$ref": "#/a"}, {"type": "null"}]}, {"anyOf": [{"$ref": "#/a"}, {"type": "null"}]}),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
    ],
)
def test_rule_is_schema_without_prose_in_one_form(schema: dict[str, Any], rule: dict[str, Any]) -> None:
    assert plain_rule(schema) == rule


def test_overlay_gives_schemas_names_and_marks() -> None:
    contract = {
        "paths": {"/a": {"get": {"tags": ["v1"], "responses": {"200": {"$ref": "#/components/schemas/It's"}}}}},
        "components": {"schemas": {"It's": {"properties": {"url": {"type": "string"}}}}},
    }
    schema = "$.components.schemas['It\\'s']"
    actions: list[dict[str, Any]] = [
        {"target": "$.paths['/a'].get.tags", "remove": True},
        {"target": "$.paths['/a'].get", "update": {"operationId": "get_a", "tags": ["Media"]}},
        {"target": schema, "update": {"x-class-name": "Asset", "x-provenance": "documented"}},
        {"target": f"{schema}.properties.url", "update": {"x-secret": True}},
    ]
    named = under_our_names(contract, {"actions": actions})
    responses = {"200": {"$ref": "#/components/schemas/Asset"}}
    assert named["paths"]["/a"]["get"] == {"operationId": "get_a", "tags": ["Media"], "responses": responses}
    properties = {"url": {"type": "string", "x-secret": True}}
    assert named["components"]["schemas"] == {"Asset": {"properties": properties, "x-provenance": "documented"}}


@pytest.mark.parametrize(
    ("wanted", "given", "line"),
    [
        ({"a": TEXT}, {"a": {"type": "string"}}, 'a: {"type": "string"} in place of {"type": ["string", "null"]}'),
        ({"a": TEXT}, {}, "a: not in the contract"),
        ({}, {"a": [1]}, "a: in the contract alone, as [1]"),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [2, 1]}}, "a, b: [2, 1] in place of [1, 2]"),
    ],
)
def test_difference_is_said_with_its_place(wanted: Any, given: Any, line: str) -> None:
    assert list(differences(wanted, given, "enums")) == [f"enums, {line}"]


def test_other_order_of_fields_is_difference() -> None:
    wanted, given = {"Asset": {"a": TEXT, "b": TEXT}}, {"Asset": {"b": TEXT, "a": TEXT}}
    assert list(differences(wanted, given, "fields")) == ["fields, Asset: in another order"]
    assert list(differences(wanted, given, "operations")) == []


def test_page_field_is_nullable_in_response_only() -> None:
    rule, classes = {"type": "object"}, {"run": "Run"}
    reference = {"$ref": "#/components/schemas/Run"}
    assert page_field("run", rule, classes, sent=True) == reference
    assert page_field("run", rule, classes, sent=False) == {"anyOf": [reference, {"type": "null"}]}


def test_contract_that_says_little_is_read() -> None:
    contract = {
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"get": {"responses": {}}}},
        "components": {"schemas": {}},
    }
    given = found(contract, FACTS)
    assert set(given) == set(EXPECTED)
    assert given["operations"] == {"GET /a": {"id": None, "tag": "", "success": {}}}
    assert given["without_organization"] == ["GET /a"]
    assert (given["api"]["security"], given["fields"], given["links"]) == ([], {}, [])
