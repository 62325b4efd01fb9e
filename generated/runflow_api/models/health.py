"""The model `Health`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..summary import short_repr

_FIELDS: dict[str, Any] = {
    "status": None,
    "ok": None,
}
_SHOWN = (
    "ok",
    "status",
)


@define(kw_only=True, repr=False)
class Health:
    """Whether the service is up. Two public clients read it under two names.

    Source (observed): https://github.com/runflow-io/runflow-ad-creative
    """

    status: str | None = None
    """Known is ok."""
    ok: bool | None = None
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = object.__new__(cls)
        if len(src) < 2:
            src = {**_FIELDS, **src}
        try:
            self.status = src["status"]
            self.ok = src["ok"]
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.additional_properties = {} if len(src) == 2 else {key: src[key] for key in src if key not in _FIELDS}
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["status"] = self.status
        written["ok"] = self.ok
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
