"""The model `ModelFaqEntry`."""

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
        "id",
        "model_id",
        "question",
        "answer",
        "sort_order",
        "created_at",
        "updated_at",
    )
)
_known = fields_reader(_FIELDS)
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
        self = cls.__new__(cls)
        try:
            known = _known(src)
        except KeyError:
            src = {**_FIELDS, **src}
            known = _known(src)
        (
            self.id,
            self.model_id,
            self.question,
            self.answer,
            self.sort_order,
            self.created_at,
            self.updated_at,
        ) = known
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
            "question": self.question,
            "answer": self.answer,
            "sort_order": self.sort_order,
            "created_at": plain(self.created_at),
            "updated_at": plain(self.updated_at),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
