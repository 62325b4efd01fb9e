"""The model `ComfyuiWorkflow`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from .. import models as api_models
from ..decoding import extra_of, make, read_datetime, read_models, values_of
from ..encoding import plain_list, plain_time
from ..summary import short_repr
from ..types import JsonObject

_FIELDS: dict[str, Any] = {
    "id": None,
    "org_id": None,
    "slug": None,
    "name": None,
    "description": None,
    "workflow_json": None,
    "version": None,
    "is_public": None,
    "status_code": None,
    "created_by": None,
    "environment": None,
    "models": None,
    "custom_nodes": None,
    "graph": None,
    "resources": None,
    "created_at": None,
    "updated_at": None,
    "deleted_at": None,
    "deleted_by": None,
    "category_code": None,
    "gpu_current_tier_code": None,
    "inputs": None,
    "outputs": None,
    "gpu_explicit_models": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "id",
    "is_public",
    "slug",
    "name",
    "description",
    "version",
    "status_code",
    "category_code",
    "gpu_current_tier_code",
    "created_at",
    "updated_at",
    "deleted_at",
    "inputs",
    "outputs",
    "gpu_explicit_models",
)


@define(kw_only=True, repr=False)
class ComfyuiWorkflow:
    """The ComfyUI workflow that made the image.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    org_id: str | None = None
    slug: str | None = None
    name: str | None = None
    description: str | None = None
    workflow_json: JsonObject | None = None
    version: str | None = None
    is_public: bool | None = None
    status_code: str | None = None
    created_by: str | None = None
    environment: JsonObject | None = None
    models: JsonObject | None = None
    custom_nodes: JsonObject | None = None
    graph: JsonObject | None = None
    resources: JsonObject | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    category_code: str | None = None
    gpu_current_tier_code: str | None = None
    inputs: list[api_models.ComfyuiWorkflowInput] | None = None
    outputs: list[api_models.ComfyuiWorkflowOutput] | None = None
    gpu_explicit_models: list[api_models.ComfyuiWorkflowGpuModel] | None = None
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 24:
            src = {**_FIELDS, **src}
        try:
            (
                self.id,
                self.org_id,
                self.slug,
                self.name,
                self.description,
                self.workflow_json,
                self.version,
                self.is_public,
                self.status_code,
                self.created_by,
                self.environment,
                self.models,
                self.custom_nodes,
                self.graph,
                self.resources,
                raw_created_at,
                raw_updated_at,
                raw_deleted_at,
                self.deleted_by,
                self.category_code,
                self.gpu_current_tier_code,
                raw_inputs,
                raw_outputs,
                raw_gpu_explicit_models,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.updated_at = raw_updated_at if raw_updated_at is None else read_datetime(raw_updated_at)
        self.deleted_at = raw_deleted_at if raw_deleted_at is None else read_datetime(raw_deleted_at)
        self.inputs = read_models(raw_inputs, api_models.ComfyuiWorkflowInput.from_dict) if raw_inputs else raw_inputs
        self.outputs = (
            read_models(raw_outputs, api_models.ComfyuiWorkflowOutput.from_dict) if raw_outputs else raw_outputs
        )
        self.gpu_explicit_models = (
            read_models(raw_gpu_explicit_models, api_models.ComfyuiWorkflowGpuModel.from_dict)
            if raw_gpu_explicit_models
            else raw_gpu_explicit_models
        )
        self.additional_properties = {} if len(src) == 24 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["org_id"] = self.org_id
        written["slug"] = self.slug
        written["name"] = self.name
        written["description"] = self.description
        written["workflow_json"] = self.workflow_json
        written["version"] = self.version
        written["is_public"] = self.is_public
        written["status_code"] = self.status_code
        written["created_by"] = self.created_by
        written["environment"] = self.environment
        written["models"] = self.models
        written["custom_nodes"] = self.custom_nodes
        written["graph"] = self.graph
        written["resources"] = self.resources
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["updated_at"] = self.updated_at if self.updated_at is None else plain_time(self.updated_at)
        written["deleted_at"] = self.deleted_at if self.deleted_at is None else plain_time(self.deleted_at)
        written["deleted_by"] = self.deleted_by
        written["category_code"] = self.category_code
        written["gpu_current_tier_code"] = self.gpu_current_tier_code
        written["inputs"] = self.inputs if self.inputs is None else plain_list(self.inputs)
        written["outputs"] = self.outputs if self.outputs is None else plain_list(self.outputs)
        written["gpu_explicit_models"] = (
            self.gpu_explicit_models if self.gpu_explicit_models is None else plain_list(self.gpu_explicit_models)
        )
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
