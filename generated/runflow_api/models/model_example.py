"""The model `ModelExample`."""

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
        "model_id",
        "title",
        "description",
        "input",
        "output",
        "status_code",
        "cost",
        "start_type",
        "timing",
        "duration_ms",
        "total_ms",
        "thumbnail_url",
        "category_code",
        "is_featured",
        "is_public",
        "sort_order",
        "ran_at",
        "created_at",
        "updated_at",
    )
)
_known = fields_reader(_FIELDS)
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
        self = cls.__new__(cls)
        try:
            known = _known(src)
        except KeyError:
            src = {**_FIELDS, **src}
            known = _known(src)
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
            self.ran_at,
            self.created_at,
            self.updated_at,
        ) = known
        self.ran_at = read_datetime(self.ran_at)
        self.created_at = read_datetime(self.created_at)
        self.updated_at = read_datetime(self.updated_at)
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "id": self.id,
            "model_id": self.model_id,
            "title": self.title,
            "description": self.description,
            "input": self.input,
            "output": self.output,
            "status_code": self.status_code,
            "cost": self.cost,
            "start_type": self.start_type,
            "timing": self.timing,
            "duration_ms": self.duration_ms,
            "total_ms": self.total_ms,
            "thumbnail_url": self.thumbnail_url,
            "category_code": self.category_code,
            "is_featured": self.is_featured,
            "is_public": self.is_public,
            "sort_order": self.sort_order,
            "ran_at": plain(self.ran_at),
            "created_at": plain(self.created_at),
            "updated_at": plain(self.updated_at),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
