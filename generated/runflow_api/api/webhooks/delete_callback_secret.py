"""The operation `delete_callback_secret`."""

from __future__ import annotations

from uuid import UUID

from ...encoding import header_pairs, uuid_part
from ...types import UNSET, Operation, Unset, nothing


def operation(
    id: str | UUID,
    *,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[None]:
    """Delete a callback secret.

    Removes a secret; do so after its successor has taken over. The guide to signatures tells people to remove old
    secrets; that this request does it is inferred.

    Args:
        id: Id of the callback secret.
        x_organization_id: The organization to act for; the key's own when not sent.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (inferred): https://docs.runflow.io/guides/verify-callback-signatures
    """
    return Operation(
        operation_id="delete_callback_secret",
        method="DELETE",
        path="/v1/callback-secrets/" + uuid_part("id", id),
        path_template="/v1/callback-secrets/{id}",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
            }
        ),
        answers={
            204: nothing,
        },
    )
