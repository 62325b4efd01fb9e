"""The operation `get_account`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...encoding import query_pairs
from ...models.account import Account
from ...types import UNSET, Operation, Unset

_ANSWERS: Mapping[int, Callable[[Any], Account]] = {
    200: Account.from_dict,
}


def operation(
    *,
    embed: str | None | Unset = UNSET,
) -> Operation[Account]:
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
        answers=_ANSWERS,
    )
