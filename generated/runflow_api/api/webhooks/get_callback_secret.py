"""The operation `get_callback_secret`."""

from __future__ import annotations

from uuid import UUID

from ... import models as api_models
from ...encoding import header_pairs, uuid_part
from ...types import UNSET, Operation, Unset


def operation(
    id: str | UUID,
    *,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[api_models.CallbackSecret]:
    """Read what is known of a callback secret.

    Gives the secret's label and state, never the secret itself.

    Args:
        id: Id of the callback secret.
        x_organization_id: The organization to act for; the key's own when not sent.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (documented): https://docs.runflow.io/api-reference/webhooks/get-org-callback-secret
    """
    return Operation(
        operation_id="get_callback_secret",
        method="GET",
        path="/v1/callback-secrets/" + uuid_part("id", id),
        path_template="/v1/callback-secrets/{id}",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
            }
        ),
        answers={
            200: api_models.CallbackSecret.from_dict,
        },
    )
