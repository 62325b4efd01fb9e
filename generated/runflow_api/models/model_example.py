"""The model `ModelExample`."""

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
    "model_id": None,
    "title": None,
    "description": None,
    "input": None,
    "output": None,
    "status_code": None,
    "cost": None,
    "start_type": None,
    "timing": None,
    "duration_ms": None,
    "total_ms": None,
    "thumbnail_url": None,
    "category_code": None,
    "is_featured": None,
    "is_public": None,
    "sort_order": None,
    "ran_at": None,
    "created_at": None,
    "updated_at": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "id",
    "is_featured",
    "is_public",
    "status_code",
    "duration_ms",
    "total_ms",
    "sort_order",
    "title",
    "description",
    "cost",
    "start_type",
    "category_code",
    "ran_at",
    "created_at",
    "updated_at",
)


@define(kw_only=True, repr=False)
class ModelExample:
    """A sample run shown with a model.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    model_id: str | None = None
    title: str | None = None
    description: str | None = None
    input: JsonObject | None = None
    output: JsonObject | None = None
    status_code: int | None = None
    """A number here, unlike the other status codes."""
    cost: str | None = None
    """Credits charged, as a decimal."""
    start_type: str | None = None
    timing: JsonObject | None = None
    duration_ms: int | None = None
    total_ms: int | None = None
    thumbnail_url: str | None = None
    category_code: str | None = None
    is_featured: bool | None = None
    is_public: bool | None = None
    sort_order: int | None = None
    ran_at: datetime | None = None
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
        if len(src) < 20:
            src = {**_FIELDS, **src}
        try:
            (
                self.id,
                self.model_id,
                self.title,
                self.description,
                self.input,
                self.output,
                self.status_code,
                self.cost,
                self.start_type,
                self.timing,
                self.duration_ms,
                self.total_ms,
                self.thumbnail_url,
                self.category_code,
                self.is_featured,
                self.is_public,
                self.sort_order,
                raw_ran_at,
                raw_created_at,
                raw_updated_at,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.ran_at = raw_ran_at if raw_ran_at is None else read_datetime(raw_ran_at)
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.updated_at = raw_updated_at if raw_updated_at is None else read_datetime(raw_updated_at)
        self.additional_properties = {} if len(src) == 20 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["model_id"] = self.model_id
        written["title"] = self.title
        written["description"] = self.description
        written["input"] = self.input
        written["output"] = self.output
        written["status_code"] = self.status_code
        written["cost"] = self.cost
        written["start_type"] = self.start_type
        written["timing"] = self.timing
        written["duration_ms"] = self.duration_ms
        written["total_ms"] = self.total_ms
        written["thumbnail_url"] = self.thumbnail_url
        written["category_code"] = self.category_code
        written["is_featured"] = self.is_featured
        written["is_public"] = self.is_public
        written["sort_order"] = self.sort_order
        written["ran_at"] = self.ran_at if self.ran_at is None else plain_time(self.ran_at)
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["updated_at"] = self.updated_at if self.updated_at is None else plain_time(self.updated_at)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
