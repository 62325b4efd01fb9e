"""The operation `set_run_evaluation_feedback`."""

from __future__ import annotations

from uuid import UUID

from ... import models as api_models
from ...encoding import header_pairs, uuid_part
from ...types import UNSET, Operation, Unset


def operation(
    run_id: str | UUID,
    evaluation_id: str | UUID,
    *,
    body: api_models.SetEvaluationFeedbackRequest,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[api_models.Evaluation]:
    """Set or clear feedback on an evaluation of a run.

    Records the same thumb as the feedback of an evaluation does, reached through the run it is filed under. Only
    evaluations that the run lists can be reached so. Needs the scope `evaluations:edit`.

    Args:
        run_id: Id of the run.
        evaluation_id: Id of an evaluation of that run.
        x_organization_id: The organization to act for; the key's own when not sent.
        body: What to send.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (observed): https://github.com/runflow-io/runflow-ad-creative
    """
    return Operation(
        operation_id="set_run_evaluation_feedback",
        method="PATCH",
        path="/v1/runs/"
        + uuid_part("run_id", run_id)
        + "/evaluations/"
        + uuid_part("evaluation_id", evaluation_id)
        + "/feedback",
        path_template="/v1/runs/{run_id}/evaluations/{evaluation_id}/feedback",
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
