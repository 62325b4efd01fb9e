"""The model `NodeRun`."""

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
    "run_id": None,
    "node_id": None,
    "flow_id": None,
    "state_code": None,
    "input": None,
    "output": None,
    "input_signature": None,
    "preview_type": None,
    "preview_value": None,
    "duration_ms": None,
    "cost": None,
    "retry_count": None,
    "error_message": None,
    "created_at": None,
    "started_at": None,
    "completed_at": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "id",
    "duration_ms",
    "retry_count",
    "state_code",
    "input_signature",
    "preview_type",
    "cost",
    "error_message",
    "created_at",
    "started_at",
    "completed_at",
)


@define(kw_only=True, repr=False)
class NodeRun:
    """One step of a run.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    run_id: str | None = None
    node_id: str | None = None
    flow_id: str | None = None
    state_code: str | None = None
    input: JsonObject | None = None
    output: JsonObject | None = None
    input_signature: str | None = None
    preview_type: str | None = None
    preview_value: str | None = None
    duration_ms: int | None = None
    cost: str | None = None
    """Credits charged, as a decimal."""
    retry_count: int | None = None
    error_message: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 17:
            src = {**_FIELDS, **src}
        try:
            (
                self.id,
                self.run_id,
                self.node_id,
                self.flow_id,
                self.state_code,
                self.input,
                self.output,
                self.input_signature,
                self.preview_type,
                self.preview_value,
                self.duration_ms,
                self.cost,
                self.retry_count,
                self.error_message,
                raw_created_at,
                raw_started_at,
                raw_completed_at,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.started_at = raw_started_at if raw_started_at is None else read_datetime(raw_started_at)
        self.completed_at = raw_completed_at if raw_completed_at is None else read_datetime(raw_completed_at)
        self.additional_properties = {} if len(src) == 17 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["run_id"] = self.run_id
        written["node_id"] = self.node_id
        written["flow_id"] = self.flow_id
        written["state_code"] = self.state_code
        written["input"] = self.input
        written["output"] = self.output
        written["input_signature"] = self.input_signature
        written["preview_type"] = self.preview_type
        written["preview_value"] = self.preview_value
        written["duration_ms"] = self.duration_ms
        written["cost"] = self.cost
        written["retry_count"] = self.retry_count
        written["error_message"] = self.error_message
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["started_at"] = self.started_at if self.started_at is None else plain_time(self.started_at)
        written["completed_at"] = self.completed_at if self.completed_at is None else plain_time(self.completed_at)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
