"""The model `Account`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader, read_datetime
from ..encoding import plain, plain_list
from ..summary import short_repr

_FIELDS = dict.fromkeys(
    (
        "id",
        "email",
        "first_name",
        "last_name",
        "avatar_url",
        "timezone",
        "locale_code",
        "email_verified_at",
        "memberships",
    )
)
_known = fields_reader(_FIELDS)
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
    memberships: list[AccountMembership] | None = None
    """The user's organizations and rights there, when asked for with embed."""
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
            self.timezone,
            self.locale_code,
            self.email_verified_at,
            self.memberships,
        ) = known
        self.email_verified_at = read_datetime(self.email_verified_at)
        value = src["memberships"]
        self.memberships = (
            [AccountMembership.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
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
            "timezone": self.timezone,
            "locale_code": self.locale_code,
            "email_verified_at": plain(self.email_verified_at),
            "memberships": plain_list(self.memberships),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)


# Below the class, because models refer to each other in circles.
from .account_membership import AccountMembership
