"""Every entry of the pages' field lists stands in the contract with its type, its limits and its values.

What the field lists of the two reference pages say stands in pages/facts.yaml, written by hand; their examples differ from
them. The tables of the other documentation pages stand here. What they call required in an answer is not required here.
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
    # the pages' notation shows no null on objects; that an answer may hold one there is the contract's leniency
    return {"anyOf": [reference(name), {"type": "null"}]}


def some(name: str, **limits: int) -> dict[str, Any]:
    return {"type": ["array", "null"], **limits, "items": reference(name)}


# The component that the contract gives each object and each enum of the reference pages' lists.
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
    "parent_evaluation": "Evaluation",  # of unknown type on the pages
}


def written(name: str, rule: dict[str, Any], sent: bool) -> dict[str, Any]:
    """A page's fact about a field, in the form that the contract has for it."""
    kind = [rule["type"], "null"] if rule.get("null") else rule["type"]
    limits = {key: value for key, value in rule.items() if key not in {"type", "null", "items", "values", "required"}}
    # what the page leaves open in an answer's reference_images the contract leaves open too
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
        "plain_secret": TEXT,  # on the page of its creation only
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
# What the contract has from elsewhere: links stands in the examples of both reference pages, but in no field list.
ADDED = {"Evaluation": {"links"}}
LISTED = [(component, name, expected) for component, table in TABLES.items() for name, expected in table.items()]


def rule_of(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without its words and its marks."""
    return {key: value for key, value in schema.items() if key != "description" and not key.startswith("x-")}


@pytest.mark.parametrize(("component", "name", "expected"), LISTED, ids=[f"{c}.{n}" for c, n, _ in LISTED])
def test_a_listed_field_has_its_type_and_limits(
    component: str, name: str, expected: dict[str, Any], schemas: dict[str, Any]
) -> None:
    assert rule_of(schemas[component]["properties"][name]) == expected


def test_an_enum_begins_with_the_values_of_the_pages_in_their_order(schemas: dict[str, Any]) -> None:
    listed = {NAMED[name]: rule["values"] for name, rule in PAGES["submit"]["answer"].items() if "values" in rule}
    assert len(listed) == 4
    assert {name: schemas[name]["anyOf"][0]["enum"][: len(values)] for name, values in listed.items()} == listed


def test_what_the_pages_require_is_required_and_nothing_else(schemas: dict[str, Any]) -> None:
    for component, page in SENT.items():
        listed = [name for name, rule in PAGES[page]["request"].items() if rule.get("required")]
        assert schemas[component]["required"] == listed


def test_both_pages_list_the_same_answer() -> None:
    assert PAGES["submit"]["answer"] == PAGES["feedback"]["answer"]


def test_the_contract_adds_no_field_to_the_lists(schemas: dict[str, Any]) -> None:
    added = {component: set(schemas[component]["properties"]) - set(table) for component, table in TABLES.items()}
    assert {component: names for component, names in added.items() if names} == ADDED


def test_fields_stand_in_the_order_of_the_pages(schemas: dict[str, Any]) -> None:
    for component, table in TABLES.items():
        added = ADDED.get(component, set())
        assert [name for name in schemas[component]["properties"] if name not in added] == list(table), component


def test_every_component_of_another_page_has_its_table(schemas: dict[str, Any]) -> None:
    documented = {name for name, schema in schemas.items() if schema["x-provenance"] == "documented"}
    assert documented - {"ErrorResponse"} == set(DOCUMENTED)


def test_what_no_page_shows_is_marked_inferred(schemas: dict[str, Any]) -> None:
    guessed = {"EvaluationStatusRow", "EvaluationJobClassRow", "AssetTypeRow"}
    lists = {"EvaluationStatusList", "EvaluationJobClassList", "AssetTypeList"}
    inferred = {name for name, schema in schemas.items() if schema["x-provenance"] == "inferred"}
    assert inferred == guessed | lists | {"EvaluationCallback"}
    cursors = ("first", "next", "previous")
    assert {schemas["EvaluationList"]["properties"][name]["x-provenance"] for name in cursors} == {"inferred"}


def test_what_the_pages_leave_open_is_marked_inferred(schemas: dict[str, Any]) -> None:
    assert schemas["Evaluation"]["properties"]["parent_evaluation"]["x-provenance"] == "inferred"
    assert schemas["RunLog"]["properties"]["run"]["x-provenance"] == "inferred"


def test_the_parameters_of_the_pages_are_there(spec: dict[str, Any], resolve: Callable[[Any], Any]) -> None:
    for page in PAGES.values():
        method, path = page["operation"].split()
        found = map(resolve, spec["paths"][path][method.lower()]["parameters"])
        listed = {p["name"]: p for p in found if p["x-provenance"] == "reference"}
        rules = {name: (rule["in"], rule.get("required", False)) for name, rule in page["parameters"].items()}
        assert {name: (p["in"], p["required"]) for name, p in listed.items()} == rules
        assert listed["X-Organization-Id"]["schema"] == TEXT
