"""The model `EvaluationStatusRow`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import extra_of, make, values_of
from ..summary import short_repr

_FIELDS: dict[str, Any] = {
    "code": None,
    "name": None,
    "description": None,
}
_values_of = values_of(_FIELDS)
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
        self = make(cls)
        if len(src) < 3:
            src = {**_FIELDS, **src}
        try:
            self.code, self.name, self.description = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.additional_properties = {} if len(src) == 3 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["code"] = self.code
        written["name"] = self.name
        written["description"] = self.description
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
