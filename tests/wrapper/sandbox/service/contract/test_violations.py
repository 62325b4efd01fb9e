"""Errors are described with rules and limits, and never with the value."""

import json

import pytest
from jsonschema import Draft202012Validator

from runflow_client.sandbox.service.contract.violations import describe_violations

TEXT_OR_LIST = {"oneOf": [{"type": "string", "minLength": 9}, {"type": "array", "minItems": 2}]}


def described(schema, value):
    return describe_violations(Draft202012Validator(schema).iter_errors(value), ["body"])


@pytest.mark.parametrize(
    ("schema", "value", "message", "kind"),
    [
        ({"type": ["string", "null"]}, 7, "Input should be of type string or null", "string_type"),
        ({"minLength": 3}, "SE", "String should have at least 3 characters, it has 2", "string_too_short"),
        ({"maxLength": 3}, "SECRET", "String should have at most 3 characters, it has 6", "string_too_long"),
        ({"minItems": 1}, [], "List should have at least 1 items, it has 0", "too_short"),
        ({"maxItems": 1}, ["SECRET"] * 2, "List should have at most 1 items, it has 2", "too_long"),
        ({"minimum": 1}, 0, "Input should be at least 1", "out_of_range"),
        ({"exclusiveMaximum": 9}, 9, "Input should be less than 9", "out_of_range"),
        ({"pattern": "^a+$"}, "SECRET", "String should match the pattern ^a+$", "string_pattern_mismatch"),
        ({"enum": ["up", "down"]}, "SECRET", "Input should be one of: up, down", "enum"),
        ({"required": ["x", "y"]}, {"x": 1}, "Field required", "missing"),
        ({"uniqueItems": True}, ["SECRET"] * 2, "Input does not meet the contract's rule uniqueItems", "uniqueItems"),
    ],
)
def test_each_rule_has_its_message(schema, value, message, kind):
    loc = ["body", "y"] if kind == "missing" else ["body"]
    assert described(schema, value) == [{"loc": loc, "msg": message, "type": kind}]


@pytest.mark.parametrize(("value", "kind"), [("SECRET", "string_too_short"), (["SECRET"], "too_short")])
def test_alternative_whose_type_matches_is_reported(value, kind):
    assert [error["type"] for error in described(TEXT_OR_LIST, value)] == [kind]


def test_value_that_matches_no_alternative_is_reported_as_such():
    assert [error["type"] for error in described(TEXT_OR_LIST, 7)] == ["oneOf"]


def test_rule_of_two_schemas_is_reported_once():
    schema = {"allOf": [{"maxLength": 3}, {"maxLength": 3}]}
    assert len(described(schema, "SECRET")) == 1


def test_long_field_name_is_cut():
    error = described({"additionalProperties": {"type": "string"}}, {"n" * 500: 1})[0]
    assert error["loc"] == ["body", "n" * 100]
    assert len(json.dumps(error)) < 300
