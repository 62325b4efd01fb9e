"""Outcomes as the rows of a data frame of pandas or polars, neither of which this library needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..._redaction import redactor
from ...errors import InvalidRequestError
from ...models.evaluation import Evaluation
from ..outcomes import Outcome
from .rows import seconds_of

_LIBRARIES = ("pandas", "polars")
_REDACT = redactor(())
COLUMNS = (
    "index",
    "item_id",
    "client_ref",
    "task_type",
    "verdict",
    "score",
    "seconds",
    "charged",
    "failed_judges",
    "issues",
    "improved_prompt",
    "evaluation_id",
    "error",
    "message",
    "from_journal",
)

Record = dict[str, Any]


def frame_maker(library: str | None) -> Callable[[Sequence[Record]], Any]:
    """Return the function that makes a frame of records.

    Args:
        library: "pandas" or "polars"; where None, the first of them that is installed.

    Raises:
        InvalidRequestError: it is another one.
        ModuleNotFoundError: it is not installed.
    """
    if library is not None and library not in _LIBRARIES:
        raise InvalidRequestError(
            f"library is {library!r}: pass 'pandas' or 'polars', or leave it out", argument="library"
        )
    name = library or next((name for name in _LIBRARIES if find_spec(name) is not None), None)
    if name is None:
        raise ModuleNotFoundError(
            "to_dataframe needs pandas or polars, and neither is installed: pip install pandas", name="pandas"
        )
    if find_spec(name) is None:
        raise ModuleNotFoundError(f"to_dataframe needs {name}, which is not installed: pip install {name}", name=name)
    make = import_module(name).DataFrame
    return lambda records: make({column: [record[column] for record in records] for column in COLUMNS})


def record_of(outcome: Outcome) -> Record:
    """Return the row of an outcome."""
    evaluation = outcome.evaluation or Evaluation()
    request = outcome.request
    action = evaluation.action
    improved = None if action is None else getattr(action, "improved_prompt", None)
    return {
        "index": outcome.index,
        "item_id": request.item_id,
        "client_ref": request.client_ref,
        "task_type": request.task_type,
        "verdict": None if evaluation.verdict is None else evaluation.verdict.value,
        "score": evaluation.score,
        "seconds": seconds_of(evaluation),
        "charged": evaluation.charged,
        "failed_judges": _joined(judge.name for judge in evaluation.failed_judges),
        "issues": _joined(issue.detail or issue.category for issue in evaluation.issues),
        "improved_prompt": _text(improved),
        "evaluation_id": _text(evaluation.id),
        "error": None if outcome.error is None else type(outcome.error).__name__,
        "message": None if outcome.error is None else str(outcome.error),
        "from_journal": outcome.from_journal,
    }


def _text(value: Any) -> str | None:
    return _REDACT(value) if isinstance(value, str) else None


def _joined(values: Iterable[Any]) -> str:
    return "; ".join(filter(None, map(_text, values)))
