"""The model `Asset`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from .. import models as api_models
from ..decoding import extra_of, make, read_datetime, values_of
from ..encoding import plain, plain_time
from ..summary import short_repr

_FIELDS: dict[str, Any] = {
    "id": None,
    "org_id": None,
    "folder_id": None,
    "name": None,
    "r2_key": None,
    "url": None,
    "thumbnail_url": None,
    "mime_type": None,
    "size_bytes": None,
    "asset_type": None,
    "source_type": None,
    "source_id": None,
    "created_by": None,
    "created_at": None,
    "updated_at": None,
    "deleted_at": None,
    "deleted_by": None,
    "created_by_user": None,
}
_values_of = values_of(_FIELDS)
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
    created_by_user: api_models.AssetUser | None = None
    """Who uploaded it, when asked for with embed."""
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 18:
            src = {**_FIELDS, **src}
        try:
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
                raw_created_at,
                raw_updated_at,
                raw_deleted_at,
                self.deleted_by,
                raw_created_by_user,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.updated_at = raw_updated_at if raw_updated_at is None else read_datetime(raw_updated_at)
        self.deleted_at = raw_deleted_at if raw_deleted_at is None else read_datetime(raw_deleted_at)
        self.created_by_user = (
            api_models.AssetUser.from_dict(raw_created_by_user)
            if isinstance(raw_created_by_user, dict)
            else raw_created_by_user
        )
        self.additional_properties = {} if len(src) == 18 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["org_id"] = self.org_id
        written["folder_id"] = self.folder_id
        written["name"] = self.name
        written["r2_key"] = self.r2_key
        written["url"] = self.url
        written["thumbnail_url"] = self.thumbnail_url
        written["mime_type"] = self.mime_type
        written["size_bytes"] = self.size_bytes
        written["asset_type"] = self.asset_type
        written["source_type"] = self.source_type
        written["source_id"] = self.source_id
        written["created_by"] = self.created_by
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["updated_at"] = self.updated_at if self.updated_at is None else plain_time(self.updated_at)
        written["deleted_at"] = self.deleted_at if self.deleted_at is None else plain_time(self.deleted_at)
        written["deleted_by"] = self.deleted_by
        written["created_by_user"] = (
            self.created_by_user if self.created_by_user is None else plain(self.created_by_user)
        )
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
