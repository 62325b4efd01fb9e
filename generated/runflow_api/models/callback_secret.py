"""The model `CallbackSecret`."""

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
        "plain_secret",
        "id",
        "org_id",
        "key_prefix",
        "is_current",
        "label",
        "disabled_at",
        "last_used_at",
        "created_at",
        "updated_at",
    )
)
_known = fields_reader(_FIELDS)
_SHOWN = (
    "id",
    "is_current",
    "key_prefix",
    "label",
    "disabled_at",
    "last_used_at",
    "created_at",
    "updated_at",
)


@define(kw_only=True, repr=False)
class CallbackSecret:
    """A secret that callbacks are signed with.

    Source (documented): https://docs.runflow.io/api-reference/webhooks/update-callback-secret
    """

    plain_secret: str | None = None
    """The secret itself. Only the answer that creates it has it."""
    id: str | None = None
    org_id: str | None = None
    key_prefix: str | None = None
    """How the secret begins, to tell it by."""
    is_current: bool | None = None
    """Whether callbacks are signed with it."""
    label: str | None = None
    disabled_at: datetime | None = None
    last_used_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
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
            self.plain_secret,
            self.id,
            self.org_id,
            self.key_prefix,
            self.is_current,
            self.label,
            self.disabled_at,
            self.last_used_at,
            self.created_at,
            self.updated_at,
        ) = known
        self.disabled_at = read_datetime(self.disabled_at)
        self.last_used_at = read_datetime(self.last_used_at)
        self.created_at = read_datetime(self.created_at)
        self.updated_at = read_datetime(self.updated_at)
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "plain_secret": self.plain_secret,
            "id": self.id,
            "org_id": self.org_id,
            "key_prefix": self.key_prefix,
            "is_current": self.is_current,
            "label": self.label,
            "disabled_at": plain(self.disabled_at),
            "last_used_at": plain(self.last_used_at),
            "created_at": plain(self.created_at),
            "updated_at": plain(self.updated_at),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
