"""The model `AccountMembership`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader
from ..encoding import plain
from ..summary import short_repr

_FIELDS = dict.fromkeys(
    (
        "org",
        "role_code",
        "scopes",
    )
)
_known = fields_reader(_FIELDS)
_SHOWN = (
    "role_code",
    "scopes",
    "org",
)


@define(kw_only=True, repr=False)
class AccountMembership:
    """What a user may do in one organization.

    Source (documented): https://docs.runflow.io/api-reference/account/get-current-user
    """

    org: AccountOrganization | None = None
    role_code: str | None = None
    scopes: list[str] | None = None
    """What is allowed, such as evaluations:create."""
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
            self.org,
            self.role_code,
            self.scopes,
        ) = known
        value = src["org"]
        self.org = AccountOrganization.from_dict(value) if isinstance(value, dict) else value
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "org": plain(self.org),
            "role_code": self.role_code,
            "scopes": self.scopes,
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)


# Below the class, because models refer to each other in circles.
from .account_organization import AccountOrganization
