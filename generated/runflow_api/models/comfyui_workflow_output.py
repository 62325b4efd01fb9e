"""The model `ComfyuiWorkflowOutput`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import extra_of, make, read_datetime, values_of
from ..encoding import plain_time
from ..summary import short_repr
from ..types import JsonObject

_FIELDS: dict[str, Any] = {
    "id": None,
    "comfyui_workflow_id": None,
    "name": None,
    "display_name": None,
    "description": None,
    "variable_type_code": None,
    "validator_code": None,
    "validator_attrs": None,
    "sort_order": None,
    "comfyui_node_id": None,
    "comfyui_field_name": None,
    "created_at": None,
    "updated_at": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "id",
    "sort_order",
    "name",
    "display_name",
    "description",
    "variable_type_code",
    "validator_code",
    "comfyui_node_id",
    "comfyui_field_name",
    "created_at",
    "updated_at",
)


@define(kw_only=True, repr=False)
class ComfyuiWorkflowOutput:
    """An output a workflow gives.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    comfyui_workflow_id: str | None = None
    name: str | None = None
    display_name: str | None = None
    description: str | None = None
    variable_type_code: str | None = None
    validator_code: str | None = None
    validator_attrs: JsonObject | None = None
    sort_order: int | None = None
    comfyui_node_id: str | None = None
    comfyui_field_name: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 13:
            src = {**_FIELDS, **src}
        try:
            (
                self.id,
                self.comfyui_workflow_id,
                self.name,
                self.display_name,
                self.description,
                self.variable_type_code,
                self.validator_code,
                self.validator_attrs,
                self.sort_order,
                self.comfyui_node_id,
                self.comfyui_field_name,
                raw_created_at,
                raw_updated_at,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.updated_at = raw_updated_at if raw_updated_at is None else read_datetime(raw_updated_at)
        self.additional_properties = {} if len(src) == 13 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["comfyui_workflow_id"] = self.comfyui_workflow_id
        written["name"] = self.name
        written["display_name"] = self.display_name
        written["description"] = self.description
        written["variable_type_code"] = self.variable_type_code
        written["validator_code"] = self.validator_code
        written["validator_attrs"] = self.validator_attrs
        written["sort_order"] = self.sort_order
        written["comfyui_node_id"] = self.comfyui_node_id
        written["comfyui_field_name"] = self.comfyui_field_name
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["updated_at"] = self.updated_at if self.updated_at is None else plain_time(self.updated_at)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
