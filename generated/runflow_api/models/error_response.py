"""The model `ErrorResponse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader
from ..encoding import plain_list
from ..summary import short_repr

_FIELDS = dict.fromkeys(
    (
        "code",
        "message",
        "errors",
    )
)
_known = fields_reader(_FIELDS)
_SHOWN = (
    "code",
    "message",
    "errors",
)


@define(kw_only=True, repr=False)
class ErrorResponse:
    """The error envelope. The documentation calls code and message required; a client does well to manage without
    them, as what stands between it and the API may answer too.

    Source (documented): https://docs.runflow.io/concepts/errors
    """

    code: str | None = None
    """What went wrong, as a stable code."""
    message: str | None = None
    """The same for people; the wording may change."""
    errors: list[ErrorDetail] | None = None
    """What is wrong with each field, on a 422."""
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
            self.code,
            self.message,
            self.errors,
        ) = known
        value = src["errors"]
        self.errors = (
            [ErrorDetail.from_dict(item) if isinstance(item, dict) else item for item in value]
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
            "code": self.code,
            "message": self.message,
            "errors": plain_list(self.errors),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)


# Below the class, because models refer to each other in circles.
from .error_detail import ErrorDetail
