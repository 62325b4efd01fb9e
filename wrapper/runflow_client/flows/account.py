"""Callback secrets, the account, and whether the service is up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from runflow_api.api.account import get_account, get_balance, get_health
from runflow_api.api.webhooks import (
    create_callback_secret,
    delete_callback_secret,
    get_callback_secret,
    update_callback_secret,
)
from runflow_api.models.account import Account
from runflow_api.models.balance import Balance
from runflow_api.models.create_callback_secret_request import CreateCallbackSecretRequest
from runflow_api.models.health import Health
from runflow_api.models.update_callback_secret_request import UpdateCallbackSecretRequest
from runflow_api.types import Operation

from ..errors import InvalidRequestError
from ..models.callback_secret import CallbackSecret
from .base.arguments import or_unset, require_id, translate_limits
from .base.context import Context
from .base.responses import CallInfo
from .base.retrying import build_request, send_for_model, send_with_retries
from .base.steps import Flow, Response

R = TypeVar("R")


def _call(
    context: Context,
    operation: Operation[Any],
    model: Callable[[dict[str, Any]], R],
    doing: str,
    key: str | None = None,
) -> Flow[R]:
    return send_for_model(
        context, operation, model, CallInfo(doing, idempotency_key=key, takes_key=False), context.call_deadline(None)
    )


def create_secret(context: Context, label: str) -> Flow[CallbackSecret]:
    """Make a callback secret; its answer alone shows it."""
    with translate_limits():
        operation = create_callback_secret.operation(body=CreateCallbackSecretRequest(label=label))
    return _call(context, operation, CallbackSecret.from_dict, "creating a callback secret", context.new_key())


def get_secret(context: Context, secret_id: str | UUID | None) -> Flow[CallbackSecret]:
    """Return a callback secret without the secret itself."""
    with translate_limits("id"):
        operation = get_callback_secret.operation(require_id(secret_id, "id"))
    return _call(context, operation, CallbackSecret.from_dict, f"getting callback secret {secret_id}")


def update_secret(
    context: Context, secret_id: str | UUID | None, label: str | None, is_current: bool | None
) -> Flow[CallbackSecret]:
    """Change a callback secret's label, or make it the one that callbacks are signed with."""
    if label is None and is_current is None:
        raise InvalidRequestError("nothing to change: give label or is_current", argument="label")
    with translate_limits("id"):
        body = UpdateCallbackSecretRequest(label=or_unset(label), is_current=or_unset(is_current))
        operation = update_callback_secret.operation(require_id(secret_id, "id"), body=body)
    return _call(context, operation, CallbackSecret.from_dict, f"changing callback secret {secret_id}")


def delete_secret(context: Context, secret_id: str | UUID | None) -> Flow[None]:
    """Delete a callback secret."""
    with translate_limits("id"):
        operation = delete_callback_secret.operation(require_id(secret_id, "id"))
    info = CallInfo(f"deleting callback secret {secret_id}")
    yield from send_with_retries(context, build_request(operation), info, context.call_deadline(None), _done)


def _done(answer: Response) -> bool:
    return True


def me(context: Context) -> Flow[Account]:
    """Return the account that the key belongs to."""
    return _call(context, get_account.operation(), Account.from_dict, "asking whose key this is")


def balance(context: Context) -> Flow[Balance]:
    """Return the organization's credit balance."""
    return _call(context, get_balance.operation(), Balance.from_dict, "getting the balance")


def health(context: Context) -> Flow[Health]:
    """Return whether the service is up."""
    return _call(context, get_health.operation(), Health.from_dict, "asking for the service's health")
