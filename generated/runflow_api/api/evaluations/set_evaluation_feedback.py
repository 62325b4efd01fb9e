"""The operation `set_evaluation_feedback`."""

from __future__ import annotations

from uuid import UUID

from ... import models as api_models
from ...encoding import header_pairs, uuid_part
from ...types import UNSET, Operation, Unset


def operation(
    evaluation_id: str | UUID,
    *,
    body: api_models.SetEvaluationFeedbackRequest,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[api_models.Evaluation]:
    """Set or clear feedback on an evaluation.

    Records a thumb up or down on the evaluation, or takes it back. There is one thumb an evaluation and the last
    write wins, so a repeated request does no harm. Needs the scope `evaluations:edit`.

    Args:
        evaluation_id: Id of the evaluation.
        x_organization_id: The organization to act for; the key's own when not sent.
        body: What to send.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (reference):
    https://docs.runflow.io/api-reference/evaluations/set-or-clear-customer-feedback-on-an-evaluation-analysis
    """
    return Operation(
        operation_id="set_evaluation_feedback",
        method="PATCH",
        path="/v1/evaluations/" + uuid_part("evaluation_id", evaluation_id) + "/feedback",
        path_template="/v1/evaluations/{evaluation_id}/feedback",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
            }
        ),
        body=body.to_dict(),
        answers={
            200: api_models.Evaluation.from_dict,
        },
    )
