"""The model `AssetUser`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import extra_of, make, values_of
from ..summary import short_repr

_FIELDS: dict[str, Any] = {
    "id": None,
    "email": None,
    "first_name": None,
    "last_name": None,
    "avatar_url": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "id",
    "email",
    "first_name",
    "last_name",
)


@define(kw_only=True, repr=False)
class AssetUser:
    """A user, as far as an asset shows one.

    Source (documented): https://docs.runflow.io/api-reference/assets/get-asset
    """

    id: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    avatar_url: str | None = None
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 5:
            src = {**_FIELDS, **src}
        try:
            self.id, self.email, self.first_name, self.last_name, self.avatar_url = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.additional_properties = {} if len(src) == 5 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["email"] = self.email
        written["first_name"] = self.first_name
        written["last_name"] = self.last_name
        written["avatar_url"] = self.avatar_url
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
