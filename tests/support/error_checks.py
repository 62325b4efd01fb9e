"""Checks that every error of the library is complete, of the right class, and without secrets."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from collections.abc import Sequence
from typing import Any

from runflow_client import errors
from runflow_client._redaction import Redact, Secret, redactor
from runflow_client.flows.base.steps import Response

_BEFORE_THE_NETWORK = (errors.InvalidRequestError, errors.ConfigurationError)


def check_error(
    error: errors.RunflowError, exchanges: Sequence[Any], *, about: str | None, secret: str, evaluates: bool = True
) -> None:
    """Compare an error with the exchanges of the call that raised it.

    Args:
        error: the raised error.
        exchanges: the exchanges of that call, in order.
        about: the id of the evaluation that the caller passed.
        secret: a text that must appear nowhere.
        evaluates: whether the call submits or waits for an evaluation.
    """
    _check_copies(error)
    check_hidden(error, secret)
    if isinstance(error, _BEFORE_THE_NETWORK):
        assert not exchanges, f"{error!r} comes after {len(exchanges)} requests"
        return
    if evaluates:
        _check_names(error, exchanges, about)
    else:
        assert error.evaluation_id == about
    if isinstance(error, errors.APIError):
        _check_api_error(error, exchanges, redactor([Secret(secret)]))
    elif isinstance(error, errors.WaitTimeoutError):
        last = exchanges[-1].result
        failed = "The last poll failed" in str(error) and isinstance(last, Response)
        assert error.request_id == (_cleaned(_request_id(last), redactor([Secret(secret)])) if failed else None)
    elif isinstance(error, errors.DecodeError):
        responses = [one.result for one in exchanges if isinstance(one.result, Response)]
        assert error.request_id in {
            _cleaned(_request_id(response), redactor([Secret(secret)])) for response in responses
        }


def _check_names(error: errors.RunflowError, exchanges: Sequence[Any], about: str | None) -> None:
    """Check that the error names the key and the evaluation once they are known."""
    submits = [one for one in exchanges if one.method == "POST" and one.url.endswith("/v1/evaluations")]
    keys = {one.key for one in submits}
    assert len(keys) <= 1, f"one call sent its submit under {keys}"
    if keys:
        assert error.idempotency_key == keys.pop()
    elif about is None:
        assert error.idempotency_key, "the error of a submit names no key"
    told = next((found for found in map(id_in, submits) if found), None)
    assert error.evaluation_id == (about or told)


def id_in(send: Any) -> str | None:
    """Return the evaluation id in the response to a submit; None if there is none."""
    response = send.result
    if not isinstance(response, Response) or not 200 <= response.status < 300:
        return None
    found = _json(response.body)
    evaluation_id = found.get("id") if isinstance(found, dict) else None
    return evaluation_id if isinstance(evaluation_id, str) and evaluation_id else None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _request_id(response: Response) -> str | None:
    return response.headers.get("x-request-id") or response.headers.get("runflow-request-id")


def _cleaned(text: str | None, redact: Redact, longest: int | None = 500) -> str | None:
    return None if text is None else redact(text)[:longest]


def _check_api_error(error: errors.APIError, exchanges: Sequence[Any], redact: Redact) -> None:
    """Check that an API error describes the last response, or the one of storage after a failed upload."""
    told = [
        one
        for one in exchanges
        if isinstance(one.result, Response)
        and one.result.status == error.status
        and _cleaned(_request_id(one.result), redact) == error.request_id
        and (one.method == "PUT" or _cleaned(_code(one.result), redact, None) == error.code)
    ]
    assert told, f"no response was {error.status} {error.code} {error.request_id}"
    assert told[-1] is exchanges[-1] or any(one.method == "PUT" for one in told)


def _code(response: Response) -> str | None:
    found = _json(response.body)
    code = found.get("code") if isinstance(found, dict) else None
    return code if isinstance(code, str) else None


def _state(error: errors.RunflowError) -> dict[str, Any]:
    kept = {name: value for name, value in vars(error).items() if name != "__notes__"}
    if "evaluation" in kept:
        kept["evaluation"] = kept["evaluation"].to_dict()
    return {**kept, "type": type(error), "args": error.args, "text": str(error)}


def _check_copies(error: errors.RunflowError) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error), copy.copy(error)):
        # Compared as text, because a NaN is not equal to itself.
        assert repr(_state(twin)) == repr(_state(error))


def shown(error: BaseException) -> str:
    """Return all that Python can print of an exception: text, repr, notes, and the traceback with variables."""
    trace = traceback.TracebackException.from_exception(error, capture_locals=True, max_group_depth=5)
    # The frames of the test hold the secret.
    _keep_library(trace)
    return "\n".join([str(error), repr(error), *getattr(error, "__notes__", ()), *trace.format()])


def _keep_library(trace: traceback.TracebackException) -> None:
    seen = [trace]
    while seen:
        one = seen.pop()
        one.stack = traceback.StackSummary.from_list(
            [frame for frame in one.stack if "runflow_client" in frame.filename]
        )
        seen += [inner for inner in (one.__cause__, one.__context__) if inner is not None]


def check_hidden(error: BaseException, secret: str) -> None:
    assert secret not in shown(error)
    if isinstance(error, errors.RunflowError):
        assert secret.encode() not in pickled(error)


def pickled(error: errors.RunflowError) -> bytes:
    """Return the pickle of an error without its evaluation, whose pickle holds every field of the model."""
    return pickle.dumps({**vars(error), "evaluation": None, "args": error.args})
