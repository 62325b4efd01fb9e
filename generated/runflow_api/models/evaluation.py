"""The model `Evaluation`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from .. import models as api_models
from ..decoding import extra_of, make, read_datetime, read_models, values_of
from ..encoding import plain, plain_list, plain_time
from ..open_enum import reader_of
from ..summary import short_repr
from ..types import JsonObject
from .evaluation_failure import EvaluationFailure
from .evaluation_job_class import EvaluationJobClass
from .evaluation_source import EvaluationSource
from .evaluation_status import EvaluationStatus

_FIELDS: dict[str, Any] = {
    "id": None,
    "org_id": None,
    "run_id": None,
    "target_type_code": None,
    "model_id": None,
    "flow_id": None,
    "comfyui_workflow_id": None,
    "status_code": None,
    "task_type": None,
    "task_description": None,
    "generation_prompt": None,
    "generated_image_url": None,
    "input_attributes": None,
    "evaluation_instructions": None,
    "reference_images": None,
    "overall_passed": None,
    "weighted_pass_rate": None,
    "override_reason": None,
    "top_issues": None,
    "top_strengths": None,
    "check_summary": None,
    "analysis_modules_executed": None,
    "primary_action_code": None,
    "parent_evaluation_id": None,
    "attempt_number": None,
    "superseded_at": None,
    "eval_duration_ms": None,
    "feedback_is_positive": None,
    "feedback_reason": None,
    "created_at": None,
    "updated_at": None,
    "source_code": None,
    "client_ref": None,
    "submitted_at": None,
    "completed_at": None,
    "callback_url": None,
    "cost": None,
    "failure_code": None,
    "job_class_code": None,
    "links": None,
    "judges": None,
    "gate_failures": None,
    "action": None,
    "run": None,
    "model": None,
    "parent_evaluation": None,
}
_values_of = values_of(_FIELDS)
_read_evaluation_failure = reader_of(EvaluationFailure)
_read_evaluation_job_class = reader_of(EvaluationJobClass)
_read_evaluation_source = reader_of(EvaluationSource)
_read_evaluation_status = reader_of(EvaluationStatus)
_SHOWN = (
    "id",
    "status_code",
    "source_code",
    "failure_code",
    "job_class_code",
    "overall_passed",
    "feedback_is_positive",
    "weighted_pass_rate",
    "analysis_modules_executed",
    "attempt_number",
    "eval_duration_ms",
    "target_type_code",
    "task_type",
    "task_description",
    "generation_prompt",
    "evaluation_instructions",
    "override_reason",
    "primary_action_code",
    "feedback_reason",
    "client_ref",
    "cost",
    "superseded_at",
    "created_at",
    "updated_at",
    "submitted_at",
    "completed_at",
    "top_issues",
    "top_strengths",
    "judges",
    "gate_failures",
    "action",
    "run",
    "model",
    "parent_evaluation",
)


@define(kw_only=True, repr=False)
class Evaluation:
    """One evaluation of one image. Accepted it is pending; it ends completed, with a verdict, or failed, with a
    failure_code and no verdict.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    org_id: str | None = None
    run_id: str | None = None
    """The run this evaluation is filed under."""
    target_type_code: str | None = None
    model_id: str | None = None
    flow_id: str | None = None
    comfyui_workflow_id: str | None = None
    status_code: EvaluationStatus | None = None
    task_type: str | None = None
    task_description: str | None = None
    generation_prompt: str | None = None
    generated_image_url: str | None = None
    """The evaluated image. A URL may be signed and then expires; do not store it."""
    input_attributes: JsonObject | None = None
    """The attributes of the submit."""
    evaluation_instructions: str | None = None
    reference_images: list[JsonObject] | None = None
    """The reference images of the submit; the page leaves the shape of an element open."""
    overall_passed: bool | None = None
    """The verdict. Null while there is none, and on a completed evaluation that came to none."""
    weighted_pass_rate: float | None = None
    """The score from 0 to 1. Null while there is none, and on a completed evaluation without one."""
    override_reason: str | None = None
    """Set when something else than the weighted score decided the verdict; the meaning is inferred."""
    top_issues: list[str] | None = None
    """The main faults, as short labels."""
    top_strengths: list[str] | None = None
    """The main strengths, as short labels."""
    check_summary: JsonObject | None = None
    """What was checked; its shape is not documented."""
    analysis_modules_executed: int | None = None
    primary_action_code: str | None = None
    """What to do next, as a code; the values are not documented."""
    parent_evaluation_id: str | None = None
    """The evaluation this one repeats."""
    attempt_number: int | None = None
    superseded_at: datetime | None = None
    """When a later evaluation took the place of this one."""
    eval_duration_ms: int | None = None
    feedback_is_positive: bool | None = None
    """The thumb, true for up; null when there is none."""
    feedback_reason: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    source_code: EvaluationSource | None = None
    client_ref: str | None = None
    """The label of the submit."""
    submitted_at: datetime | None = None
    completed_at: datetime | None = None
    callback_url: str | None = None
    cost: str | None = None
    """Credits charged, as a decimal. Null until a billable end is reached."""
    failure_code: EvaluationFailure | None = None
    job_class_code: EvaluationJobClass | None = None
    links: JsonObject | None = None
    """In the page's example only, not in its field list."""
    judges: list[api_models.EvaluationJudge] | None = None
    """The judges' findings, when asked for with embed."""
    gate_failures: list[api_models.EvaluationGateFailure] | None = None
    """The hard gates that were not met, when asked for with embed."""
    action: api_models.EvaluationAction | None = None
    """What to do next, when asked for with embed."""
    run: api_models.Run | None = None
    model: api_models.Model | None = None
    parent_evaluation: api_models.Evaluation | None = None
    """The evaluation this one repeats. The page leaves its shape open."""
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 46:
            src = {**_FIELDS, **src}
        try:
            (
                self.id,
                self.org_id,
                self.run_id,
                self.target_type_code,
                self.model_id,
                self.flow_id,
                self.comfyui_workflow_id,
                raw_status_code,
                self.task_type,
                self.task_description,
                self.generation_prompt,
                self.generated_image_url,
                self.input_attributes,
                self.evaluation_instructions,
                self.reference_images,
                self.overall_passed,
                self.weighted_pass_rate,
                self.override_reason,
                self.top_issues,
                self.top_strengths,
                self.check_summary,
                self.analysis_modules_executed,
                self.primary_action_code,
                self.parent_evaluation_id,
                self.attempt_number,
                raw_superseded_at,
                self.eval_duration_ms,
                self.feedback_is_positive,
                self.feedback_reason,
                raw_created_at,
                raw_updated_at,
                raw_source_code,
                self.client_ref,
                raw_submitted_at,
                raw_completed_at,
                self.callback_url,
                self.cost,
                raw_failure_code,
                raw_job_class_code,
                self.links,
                raw_judges,
                raw_gate_failures,
                raw_action,
                raw_run,
                raw_model,
                raw_parent_evaluation,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.status_code = raw_status_code if raw_status_code is None else _read_evaluation_status(raw_status_code)
        self.superseded_at = raw_superseded_at if raw_superseded_at is None else read_datetime(raw_superseded_at)
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.updated_at = raw_updated_at if raw_updated_at is None else read_datetime(raw_updated_at)
        self.source_code = raw_source_code if raw_source_code is None else _read_evaluation_source(raw_source_code)
        self.submitted_at = raw_submitted_at if raw_submitted_at is None else read_datetime(raw_submitted_at)
        self.completed_at = raw_completed_at if raw_completed_at is None else read_datetime(raw_completed_at)
        self.failure_code = raw_failure_code if raw_failure_code is None else _read_evaluation_failure(raw_failure_code)
        self.job_class_code = (
            raw_job_class_code if raw_job_class_code is None else _read_evaluation_job_class(raw_job_class_code)
        )
        self.judges = read_models(raw_judges, api_models.EvaluationJudge.from_dict) if raw_judges else raw_judges
        self.gate_failures = (
            read_models(raw_gate_failures, api_models.EvaluationGateFailure.from_dict)
            if raw_gate_failures
            else raw_gate_failures
        )
        self.action = api_models.EvaluationAction.from_dict(raw_action) if isinstance(raw_action, dict) else raw_action
        self.run = api_models.Run.from_dict(raw_run) if isinstance(raw_run, dict) else raw_run
        self.model = api_models.Model.from_dict(raw_model) if isinstance(raw_model, dict) else raw_model
        self.parent_evaluation = (
            cls.from_dict(raw_parent_evaluation) if isinstance(raw_parent_evaluation, dict) else raw_parent_evaluation
        )
        self.additional_properties = {} if len(src) == 46 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["org_id"] = self.org_id
        written["run_id"] = self.run_id
        written["target_type_code"] = self.target_type_code
        written["model_id"] = self.model_id
        written["flow_id"] = self.flow_id
        written["comfyui_workflow_id"] = self.comfyui_workflow_id
        written["status_code"] = self.status_code if self.status_code is None else plain(self.status_code)
        written["task_type"] = self.task_type
        written["task_description"] = self.task_description
        written["generation_prompt"] = self.generation_prompt
        written["generated_image_url"] = self.generated_image_url
        written["input_attributes"] = self.input_attributes
        written["evaluation_instructions"] = self.evaluation_instructions
        written["reference_images"] = self.reference_images
        written["overall_passed"] = self.overall_passed
        written["weighted_pass_rate"] = self.weighted_pass_rate
        written["override_reason"] = self.override_reason
        written["top_issues"] = self.top_issues
        written["top_strengths"] = self.top_strengths
        written["check_summary"] = self.check_summary
        written["analysis_modules_executed"] = self.analysis_modules_executed
        written["primary_action_code"] = self.primary_action_code
        written["parent_evaluation_id"] = self.parent_evaluation_id
        written["attempt_number"] = self.attempt_number
        written["superseded_at"] = self.superseded_at if self.superseded_at is None else plain_time(self.superseded_at)
        written["eval_duration_ms"] = self.eval_duration_ms
        written["feedback_is_positive"] = self.feedback_is_positive
        written["feedback_reason"] = self.feedback_reason
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["updated_at"] = self.updated_at if self.updated_at is None else plain_time(self.updated_at)
        written["source_code"] = self.source_code if self.source_code is None else plain(self.source_code)
        written["client_ref"] = self.client_ref
        written["submitted_at"] = self.submitted_at if self.submitted_at is None else plain_time(self.submitted_at)
        written["completed_at"] = self.completed_at if self.completed_at is None else plain_time(self.completed_at)
        written["callback_url"] = self.callback_url
        written["cost"] = self.cost
        written["failure_code"] = self.failure_code if self.failure_code is None else plain(self.failure_code)
        written["job_class_code"] = self.job_class_code if self.job_class_code is None else plain(self.job_class_code)
        written["links"] = self.links
        written["judges"] = self.judges if self.judges is None else plain_list(self.judges)
        written["gate_failures"] = self.gate_failures if self.gate_failures is None else plain_list(self.gate_failures)
        written["action"] = self.action if self.action is None else plain(self.action)
        written["run"] = self.run if self.run is None else plain(self.run)
        written["model"] = self.model if self.model is None else plain(self.model)
        written["parent_evaluation"] = (
            self.parent_evaluation if self.parent_evaluation is None else plain(self.parent_evaluation)
        )
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
