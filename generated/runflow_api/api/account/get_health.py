"""The operation `get_health`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...models.health import Health
from ...types import Operation

_ANSWERS: Mapping[int, Callable[[Any], Health]] = {
    200: Health.from_dict,
}


def operation() -> Operation[Health]:
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
        answers=_ANSWERS,
    )
