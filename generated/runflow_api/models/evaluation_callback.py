"""The model `EvaluationCallback`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader, read_datetime
from ..encoding import plain
from ..summary import short_repr

_FIELDS = dict.fromkeys(
    (
        "event",
        "evaluation_id",
        "id",
        "status",
        "status_code",
        "overall_passed",
        "weighted_pass_rate",
        "client_ref",
        "created_at",
        "completed_at",
    )
)
_known = fields_reader(_FIELDS)
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
        self = cls.__new__(cls)
        try:
            known = _known(src)
        except KeyError:
            src = {**_FIELDS, **src}
            known = _known(src)
        (
            self.event,
            self.evaluation_id,
            self.id,
            self.status,
            self.status_code,
            self.overall_passed,
            self.weighted_pass_rate,
            self.client_ref,
            self.created_at,
            self.completed_at,
        ) = known
        self.created_at = read_datetime(self.created_at)
        self.completed_at = read_datetime(self.completed_at)
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "event": self.event,
            "evaluation_id": self.evaluation_id,
            "id": self.id,
            "status": self.status,
            "status_code": self.status_code,
            "overall_passed": self.overall_passed,
            "weighted_pass_rate": self.weighted_pass_rate,
            "client_ref": self.client_ref,
            "created_at": plain(self.created_at),
            "completed_at": plain(self.completed_at),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
