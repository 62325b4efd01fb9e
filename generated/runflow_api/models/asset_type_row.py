"""The model `AssetTypeRow`."""

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
    "mime_type": None,
    "mime_types": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "code",
    "name",
    "description",
    "mime_type",
    "mime_types",
)


@define(kw_only=True, repr=False)
class AssetTypeRow:
    """One type of asset. The documentation says only that the media types stand here; the field names are guesses.
    Look for the media types under both names.

    Source (inferred)
    """

    code: str | None = None
    name: str | None = None
    description: str | None = None
    mime_type: str | None = None
    mime_types: list[str] | None = None
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
            self.code, self.name, self.description, self.mime_type, self.mime_types = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.additional_properties = {} if len(src) == 5 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["code"] = self.code
        written["name"] = self.name
        written["description"] = self.description
        written["mime_type"] = self.mime_type
        written["mime_types"] = self.mime_types
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
