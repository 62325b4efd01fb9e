"""The model `Run`."""

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

_FIELDS = dict.fromkeys(
    (
        "id",
        "flow_id",
        "model_id",
        "comfyui_workflow_id",
        "target_version",
        "org_id",
        "input",
        "output",
        "context",
        "duration_ms",
        "cost",
        "cost_breakdown",
        "nodes_total",
        "nodes_completed",
        "resolved_template_id",
        "batch_id",
        "client_ref",
        "jurisdiction_code",
        "flow_version_id",
        "request_id",
        "created_by",
        "created_at",
        "started_at",
        "completed_at",
        "callback_url",
        "metadata",
        "has_logs",
        "has_node_runs",
        "links",
        "failure_code",
        "failure_message",
        "feedback_is_positive",
        "feedback_reason",
        "source_chat_message_id",
        "current_evaluation_summary",
        "node_runs",
        "logs",
        "model",
        "comfyui_workflow",
    )
)
_known = fields_reader(_FIELDS)
_SHOWN = (
    "id",
    "has_logs",
    "has_node_runs",
    "feedback_is_positive",
    "duration_ms",
    "nodes_total",
    "nodes_completed",
    "target_version",
    "cost",
    "client_ref",
    "jurisdiction_code",
    "request_id",
    "failure_code",
    "failure_message",
    "feedback_reason",
    "created_at",
    "started_at",
    "completed_at",
    "node_runs",
    "logs",
    "current_evaluation_summary",
    "model",
    "comfyui_workflow",
)


@define(kw_only=True, repr=False)
class Run:
    """The run whose output was evaluated, or under which the evaluation was filed.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    flow_id: str | None = None
    model_id: str | None = None
    comfyui_workflow_id: str | None = None
    target_version: str | None = None
    org_id: str | None = None
    input: JsonObject | None = None
    output: JsonObject | None = None
    context: JsonObject | None = None
    duration_ms: int | None = None
    cost: str | None = None
    """Credits charged, as a decimal."""
    cost_breakdown: JsonObject | None = None
    nodes_total: int | None = None
    nodes_completed: int | None = None
    resolved_template_id: str | None = None
    batch_id: str | None = None
    client_ref: str | None = None
    jurisdiction_code: str | None = None
    flow_version_id: str | None = None
    request_id: str | None = None
    created_by: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    callback_url: str | None = None
    metadata: JsonObject | None = None
    has_logs: bool | None = None
    has_node_runs: bool | None = None
    links: JsonObject | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    feedback_is_positive: bool | None = None
    feedback_reason: str | None = None
    source_chat_message_id: str | None = None
    current_evaluation_summary: RunEvaluationSummary | None = None
    node_runs: list[NodeRun] | None = None
    logs: list[RunLog] | None = None
    model: Model | None = None
    comfyui_workflow: ComfyuiWorkflow | None = None
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
            self.flow_id,
            self.model_id,
            self.comfyui_workflow_id,
            self.target_version,
            self.org_id,
            self.input,
            self.output,
            self.context,
            self.duration_ms,
            self.cost,
            self.cost_breakdown,
            self.nodes_total,
            self.nodes_completed,
            self.resolved_template_id,
            self.batch_id,
            self.client_ref,
            self.jurisdiction_code,
            self.flow_version_id,
            self.request_id,
            self.created_by,
            self.created_at,
            self.started_at,
            self.completed_at,
            self.callback_url,
            self.metadata,
            self.has_logs,
            self.has_node_runs,
            self.links,
            self.failure_code,
            self.failure_message,
            self.feedback_is_positive,
            self.feedback_reason,
            self.source_chat_message_id,
            self.current_evaluation_summary,
            self.node_runs,
            self.logs,
            self.model,
            self.comfyui_workflow,
        ) = known
        self.created_at = read_datetime(self.created_at)
        self.started_at = read_datetime(self.started_at)
        self.completed_at = read_datetime(self.completed_at)
        value = src["current_evaluation_summary"]
        self.current_evaluation_summary = RunEvaluationSummary.from_dict(value) if isinstance(value, dict) else value
        value = src["node_runs"]
        self.node_runs = (
            [NodeRun.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        value = src["logs"]
        self.logs = (
            [RunLog.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        value = src["model"]
        self.model = Model.from_dict(value) if isinstance(value, dict) else value
        value = src["comfyui_workflow"]
        self.comfyui_workflow = ComfyuiWorkflow.from_dict(value) if isinstance(value, dict) else value
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "id": self.id,
            "flow_id": self.flow_id,
            "model_id": self.model_id,
            "comfyui_workflow_id": self.comfyui_workflow_id,
            "target_version": self.target_version,
            "org_id": self.org_id,
            "input": self.input,
            "output": self.output,
            "context": self.context,
            "duration_ms": self.duration_ms,
            "cost": self.cost,
            "cost_breakdown": self.cost_breakdown,
            "nodes_total": self.nodes_total,
            "nodes_completed": self.nodes_completed,
            "resolved_template_id": self.resolved_template_id,
            "batch_id": self.batch_id,
            "client_ref": self.client_ref,
            "jurisdiction_code": self.jurisdiction_code,
            "flow_version_id": self.flow_version_id,
            "request_id": self.request_id,
            "created_by": self.created_by,
            "created_at": plain(self.created_at),
            "started_at": plain(self.started_at),
            "completed_at": plain(self.completed_at),
            "callback_url": self.callback_url,
            "metadata": self.metadata,
            "has_logs": self.has_logs,
            "has_node_runs": self.has_node_runs,
            "links": self.links,
            "failure_code": self.failure_code,
            "failure_message": self.failure_message,
            "feedback_is_positive": self.feedback_is_positive,
            "feedback_reason": self.feedback_reason,
            "source_chat_message_id": self.source_chat_message_id,
            "current_evaluation_summary": plain(self.current_evaluation_summary),
            "node_runs": plain_list(self.node_runs),
            "logs": plain_list(self.logs),
            "model": plain(self.model),
            "comfyui_workflow": plain(self.comfyui_workflow),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)


# Below the class, because models refer to each other in circles.
from .comfyui_workflow import ComfyuiWorkflow
from .model import Model
from .node_run import NodeRun
from .run_evaluation_summary import RunEvaluationSummary
from .run_log import RunLog
