"""What the page says of one item: plain JSON, redacted and bounded in size."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from runflow_api.models.evaluation_action import EvaluationAction
from runflow_api.models.evaluation_gate_failure import EvaluationGateFailure
from runflow_api.models.evaluation_issue import EvaluationIssue
from runflow_api.models.evaluation_judge import EvaluationJudge

from ..._redaction import redactor
from ..._urls import split_url
from ...models.evaluation import Evaluation
from ...models.failures import failure_reason
from ..journals.journal import Outcome, Verdict

Row = dict[str, Any]

_REDACT = redactor(())
_LONGEST_NAME = 200
_LONGEST_TEXT = 2_000
_LONGEST_PROMPT = 10_000
_MOST = 50  # judges, issues, gate failures, and sentences of evidence of one item
# The run and the model of an evaluation are large, and nothing of them is shown.
_NOT_SHOWN = frozenset(("run", "model", "parent_evaluation", "input_attributes", "reference_images"))


def row_of(outcome: Outcome) -> Row:
    """Return the row of an item that has ended; what is empty is left out.

    Args:
        outcome: as the journal has it. Its texts come from the server, so none of them is trusted.
    """
    found: Row = {
        "id": _text(outcome.item_id, _LONGEST_NAME),
        "verdict": outcome.verdict.value,
        "key": _text(outcome.key, _LONGEST_NAME),
    }
    if outcome.cost is not None:
        found["cost"] = f"{outcome.cost:f}"
    body = _object(outcome.evaluation)
    evaluation = Evaluation.from_dict({name: value for name, value in body.items() if name not in _NOT_SHOWN})
    found |= _facts(evaluation) | _findings(evaluation)
    found["evaluation"] = _text(outcome.evaluation_id, _LONGEST_NAME) or found.get("evaluation")
    if outcome.verdict is Verdict.FAILED:
        found |= _failure(evaluation)
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _facts(evaluation: Evaluation) -> Row:
    return {
        "score": None if evaluation.score is None else round(evaluation.score, 4),
        "seconds": seconds_of(evaluation),
        "submitted": _date(evaluation.submitted_at) or _date(evaluation.created_at),
        "task": _text(evaluation.task_type, _LONGEST_NAME),
        "label": _text(evaluation.client_ref, _LONGEST_NAME),
        "evaluation": _text(evaluation.id, _LONGEST_NAME),
        "link": link_to(evaluation.generated_image_url),
        "prompt": _text(evaluation.generation_prompt, _LONGEST_PROMPT),
        "override": _text(evaluation.override_reason, _LONGEST_TEXT),
        "strengths": [_text(strength, _LONGEST_TEXT) for strength in _several(evaluation.top_strengths, str)],
        "thumb": evaluation.feedback_is_positive if isinstance(evaluation.feedback_is_positive, bool) else None,
    }


def _findings(evaluation: Evaluation) -> Row:
    found: Row = {
        "judges": [_judge(judge) for judge in _several(evaluation.judges, EvaluationJudge)],
        "gates": [_gate(gate) for gate in _several(evaluation.gate_failures, EvaluationGateFailure)],
    }
    if not any("issues" in judge for judge in found["judges"]):
        found["issues"] = [_text(issue, _LONGEST_TEXT) for issue in _several(evaluation.top_issues, str)]
    action: Any = evaluation.action
    if isinstance(action, EvaluationAction):
        found["summary"] = _text(action.failure_summary, _LONGEST_TEXT)
        found["action"] = _text(action.primary_action, _LONGEST_NAME)
        found["improved"] = _text(action.improved_prompt, _LONGEST_PROMPT)
    return found


def _judge(judge: EvaluationJudge) -> Row:
    found = {
        "name": _text(judge.name, _LONGEST_NAME) or "unnamed",
        "passed": judge.passed if isinstance(judge.passed, bool) else None,
        "confidence": _number(judge.confidence),
        "weight": _number(judge.weight),
        "reasoning": _text(judge.reasoning, _LONGEST_TEXT),
        "evidence": [_text(sentence, _LONGEST_TEXT) for sentence in _several(judge.evidence, str)],
        "issues": [_issue(issue) for issue in _several(judge.issues, EvaluationIssue)],
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _issue(issue: EvaluationIssue) -> Row:
    name = _joined(issue.category, issue.subcategory) or "uncategorized"
    return {"name": name, "detail": _text(issue.detail, _LONGEST_TEXT)}


def _gate(gate: EvaluationGateFailure) -> Row:
    return {"name": _joined(gate.module, gate.output_key) or "gate", "reason": _text(gate.reason, _LONGEST_TEXT)}


def _failure(evaluation: Evaluation) -> Row:
    """Say why there is no verdict: the kind for counting, and the message."""
    return {
        "kind": _text(evaluation.failure_code, _LONGEST_NAME) or Verdict.FAILED.value,
        "message": failure_reason(evaluation),
    }


def link_to(url: Any) -> str:
    """Return the address of an image on the web, without user, query and fragment; empty for anything else.

    A signed URL is a secret, so its query is neither shown nor linked.
    """
    parts = split_url(url)
    if parts is None or parts.scheme not in ("https", "http"):
        return ""
    host = parts.netloc.rpartition("@")[2]
    return _text(f"{parts.scheme}://{host}{parts.path}", _LONGEST_TEXT)


def seconds_of(evaluation: Evaluation) -> float | None:
    """Return the seconds from submit to end; None where the server sent not both, or the end is before the submit."""
    start: Any = evaluation.submitted_at or evaluation.created_at
    end: Any = evaluation.completed_at
    if not isinstance(start, datetime) or not isinstance(end, datetime) or end < start:
        return None
    return round((end - start).total_seconds(), 3)


def _date(value: Any) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if isinstance(value, datetime) else ""


def _joined(*names: Any) -> str:
    return " / ".join(filter(None, (_text(name, _LONGEST_NAME) for name in names)))


def _number(value: Any) -> float | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not -1e9 < value < 1e9:
        return None
    return round(value, 3)


def _object(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _several(values: Any, kind: type[Any]) -> list[Any]:
    found = [value for value in values if isinstance(value, kind)] if isinstance(values, list) else []
    return found[:_MOST]


def _text(value: Any, longest: int) -> str:
    """Return a text without secrets, image data and lone surrogates, cut where it is too long."""
    if not isinstance(value, str):
        return ""
    text = (
        _REDACT(value[: 4 * longest]).encode("utf-8", "replace").decode("utf-8")
    )  # cut first: a huge text costs little
    return text if len(text) <= longest else text[: longest - 3] + "..."
