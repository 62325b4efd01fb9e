"""The asset operations: an upload is opened, its bytes are put to storage, and it is confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..._replies import RefusedError, Reply, field_error, json_reply, list_reply, unprocessable
from ...judges.formats import DECODED
from ..contract.contract import Arguments, Handler
from ..contract.embeds import embedded
from ..ids import IdFactory
from .spool import Spool
from .storage import Storage

# The types that the sandbox can judge; the types that the service accepts are not documented. Other images can be uploaded
# too, so that an image which cannot be decoded ends alike, whether it was uploaded or sent in the request.
_MEDIA_TYPES = tuple(f"image/{name.lower()}" for name in DECODED)


@dataclass(slots=True)
class _Asset:
    """An upload, which becomes an asset when it is confirmed."""

    id: str
    name: str
    media_type: str
    size: int
    folder_id: str | None = None
    confirmed: float | None = None


class Assets:
    """The assets of the user `user`; their bytes are in storage."""

    persistent = ("_assets",)

    def __init__(self, *, storage: Storage, ids: IdFactory, org_id: str, user: Mapping[str, Any]) -> None:
        self._storage = storage
        self._ids = ids
        self._org_id = org_id
        self._user = user
        self._assets: dict[str, _Asset] = {}

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The handler of each operation."""
        return {
            "create_asset_upload": self.create_upload,
            "confirm_asset_upload": self.confirm_upload,
            "get_asset": self.get,
            "list_asset_types": self.list_types,
        }

    def create_upload(self, arguments: Arguments, now: float) -> Reply:
        """Open an upload: 201 with the URL to which the bytes are put."""
        body = arguments.body
        if not body["mime_type"].lower().startswith("image/"):
            raise unprocessable([field_error(["body", "mime_type"], "Input should be the type of an image", "enum")])
        asset = _Asset(self._ids.new_id(now), body["filename"], body["mime_type"], body["size_bytes"])
        self._assets[asset.id] = asset
        origin = self._storage.origin(arguments.headers)
        url = self._storage.upload_url(asset.id, asset.media_type, asset.size, origin, now)
        return json_reply(201, {"asset_id": asset.id, "upload_url": url})

    def confirm_upload(self, arguments: Arguments, now: float) -> Reply:
        """Make an asset of an upload: 201. An upload without its bytes is refused with 422 (inferred)."""
        asset = self._find(arguments.path["asset_upload_id"], "ASSET_UPLOAD_NOT_FOUND", "There is no such upload.")
        if self._storage.content(asset.id) is None:
            missing = "No file of the declared size and type was put to the upload's URL"
            raise unprocessable([field_error(["path", "asset_upload_id"], missing, "upload_missing")])
        # A second confirmation replies with the same asset (inferred).
        if asset.confirmed is None:
            asset.confirmed = now
            asset.folder_id = (arguments.body or {}).get("folder_id")
        return json_reply(201, {**self._document(asset, arguments, now), "created_by_user": None})

    def get(self, arguments: Arguments, now: float) -> Reply:
        """Reply with an asset and a newly signed URL."""
        asset = self._find(arguments.path["id"], "ASSET_NOT_FOUND", "There is no such asset.")
        if asset.confirmed is None:
            raise RefusedError(404, "ASSET_NOT_FOUND", "There is no such asset; its upload was not confirmed.")
        user = {name: self._user[name] for name in ("id", "email", "first_name", "last_name", "avatar_url")}
        return json_reply(
            200, {**self._document(asset, arguments, now), **embedded(arguments, {"created_by_user": user})}
        )

    def list_types(self, arguments: Arguments, now: float) -> Reply:
        """List the media types that may be uploaded."""
        return list_reply(
            [{"code": "image", "name": "Image", "description": "Still pictures.", "mime_types": list(_MEDIA_TYPES)}]
        )

    def content(self, asset_id: str) -> Spool | None:
        """Return the bytes of a confirmed asset; None where there is no such asset."""
        asset = self._assets.get(asset_id.lower())
        return None if asset is None or asset.confirmed is None else self._storage.content(asset.id)

    def _find(self, asset_id: str, code: str, message: str) -> _Asset:
        asset = self._assets.get(asset_id.lower())
        if asset is None:
            raise RefusedError(404, code, message)
        return asset

    def _document(self, asset: _Asset, arguments: Arguments, now: float) -> dict[str, Any]:
        confirmed = self._ids.timestamp(asset.confirmed or 0.0)
        return {
            "id": asset.id,
            "org_id": self._org_id,
            "folder_id": asset.folder_id,
            "name": asset.name,
            "r2_key": f"{self._org_id}/{asset.id}",
            "url": self._storage.download_url(asset.id, self._storage.origin(arguments.headers), now),
            "thumbnail_url": None,
            "mime_type": asset.media_type,
            "size_bytes": asset.size,
            "asset_type": "image",
            "source_type": "upload",
            "source_id": None,
            "created_by": self._user["id"],
            "created_at": confirmed,
            "updated_at": confirmed,
            "deleted_at": None,
            "deleted_by": None,
        }
