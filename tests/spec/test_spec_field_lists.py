"""Every entry of the documented field lists is in the contract, with its type, limits and values.

The field lists of the two reference pages are in pages/facts.yaml, written by hand, because the examples of the pages
differ from them. The tables of the other documentation pages are below. Fields that the pages require in a response are
not required in the contract.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

TEXT = {"type": ["string", "null"]}
UUID = {"type": ["string", "null"], "format": "uuid"}
TIME = {"type": ["string", "null"], "format": "date-time"}
FLAG = {"type": ["boolean", "null"]}
WHOLE = {"type": ["integer", "null"]}
NUMBER = {"type": ["number", "null"]}
LABELS = {"type": ["array", "null"], "items": {"type": "string"}}


def reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def one(name: str) -> dict[str, Any]:
    # the pages show no null for objects; the contract allows one in responses all the same
    return {"anyOf": [reference(name), {"type": "null"}]}


def some(name: str, **limits: int) -> dict[str, Any]:
    return {"type": ["array", "null"], **limits, "items": reference(name)}


# The component of each object and enum in the lists of the reference pages.
NAMED = {
    "input_attributes": "JsonObject",
    "reference_images": "EvaluationReferenceImage",
    "status_code": "EvaluationStatus",
    "source_code": "EvaluationSource",
    "failure_code": "EvaluationFailure",
    "job_class_code": "EvaluationJobClass",
    "check_summary": "JsonObject",
    "judges": "EvaluationJudge",
    "gate_failures": "EvaluationGateFailure",
    "action": "EvaluationAction",
    "run": "Run",
    "model": "Model",
    "parent_evaluation": "Evaluation",  # the pages give no type
}


def written(name: str, rule: dict[str, Any], sent: bool) -> dict[str, Any]:
    """Return the schema that the contract must have for a field of a page."""
    kind = [rule["type"], "null"] if rule.get("null") else rule["type"]
    limits = {key: value for key, value in rule.items() if key not in {"type", "null", "items", "values", "required"}}
    # the page leaves reference_images of a response open, and so does the contract
    component = "JsonObject" if name == "reference_images" and not sent else NAMED.get(name)
    if component is None:
        return {"type": kind, **limits, **({"items": {"type": rule["items"]}} if "items" in rule else {})}
    if rule["type"] == "array":
        return {"type": kind, **limits, "items": reference(component)}
    return reference(component) if sent else one(component)


PAGES: dict[str, Any] = {
    page["name"]: page
    for page in yaml.safe_load((Path(__file__).parent / "pages" / "facts.yaml").read_text(encoding="utf-8"))["pages"]
}
SENT = {"SubmitEvaluationRequest": "submit", "SetEvaluationFeedbackRequest": "feedback"}
DECIMAL = {**TEXT, "pattern": r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$"}
LABEL = {**TEXT, "maxLength": 255}
PERSON = {"id": UUID, "email": TEXT, "first_name": TEXT, "last_name": TEXT, "avatar_url": TEXT}

# docs.runflow.io/api-reference: the pages that each component's x-source names
DOCUMENTED: dict[str, dict[str, Any]] = {
    "CreateAssetUploadRequest": {
        "filename": {"type": "string", "minLength": 1, "maxLength": 500},
        "mime_type": {"type": "string", "minLength": 1, "maxLength": 255},
        "size_bytes": {"type": "integer", "minimum": 1, "maximum": 52_428_800},
    },
    "ConfirmAssetUploadRequest": {"folder_id": UUID},
    "CreateCallbackSecretRequest": {"label": LABEL},
    "UpdateCallbackSecretRequest": {"label": LABEL, "is_current": FLAG},
    "AssetUpload": {"asset_id": UUID, "upload_url": {**TEXT, "format": "uri"}},
    "Asset": {
        "id": UUID,
        "org_id": UUID,
        "folder_id": UUID,
        "name": TEXT,
        "r2_key": TEXT,
        "url": TEXT,
        "thumbnail_url": TEXT,
        "mime_type": TEXT,
        "size_bytes": WHOLE,
        "asset_type": TEXT,
        "source_type": TEXT,
        "source_id": TEXT,
        "created_by": UUID,
        "created_at": TIME,
        "updated_at": TIME,
        "deleted_at": TIME,
        "deleted_by": UUID,
        "created_by_user": one("AssetUser"),
    },
    "AssetUser": PERSON,
    "CallbackSecret": {
        "plain_secret": TEXT,  # on the creation page only
        "id": UUID,
        "org_id": UUID,
        "key_prefix": TEXT,
        "is_current": FLAG,
        "label": TEXT,
        "disabled_at": TIME,
        "last_used_at": TIME,
        "created_at": TIME,
        "updated_at": TIME,
    },
    "Account": {
        **PERSON,
        "timezone": TEXT,
        "locale_code": TEXT,
        "email_verified_at": TIME,
        "memberships": some("AccountMembership"),
    },
    "AccountMembership": {"org": one("AccountOrganization"), "role_code": TEXT, "scopes": LABELS},
    "AccountOrganization": {"id": UUID, "name": TEXT, "slug": TEXT, "plan_code": TEXT},
    "Balance": {
        "id": UUID,
        "org_id": UUID,
        "balance": DECIMAL,
        "low_balance_threshold": DECIMAL,
        "low_balance_notified_at": TIME,
        "created_at": TIME,
        "updated_at": TIME,
    },
}

TABLES: dict[str, dict[str, Any]] = {
    **{
        component: {name: written(name, rule, sent=True) for name, rule in PAGES[page]["request"].items()}
        for component, page in SENT.items()
    },
    "Evaluation": {name: written(name, rule, sent=False) for name, rule in PAGES["submit"]["answer"].items()},
    **DOCUMENTED,
}
# Fields from other sources: links is in the examples of both reference pages, but in no field list.
ADDED = {"Evaluation": {"links"}}
LISTED = [(component, name, expected) for component, table in TABLES.items() for name, expected in table.items()]


def rule_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without description and x- keys."""
    return {key: value for key, value in schema.items() if key != "description" and not key.startswith("x-")}


@pytest.mark.parametrize(("component", "name", "expected"), LISTED, ids=[f"{c}.{n}" for c, n, _ in LISTED])
def test_listed_field_has_documented_type_and_limits(
    component: str, name: str, expected: dict[str, Any], schemas: dict[str, Any]
) -> None:
    assert rule_of(schemas[component]["properties"][name]) == expected


def test_enum_starts_with_documented_values_in_page_order(schemas: dict[str, Any]) -> None:
    listed = {NAMED[name]: rule["values"] for name, rule in PAGES["submit"]["answer"].items() if "values" in rule}
    assert len(listed) == 4
    assert {name: schemas[name]["anyOf"][0]["enum"][: len(values)] for name, values in listed.items()} == listed


def test_required_fields_equal_those_of_pages(schemas: dict[str, Any]) -> None:
    for component, page in SENT.items():
        listed = [name for name, rule in PAGES[page]["request"].items() if rule.get("required")]
        assert schemas[component]["required"] == listed


def test_both_pages_list_same_response() -> None:
    assert PAGES["submit"]["answer"] == PAGES["feedback"]["answer"]


def test_contract_adds_no_field_to_page_lists(schemas: dict[str, Any]) -> None:
    added = {component: set(schemas[component]["properties"]) - set(table) for component, table in TABLES.items()}
    assert {component: names for component, names in added.items() if names} == ADDED


def test_fields_keep_page_order(schemas: dict[str, Any]) -> None:
    for component, table in TABLES.items():
        added = ADDED.get(component, set())
        assert [name for name in schemas[component]["properties"] if name not in added] == list(table), component


def test_every_documented_component_has_table(schemas: dict[str, Any]) -> None:
    documented = {name for name, schema in schemas.items() if schema["x-provenance"] == "documented"}
    assert documented - {"ErrorResponse"} == set(DOCUMENTED)


def test_undocumented_components_are_marked_inferred(schemas: dict[str, Any]) -> None:
    rows = {"EvaluationStatusRow", "EvaluationJobClassRow", "AssetTypeRow"}
    lists = {"EvaluationStatusList", "EvaluationJobClassList", "AssetTypeList"}
    inferred = {name for name, schema in schemas.items() if schema["x-provenance"] == "inferred"}
    assert inferred == rows | lists | {"EvaluationCallback"}
    cursors = ("first", "next", "previous")
    assert {schemas["EvaluationList"]["properties"][name]["x-provenance"] for name in cursors} == {"inferred"}


def test_untyped_page_fields_are_marked_inferred(schemas: dict[str, Any]) -> None:
    assert schemas["Evaluation"]["properties"]["parent_evaluation"]["x-provenance"] == "inferred"
    assert schemas["RunLog"]["properties"]["run"]["x-provenance"] == "inferred"


def test_page_parameters_are_in_contract(spec: dict[str, Any], resolve: Callable[[Any], Any]) -> None:
    for page in PAGES.values():
        method, path = page["operation"].split()
        found = map(resolve, spec["paths"][path][method.lower()]["parameters"])
        listed = {p["name"]: p for p in found if p["x-provenance"] == "reference"}
        rules = {name: (rule["in"], rule.get("required", False)) for name, rule in page["parameters"].items()}
        assert {name: (p["in"], p["required"]) for name, p in listed.items()} == rules
        assert listed["X-Organization-Id"]["schema"] == TEXT
