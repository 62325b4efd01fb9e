"""The model `EvaluationIssue`."""

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
    "id": None,
    "evaluation_id": None,
    "evaluation_judge_id": None,
    "category": None,
    "subcategory": None,
    "detail": None,
    "created_at": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "id",
    "category",
    "subcategory",
    "detail",
    "created_at",
)


@define(kw_only=True, repr=False)
class EvaluationIssue:
    """One fault a judge found.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    evaluation_id: str | None = None
    evaluation_judge_id: str | None = None
    category: str | None = None
    subcategory: str | None = None
    detail: str | None = None
    created_at: datetime | None = None
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
            (
                self.id,
                self.evaluation_id,
                self.evaluation_judge_id,
                self.category,
                self.subcategory,
                self.detail,
                raw_created_at,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.additional_properties = {} if len(src) == 7 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["evaluation_id"] = self.evaluation_id
        written["evaluation_judge_id"] = self.evaluation_judge_id
        written["category"] = self.category
        written["subcategory"] = self.subcategory
        written["detail"] = self.detail
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
