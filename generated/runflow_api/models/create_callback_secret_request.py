"""The model `CreateCallbackSecretRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import field as attrs_field
from attrs import frozen

from ..encoding import sent
from ..limits import check_string
from ..summary import short_repr
from ..types import UNSET, Unset

_FIELDS: dict[str, Any] = {
    "label": None,
}
_SHOWN = ("label",)


@frozen(kw_only=True, repr=False)
class CreateCallbackSecretRequest:
    """A secret to be made.

    Source (documented): https://docs.runflow.io/api-reference/webhooks/create-callback-signing-secret

    Raises:
        LimitError: A value breaks a limit of the contract; found when the request is made, before anything is sent.
    """

    label: str | None | Unset = UNSET
    """A name to tell it by. That it may be null or missing is inferred. At most 255 characters."""
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    def __attrs_post_init__(self) -> None:
        """Checks every value against the contract."""
        check_string("label", self.label, longest=255, nullable=True, optional=True)

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the request from its JSON; a field that is missing stays unset.

        Raises:
            LimitError: A value breaks a limit of the contract.
        """
        values: dict[str, Any] = {
            "label": src.get("label", UNSET),
        }
        extra = {key: value for key, value in src.items() if key not in _FIELDS}
        return cls(**values, additional_properties=extra)

    def to_dict(self) -> dict[str, Any]:
        """The JSON to send: what is unset is left out, `None` becomes null."""
        return sent(
            {
                **self.additional_properties,
                "label": self.label,
            }
        )

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
