"""The model `ConfirmAssetUploadRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self
from uuid import UUID

from attrs import field as attrs_field
from attrs import frozen

from ..encoding import plain, sent
from ..limits import check_uuid
from ..summary import short_repr
from ..types import UNSET, Unset

_FIELDS: dict[str, Any] = {
    "folder_id": None,
}
_SHOWN = ()


@frozen(kw_only=True, repr=False)
class ConfirmAssetUploadRequest:
    """Where to file the uploaded asset.

    Source (documented): https://docs.runflow.io/api-reference/assets/confirm-upload-and-create-asset-record

    Raises:
        LimitError: A value breaks a limit of the contract; found when the request is made, before anything is sent.
    """

    folder_id: str | UUID | None | Unset = UNSET
    """A folder of the asset library."""
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    def __attrs_post_init__(self) -> None:
        """Checks every value against the contract."""
        check_uuid("folder_id", self.folder_id, nullable=True, optional=True)

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the request from its JSON; a field that is missing stays unset.

        Raises:
            LimitError: A value breaks a limit of the contract.
        """
        values: dict[str, Any] = {
            "folder_id": src.get("folder_id", UNSET),
        }
        extra = {key: value for key, value in src.items() if key not in _FIELDS}
        return cls(**values, additional_properties=extra)

    def to_dict(self) -> dict[str, Any]:
        """The JSON to send: what is unset is left out, `None` becomes null."""
        return sent(
            {
                **self.additional_properties,
                "folder_id": plain(self.folder_id),
            }
        )

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
