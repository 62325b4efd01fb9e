"""The model `CreateAssetUploadRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import field as attrs_field
from attrs import frozen

from ..encoding import sent
from ..limits import check_number, check_string
from ..summary import short_repr
from ..types import UNSET

_FIELDS: dict[str, Any] = {
    "filename": None,
    "mime_type": None,
    "size_bytes": None,
}
_SHOWN = (
    "size_bytes",
    "filename",
    "mime_type",
)


@frozen(kw_only=True, repr=False)
class CreateAssetUploadRequest:
    """The file that is going to be uploaded.

    Source (documented): https://docs.runflow.io/api-reference/assets/create-a-presigned-upload-session

    Raises:
        LimitError: A value breaks a limit of the contract; found when the request is made, before anything is sent.
    """

    filename: str
    """What to call the file. From 1 to 500 characters."""
    mime_type: str
    """Its media type, to be repeated as the Content-Type of the upload; for example image/png. From 1 to 255
    characters."""
    size_bytes: int
    """Its exact size in bytes, 50 MiB at most. From 1 to 52,428,800."""
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    def __attrs_post_init__(self) -> None:
        """Checks every value against the contract."""
        check_string("filename", self.filename, shortest=1, longest=500)
        check_string("mime_type", self.mime_type, shortest=1, longest=255)
        check_number("size_bytes", self.size_bytes, least=1, most=52428800, whole=True)

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the request from its JSON; a field that is missing stays unset.

        Raises:
            LimitError: A value breaks a limit of the contract.
        """
        values: dict[str, Any] = {
            "filename": src.get("filename", UNSET),
            "mime_type": src.get("mime_type", UNSET),
            "size_bytes": src.get("size_bytes", UNSET),
        }
        extra = {key: value for key, value in src.items() if key not in _FIELDS}
        return cls(**values, additional_properties=extra)

    def to_dict(self) -> dict[str, Any]:
        """The JSON to send: what is unset is left out, `None` becomes null."""
        return sent(
            {
                **self.additional_properties,
                "filename": self.filename,
                "mime_type": self.mime_type,
                "size_bytes": self.size_bytes,
            }
        )

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
