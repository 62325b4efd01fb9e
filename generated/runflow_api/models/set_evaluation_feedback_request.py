"""The model `SetEvaluationFeedbackRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import field as attrs_field
from attrs import frozen

from ..encoding import sent
from ..limits import check_boolean, check_string
from ..summary import short_repr
from ..types import UNSET, Unset

_FIELDS: dict[str, Any] = {
    "is_positive": None,
    "reason": None,
}
_SHOWN = (
    "is_positive",
    "reason",
)


@frozen(kw_only=True, repr=False)
class SetEvaluationFeedbackRequest:
    """A thumb on an evaluation, or its removal.

    Source (reference):
    https://docs.runflow.io/api-reference/evaluations/set-or-clear-customer-feedback-on-an-evaluation-analysis

    Raises:
        LimitError: A value breaks a limit of the contract; found when the request is made, before anything is sent.
    """

    is_positive: bool | None
    """True for thumb up, false for thumb down, null to take the thumb back. Must be sent even when null."""
    reason: str | None | Unset = UNSET
    """Why, in free text. The server drops it when is_positive is null. From 1 to 2,000 characters."""
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    def __attrs_post_init__(self) -> None:
        """Checks every value against the contract."""
        check_boolean("is_positive", self.is_positive, nullable=True)
        check_string("reason", self.reason, shortest=1, longest=2000, nullable=True, optional=True)

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the request from its JSON; a field that is missing stays unset.

        Raises:
            LimitError: A value breaks a limit of the contract.
        """
        values: dict[str, Any] = {
            "is_positive": src.get("is_positive", UNSET),
            "reason": src.get("reason", UNSET),
        }
        extra = {key: value for key, value in src.items() if key not in _FIELDS}
        return cls(**values, additional_properties=extra)

    def to_dict(self) -> dict[str, Any]:
        """The JSON to send: what is unset is left out, `None` becomes null."""
        return sent(
            {
                **self.additional_properties,
                "is_positive": self.is_positive,
                "reason": self.reason,
            }
        )

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
