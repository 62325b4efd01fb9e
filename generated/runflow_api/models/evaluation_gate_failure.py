"""The model `EvaluationGateFailure`."""

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
        "evaluation_id",
        "output_key",
        "module",
        "reason",
        "created_at",
    )
)
_known = fields_reader(_FIELDS)
_SHOWN = (
    "id",
    "output_key",
    "module",
    "reason",
    "created_at",
)


@define(kw_only=True, repr=False)
class EvaluationGateFailure:
    """A hard gate that was not met, whatever the judges say.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    evaluation_id: str | None = None
    output_key: str | None = None
    module: str | None = None
    reason: str | None = None
    created_at: datetime | None = None
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
            self.evaluation_id,
            self.output_key,
            self.module,
            self.reason,
            self.created_at,
        ) = known
        self.created_at = read_datetime(self.created_at)
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "id": self.id,
            "evaluation_id": self.evaluation_id,
            "output_key": self.output_key,
            "module": self.module,
            "reason": self.reason,
            "created_at": plain(self.created_at),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
