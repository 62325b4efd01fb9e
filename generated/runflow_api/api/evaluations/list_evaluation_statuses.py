"""The operation `list_evaluation_statuses`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...encoding import header_pairs
from ...models.evaluation_status_list import EvaluationStatusList
from ...types import UNSET, Operation, Unset

_ANSWERS: Mapping[int, Callable[[Any], EvaluationStatusList]] = {
    200: EvaluationStatusList.from_dict,
}


def operation(
    *,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[EvaluationStatusList]:
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
        answers=_ANSWERS,
    )
