"""The operation `list_evaluation_statuses`."""

from __future__ import annotations

from ... import models as api_models
from ...encoding import header_pairs
from ...types import UNSET, Operation, Unset


def operation(
    *,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[api_models.EvaluationStatusList]:
    """List the statuses of evaluations.

    Gives the reference list of the statuses an evaluation can have. Only the path is documented; the shape of the
    answer is inferred.

    Args:
        x_organization_id: The organization to act for; the key's own when not sent.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (documented): https://docs.runflow.io/concepts/evaluations
    """
    return Operation(
        operation_id="list_evaluation_statuses",
        method="GET",
        path="/v1/evaluations/statuses",
        path_template="/v1/evaluations/statuses",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
            }
        ),
        answers={
            200: api_models.EvaluationStatusList.from_dict,
        },
    )
