"""Every entry of the documented field lists is in the contract, with its type, limits and values.

The field lists of the two reference pages are in pages/facts.yaml, written by hand, because the examples of the pages
differ from them; the lists of the other documentation pages are in contract_facts.yaml. Fields that the pages require in a
response are not required in the contract.
"""

from collections.abc import Callable
from typing import Any

import pytest
from known_facts import EXPECTED, FACTS, PAGES

from scripts.contract.contract_facts import plain_rule

BY_NAME: dict[str, Any] = {page["name"]: page for page in PAGES["pages"]}
TABLES: dict[str, dict[str, Any]] = EXPECTED["fields"]
ADDED: dict[str, list[str]] = FACTS["fields_beyond_lists"]
LISTED = [(component, name, rule) for component, table in TABLES.items() for name, rule in table.items()]


@pytest.mark.parametrize(("component", "name", "expected"), LISTED, ids=[f"{c}.{n}" for c, n, _ in LISTED])
def test_listed_field_has_documented_type_and_limits(
    component: str, name: str, expected: dict[str, Any], schemas: dict[str, Any]
) -> None:
    assert plain_rule(schemas[component]["properties"][name]) == expected


def test_enum_starts_with_documented_values_in_page_order(schemas: dict[str, Any]) -> None:
    listed = {
        FACTS["page_classes"][name]: rule["values"]
        for name, rule in BY_NAME["submit"]["answer"].items()
        if "values" in rule
    }
    assert len(listed) == 4
    assert {name: schemas[name]["anyOf"][0]["enum"][: len(values)] for name, values in listed.items()} == listed


def test_both_pages_list_same_response() -> None:
    assert BY_NAME["submit"]["answer"] == BY_NAME["feedback"]["answer"]


def test_contract_adds_no_field_to_page_lists(schemas: dict[str, Any]) -> None:
    added = {component: set(schemas[component]["properties"]) - set(table) for component, table in TABLES.items()}
    assert {component: names for component, names in added.items() if names} == {
        component: set(names) for component, names in ADDED.items()
    }


def test_fields_keep_page_order(schemas: dict[str, Any]) -> None:
    for component, table in TABLES.items():
        added = ADDED.get(component, [])
        assert [name for name in schemas[component]["properties"] if name not in added] == list(table), component


def test_every_documented_component_has_table(schemas: dict[str, Any]) -> None:
    documented = {name for name, schema in schemas.items() if schema["x-provenance"] == "documented"}
    assert documented - {"ErrorResponse"} == set(FACTS["fields"])


def test_page_parameters_are_in_contract(spec: dict[str, Any], resolve: Callable[[Any], Any]) -> None:
    for page in BY_NAME.values():
        method, path = page["operation"].split()
        found = map(resolve, spec["paths"][path][method.lower()]["parameters"])
        listed = {p["name"]: p for p in found if p["x-provenance"] == "reference"}
        rules = {name: (rule["in"], rule.get("required", False)) for name, rule in page["parameters"].items()}
        assert {name: (p["in"], p["required"]) for name, p in listed.items()} == rules
        assert listed["X-Organization-Id"]["schema"] == FACTS["kinds"]["text"]
