"""JSON is read alike with and without orjson, but for integers beyond 64 bits."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runflow_client.flows.base import json_reading
from runflow_client.flows.base.json_reading import read_json

READERS = {"json": None, "orjson": orjson.loads}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(json_reading, "_fast_loads", READERS[request.param])
    return str(request.param)


def by_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def read_by(name: str, body: bytes) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_reading, "_fast_loads", READERS[name])
        return read_json(body)


@settings(deadline=None)
@given(DOCUMENTS)
def test_every_document_is_read_as_json_reads_it(document: Any) -> None:
    for body in (
        json.dumps(document).encode(),
        json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace"),
    ):
        for name in READERS:
            found = read_by(name, body)
            assert repr(found) == repr(json.loads(body))


@settings(deadline=None)
@given(
    st.binary(max_size=40)
    | st.text(alphabet='{}[]",:0123456789.eE+-nulltrufasNI\\ \ud800\n', max_size=30).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    )
)
@example(b"-0")
@example(b"-0.0")
@example(b"1E400")
@example(b"-1e999")
@example(b"[NaN, Infinity, -Infinity]")
@example(b'"\\ud800"')
@example(b'"\xed\xa0\x80"')
@example(b"\xef\xbb\xbf{}")
@example('{"a": "ä"}'.encode("utf-16"))
@example(b" {} \n")
@example(b"{} x")
@example(b'{"a": 1, "a": 2}')
@example(b'"\x01"')
@example(b"<html>")
@example(b"")
def test_any_bytes_are_read_as_json_reads_them(body: bytes) -> None:
    expected = by_json(body)
    for name in READERS:
        found = read_by(name, body)
        if not has_large_integer(expected):
            assert repr(found) == repr(expected)


def has_large_integer(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(has_large_integer, value))
    if isinstance(value, dict):
        return any(map(has_large_integer, value.values()))
    return isinstance(value, int) and not -(2**63) <= value < 2**64


def test_large_integer_is_float_with_orjson(reader: str) -> None:
    assert read_json(b"18446744073709551616") == 2**64
    assert isinstance(read_json(b"18446744073709551616"), float if reader == "orjson" else int)


@pytest.mark.usefixtures("reader")
def test_nesting_too_deep_for_json_is_none() -> None:
    assert read_json(b"[" * 100_000 + b"]" * 100_000) is None


@pytest.mark.usefixtures("reader")
def test_number_beyond_float_is_infinite() -> None:
    assert read_json(b"1e999") == math.inf


def test_missing_orjson_leaves_json(monkeypatch: pytest.MonkeyPatch) -> None:
    assert json_reading._orjson() is orjson.loads
    monkeypatch.setitem(sys.modules, "orjson", None)
    assert json_reading._orjson() is None
