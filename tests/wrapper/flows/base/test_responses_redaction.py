"""Errors made from responses are redacted, shortened and printable."""

from __future__ import annotations

import pickle
from typing import Any

from player import response

from runflow_client._redaction import Secret, redactor
from runflow_client.flows.base.responses import CallInfo, error_from
from runflow_client.flows.base.steps import Response

KEY = "rf_live_abcdefghijkl"
REDACT = redactor([Secret(KEY)])


def error(found: Response) -> Any:
    return error_from(found, CallInfo("submitting an image", idempotency_key="k"), REDACT)


def test_shortened_text_shows_no_part_of_api_key() -> None:
    for filler in range(3_960, 4_001):
        body = f"data:image/png;base64,{'A' * (filler - 22)} {KEY} and more"
        found = error(response(401, body.encode()))
        assert KEY[:3] not in str(found) + found.body
        assert found.body.startswith("[image data ")


def test_headers_echoing_api_key_are_redacted_and_shortened() -> None:
    for status in (200, 400):
        found = error(response(status, b"x", x_request_id=f"id-{KEY}-{'y ' * 500}", content_type=f"text/{KEY}"))
        assert found.request_id.startswith("id-[secret cut]-y ") and len(found.request_id) <= 500
        assert KEY not in str(found)


def test_long_error_code_is_kept_and_shortened_in_message() -> None:
    found = error(response(400, {"code": "C " * 50_000}))
    assert len(found.code) == 100_000
    assert len(str(found)) < 400


def test_lone_surrogate_leaves_error_printable() -> None:
    found = error(response(400, b'{"code": "a\\ud800", "message": "b\\udfff"}'))
    assert str(found).encode("utf-8") == b"submitting an image: the server responded with 400 a : b ."
    assert str(pickle.loads(pickle.dumps(found))) == str(found)
