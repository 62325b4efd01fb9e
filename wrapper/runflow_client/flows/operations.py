"""Sending any operation of the generated layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from runflow_api.types import Operation

from ..errors import InvalidRequestError
from .base.arguments import checked_key
from .base.context import Context
from .base.responses import CallInfo, UnexpectedBodyError, read_json
from .base.retrying import build_request, idempotency_key_of, send_with_retries
from .base.steps import Flow, Response

R = TypeVar("R")
T = TypeVar("T")


def send_raw(context: Context, operation: Operation[Any]) -> Flow[Response]:
    """Send an operation, a POST under an idempotency key, and return the successful response as it came."""
    return _send(context, operation, lambda response: response)


def send(context: Context, operation: Operation[T]) -> Flow[T]:
    """Send an operation and return its response, read as the contract says; a bare list passes for a page of its own."""

    def read(response: Response) -> T:
        reader = operation.answers.get(response.status) or next(iter(operation.answers.values()))
        data = {} if response.status == 204 and not response.body else read_json(response.body)
        if isinstance(data, list):
            data = {"items": data}
        if not isinstance(data, dict):
            raise UnexpectedBodyError
        return reader(data)

    return _send(context, operation, read)


def _send(context: Context, operation: Operation[Any], read: Callable[[Response], R]) -> Flow[R]:
    if not isinstance(operation, Operation):
        raise InvalidRequestError(
            "operation must be what a module of runflow_api.api builds, as in get_health.operation(), not "
            f"{type(operation).__name__}",
            argument="operation",
        )
    key = idempotency_key_of(operation)
    if key is None and operation.method.upper() == "POST":
        key = context.new_key()
    info = CallInfo(f"sending {operation.operation_id}", idempotency_key=None if key is None else checked_key(key))
    return send_with_retries(context, build_request(operation, key), info, context.call_deadline(), read)
