"""The model `RunEvaluationSummary`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader
from ..summary import short_repr

_FIELDS = dict.fromkeys(
    (
        "passed",
        "status_code",
        "score",
    )
)
_known = fields_reader(_FIELDS)
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
        self = cls.__new__(cls)
        try:
            known = _known(src)
        except KeyError:
            src = {**_FIELDS, **src}
            known = _known(src)
        (
            self.passed,
            self.status_code,
            self.score,
        ) = known
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "passed": self.passed,
            "status_code": self.status_code,
            "score": self.score,
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
