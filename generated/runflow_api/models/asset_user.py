"""The model `AssetUser`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader
from ..summary import short_repr

_FIELDS = dict.fromkeys(
    (
        "id",
        "email",
        "first_name",
        "last_name",
        "avatar_url",
    )
)
_known = fields_reader(_FIELDS)
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
        self = cls.__new__(cls)
        try:
            known = _known(src)
        except KeyError:
            src = {**_FIELDS, **src}
            known = _known(src)
        (
            self.id,
            self.email,
            self.first_name,
            self.last_name,
            self.avatar_url,
        ) = known
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "id": self.id,
            "email": self.email,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "avatar_url": self.avatar_url,
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
