"""The model `RunLog`."""

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
        "level_code",
        "message",
        "timestamp",
        "meta",
        "run",
    )
)
_known = fields_reader(_FIELDS)
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
    run: Run | None = None
    """Null in the page's example."""
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
            self.level_code,
            self.message,
            self.timestamp,
            self.meta,
            self.run,
        ) = known
        self.timestamp = read_datetime(self.timestamp)
        value = src["run"]
        self.run = Run.from_dict(value) if isinstance(value, dict) else value
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
            "level_code": self.level_code,
            "message": self.message,
            "timestamp": plain(self.timestamp),
            "meta": self.meta,
            "run": plain(self.run),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)


# Below the class, because models refer to each other in circles.
from .run import Run
