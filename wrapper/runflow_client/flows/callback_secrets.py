"""Creating, reading, changing and deleting callback secrets."""

from __future__ import annotations

from uuid import UUID

from runflow_api.api.webhooks import (
    create_callback_secret,
    delete_callback_secret,
    get_callback_secret,
    update_callback_secret,
)
from runflow_api.models.create_callback_secret_request import CreateCallbackSecretRequest
from runflow_api.models.update_callback_secret_request import UpdateCallbackSecretRequest

from ..errors import InvalidRequestError
from ..models.callback_secret import CallbackSecret
from .base.arguments import or_unset, require_id, translate_limits
from .base.context import Context
from .base.responses import CallInfo, ignore_body
from .base.retrying import build_request, send_for_model, send_with_retries
from .base.steps import Flow


def create(context: Context, label: str) -> Flow[CallbackSecret]:
    """Create a callback secret; only this response holds the secret itself."""
    with translate_limits():
        operation = create_callback_secret.operation(body=CreateCallbackSecretRequest(label=label))
    info = CallInfo("creating a callback secret", idempotency_key=context.new_key(), takes_key=False)
    return send_for_model(context, operation, CallbackSecret.from_dict, info, context.call_deadline())


def get(context: Context, secret_id: str | UUID | None) -> Flow[CallbackSecret]:
    """Return a callback secret without the secret itself."""
    with translate_limits("id"):
        operation = get_callback_secret.operation(require_id(secret_id, "id"))
    info = CallInfo(f"getting callback secret {secret_id}")
    return send_for_model(context, operation, CallbackSecret.from_dict, info, context.call_deadline())


def update(
    context: Context, secret_id: str | UUID | None, label: str | None, is_current: bool | None
) -> Flow[CallbackSecret]:
    """Change a callback secret's label, or make it the one that signs callbacks."""
    if label is None and is_current is None:
        raise InvalidRequestError("nothing to change: pass label or is_current", argument="label")
    with translate_limits("id"):
        body = UpdateCallbackSecretRequest(label=or_unset(label), is_current=or_unset(is_current))
        operation = update_callback_secret.operation(require_id(secret_id, "id"), body=body)
    info = CallInfo(f"changing callback secret {secret_id}")
    return send_for_model(context, operation, CallbackSecret.from_dict, info, context.call_deadline())


def delete(context: Context, secret_id: str | UUID | None) -> Flow[None]:
    """Delete a callback secret."""
    with translate_limits("id"):
        operation = delete_callback_secret.operation(require_id(secret_id, "id"))
    info = CallInfo(f"deleting callback secret {secret_id}")
    return send_with_retries(context, build_request(operation), info, context.call_deadline(), ignore_body)
