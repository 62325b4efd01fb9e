"""The model `ModelFaqEntry`."""

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
    "model_id": None,
    "question": None,
    "answer": None,
    "sort_order": None,
    "created_at": None,
    "updated_at": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "id",
    "sort_order",
    "question",
    "answer",
    "created_at",
    "updated_at",
)


@define(kw_only=True, repr=False)
class ModelFaqEntry:
    """A question about a model with its answer.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    model_id: str | None = None
    question: str | None = None
    answer: str | None = None
    sort_order: int | None = None
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
        if len(src) < 7:
            src = {**_FIELDS, **src}
        try:
            self.id, self.model_id, self.question, self.answer, self.sort_order, raw_created_at, raw_updated_at = (
                _values_of(src)
            )
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.updated_at = raw_updated_at if raw_updated_at is None else read_datetime(raw_updated_at)
        self.additional_properties = {} if len(src) == 7 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["model_id"] = self.model_id
        written["question"] = self.question
        written["answer"] = self.answer
        written["sort_order"] = self.sort_order
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["updated_at"] = self.updated_at if self.updated_at is None else plain_time(self.updated_at)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
