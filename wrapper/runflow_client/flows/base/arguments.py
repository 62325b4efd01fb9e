"""The checks of arguments that all flows share; each error names the argument as the caller wrote it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import iscoroutinefunction
from typing import Any
from uuid import UUID

from runflow_api.models.evaluation import Evaluation as _GeneratedEvaluation
from runflow_api.types import UNSET, LimitError

from ...errors import InvalidRequestError, RunflowError
from .context import Context
from .policies import PollPolicy, is_positive_number

_ARGUMENT_OF_FIELD = {"generated_image_url": "image", "url": "image", "size_bytes": "source"}


@contextmanager
def translate_limits(id_argument: str = "evaluation_id") -> Iterator[None]:
    """Turn a LimitError of the generated layer into an InvalidRequestError that names the caller's argument.

    Args:
        id_argument: the caller's name of the path parameter `id`.
    """
    try:
        yield
    except LimitError as error:
        argument = id_argument if error.field == "id" else _ARGUMENT_OF_FIELD.get(error.field, error.field)
        raise InvalidRequestError(f"{argument}: {error.message}", argument=argument) from None


def annotate(exception: BaseException, text: str, *, key: str | None = None, evaluation_id: str | None = None) -> None:
    """Add to the exception that ends a call the ids that its caller needs to go on.

    Called in an `except`: a context manager would miss an interruption at the very end of its `with` block.

    Args:
        exception: an error of this library, or an interruption (Ctrl-C, a cancelled task, an error of the caller's callback).
        text: the note that is added to an interruption.
        key: the idempotency key, set on an error that has none.
        evaluation_id: the evaluation's id if it is known, likewise.
    """
    if isinstance(exception, RunflowError):
        exception.idempotency_key = exception.idempotency_key or key
        exception.evaluation_id = exception.evaluation_id or evaluation_id
    elif not isinstance(exception, GeneratorExit):
        exception.add_note(text)


def or_unset(value: Any) -> Any:
    return UNSET if value is None else value


def require_id(value: str | UUID | None, argument: str) -> str | UUID:
    """Return an id, and refuse None, which the `id` of a response model may be."""
    if value is None:
        raise InvalidRequestError(f"{argument} is None: pass the id that the API returned", argument=argument)
    return value


def evaluation_id_of(evaluation_or_id: _GeneratedEvaluation | str | UUID | None) -> str | UUID:
    """Return the id of an evaluation; an id is returned unchanged."""
    if isinstance(evaluation_or_id, _GeneratedEvaluation):
        return require_id(evaluation_or_id.id, "evaluation_id")
    return require_id(evaluation_or_id, "evaluation_id")


def checked_key(key: Any) -> str:
    """Return an idempotency key if a header can hold it, else raise."""
    if isinstance(key, str) and key and key.isascii() and key.isprintable() and key == key.strip():
        return key
    raise InvalidRequestError(
        "idempotency_key must be a non-empty string of printable ASCII characters, without spaces at either end",
        argument="idempotency_key",
    )


def checked_timeout(timeout: Any) -> float:
    """Return a timeout in seconds; infinity for None."""
    if timeout is None:
        return math.inf
    if not is_positive_number(timeout):
        raise InvalidRequestError(
            f"timeout must be a number of seconds above 0, or None for no limit, not {timeout!r}; "
            "to read the evaluation once, use get()",
            argument="timeout",
        )
    return float(timeout)


def checked_poll(poll: Any) -> PollPolicy:
    if isinstance(poll, PollPolicy):
        return poll
    raise InvalidRequestError(
        f"poll must be a PollPolicy, as in PollPolicy(longest=2.0), not {type(poll).__name__}", argument="poll"
    )


def checked_callback(context: Context, callback: Any, argument: str) -> Any:
    """Return a callback if the driver can call it, or None; raise before anything is sent otherwise."""
    if not context.takes_coroutines and iscoroutinefunction(callback):
        raise InvalidRequestError(
            f"{argument} is a coroutine function, which only AsyncRunflow can await; pass a function", argument=argument
        )
    if callback is None or callable(callback):
        return callback
    raise InvalidRequestError(f"{argument} must be a function, not {type(callback).__name__}", argument=argument)


def require_callback_url(receiver: Any, callback_url: str | None) -> None:
    """Refuse a submit that is to be waited for by its callback, but asks for none."""
    if receiver is not None and callback_url is None:
        raise InvalidRequestError(
            "receiver= needs callback_url=, the https URL at which your application receives callbacks",
            argument="callback_url",
        )


def checked_receiver(receiver: Any) -> Any:
    """Return a receiver of callbacks, or None; raise before anything is sent otherwise."""
    if receiver is None or callable(getattr(receiver, "expect", None)):
        return receiver
    raise InvalidRequestError(
        f"receiver must be a callbacks.Receiver, not {type(receiver).__name__}", argument="receiver"
    )
