"""The model `EvaluationJudge`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader, read_datetime
from ..encoding import plain, plain_list
from ..summary import short_repr
from ..types import JsonObject

_FIELDS = dict.fromkeys(
    (
        "id",
        "evaluation_id",
        "name",
        "description",
        "category",
        "passed",
        "confidence",
        "weight",
        "reasoning",
        "evidence",
        "sub_point_results",
        "sub_points_evaluated",
        "created_at",
        "issues",
    )
)
_known = fields_reader(_FIELDS)
_SHOWN = (
    "id",
    "passed",
    "confidence",
    "weight",
    "sub_points_evaluated",
    "name",
    "description",
    "category",
    "reasoning",
    "created_at",
    "evidence",
    "issues",
)


@define(kw_only=True, repr=False)
class EvaluationJudge:
    """What one judge found.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    evaluation_id: str | None = None
    name: str | None = None
    description: str | None = None
    category: str | None = None
    passed: bool | None = None
    confidence: float | None = None
    """How sure the judge is, from 0 to 1; the range is observed, not documented."""
    weight: float | None = None
    """What the judge counts for in the score."""
    reasoning: str | None = None
    evidence: list[str] | None = None
    sub_point_results: JsonObject | None = None
    sub_points_evaluated: int | None = None
    created_at: datetime | None = None
    issues: list[EvaluationIssue] | None = None
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
            self.evaluation_id,
            self.name,
            self.description,
            self.category,
            self.passed,
            self.confidence,
            self.weight,
            self.reasoning,
            self.evidence,
            self.sub_point_results,
            self.sub_points_evaluated,
            self.created_at,
            self.issues,
        ) = known
        self.created_at = read_datetime(self.created_at)
        value = src["issues"]
        self.issues = (
            [EvaluationIssue.from_dict(item) if isinstance(item, dict) else item for item in value]
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
            "id": self.id,
            "evaluation_id": self.evaluation_id,
            "name": self.name,
            "description": self.description,
            "category": self.category,
            "passed": self.passed,
            "confidence": self.confidence,
            "weight": self.weight,
            "reasoning": self.reasoning,
            "evidence": self.evidence,
            "sub_point_results": self.sub_point_results,
            "sub_points_evaluated": self.sub_points_evaluated,
            "created_at": plain(self.created_at),
            "issues": plain_list(self.issues),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)


# Below the class, because models refer to each other in circles.
from .evaluation_issue import EvaluationIssue
