"""The model `ComfyuiWorkflow`."""

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
        "org_id",
        "slug",
        "name",
        "description",
        "workflow_json",
        "version",
        "is_public",
        "status_code",
        "created_by",
        "environment",
        "models",
        "custom_nodes",
        "graph",
        "resources",
        "created_at",
        "updated_at",
        "deleted_at",
        "deleted_by",
        "category_code",
        "gpu_current_tier_code",
        "inputs",
        "outputs",
        "gpu_explicit_models",
    )
)
_known = fields_reader(_FIELDS)
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
    inputs: list[ComfyuiWorkflowInput] | None = None
    outputs: list[ComfyuiWorkflowOutput] | None = None
    gpu_explicit_models: list[ComfyuiWorkflowGpuModel] | None = None
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
            self.created_at,
            self.updated_at,
            self.deleted_at,
            self.deleted_by,
            self.category_code,
            self.gpu_current_tier_code,
            self.inputs,
            self.outputs,
            self.gpu_explicit_models,
        ) = known
        self.created_at = read_datetime(self.created_at)
        self.updated_at = read_datetime(self.updated_at)
        self.deleted_at = read_datetime(self.deleted_at)
        value = src["inputs"]
        self.inputs = (
            [ComfyuiWorkflowInput.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        value = src["outputs"]
        self.outputs = (
            [ComfyuiWorkflowOutput.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        value = src["gpu_explicit_models"]
        self.gpu_explicit_models = (
            [ComfyuiWorkflowGpuModel.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
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
            "slug": self.slug,
            "name": self.name,
            "description": self.description,
            "workflow_json": self.workflow_json,
            "version": self.version,
            "is_public": self.is_public,
            "status_code": self.status_code,
            "created_by": self.created_by,
            "environment": self.environment,
            "models": self.models,
            "custom_nodes": self.custom_nodes,
            "graph": self.graph,
            "resources": self.resources,
            "created_at": plain(self.created_at),
            "updated_at": plain(self.updated_at),
            "deleted_at": plain(self.deleted_at),
            "deleted_by": self.deleted_by,
            "category_code": self.category_code,
            "gpu_current_tier_code": self.gpu_current_tier_code,
            "inputs": plain_list(self.inputs),
            "outputs": plain_list(self.outputs),
            "gpu_explicit_models": plain_list(self.gpu_explicit_models),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)


# Below the class, because models refer to each other in circles.
from .comfyui_workflow_gpu_model import ComfyuiWorkflowGpuModel
from .comfyui_workflow_input import ComfyuiWorkflowInput
from .comfyui_workflow_output import ComfyuiWorkflowOutput
