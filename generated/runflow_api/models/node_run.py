"""The model `NodeRun`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader, read_datetime
from ..encoding import plain
from ..summary import short_repr
from ..types import JsonObject

_FIELDS = dict.fromkeys(
    (
        "id",
        "run_id",
        "node_id",
        "flow_id",
        "state_code",
        "input",
        "output",
        "input_signature",
        "preview_type",
        "preview_value",
        "duration_ms",
        "cost",
        "retry_count",
        "error_message",
        "created_at",
        "started_at",
        "completed_at",
    )
)
_known = fields_reader(_FIELDS)
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
        self = cls.__new__(cls)
        try:
            known = _known(src)
        except KeyError:
            src = {**_FIELDS, **src}
            known = _known(src)
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
            self.created_at,
            self.started_at,
            self.completed_at,
        ) = known
        self.created_at = read_datetime(self.created_at)
        self.started_at = read_datetime(self.started_at)
        self.completed_at = read_datetime(self.completed_at)
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "id": self.id,
            "run_id": self.run_id,
            "node_id": self.node_id,
            "flow_id": self.flow_id,
            "state_code": self.state_code,
            "input": self.input,
            "output": self.output,
            "input_signature": self.input_signature,
            "preview_type": self.preview_type,
            "preview_value": self.preview_value,
            "duration_ms": self.duration_ms,
            "cost": self.cost,
            "retry_count": self.retry_count,
            "error_message": self.error_message,
            "created_at": plain(self.created_at),
            "started_at": plain(self.started_at),
            "completed_at": plain(self.completed_at),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
