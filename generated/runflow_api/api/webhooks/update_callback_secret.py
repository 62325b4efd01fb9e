"""The operation `update_callback_secret`."""

from __future__ import annotations

from uuid import UUID

from ... import models as api_models
from ...encoding import header_pairs, uuid_part
from ...types import UNSET, Operation, Unset


def operation(
    id: str | UUID,
    *,
    body: api_models.UpdateCallbackSecretRequest,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[api_models.CallbackSecret]:
    """Label a callback secret, or make it the one that signs.

    Changes the label, or makes this the secret that callbacks are signed with. Accept both secrets until callbacks
    signed with the old one have stopped.

    Args:
        id: Id of the callback secret.
        x_organization_id: The organization to act for; the key's own when not sent.
        body: What to send.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (documented): https://docs.runflow.io/api-reference/webhooks/update-callback-secret
    """
    return Operation(
        operation_id="update_callback_secret",
        method="PATCH",
        path="/v1/callback-secrets/" + uuid_part("id", id),
        path_template="/v1/callback-secrets/{id}",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
            }
        ),
        body=body.to_dict(),
        answers={
            200: api_models.CallbackSecret.from_dict,
        },
    )
