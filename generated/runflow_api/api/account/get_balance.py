"""The operation `get_balance`."""

from __future__ import annotations

from ... import models as api_models
from ...encoding import header_pairs
from ...types import UNSET, Operation, Unset


def operation(
    *,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[api_models.Balance]:
    """Read the credit balance.

    Gives the organization's credit. Needs the scope `credit_balance:read`.

    Args:
        x_organization_id: The organization to act for; the key's own when not sent.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (documented): https://docs.runflow.io/api-reference/account/get-organization-credit-balance
    """
    return Operation(
        operation_id="get_balance",
        method="GET",
        path="/v1/billing/balance",
        path_template="/v1/billing/balance",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
            }
        ),
        answers={
            200: api_models.Balance.from_dict,
        },
    )
