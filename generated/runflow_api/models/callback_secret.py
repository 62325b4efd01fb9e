"""The model `CallbackSecret`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import extra_of, make, read_datetime, values_of
from ..encoding import plain_time
from ..summary import short_repr

_FIELDS: dict[str, Any] = {
    "plain_secret": None,
    "id": None,
    "org_id": None,
    "key_prefix": None,
    "is_current": None,
    "label": None,
    "disabled_at": None,
    "last_used_at": None,
    "created_at": None,
    "updated_at": None,
}
_values_of = values_of(_FIELDS)
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
        self = make(cls)
        if len(src) < 10:
            src = {**_FIELDS, **src}
        try:
            (
                self.plain_secret,
                self.id,
                self.org_id,
                self.key_prefix,
                self.is_current,
                self.label,
                raw_disabled_at,
                raw_last_used_at,
                raw_created_at,
                raw_updated_at,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.disabled_at = raw_disabled_at if raw_disabled_at is None else read_datetime(raw_disabled_at)
        self.last_used_at = raw_last_used_at if raw_last_used_at is None else read_datetime(raw_last_used_at)
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.updated_at = raw_updated_at if raw_updated_at is None else read_datetime(raw_updated_at)
        self.additional_properties = {} if len(src) == 10 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["plain_secret"] = self.plain_secret
        written["id"] = self.id
        written["org_id"] = self.org_id
        written["key_prefix"] = self.key_prefix
        written["is_current"] = self.is_current
        written["label"] = self.label
        written["disabled_at"] = self.disabled_at if self.disabled_at is None else plain_time(self.disabled_at)
        written["last_used_at"] = self.last_used_at if self.last_used_at is None else plain_time(self.last_used_at)
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["updated_at"] = self.updated_at if self.updated_at is None else plain_time(self.updated_at)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
