"""The model `Balance`."""

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
        "id",
        "org_id",
        "balance",
        "low_balance_threshold",
        "low_balance_notified_at",
        "created_at",
        "updated_at",
    )
)
_known = fields_reader(_FIELDS)
_SHOWN = (
    "id",
    "balance",
    "low_balance_threshold",
    "low_balance_notified_at",
    "created_at",
    "updated_at",
)


@define(kw_only=True, repr=False)
class Balance:
    """The credit of an organization.

    Source (documented): https://docs.runflow.io/api-reference/account/get-organization-credit-balance
    """

    id: str | None = None
    org_id: str | None = None
    balance: str | None = None
    """Credits left, as a decimal."""
    low_balance_threshold: str | None = None
    """Credits below which the organization is warned, as a decimal."""
    low_balance_notified_at: datetime | None = None
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
            self.id,
            self.org_id,
            self.balance,
            self.low_balance_threshold,
            self.low_balance_notified_at,
            self.created_at,
            self.updated_at,
        ) = known
        self.low_balance_notified_at = read_datetime(self.low_balance_notified_at)
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
            "id": self.id,
            "org_id": self.org_id,
            "balance": self.balance,
            "low_balance_threshold": self.low_balance_threshold,
            "low_balance_notified_at": plain(self.low_balance_notified_at),
            "created_at": plain(self.created_at),
            "updated_at": plain(self.updated_at),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
