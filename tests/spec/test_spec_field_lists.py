"""Every entry of the pages' field lists stands in the contract with its type, its limits and its values.

The tables are written by hand from the field lists of the two reference pages, not from their examples (the two differ),
and from those of the other documentation pages. What they call required in an answer is not required here.
"""

from collections.abc import Callable
from typing import Any

import pytest

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


SUBMIT = {
    "generated_image_url": {"type": "string", "maxLength": 12_000_000},
    "task_type": {"type": "string", "minLength": 1, "maxLength": 100},
    "task_description": {**TEXT, "maxLength": 4_000},
    "generation_prompt": {**TEXT, "maxLength": 10_000},
    "evaluation_instructions": {**TEXT, "maxLength": 4_000},
    "input_attributes": reference("JsonObject"),
    "reference_images": some("EvaluationReferenceImage", maxItems=4),
    "run_id": UUID,
    "client_ref": {**TEXT, "maxLength": 255},
    "job_class": {"type": "string", "maxLength": 50, "default": "standard"},
    "callback_url": {**TEXT, "maxLength": 2_048},
}

FEEDBACK = {
    "is_positive": FLAG,
    "reason": {**TEXT, "minLength": 1, "maxLength": 2_000},
}

EVALUATION = {
    "id": UUID,
    "org_id": UUID,
    "run_id": UUID,
    "target_type_code": TEXT,
    "model_id": UUID,
    "flow_id": UUID,
    "comfyui_workflow_id": UUID,
    "status_code": one("EvaluationStatus"),
    "task_type": TEXT,
    "task_description": TEXT,
    "generation_prompt": TEXT,
    "generated_image_url": TEXT,
    "input_attributes": one("JsonObject"),
    "evaluation_instructions": TEXT,
    "reference_images": some("JsonObject"),
    "overall_passed": FLAG,
    "weighted_pass_rate": NUMBER,
    "override_reason": TEXT,
    "top_issues": LABELS,
    "top_strengths": LABELS,
    "check_summary": one("JsonObject"),
    "analysis_modules_executed": WHOLE,
    "primary_action_code": TEXT,
    "parent_evaluation_id": UUID,
    "attempt_number": WHOLE,
    "superseded_at": TIME,
    "eval_duration_ms": WHOLE,
    "feedback_is_positive": FLAG,
    "feedback_reason": TEXT,
    "created_at": TIME,
    "updated_at": TIME,
    "source_code": one("EvaluationSource"),
    "client_ref": TEXT,
    "submitted_at": TIME,
    "completed_at": TIME,
    "callback_url": TEXT,
    "cost": {**TEXT, "pattern": r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$"},
    "failure_code": one("EvaluationFailure"),
    "job_class_code": one("EvaluationJobClass"),
    "judges": some("EvaluationJudge"),
    "gate_failures": some("EvaluationGateFailure"),
    "action": one("EvaluationAction"),
    "run": one("Run"),
    "model": one("Model"),
    "parent_evaluation": one("Evaluation"),  # of unknown type on the pages
}

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
    "SubmitEvaluationRequest": SUBMIT,
    "SetEvaluationFeedbackRequest": FEEDBACK,
    "Evaluation": EVALUATION,
    **DOCUMENTED,
}
LISTED = [(component, name, expected) for component, table in TABLES.items() for name, expected in table.items()]


def rule_of(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without its words and its marks."""
    return {key: value for key, value in schema.items() if key != "description" and not key.startswith("x-")}


@pytest.mark.parametrize(("component", "name", "expected"), LISTED, ids=[f"{c}.{n}" for c, n, _ in LISTED])
def test_a_listed_field_has_its_type_and_limits(
    component: str, name: str, expected: dict[str, Any], schemas: dict[str, Any]
) -> None:
    assert rule_of(schemas[component]["properties"][name]) == expected


def test_the_contract_adds_no_field_to_the_lists(schemas: dict[str, Any]) -> None:
    # links stands in the examples of both reference pages, but in no field list
    added = {component: set(schemas[component]["properties"]) - set(table) for component, table in TABLES.items()}
    assert {component: names for component, names in added.items() if names} == {"Evaluation": {"links"}}


def test_fields_stand_in_the_order_of_the_pages(schemas: dict[str, Any]) -> None:
    for component, table in TABLES.items():
        assert [name for name in schemas[component]["properties"] if name != "links"] == list(table), component


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
    submit = spec["paths"]["/v1/evaluations"]["post"]
    feedback = spec["paths"]["/v1/evaluations/{evaluation_id}/feedback"]["patch"]
    for operation, expected in ((submit, {}), (feedback, {"evaluation_id": {"type": "string", "format": "uuid"}})):
        listed = {p["name"]: p for p in map(resolve, operation["parameters"]) if p["x-provenance"] == "reference"}
        assert {name: p["schema"] for name, p in listed.items()} == {"X-Organization-Id": TEXT, **expected}
