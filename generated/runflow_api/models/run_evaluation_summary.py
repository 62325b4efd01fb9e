"""The model `RunEvaluationSummary`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import extra_of, make, values_of
from ..summary import short_repr

_FIELDS: dict[str, Any] = {
    "passed": None,
    "status_code": None,
    "score": None,
}
_values_of = values_of(_FIELDS)
_SHOWN = (
    "passed",
    "score",
    "status_code",
)


@define(kw_only=True, repr=False)
class RunEvaluationSummary:
    """The evaluation of a run in short.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    passed: bool | None = None
    status_code: str | None = None
    score: float | None = None
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
            self.passed, self.status_code, self.score = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.additional_properties = {} if len(src) == 3 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["passed"] = self.passed
        written["status_code"] = self.status_code
        written["score"] = self.score
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
