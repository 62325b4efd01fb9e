"""The operation `get_evaluation`."""

from __future__ import annotations

from uuid import UUID

from ... import models as api_models
from ...encoding import header_pairs, query_pairs, uuid_part
from ...types import UNSET, Operation, Unset


def operation(
    id: str | UUID,
    *,
    embed: str | None | Unset = UNSET,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[api_models.Evaluation]:
    """Read one evaluation.

    Gives the evaluation in its present state, with the related rows that `embed` asks for. Needs the scope
    `evaluations:read`.

    Args:
        id: Id of the evaluation.
        embed: Related rows to include, comma-separated in one string; known are judges, action and
            gate_failures. Without it only the evaluation's own fields can be relied on.
        x_organization_id: The organization to act for; the key's own when not sent.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (documented): https://docs.runflow.io/api-reference/evaluations/get-evaluation
    """
    return Operation(
        operation_id="get_evaluation",
        method="GET",
        path="/v1/evaluations/" + uuid_part("id", id),
        path_template="/v1/evaluations/{id}",
        query=query_pairs(
            {
                "embed": embed,
            }
        ),
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
            }
        ),
        answers={
            200: api_models.Evaluation.from_dict,
        },
    )
