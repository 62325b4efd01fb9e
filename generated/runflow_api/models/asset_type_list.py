"""The model `AssetTypeList`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader
from ..encoding import plain_list
from ..summary import short_repr

_FIELDS = dict.fromkeys(
    (
        "items",
        "first",
        "next",
        "previous",
    )
)
_known = fields_reader(_FIELDS)
_SHOWN = (
    "first",
    "next",
    "previous",
    "items",
)


@define(kw_only=True, repr=False)
class AssetTypeList:
    """Asset types, in the envelope that other lists are documented to have.

    Source (inferred): https://docs.runflow.io/api-reference/webhooks/search-webhooks
    """

    items: list[AssetTypeRow] | None = None
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
        self = cls.__new__(cls)
        try:
            known = _known(src)
        except KeyError:
            src = {**_FIELDS, **src}
            known = _known(src)
        (
            self.items,
            self.first,
            self.next,
            self.previous,
        ) = known
        value = src["items"]
        self.items = (
            [AssetTypeRow.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "items": plain_list(self.items),
            "first": self.first,
            "next": self.next,
            "previous": self.previous,
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)


# Below the class, because models refer to each other in circles.
from .asset_type_row import AssetTypeRow
