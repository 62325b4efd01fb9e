"""The model `EvaluationJudge`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from .. import models as api_models
from ..decoding import extra_of, make, read_datetime, read_models, values_of
from ..encoding import plain_list, plain_time
from ..summary import short_repr
from ..types import JsonObject

_FIELDS: dict[str, Any] = {
    "id": None,
    "evaluation_id": None,
    "name": None,
    "description": None,
    "category": None,
    "passed": None,
    "confidence": None,
    "weight": None,
    "reasoning": None,
    "evidence": None,
    "sub_point_results": None,
    "sub_points_evaluated": None,
    "created_at": None,
    "issues": None,
}
_values_of = values_of(_FIELDS)
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
    issues: list[api_models.EvaluationIssue] | None = None
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 14:
            src = {**_FIELDS, **src}
        try:
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
                raw_created_at,
                raw_issues,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.issues = read_models(raw_issues, api_models.EvaluationIssue.from_dict) if raw_issues else raw_issues
        self.additional_properties = {} if len(src) == 14 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["evaluation_id"] = self.evaluation_id
        written["name"] = self.name
        written["description"] = self.description
        written["category"] = self.category
        written["passed"] = self.passed
        written["confidence"] = self.confidence
        written["weight"] = self.weight
        written["reasoning"] = self.reasoning
        written["evidence"] = self.evidence
        written["sub_point_results"] = self.sub_point_results
        written["sub_points_evaluated"] = self.sub_points_evaluated
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["issues"] = self.issues if self.issues is None else plain_list(self.issues)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
