"""The model `EvaluationJobClassList`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from .. import models as api_models
from ..decoding import extra_of, make, read_models, values_of
from ..encoding import plain_list
from ..summary import short_repr

_FIELDS: dict[str, Any] = {
    "items": None,
    "first": None,
    "next": None,
    "previous": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "first",
    "next",
    "previous",
    "items",
)


@define(kw_only=True, repr=False)
class EvaluationJobClassList:
    """Job classes, in the envelope that other lists are documented to have.

    Source (inferred): https://docs.runflow.io/api-reference/webhooks/search-webhooks
    """

    items: list[api_models.EvaluationJobClassRow] | None = None
    first: str | None = None
    """The cursor of the first page."""
    next: str | None = None
    """The cursor of the next page."""
    previous: str | None = None
    """The cursor of the page before."""
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 4:
            src = {**_FIELDS, **src}
        try:
            raw_items, self.first, self.next, self.previous = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.items = read_models(raw_items, api_models.EvaluationJobClassRow.from_dict) if raw_items else raw_items
        self.additional_properties = {} if len(src) == 4 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["items"] = self.items if self.items is None else plain_list(self.items)
        written["first"] = self.first
        written["next"] = self.next
        written["previous"] = self.previous
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
