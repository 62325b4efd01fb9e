"""The model `Evaluation`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader, read_datetime
from ..encoding import plain, plain_list
from ..summary import short_repr
from ..types import JsonObject
from .evaluation_failure import EvaluationFailure
from .evaluation_job_class import EvaluationJobClass
from .evaluation_source import EvaluationSource
from .evaluation_status import EvaluationStatus

_FIELDS = dict.fromkeys(
    (
        "id",
        "org_id",
        "run_id",
        "target_type_code",
        "model_id",
        "flow_id",
        "comfyui_workflow_id",
        "status_code",
        "task_type",
        "task_description",
        "generation_prompt",
        "generated_image_url",
        "input_attributes",
        "evaluation_instructions",
        "reference_images",
        "overall_passed",
        "weighted_pass_rate",
        "override_reason",
        "top_issues",
        "top_strengths",
        "check_summary",
        "analysis_modules_executed",
        "primary_action_code",
        "parent_evaluation_id",
        "attempt_number",
        "superseded_at",
        "eval_duration_ms",
        "feedback_is_positive",
        "feedback_reason",
        "created_at",
        "updated_at",
        "source_code",
        "client_ref",
        "submitted_at",
        "completed_at",
        "callback_url",
        "cost",
        "failure_code",
        "job_class_code",
        "links",
        "judges",
        "gate_failures",
        "action",
        "run",
        "model",
        "parent_evaluation",
    )
)
_known = fields_reader(_FIELDS)
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
    judges: list[EvaluationJudge] | None = None
    """The judges' findings, when asked for with embed."""
    gate_failures: list[EvaluationGateFailure] | None = None
    """The hard gates that were not met, when asked for with embed."""
    action: EvaluationAction | None = None
    """What to do next, when asked for with embed."""
    run: Run | None = None
    model: Model | None = None
    parent_evaluation: Evaluation | None = None
    """The evaluation this one repeats. The page leaves its shape open."""
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = cls.__new__(cls)
        try:
            known = _known(src)
        except KeyError:
            src = {**_FIELDS, **src}
            known = _known(src)
        (
            self.id,
            self.org_id,
            self.run_id,
            self.target_type_code,
            self.model_id,
            self.flow_id,
            self.comfyui_workflow_id,
            self.status_code,
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
            self.superseded_at,
            self.eval_duration_ms,
            self.feedback_is_positive,
            self.feedback_reason,
            self.created_at,
            self.updated_at,
            self.source_code,
            self.client_ref,
            self.submitted_at,
            self.completed_at,
            self.callback_url,
            self.cost,
            self.failure_code,
            self.job_class_code,
            self.links,
            self.judges,
            self.gate_failures,
            self.action,
            self.run,
            self.model,
            self.parent_evaluation,
        ) = known
        self.status_code = EvaluationStatus.read(self.status_code)
        self.superseded_at = read_datetime(self.superseded_at)
        self.created_at = read_datetime(self.created_at)
        self.updated_at = read_datetime(self.updated_at)
        self.source_code = EvaluationSource.read(self.source_code)
        self.submitted_at = read_datetime(self.submitted_at)
        self.completed_at = read_datetime(self.completed_at)
        self.failure_code = EvaluationFailure.read(self.failure_code)
        self.job_class_code = EvaluationJobClass.read(self.job_class_code)
        value = src["judges"]
        self.judges = (
            [EvaluationJudge.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        value = src["gate_failures"]
        self.gate_failures = (
            [EvaluationGateFailure.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        value = src["action"]
        self.action = EvaluationAction.from_dict(value) if isinstance(value, dict) else value
        value = src["run"]
        self.run = Run.from_dict(value) if isinstance(value, dict) else value
        value = src["model"]
        self.model = Model.from_dict(value) if isinstance(value, dict) else value
        value = src["parent_evaluation"]
        self.parent_evaluation = cls.from_dict(value) if isinstance(value, dict) else value
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "id": self.id,
            "org_id": self.org_id,
            "run_id": self.run_id,
            "target_type_code": self.target_type_code,
            "model_id": self.model_id,
            "flow_id": self.flow_id,
            "comfyui_workflow_id": self.comfyui_workflow_id,
            "status_code": plain(self.status_code),
            "task_type": self.task_type,
            "task_description": self.task_description,
            "generation_prompt": self.generation_prompt,
            "generated_image_url": self.generated_image_url,
            "input_attributes": self.input_attributes,
            "evaluation_instructions": self.evaluation_instructions,
            "reference_images": self.reference_images,
            "overall_passed": self.overall_passed,
            "weighted_pass_rate": self.weighted_pass_rate,
            "override_reason": self.override_reason,
            "top_issues": self.top_issues,
            "top_strengths": self.top_strengths,
            "check_summary": self.check_summary,
            "analysis_modules_executed": self.analysis_modules_executed,
            "primary_action_code": self.primary_action_code,
            "parent_evaluation_id": self.parent_evaluation_id,
            "attempt_number": self.attempt_number,
            "superseded_at": plain(self.superseded_at),
            "eval_duration_ms": self.eval_duration_ms,
            "feedback_is_positive": self.feedback_is_positive,
            "feedback_reason": self.feedback_reason,
            "created_at": plain(self.created_at),
            "updated_at": plain(self.updated_at),
            "source_code": plain(self.source_code),
            "client_ref": self.client_ref,
            "submitted_at": plain(self.submitted_at),
            "completed_at": plain(self.completed_at),
            "callback_url": self.callback_url,
            "cost": self.cost,
            "failure_code": plain(self.failure_code),
            "job_class_code": plain(self.job_class_code),
            "links": self.links,
            "judges": plain_list(self.judges),
            "gate_failures": plain_list(self.gate_failures),
            "action": plain(self.action),
            "run": plain(self.run),
            "model": plain(self.model),
            "parent_evaluation": plain(self.parent_evaluation),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)


# Below the class, because models refer to each other in circles.
from .evaluation_action import EvaluationAction
from .evaluation_gate_failure import EvaluationGateFailure
from .evaluation_judge import EvaluationJudge
from .model import Model
from .run import Run
