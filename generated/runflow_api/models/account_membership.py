"""The model `AccountMembership`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from .. import models as api_models
from ..decoding import extra_of, make, values_of
from ..encoding import plain
from ..summary import short_repr

_FIELDS: dict[str, Any] = {
    "org": None,
    "role_code": None,
    "scopes": None,
}
_values_of = values_of(_FIELDS)
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

    org: api_models.AccountOrganization | None = None
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
        self = make(cls)
        if len(src) < 3:
            src = {**_FIELDS, **src}
        try:
            raw_org, self.role_code, self.scopes = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.org = api_models.AccountOrganization.from_dict(raw_org) if isinstance(raw_org, dict) else raw_org
        self.additional_properties = {} if len(src) == 3 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["org"] = self.org if self.org is None else plain(self.org)
        written["role_code"] = self.role_code
        written["scopes"] = self.scopes
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
