"""The model `Asset`."""

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
        "org_id",
        "folder_id",
        "name",
        "r2_key",
        "url",
        "thumbnail_url",
        "mime_type",
        "size_bytes",
        "asset_type",
        "source_type",
        "source_id",
        "created_by",
        "created_at",
        "updated_at",
        "deleted_at",
        "deleted_by",
        "created_by_user",
    )
)
_known = fields_reader(_FIELDS)
_SHOWN = (
    "id",
    "size_bytes",
    "name",
    "r2_key",
    "mime_type",
    "asset_type",
    "source_type",
    "source_id",
    "created_at",
    "updated_at",
    "deleted_at",
    "created_by_user",
)


@define(kw_only=True, repr=False)
class Asset:
    """A stored file. `runflow://assets/{id}` stands for it wherever an image is asked for.

    Source (documented): https://docs.runflow.io/api-reference/assets/get-asset
    """

    id: str | None = None
    org_id: str | None = None
    folder_id: str | None = None
    name: str | None = None
    r2_key: str | None = None
    """The name of the file in storage."""
    url: str | None = None
    """Where to download the file. It is signed and expires; do not store it."""
    thumbnail_url: str | None = None
    """A small picture of it."""
    mime_type: str | None = None
    """The media type that the server found."""
    size_bytes: int | None = None
    """The size that the server found."""
    asset_type: str | None = None
    source_type: str | None = None
    source_id: str | None = None
    created_by: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    created_by_user: AssetUser | None = None
    """Who uploaded it, when asked for with embed."""
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
            self.org_id,
            self.folder_id,
            self.name,
            self.r2_key,
            self.url,
            self.thumbnail_url,
            self.mime_type,
            self.size_bytes,
            self.asset_type,
            self.source_type,
            self.source_id,
            self.created_by,
            self.created_at,
            self.updated_at,
            self.deleted_at,
            self.deleted_by,
            self.created_by_user,
        ) = known
        self.created_at = read_datetime(self.created_at)
        self.updated_at = read_datetime(self.updated_at)
        self.deleted_at = read_datetime(self.deleted_at)
        value = src["created_by_user"]
        self.created_by_user = AssetUser.from_dict(value) if isinstance(value, dict) else value
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "id": self.id,
            "org_id": self.org_id,
            "folder_id": self.folder_id,
            "name": self.name,
            "r2_key": self.r2_key,
            "url": self.url,
            "thumbnail_url": self.thumbnail_url,
            "mime_type": self.mime_type,
            "size_bytes": self.size_bytes,
            "asset_type": self.asset_type,
            "source_type": self.source_type,
            "source_id": self.source_id,
            "created_by": self.created_by,
            "created_at": plain(self.created_at),
            "updated_at": plain(self.updated_at),
            "deleted_at": plain(self.deleted_at),
            "deleted_by": self.deleted_by,
            "created_by_user": plain(self.created_by_user),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)


# Below the class, because models refer to each other in circles.
from .asset_user import AssetUser
