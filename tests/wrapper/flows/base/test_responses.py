"""The exact message of every error: the operation, the cause and the next action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from player import response

from runflow_client import errors
from runflow_client._redaction import Secret, redactor
from runflow_client.flows.base.responses import CallInfo, error_from
from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response

KEYED = CallInfo("submitting an image", None, "k-1")
PLAIN = CallInfo("getting evaluation e-1", "e-1")
MINTED = CallInfo("creating a callback secret", None, "k-2", takes_key=False)


def err(reply: Response | RequestFailure, call: CallInfo, unknown: bool = False) -> None:
    raise error_from(reply, call, redactor([]), outcome_unknown=unknown)


SITUATIONS: list[Any] = [
    (
        lambda: err(response(401), KEYED),
        errors.AuthenticationError,
        None,
        "submitting an image: the server responded with 401. Check the API key (RUNFLOW_API_KEY or api_key=).",
    ),
    (
        lambda: err(response(402), KEYED),
        errors.InsufficientCreditError,
        None,
        "submitting an image: the server responded with 402. Top up the organization's credit, then submit "
        "again under the same idempotency key.",
    ),
    (
        lambda: err(response(403), KEYED),
        errors.PermissionDeniedError,
        None,
        "submitting an image: the server responded with 403. Give the key the scope that the message names, or "
        "use another key or organization.",
    ),
    (
        lambda: err(response(404), KEYED),
        errors.NotFoundError,
        None,
        "submitting an image: the server responded with 404. Check the id and the organization; another "
        "organization's objects read as not found.",
    ),
    (
        lambda: err(response(409), KEYED),
        errors.ConflictError,
        None,
        "submitting an image: the server responded with 409. If the idempotency key was used for other "
        "content (prompt, instructions and client_ref count, too), use a new key.",
    ),
    (
        lambda: err(response(422), KEYED),
        errors.UnprocessableError,
        None,
        "submitting an image: the server responded with 422. Correct the named fields.",
    ),
    (
        lambda: err(response(429), KEYED),
        errors.RateLimitError,
        None,
        "submitting an image: the server responded with 429. Send fewer requests. The server has not processed "
        "the request; to go on, call again with idempotency_key='k-1' and the same arguments, so that nothing is "
        "billed twice.",
    ),
    (
        lambda: err(response(425), KEYED),
        errors.APIError,
        None,
        "submitting an image: the server responded with 425. The server failed. The server has not "
        "processed the request; to go on, call again with idempotency_key='k-1' and the same arguments, so that "
        "nothing is billed twice.",
    ),
    (
        lambda: err(response(408), KEYED),
        errors.APIError,
        None,
        "submitting an image: the server responded with 408. The server failed. The server may have "
        "processed the request; to go on, call again with idempotency_key='k-1' and the same arguments, so that "
        "nothing is billed twice.",
    ),
    (
        lambda: err(response(500), KEYED),
        errors.ServerError,
        None,
        "submitting an image: the server responded with 500. The server failed. The server may have "
        "processed the request; to go on, call again with idempotency_key='k-1' and the same arguments, so that "
        "nothing is billed twice.",
    ),
    (
        lambda: err(response(302), KEYED),
        errors.APIError,
        None,
        "submitting an image: the server responded with 302. Redirects are not followed: check the base URL.",
    ),
    (lambda: err(response(418), KEYED), errors.APIError, None, "submitting an image: the server responded with 418."),
    (
        lambda: err(response(429), PLAIN),
        errors.RateLimitError,
        None,
        "getting evaluation e-1: the server responded with 429. Send fewer requests. It is safe to call again.",
    ),
    (
        lambda: err(response(429), MINTED),
        errors.RateLimitError,
        None,
        "creating a callback secret: the server responded with 429. Send fewer requests. The server has not "
        "processed the request: call again.",
    ),
    (
        lambda: err(response(500), PLAIN),
        errors.ServerError,
        None,
        "getting evaluation e-1: the server responded with 500. The server failed. It is safe to call again.",
    ),
    (
        lambda: err(response(500), MINTED),
        errors.ServerError,
        None,
        "creating a callback secret: the server responded with 500. The server failed. The server "
        "may have processed the request; calling again may do it twice.",
    ),
    (
        lambda: err(response(401), KEYED, True),
        errors.AuthenticationError,
        None,
        "submitting an image: the server responded with 401. Check the API key (RUNFLOW_API_KEY or api_key=). "
        "The outcome of an earlier attempt is unknown. The server may have processed the request; to go on, call again "
        "with idempotency_key='k-1' and the same arguments, so that nothing is billed twice.",
    ),
    (
        lambda: err(response(409), KEYED, True),
        errors.ConflictError,
        None,
        "submitting an image: the server responded with 409. The outcome of an earlier attempt is unknown. The server "
        "may have processed the request; to go on, call again with idempotency_key='k-1' and the same arguments, "
        "so that nothing is billed twice.",
    ),
    (
        lambda: err(response(429), KEYED, True),
        errors.RateLimitError,
        None,
        "submitting an image: the server responded with 429. Send fewer requests. The server may have processed "
        "the request; to go on, call again with idempotency_key='k-1' and the same arguments, so that nothing is "
        "billed twice.",
    ),
    (
        lambda: err(response(409), PLAIN, True),
        errors.ConflictError,
        None,
        "getting evaluation e-1: the server responded with 409. If the idempotency key was used for other "
        "content (prompt, instructions and client_ref count, too), use a new key.",
    ),
    (
        lambda: err(response(401), PLAIN, True),
        errors.AuthenticationError,
        None,
        "getting evaluation e-1: the server responded with 401. Check the API key (RUNFLOW_API_KEY or api_key=).",
    ),
    (
        lambda: err(RequestFailure(FailureKind.NOT_CONNECTED, "reset by peer", True), KEYED),
        errors.ConnectionFailedError,
        None,
        "submitting an image: the connection could not be made (reset by peer), after 1 attempt in 0.0 s. "
        "The server may have "
        "processed the request; to go on, call again with idempotency_key='k-1' and the same arguments, so that "
        "nothing is billed twice.",
    ),
    (
        lambda: err(RequestFailure(FailureKind.BROKEN, "reset by peer", True), KEYED),
        errors.ConnectionFailedError,
        None,
        "submitting an image: the connection broke before the response was complete (reset by peer), after 1 attempt in 0.0 s. The "
        "server may have processed the request; to go on, call again with idempotency_key='k-1' and the same "
        "arguments, so that nothing is billed twice.",
    ),
    (
        lambda: err(RequestFailure(FailureKind.TIMEOUT, "reset by peer", True), KEYED),
        errors.RequestTimeoutError,
        None,
        "submitting an image: no response arrived in time (reset by peer), after 1 attempt in 0.0 s. "
        "The server may have processed the request; "
        "to go on, call again with idempotency_key='k-1' and the same arguments, so that nothing is "
        "billed twice.",
    ),
    (
        lambda: err(RequestFailure(FailureKind.TOO_LARGE, "reset by peer", True), KEYED),
        errors.ConnectionFailedError,
        None,
        "submitting an image: the response was larger than the limit (reset by peer), after 1 attempt in 0.0 s. The "
        "server may have processed the request; to go on, call again with idempotency_key='k-1' and the same "
        "arguments, so that nothing is billed twice.",
    ),
    (
        lambda: err(RequestFailure(FailureKind.UNSENDABLE, "reset by peer", True), KEYED),
        errors.ConnectionFailedError,
        None,
        "submitting an image: the request could not be sent (reset by peer), after 1 attempt in 0.0 s. "
        "The server may have processed "
        "the request; to go on, call again with idempotency_key='k-1' and the same arguments, so that nothing "
        "is billed twice.",
    ),
    (
        lambda: err(RequestFailure(FailureKind.NOT_CONNECTED, "", False), KEYED),
        errors.ConnectionFailedError,
        None,
        "submitting an image: the connection could not be made, after 1 attempt in 0.0 s. "
        "The server has not processed the request; to go "
        "on, call again with idempotency_key='k-1' and the same arguments, so that nothing is billed "
        "twice.",
    ),
    (
        lambda: err(RequestFailure(FailureKind.NOT_CONNECTED, "", False), KEYED, True),
        errors.ConnectionFailedError,
        None,
        "submitting an image: the connection could not be made, after 1 attempt in 0.0 s. "
        "The server may have processed the request; to go "
        "on, call again with idempotency_key='k-1' and the same arguments, so that nothing is billed "
        "twice.",
    ),
    (
        lambda: err(RequestFailure(FailureKind.TIMEOUT, "", True), PLAIN),
        errors.RequestTimeoutError,
        None,
        "getting evaluation e-1: no response arrived in time, after 1 attempt in 0.0 s. It is safe to call again.",
    ),
    (
        lambda: err(RequestFailure(FailureKind.TIMEOUT, "", True), MINTED),
        errors.RequestTimeoutError,
        None,
        "creating a callback secret: no response arrived in time, after 1 attempt in 0.0 s. "
        "The server may have processed the request; calling "
        "again may do it twice.",
    ),
    (
        lambda: err(RequestFailure(FailureKind.TIMEOUT, "", False), MINTED),
        errors.RequestTimeoutError,
        None,
        "creating a callback secret: no response arrived in time, after 1 attempt in 0.0 s. "
        "The server has not processed the request: call again.",
    ),
    (
        lambda: err(response(200, b"<html>", content_type="text/html; charset=utf-8"), KEYED),
        errors.DecodeError,
        None,
        "submitting an image: the server responded with 200, but its body is not a JSON object as the contract promises "
        "(text/html; charset=utf-8, 6 bytes). The server may have processed the request; to go on, call again with "
        "idempotency_key='k-1' and the same arguments, so that nothing is billed twice.",
    ),
    (
        lambda: err(response(204, b"", content_type="t" * 100), PLAIN),
        errors.DecodeError,
        None,
        "getting evaluation e-1: the server responded with 204, but its body is not a JSON object as the contract promises "
        "(tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt, 0 bytes).",
    ),
    (
        lambda: err(response(200, b"12"), PLAIN),
        errors.DecodeError,
        None,
        "getting evaluation e-1: the server responded with 200, but its body is not a JSON object as the contract promises "
        "(no content type, 2 bytes).",
    ),
    (
        lambda: err(
            response(
                422,
                {
                    "code": "VALIDATION",
                    "message": "bad fields...",
                    "errors": [
                        {"loc": ["body", "a"], "msg": "short"},
                        {"loc": "b", "msg": "long"},
                        {"msg": "c"},
                        {"loc": ["d"]},
                        {"loc": ["e"], "msg": "m" * 300},
                        {"loc": ["f"], "msg": "sixth"},
                    ],
                },
            ),
            PLAIN,
        ),
        errors.UnprocessableError,
        None,
        "getting evaluation e-1: the server responded with 422 VALIDATION: bad fields... [body.a: short; b: "
        "long; c; d; e: [encoded data cut]]. Correct the named fields.",
    ),
    (
        lambda: err(response(418, {"code": "C" * 200, "message": "m" * 600}), PLAIN),
        errors.APIError,
        None,
        "getting evaluation e-1: the server responded with 418 "
        "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC: "
        "[encoded data cut].",
    ),
]


@pytest.mark.parametrize(("situation", "kind", "argument", "words"), SITUATIONS)
def test_error_message_names_operation_cause_and_remedy(
    situation: Callable[[], Any], kind: type[errors.RunflowError], argument: str | None, words: str
) -> None:
    with pytest.raises(kind) as caught:
        situation()
    assert type(caught.value) is kind
    assert str(caught.value) == words
    assert getattr(caught.value, "argument", None) == argument


@pytest.mark.parametrize("call", [KEYED, PLAIN, MINTED])
@pytest.mark.parametrize(
    "reply",
    [
        response(500, x_request_id="r-1"),
        response(200, b"", x_request_id="r-1"),
        RequestFailure(FailureKind.TIMEOUT, "", True),
    ],
)
def test_error_carries_ids_of_its_call(call: CallInfo, reply: Response | RequestFailure) -> None:
    error = error_from(reply, call, redactor([]))
    assert (error.evaluation_id, error.idempotency_key) == (call.evaluation_id, call.idempotency_key)
    assert error.request_id == ("r-1" if isinstance(reply, Response) else None)


def test_request_id_is_read_from_two_headers_and_redacted() -> None:
    redact = redactor([Secret("rf_hidden")])
    for headers, name in (
        ({"x_request_id": "r-1", "runflow_request_id": "r-2"}, "r-1"),
        ({"runflow_request_id": "r-2"}, "r-2"),
        ({"x_request_id": ""}, None),
        ({"x_request_id": "is rf_hidden"}, "is [secret cut]"),
        ({"x_request_id": "r " * 300}, "r " * 250),
    ):
        assert error_from(response(404, None, **headers), PLAIN, redact).request_id == name


def test_api_error_carries_status_code_message_and_body() -> None:
    body = {"code": "C", "message": " words ", "errors": [{"loc": ["a"], "msg": "b"}, "odd"], "more": 1}
    error = error_from(response(422, body), PLAIN, redactor([]))
    assert isinstance(error, errors.APIError)
    assert (error.status, error.code, error.message, error.body) == (422, "C", "words", body)
    assert error.errors == [{"loc": ["a"], "msg": "b"}]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.APIError),
        (499, errors.APIError),
        (500, errors.ServerError),
        (599, errors.ServerError),
        (600, errors.APIError),
        (300, errors.APIError),
    ],
)
def test_error_class_follows_status(status: int, kind: type[errors.APIError]) -> None:
    assert type(error_from(response(status), PLAIN, redactor([]))) is kind


@pytest.mark.parametrize(("status", "advised"), [(299, False), (300, True), (399, True), (400, False)])
def test_redirect_error_advises_checking_base_url(status: int, advised: bool) -> None:
    assert ("check the base URL" in str(error_from(response(status), PLAIN, redactor([])))) == advised


@pytest.mark.parametrize("status", [200, 299])
def test_success_status_gives_decode_error(status: int) -> None:
    assert isinstance(error_from(response(status), PLAIN, redactor([])), errors.DecodeError)


def test_non_json_body_is_kept_as_shortened_text() -> None:
    def body(raw: bytes) -> Any:
        error = error_from(response(418, raw), PLAIN, redactor([Secret("rf_hidden")]))
        assert isinstance(error, errors.APIError)
        return error.body

    assert body(b"") == ""
    assert body(b"caf\xc3\xa9 \xff rf_hidden") == "café \ufffd [secret cut]"
    assert body(b"word " * 900) == "word " * 400
    assert body(b"w " * 1_000 + b"x" * 2_000) == "w " * 1_000
    assert body(b"!" * 4_001) == ""
    assert body(b"ab " + b"!" * 3_997) == "ab " + "!" * 1_997
    assert body(b"ab " + b"!" * 3_998) == "ab "


def test_error_body_over_one_mebibyte_is_not_parsed() -> None:
    for size, code in ((1_048_576, "C"), (1_048_577, None)):
        raw = b'{"code": "C", "message": "' + b"m " * 524_288
        raw = raw[: size - 2] + b'"}'
        error = error_from(response(418, raw), PLAIN, redactor([]))
        assert isinstance(error, errors.APIError)
        assert len(raw) == size
        assert error.code == code
