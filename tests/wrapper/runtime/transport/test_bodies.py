"""Bodies in one piece; tests over sockets show them in pieces."""

from __future__ import annotations

import io
from typing import Any

import pytest

from runflow_client.runtime.files.uploads import Upload
from runflow_client.runtime.transport.bodies import whole_body
from runflow_client.runtime.transport.requests import HTTPRequest


def upload(data: bytes) -> Upload:
    return Upload(len(data), "image/png", "a.png", "the file", "source", io.BytesIO(b"xx" + data), start=2)


@pytest.mark.parametrize(
    ("body", "whole"), [(None, b""), (b"", b""), (b"abc", b"abc"), (upload(b"x" * 300_000), b"x" * 300_000)]
)
def test_body_is_read_in_one_piece(body: Any, whole: bytes) -> None:
    assert whole_body(HTTPRequest("PUT", "https://s.example/", [], body)) == whole
