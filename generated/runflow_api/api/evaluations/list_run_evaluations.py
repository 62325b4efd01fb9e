"""The operation `list_run_evaluations`."""

from __future__ import annotations

from uuid import UUID

from ... import models as api_models
from ...encoding import header_pairs, uuid_part
from ...types import UNSET, Operation, Unset


def operation(
    run_id: str | UUID,
    *,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[api_models.EvaluationList]:
    """List the evaluations of a run.

    Gives the evaluations filed under a run: those that Runflow made by itself, and those submitted with the run's
    id. The platform's own one appears some minutes after the run, so an empty list may fill up.

    Args:
        run_id: Id of the run.
        x_organization_id: The organization to act for; the key's own when not sent.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (observed): https://github.com/runflow-io/runflow-ad-creative
    """
    return Operation(
        operation_id="list_run_evaluations",
        method="GET",
        path="/v1/runs/" + uuid_part("run_id", run_id) + "/evaluations",
        path_template="/v1/runs/{run_id}/evaluations",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
            }
        ),
        answers={
            200: api_models.EvaluationList.from_dict,
        },
    )
