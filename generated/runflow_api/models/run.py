"""The model `Run`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from .. import models as api_models
from ..decoding import extra_of, make, read_datetime, read_models, values_of
from ..encoding import plain, plain_list, plain_time
from ..summary import short_repr
from ..types import JsonObject

_FIELDS: dict[str, Any] = {
    "id": None,
    "flow_id": None,
    "model_id": None,
    "comfyui_workflow_id": None,
    "target_version": None,
    "org_id": None,
    "input": None,
    "output": None,
    "context": None,
    "duration_ms": None,
    "cost": None,
    "cost_breakdown": None,
    "nodes_total": None,
    "nodes_completed": None,
    "resolved_template_id": None,
    "batch_id": None,
    "client_ref": None,
    "jurisdiction_code": None,
    "flow_version_id": None,
    "request_id": None,
    "created_by": None,
    "created_at": None,
    "started_at": None,
    "completed_at": None,
    "callback_url": None,
    "metadata": None,
    "has_logs": None,
    "has_node_runs": None,
    "links": None,
    "failure_code": None,
    "failure_message": None,
    "feedback_is_positive": None,
    "feedback_reason": None,
    "source_chat_message_id": None,
    "current_evaluation_summary": None,
    "node_runs": None,
    "logs": None,
    "model": None,
    "comfyui_workflow": None,
}
_values_of = values_of(_FIELDS)
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
    current_evaluation_summary: api_models.RunEvaluationSummary | None = None
    node_runs: list[api_models.NodeRun] | None = None
    logs: list[api_models.RunLog] | None = None
    model: api_models.Model | None = None
    comfyui_workflow: api_models.ComfyuiWorkflow | None = None
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 39:
            src = {**_FIELDS, **src}
        try:
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
                raw_created_at,
                raw_started_at,
                raw_completed_at,
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
                raw_current_evaluation_summary,
                raw_node_runs,
                raw_logs,
                raw_model,
                raw_comfyui_workflow,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.started_at = raw_started_at if raw_started_at is None else read_datetime(raw_started_at)
        self.completed_at = raw_completed_at if raw_completed_at is None else read_datetime(raw_completed_at)
        self.current_evaluation_summary = (
            api_models.RunEvaluationSummary.from_dict(raw_current_evaluation_summary)
            if isinstance(raw_current_evaluation_summary, dict)
            else raw_current_evaluation_summary
        )
        self.node_runs = read_models(raw_node_runs, api_models.NodeRun.from_dict) if raw_node_runs else raw_node_runs
        self.logs = read_models(raw_logs, api_models.RunLog.from_dict) if raw_logs else raw_logs
        self.model = api_models.Model.from_dict(raw_model) if isinstance(raw_model, dict) else raw_model
        self.comfyui_workflow = (
            api_models.ComfyuiWorkflow.from_dict(raw_comfyui_workflow)
            if isinstance(raw_comfyui_workflow, dict)
            else raw_comfyui_workflow
        )
        self.additional_properties = {} if len(src) == 39 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["flow_id"] = self.flow_id
        written["model_id"] = self.model_id
        written["comfyui_workflow_id"] = self.comfyui_workflow_id
        written["target_version"] = self.target_version
        written["org_id"] = self.org_id
        written["input"] = self.input
        written["output"] = self.output
        written["context"] = self.context
        written["duration_ms"] = self.duration_ms
        written["cost"] = self.cost
        written["cost_breakdown"] = self.cost_breakdown
        written["nodes_total"] = self.nodes_total
        written["nodes_completed"] = self.nodes_completed
        written["resolved_template_id"] = self.resolved_template_id
        written["batch_id"] = self.batch_id
        written["client_ref"] = self.client_ref
        written["jurisdiction_code"] = self.jurisdiction_code
        written["flow_version_id"] = self.flow_version_id
        written["request_id"] = self.request_id
        written["created_by"] = self.created_by
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["started_at"] = self.started_at if self.started_at is None else plain_time(self.started_at)
        written["completed_at"] = self.completed_at if self.completed_at is None else plain_time(self.completed_at)
        written["callback_url"] = self.callback_url
        written["metadata"] = self.metadata
        written["has_logs"] = self.has_logs
        written["has_node_runs"] = self.has_node_runs
        written["links"] = self.links
        written["failure_code"] = self.failure_code
        written["failure_message"] = self.failure_message
        written["feedback_is_positive"] = self.feedback_is_positive
        written["feedback_reason"] = self.feedback_reason
        written["source_chat_message_id"] = self.source_chat_message_id
        written["current_evaluation_summary"] = (
            self.current_evaluation_summary
            if self.current_evaluation_summary is None
            else plain(self.current_evaluation_summary)
        )
        written["node_runs"] = self.node_runs if self.node_runs is None else plain_list(self.node_runs)
        written["logs"] = self.logs if self.logs is None else plain_list(self.logs)
        written["model"] = self.model if self.model is None else plain(self.model)
        written["comfyui_workflow"] = (
            self.comfyui_workflow if self.comfyui_workflow is None else plain(self.comfyui_workflow)
        )
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
