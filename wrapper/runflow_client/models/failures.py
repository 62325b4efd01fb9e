"""What errors say of an evaluation: why it failed, that it has not ended, or that it may exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._redaction import one_line, redactor, safe_id

if TYPE_CHECKING:
    from .evaluation import Evaluation

HOW_TO_WAIT = "call wait(error.evaluation) to go on waiting"
"""The next step for an evaluation that has not ended in time."""

_LONGEST_REASON = 300
_LONGEST_NAME = 200
_REASON_FIELDS = ("failure_message", "failure_reason", "failure_detail")


def failed_message(evaluation: Evaluation) -> str:
    """Return the message for an evaluation that failed."""
    code = evaluation.failure_code
    reason = failure_reason(evaluation)
    return (
        f"evaluation {safe_id(evaluation.id)} failed ({safe_id(code) if code else 'no failure_code'})"
        + (f": {reason.rstrip('.')}. " if reason else ". ")
        + "The image was not judged, so there is no verdict. error.evaluation holds the details. "
        "To try again, submit the image under a new idempotency key."
    )


def unfinished_message(evaluation: Evaluation, last_problem: str) -> str:
    """Return the message for an evaluation that has not ended in time."""
    status = safe_id(evaluation.status_code) if evaluation.status_code else "unknown"
    return (
        f"evaluation {safe_id(evaluation.id)} had not ended by the deadline (last status: {status}). "
        + (f"The last poll failed: {last_problem.rstrip('.')}. " if last_problem else "")
        + f"The evaluation goes on at the server and is not billed again: {HOW_TO_WAIT}."
    )


def unknown_outcome_message(batch_id: str, item_id: str) -> str:
    """Return the message for an item of a batch that may have been submitted."""
    batch, item = (one_line(redactor(())(name))[:_LONGEST_NAME] for name in (batch_id, item_id))
    return (
        f"item {item!r} of batch {batch!r} may have been submitted, but no response was recorded, and its idempotency key is too "
        "old to submit it again without a second charge. Find out whether its evaluation exists (by its client_ref or run, or in "
        "a callback). Tell the journal by open_journal(...).resolve(batch_id, item_id, evaluation_id), with None where it does not exist, "
        "or by the command `runflow resolve`; then run the batch again."
    )


def failure_reason(evaluation: Evaluation) -> str:
    """Return the server's reason for a failure, redacted and on one line; empty where it sent none.

    The OpenAPI document has no field for it. `_REASON_FIELDS` are the names that runs and callbacks use; that evaluations
    use them too is inferred. The shape of `check_summary` is not documented.
    """
    unknown, summary = evaluation.additional_properties, evaluation.check_summary
    found: list[Any] = [unknown.get(name) for name in _REASON_FIELDS]
    found.append(summary.get("reason") if isinstance(summary, dict) else None)
    return next(filter(None, (_short(text) for text in found if isinstance(text, str))), "")


def _short(text: str) -> str:
    # Cut before redacting too, so that a long text costs little. The cut may split an API key, and the client, which
    # redacts the key later, would not find half of it: so `_cut` drops the last word.
    text = _cut(text, 4 * _LONGEST_REASON)
    return _cut(one_line(redactor(())(text)).strip(), _LONGEST_REASON)


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[:size].rpartition(" ")[0]
