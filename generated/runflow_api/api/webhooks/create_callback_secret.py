"""The operation `create_callback_secret`."""

from __future__ import annotations

from ... import models as api_models
from ...encoding import header_pairs
from ...types import UNSET, Operation, Unset


def operation(
    *,
    body: api_models.CreateCallbackSecretRequest,
    x_organization_id: str | None | Unset = UNSET,
    idempotency_key: str | None | Unset = UNSET,
) -> Operation[api_models.CallbackSecret]:
    """Create a secret to sign callbacks with.

    Makes a new secret and shows it in `plain_secret`, this once: store it right away, it cannot be read again.

    Args:
        x_organization_id: The organization to act for; the key's own when not sent.
        idempotency_key: A string of your own for one write. The same key with the same body is given the first
            answer again; with another body it is refused with 409. How long a key is remembered is not documented.
        body: What to send.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (documented): https://docs.runflow.io/api-reference/webhooks/create-callback-signing-secret
    """
    return Operation(
        operation_id="create_callback_secret",
        method="POST",
        path="/v1/callback-secrets",
        path_template="/v1/callback-secrets",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
                "Idempotency-Key": idempotency_key,
            }
        ),
        body=body.to_dict(),
        answers={
            201: api_models.CallbackSecret.from_dict,
        },
    )
