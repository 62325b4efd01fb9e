"""Sending any operation of the generated layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from runflow_api.types import AnswerError, Operation, nothing, takes_object

from ..errors import InvalidRequestError
from .base.arguments import checked_key
from .base.context import Context
from .base.json_reading import read_json
from .base.responses import CallInfo, UnexpectedBodyError
from .base.retrying import build_request, idempotency_key_of, send_with_retries
from .base.steps import Flow, Response

R = TypeVar("R")
T = TypeVar("T")


def send_raw(context: Context, operation: Operation[Any]) -> Flow[Response]:
    """Send an operation (a POST under an idempotency key), and return the successful response itself."""
    return _send(context, operation, lambda response: response)


def send(context: Context, operation: Operation[T]) -> Flow[T]:
    """Send an operation, and return its response read by the contract; a list without an envelope is read as a page."""

    def read(response: Response) -> T:
        raw = operation.raw_answers.get(response.status)
        if raw is not None and not (response.status in operation.answers and _is_json(response)):
            return raw(response.body)
        reader = operation.answers.get(response.status) or next(iter(operation.answers.values()), None)
        if reader is None:
            raise UnexpectedBodyError
        if reader is nothing and not response.body:
            return reader(None)
        data = read_json(response.body)
        needs_object = takes_object(reader) or reader is nothing
        if takes_object(reader) and isinstance(data, list):
            data = {"items": data}
        if not isinstance(data, dict) if needs_object else data is None and response.body.strip() != b"null":
            raise UnexpectedBodyError
        try:
            return reader(data)
        except AnswerError:
            raise UnexpectedBodyError from None

    return _send(context, operation, read)


def _is_json(response: Response) -> bool:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _send(context: Context, operation: Operation[Any], read: Callable[[Response], R]) -> Flow[R]:
    if not isinstance(operation, Operation):
        raise InvalidRequestError(
            "operation must be built by a module of runflow_api.api, as in get_health.operation(), not "
            f"{type(operation).__name__}",
            argument="operation",
        )
    key = idempotency_key_of(operation)
    if key is None and operation.method.upper() == "POST":
        key = context.new_key()
    info = CallInfo(f"sending {operation.operation_id}", idempotency_key=None if key is None else checked_key(key))
    return send_with_retries(context, build_request(operation, key), info, context.call_deadline(), read)
