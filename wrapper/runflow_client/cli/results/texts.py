"""An evaluation as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..terminal.screen import Screen
from ..terminal.words import Cell, printable
from .records import FINAL, Record

if TYPE_CHECKING:
    from ...models.evaluation import Evaluation

_LONGEST = 1_000


def write_record(screen: Screen, record: Record) -> None:
    """Write a record: as JSON, or as one line with the outcome."""
    if screen.json:
        screen.result(record)
        return
    outcome, score = record["outcome"], record["score"]
    names = [printable(record[name]) for name in ("image", "evaluation_id") if record.get(name)]
    cost = [f"{printable(record['cost'])} credits"] if record["cost"] else []
    screen.line(
        Cell(outcome, outcome if outcome in FINAL else "warning", 9),
        "    " if score is None else f"{score:.2f}",
        *names,
        *cost,
    )


def write_evaluation(screen: Screen, evaluation: Evaluation, record: Record, *, all_judges: bool = False) -> None:
    """Write a record, then what speaks against the image.

    Args:
        screen: where to write.
        evaluation: the evaluation.
        record: its record.
        all_judges: whether the judges that the image passed are shown too.
    """
    write_record(screen, record)
    if screen.json:
        return
    from runflow_api.models.evaluation_judge import EvaluationJudge

    found: Any = evaluation.judges  # whatever the server sent
    judges = found if isinstance(found, list) and all_judges else evaluation.failed_judges
    rows: list[tuple[str | Cell, ...]] = [_judge(judge) for judge in judges if isinstance(judge, EvaluationJudge)]
    rows += [("issue", _text(issue.category), _text(issue.detail)) for issue in evaluation.issues]
    screen.table(rows, indent=2)
    if record["improved_prompt"]:
        screen.table([("improved prompt", _text(record["improved_prompt"]))], indent=2)


def _judge(judge: Any) -> tuple[str | Cell, ...]:
    result = "passed" if judge.passed is True else "rejected" if judge.passed is False else "no result"
    return (Cell(result, result), _text(judge.name), _text(judge.reasoning))


def _text(value: Any) -> str:
    return printable(value, _LONGEST) if isinstance(value, str) else ""
