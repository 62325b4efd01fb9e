"""The operation `list_evaluation_job_classes`."""

from __future__ import annotations

from ... import models as api_models
from ...encoding import header_pairs
from ...types import UNSET, Operation, Unset


def operation(
    *,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[api_models.EvaluationJobClassList]:
    """List the job classes and their prices.

    Gives the active job classes with the price of each. A price is fixed for an evaluation when it is submitted.
    Only the path is documented; the shape of the answer is inferred.

    Args:
        x_organization_id: The organization to act for; the key's own when not sent.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """
    return Operation(
        operation_id="list_evaluation_job_classes",
        method="GET",
        path="/v1/evaluations/job-classes",
        path_template="/v1/evaluations/job-classes",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
            }
        ),
        answers={
            200: api_models.EvaluationJobClassList.from_dict,
        },
    )
