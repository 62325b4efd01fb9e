"""The model `ErrorResponse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from .. import models as api_models
from ..decoding import extra_of, make, read_models, values_of
from ..encoding import plain_list
from ..summary import short_repr

_FIELDS: dict[str, Any] = {
    "code": None,
    "message": None,
    "errors": None,
}
_values_of = values_of(_FIELDS)
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
    errors: list[api_models.ErrorDetail] | None = None
    """What is wrong with each field, on a 422."""
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
            self.code, self.message, raw_errors = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.errors = read_models(raw_errors, api_models.ErrorDetail.from_dict) if raw_errors else raw_errors
        self.additional_properties = {} if len(src) == 3 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["code"] = self.code
        written["message"] = self.message
        written["errors"] = self.errors if self.errors is None else plain_list(self.errors)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
