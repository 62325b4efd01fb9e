"""An error response of any shape becomes the error of its status.

Its texts hold no API key, image data or URL query, and are bounded and printable.
"""

from __future__ import annotations

from fuzz_targets.properties import KEY, REDACT, assert_sound, parse_response
from runflow_client import errors
from runflow_client.flows.base.responses import CallInfo, error_from

_KINDS = {
    401: errors.AuthenticationError,
    402: errors.InsufficientCreditError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    422: errors.UnprocessableError,
    429: errors.RateLimitError,
}
_PREFIX = KEY[:14]


def check(data: bytes) -> None:
    response = parse_response(data, status=400)
    error = error_from(response, CallInfo("submitting an image", "e-1", "my-key"), REDACT)
    assert_sound(error)
    assert str(error).startswith("submitting an image: the server responded with")
    assert (error.evaluation_id, error.idempotency_key) == ("e-1", "my-key")
    shown = repr((str(error), vars(error)))
    if _PREFIX.encode() not in data.replace(KEY.encode(), b""):
        assert _PREFIX not in shown, "the error shows a part of the key"
    if 200 <= response.status < 300:
        assert type(error) is errors.DecodeError
        return
    assert isinstance(error, errors.APIError) and error.status == response.status
    other = errors.ServerError if 500 <= response.status < 600 else errors.APIError
    assert type(error) is _KINDS.get(response.status, other)
    assert error.code is None or isinstance(error.code, str)
    assert all(isinstance(row, dict) for row in error.errors)
    assert len(error.message) <= 500
    if isinstance(error.body, str):
        assert len(error.body) <= max(2_000, len(response.body))
