"""The model `Balance`."""

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
    "id": None,
    "org_id": None,
    "balance": None,
    "low_balance_threshold": None,
    "low_balance_notified_at": None,
    "created_at": None,
    "updated_at": None,
}
_values_of = values_of(_FIELDS)
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
        self = make(cls)
        if len(src) < 7:
            src = {**_FIELDS, **src}
        try:
            (
                self.id,
                self.org_id,
                self.balance,
                self.low_balance_threshold,
                raw_low_balance_notified_at,
                raw_created_at,
                raw_updated_at,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.low_balance_notified_at = (
            raw_low_balance_notified_at
            if raw_low_balance_notified_at is None
            else read_datetime(raw_low_balance_notified_at)
        )
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.updated_at = raw_updated_at if raw_updated_at is None else read_datetime(raw_updated_at)
        self.additional_properties = {} if len(src) == 7 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["org_id"] = self.org_id
        written["balance"] = self.balance
        written["low_balance_threshold"] = self.low_balance_threshold
        written["low_balance_notified_at"] = (
            self.low_balance_notified_at
            if self.low_balance_notified_at is None
            else plain_time(self.low_balance_notified_at)
        )
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["updated_at"] = self.updated_at if self.updated_at is None else plain_time(self.updated_at)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
