"""The model `Account`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from .. import models as api_models
from ..decoding import extra_of, make, read_datetime, read_models, values_of
from ..encoding import plain_list, plain_time
from ..summary import short_repr

_FIELDS: dict[str, Any] = {
    "id": None,
    "email": None,
    "first_name": None,
    "last_name": None,
    "avatar_url": None,
    "timezone": None,
    "locale_code": None,
    "email_verified_at": None,
    "memberships": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "id",
    "email",
    "first_name",
    "last_name",
    "timezone",
    "locale_code",
    "email_verified_at",
    "memberships",
)


@define(kw_only=True, repr=False)
class Account:
    """The user behind a key. The documentation calls all fields but memberships required. What embedding organizations
    and pending_invitations adds is not documented.

    Source (documented): https://docs.runflow.io/api-reference/account/get-current-user
    """

    id: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    avatar_url: str | None = None
    timezone: str | None = None
    locale_code: str | None = None
    email_verified_at: datetime | None = None
    memberships: list[api_models.AccountMembership] | None = None
    """The user's organizations and rights there, when asked for with embed."""
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 9:
            src = {**_FIELDS, **src}
        try:
            (
                self.id,
                self.email,
                self.first_name,
                self.last_name,
                self.avatar_url,
                self.timezone,
                self.locale_code,
                raw_email_verified_at,
                raw_memberships,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.email_verified_at = (
            raw_email_verified_at if raw_email_verified_at is None else read_datetime(raw_email_verified_at)
        )
        self.memberships = (
            read_models(raw_memberships, api_models.AccountMembership.from_dict) if raw_memberships else raw_memberships
        )
        self.additional_properties = {} if len(src) == 9 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["email"] = self.email
        written["first_name"] = self.first_name
        written["last_name"] = self.last_name
        written["avatar_url"] = self.avatar_url
        written["timezone"] = self.timezone
        written["locale_code"] = self.locale_code
        written["email_verified_at"] = (
            self.email_verified_at if self.email_verified_at is None else plain_time(self.email_verified_at)
        )
        written["memberships"] = self.memberships if self.memberships is None else plain_list(self.memberships)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
