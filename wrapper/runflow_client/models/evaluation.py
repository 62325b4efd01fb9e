"""The evaluation: the generated model with helpers for its verdict, its issues and its price."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from runflow_api import models as api_models
from runflow_api.models.evaluation import Evaluation as _GeneratedEvaluation

from .html import badge, safe_text

T = TypeVar("T")


class Verdict(StrEnum):
    """The decision of the judges, of a completed evaluation.

    Attributes:
        PASSED: the judges accept the image.
        REJECTED: the judges do not; `issues` and `failed_judges` say why.
        UNDECIDED: the server sent no verdict, so the image neither passed nor was rejected
            (https://docs.runflow.io/concepts/evaluations).

    Example:
        >>> from runflow_client import Verdict
        >>> Verdict.PASSED == "passed"
        True
    """

    PASSED = "passed"
    """The judges accept the image."""
    REJECTED = "rejected"
    """The judges do not accept the image; `issues` and `failed_judges` say why."""
    UNDECIDED = "undecided"
    """The server sent no verdict, so the image neither passed nor was rejected."""


class Evaluation(_GeneratedEvaluation):
    """One evaluation: the fields of the API under their own names, and helpers that never raise, whatever the server sent.

    All fields may be None. `status_code` is `pending`, `running`, `completed` or `failed`, or a value that is not known yet; of
    a failed evaluation `failure_code` is the reason. `judges`, `action` (with the `improved_prompt`) and `gate_failures` are
    there in what `wait`, `evaluate` and `get` return. What the contract does not name is in `additional_properties`.

    Example:
        >>> from runflow_client import Evaluation
        >>> evaluation = Evaluation.from_dict({"status_code": "completed", "overall_passed": True, "cost": "0.05"})
        >>> evaluation.verdict, evaluation.charged
        (<Verdict.PASSED: 'passed'>, Decimal('0.05'))
    """

    __slots__ = ()

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended: completed or failed. An unknown status counts as not ended."""
        return self.status_code in ("completed", "failed")

    @property
    def verdict(self) -> Verdict | None:
        """The verdict; None before the end, and None if the evaluation failed, because the image was not judged."""
        if self.status_code != "completed":
            return None
        if not isinstance(self.overall_passed, bool):
            return Verdict.UNDECIDED
        return Verdict.PASSED if self.overall_passed else Verdict.REJECTED

    @property
    def passed(self) -> bool:
        """Whether the verdict is `PASSED`; False if there is no verdict."""
        return self.verdict is Verdict.PASSED

    @property
    def score(self) -> float | None:
        """The weighted pass rate from 0.0 to 1.0; None where the server sent no finite number."""
        rate: Any = self.weighted_pass_rate
        if not isinstance(rate, (int, float)) or isinstance(rate, bool):
            return None
        try:
            score = float(rate)
        except OverflowError:
            return None
        return score if math.isfinite(score) else None

    @property
    def issues(self) -> list[api_models.EvaluationIssue]:
        """The issues that the judges found, in the judges' order."""
        return [issue for judge in self._judges() for issue in _of_type(judge.issues, api_models.EvaluationIssue)]

    @property
    def failed_judges(self) -> list[api_models.EvaluationJudge]:
        """The judges whose `passed` is false; a judge without a result is left out."""
        return [judge for judge in self._judges() if judge.passed is False]

    @property
    def charged(self) -> Decimal | None:
        """The credits charged; None before the server has sent a price."""
        try:
            amount = Decimal(str(self.cost))
        except (InvalidOperation, ValueError):  # ValueError: Python refuses to write an int with so many digits
            return None
        return amount if amount.is_finite() else None

    def _judges(self) -> list[api_models.EvaluationJudge]:
        return _of_type(self.judges, api_models.EvaluationJudge)

    def _repr_html_(self) -> str:
        """Return the evaluation as a small HTML table for notebooks, redacted."""
        word = self.status_code if self.verdict is None else self.verdict.value
        score = "" if self.score is None else f" &middot; score {self.score:.2f}"
        rows = "".join(
            f"<tr><td>{'&#10003;' if judge.passed is True else '&#10007;' if judge.passed is False else '&ndash;'}</td>"
            f"<td>{safe_text(judge.name)}</td><td>{safe_text(judge.reasoning)}</td></tr>"
            for judge in self._judges()
        )
        return f"<div>{badge(word or 'unknown')}{score} <code>{safe_text(self.id)}</code><table>{rows}</table></div>"


def _of_type(value: Any, kind: type[T]) -> list[T]:
    return [item for item in value if isinstance(item, kind)] if isinstance(value, list) else []
