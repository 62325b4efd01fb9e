"""The model `RunLog`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from .. import models as api_models
from ..decoding import extra_of, make, read_datetime, values_of
from ..encoding import plain, plain_time
from ..summary import short_repr
from ..types import JsonObject

_FIELDS: dict[str, Any] = {
    "id": None,
    "run_id": None,
    "level_code": None,
    "message": None,
    "timestamp": None,
    "meta": None,
    "run": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "id",
    "level_code",
    "message",
    "timestamp",
    "run",
)


@define(kw_only=True, repr=False)
class RunLog:
    """One line of a run's log.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    run_id: str | None = None
    level_code: str | None = None
    message: str | None = None
    timestamp: datetime | None = None
    meta: JsonObject | None = None
    run: api_models.Run | None = None
    """Null in the page's example."""
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 7:
            src = {**_FIELDS, **src}
        try:
            self.id, self.run_id, self.level_code, self.message, raw_timestamp, self.meta, raw_run = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.timestamp = raw_timestamp if raw_timestamp is None else read_datetime(raw_timestamp)
        self.run = api_models.Run.from_dict(raw_run) if isinstance(raw_run, dict) else raw_run
        self.additional_properties = {} if len(src) == 7 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["run_id"] = self.run_id
        written["level_code"] = self.level_code
        written["message"] = self.message
        written["timestamp"] = self.timestamp if self.timestamp is None else plain_time(self.timestamp)
        written["meta"] = self.meta
        written["run"] = self.run if self.run is None else plain(self.run)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
