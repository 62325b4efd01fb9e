"""The record of one evaluation, as `--json` and results files show it."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any

from ...errors import EvaluationFailedError, WaitTimeoutError
from ..terminal.words import printable

if TYPE_CHECKING:
    from ...errors import RunflowError
    from ...models.evaluation import Evaluation

Record = dict[str, Any]
FINAL = frozenset({"passed", "rejected", "undecided", "failed"})
"""The outcomes that a journal keeps; an item with any other one is taken up again by the next run."""
_LONGEST_MESSAGE = 500


def record_of(
    evaluation: Evaluation | None,
    error: RunflowError | None = None,
    *,
    image: str | None = None,
    item_id: str | None = None,
    whole: bool = True,
) -> Record:
    """Return the record of an evaluation.

    Its `outcome` is the verdict (passed, rejected or undecided); else the status of the evaluation, as in pending or failed;
    "error" where there is neither.

    Args:
        evaluation: as last seen, None where there is none.
        error: why there is no verdict.
        image: the image as it was named.
        item_id: the item of a batch.
        whole: whether the record holds the evaluation with all fields.
    """
    record: Record = {} if item_id is None else {"item_id": item_id}
    if image is not None:
        record["image"] = image
    record["outcome"] = outcome_of(evaluation, error)
    found = _summary(evaluation) if evaluation is not None else {}
    record |= {name: found.get(name) for name in _SUMMARY}
    if error is not None:
        record["evaluation_id"] = record["evaluation_id"] or error.evaluation_id
        record["error"] = {"type": type(error).__name__, "message": printable(error, _LONGEST_MESSAGE)}
    if whole:
        record["evaluation"] = None if evaluation is None else evaluation.to_dict()
    return record


def outcome_of(evaluation: Evaluation | None, error: RunflowError | None) -> str:
    """Return the outcome of a record; a status of the server's own stays as it is."""
    if evaluation is None or not isinstance(error, (EvaluationFailedError, WaitTimeoutError, NoneType)):
        return "error"
    verdict = evaluation.verdict
    return printable(evaluation.status_code or "unknown", 40) if verdict is None else verdict.value


_SUMMARY = (
    "score",
    "cost",
    "evaluation_id",
    "client_ref",
    "task_type",
    "failed_judges",
    "issues",
    "improved_prompt",
    "failure_code",
    "error",
)


def _summary(evaluation: Evaluation) -> Record:
    action = evaluation.action
    charged = evaluation.charged
    return {
        "score": evaluation.score,
        "cost": None if charged is None else str(charged),
        "evaluation_id": evaluation.id,
        "client_ref": evaluation.client_ref,
        "task_type": evaluation.task_type,
        "failed_judges": [judge.name for judge in evaluation.failed_judges],
        "issues": [
            {"category": issue.category, "subcategory": issue.subcategory, "detail": issue.detail}
            for issue in evaluation.issues
        ],
        "improved_prompt": getattr(action, "improved_prompt", None),
        "failure_code": evaluation.failure_code,
    }
