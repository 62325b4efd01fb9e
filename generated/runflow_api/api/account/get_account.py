"""The operation `get_account`."""

from __future__ import annotations

from ... import models as api_models
from ...encoding import query_pairs
from ...types import UNSET, Operation, Unset


def operation(
    *,
    embed: str | None | Unset = UNSET,
) -> Operation[api_models.Account]:
    """Read whose key this is.

    Gives the profile of the user behind the key. An answer of 200 is proof that the key works.

    Args:
        embed: Related rows to include, comma-separated in one string; known are memberships, organizations and
            pending_invitations.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (documented): https://docs.runflow.io/api-reference/account/get-current-user
    """
    return Operation(
        operation_id="get_account",
        method="GET",
        path="/v1/auth/me",
        path_template="/v1/auth/me",
        query=query_pairs(
            {
                "embed": embed,
            }
        ),
        answers={
            200: api_models.Account.from_dict,
        },
    )
