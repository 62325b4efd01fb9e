"""The model `EvaluationCallback`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import extra_of, make, read_datetime, values_of
from ..encoding import plain_time
from ..summary import short_repr

_FIELDS: dict[str, Any] = {
    "event": None,
    "evaluation_id": None,
    "id": None,
    "status": None,
    "status_code": None,
    "overall_passed": None,
    "weighted_pass_rate": None,
    "client_ref": None,
    "created_at": None,
    "completed_at": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "id",
    "overall_passed",
    "weighted_pass_rate",
    "event",
    "status",
    "status_code",
    "client_ref",
    "created_at",
    "completed_at",
)


@define(kw_only=True, repr=False)
class EvaluationCallback:
    """What is sent to callback_url at the end. The payload is not documented: beyond the two event names and the echo
    of client_ref, the fields are inferred from the callbacks of runs. Look for the id and the status under both of
    their names.

    Source (inferred): https://docs.runflow.io/concepts/callbacks
    """

    event: str | None = None
    """evaluation.completed or evaluation.failed."""
    evaluation_id: str | None = None
    id: str | None = None
    status: str | None = None
    status_code: str | None = None
    overall_passed: bool | None = None
    weighted_pass_rate: float | None = None
    client_ref: str | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 10:
            src = {**_FIELDS, **src}
        try:
            (
                self.event,
                self.evaluation_id,
                self.id,
                self.status,
                self.status_code,
                self.overall_passed,
                self.weighted_pass_rate,
                self.client_ref,
                raw_created_at,
                raw_completed_at,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.completed_at = raw_completed_at if raw_completed_at is None else read_datetime(raw_completed_at)
        self.additional_properties = {} if len(src) == 10 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["event"] = self.event
        written["evaluation_id"] = self.evaluation_id
        written["id"] = self.id
        written["status"] = self.status
        written["status_code"] = self.status_code
        written["overall_passed"] = self.overall_passed
        written["weighted_pass_rate"] = self.weighted_pass_rate
        written["client_ref"] = self.client_ref
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["completed_at"] = self.completed_at if self.completed_at is None else plain_time(self.completed_at)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
