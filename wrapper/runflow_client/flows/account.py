"""Getting the account of the key, its balance, and the health of the service."""

from __future__ import annotations

from runflow_api.api.account import get_account, get_balance, get_health
from runflow_api.models.account import Account
from runflow_api.models.balance import Balance
from runflow_api.models.health import Health

from .base.context import Context
from .base.responses import CallInfo
from .base.retrying import send_for_model
from .base.steps import Flow


def me(context: Context) -> Flow[Account]:
    """Return the account that the key belongs to."""
    info = CallInfo("getting the account of the key")
    return send_for_model(context, get_account.operation(), Account.from_dict, info, context.call_deadline())


def balance(context: Context) -> Flow[Balance]:
    """Return the organization's credit balance."""
    info = CallInfo("getting the balance")
    return send_for_model(context, get_balance.operation(), Balance.from_dict, info, context.call_deadline())


def health(context: Context) -> Flow[Health]:
    """Return whether the service is up."""
    info = CallInfo("getting the service's health")
    return send_for_model(context, get_health.operation(), Health.from_dict, info, context.call_deadline())
