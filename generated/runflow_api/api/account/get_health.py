"""The operation `get_health`."""

from __future__ import annotations

from ... import models as api_models
from ...types import Operation


def operation() -> Operation[api_models.Health]:
    """Ask whether the service is up.

    Answers without a key; that none is needed is observed in public clients.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (documented): https://docs.runflow.io/concepts/errors
    """
    return Operation(
        operation_id="get_health",
        method="GET",
        path="/v1/health",
        path_template="/v1/health",
        answers={
            200: api_models.Health.from_dict,
        },
    )
