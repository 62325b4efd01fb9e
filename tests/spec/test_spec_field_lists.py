"""Every entry of the reference pages' field lists stands in the contract with its type, its limits and its values.

The tables are written by hand from the pages' field lists, not from their examples: the two differ.
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

LISTED = [
    (component, name, expected)
    for component, table in (
        ("SubmitEvaluationRequest", SUBMIT),
        ("SetEvaluationFeedbackRequest", FEEDBACK),
        ("Evaluation", EVALUATION),
    )
    for name, expected in table.items()
]


def rule_of(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without its words and its marks."""
    return {key: value for key, value in schema.items() if key != "description" and not key.startswith("x-")}


@pytest.mark.parametrize(("component", "name", "expected"), LISTED, ids=[f"{c}.{n}" for c, n, _ in LISTED])
def test_a_listed_field_has_its_type_and_limits(
    component: str, name: str, expected: dict[str, Any], schemas: dict[str, Any]
) -> None:
    assert rule_of(schemas[component]["properties"][name]) == expected


def test_the_contract_adds_no_field_to_the_lists(schemas: dict[str, Any]) -> None:
    assert set(schemas["SubmitEvaluationRequest"]["properties"]) == set(SUBMIT)
    assert set(schemas["SetEvaluationFeedbackRequest"]["properties"]) == set(FEEDBACK)
    # links stands in the examples of both pages, but in no field list
    assert set(schemas["Evaluation"]["properties"]) == set(EVALUATION) | {"links"}


def test_fields_stand_in_the_order_of_the_pages(schemas: dict[str, Any]) -> None:
    assert list(schemas["SubmitEvaluationRequest"]["properties"]) == list(SUBMIT)
    assert [name for name in schemas["Evaluation"]["properties"] if name != "links"] == list(EVALUATION)


def test_what_the_pages_leave_open_is_marked_inferred(schemas: dict[str, Any]) -> None:
    assert schemas["Evaluation"]["properties"]["parent_evaluation"]["x-provenance"] == "inferred"
    assert schemas["RunLog"]["properties"]["run"]["x-provenance"] == "inferred"


def test_the_parameters_of_the_pages_are_there(spec: dict[str, Any], resolve: Callable[[Any], Any]) -> None:
    submit = spec["paths"]["/v1/evaluations"]["post"]
    feedback = spec["paths"]["/v1/evaluations/{evaluation_id}/feedback"]["patch"]
    for operation, expected in ((submit, {}), (feedback, {"evaluation_id": {"type": "string", "format": "uuid"}})):
        listed = {p["name"]: p for p in map(resolve, operation["parameters"]) if p["x-provenance"] == "reference"}
        assert {name: p["schema"] for name, p in listed.items()} == {"X-Organization-Id": TEXT, **expected}
