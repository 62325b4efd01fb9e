"""The model `EvaluationStatusRow`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader
from ..summary import short_repr

_FIELDS = dict.fromkeys(
    (
        "code",
        "name",
        "description",
    )
)
_known = fields_reader(_FIELDS)
_SHOWN = (
    "code",
    "name",
    "description",
)


@define(kw_only=True, repr=False)
class EvaluationStatusRow:
    """One status an evaluation can have. The field names are guesses; look at what really came.

    Source (inferred)
    """

    code: str | None = None
    """The value that stands in an evaluation's status_code."""
    name: str | None = None
    description: str | None = None
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
            self.code,
            self.name,
            self.description,
        ) = known
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "code": self.code,
            "name": self.name,
            "description": self.description,
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
