from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signed_callbacks import BODY, BY_CURRENT, CURRENT, signed

from runflow_client import callbacks
from runflow_client.callbacks import Callback, PayloadError


def read(payload: Any) -> Callback:
    body = json.dumps(payload).encode()
    return callbacks.parse(body, signed(body), CURRENT)


def unreadable(body: bytes) -> str:
    with pytest.raises(PayloadError) as caught:
        callbacks.parse(body, signed(body), CURRENT)
    return str(caught.value)


def test_callback_fields_come_from_body() -> None:
    callback = callbacks.parse(BODY, BY_CURRENT, CURRENT)
    assert callback == Callback(
        event="evaluation.completed",
        evaluation_id="01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10",
        client_ref="order-4711/2",
        status="completed",
        raw=json.loads(BODY),
    )


@pytest.mark.parametrize(
    ("payload", "evaluation_id", "status"),
    [
        ({"id": "a"}, "a", None),
        ({"evaluation_id": "a", "id": "b"}, "a", None),
        ({"id": "b", "evaluation_id": "a"}, "a", None),
        ({"evaluation_id": None, "id": "b"}, "b", None),
        ({"evaluation_id": 7, "id": "b"}, "b", None),
        ({"evaluation_id": "", "id": ["b"]}, None, None),
        ({"status": "completed"}, None, "completed"),
        ({"status_code": "failed"}, None, "failed"),
        ({"status": "completed", "status_code": "failed"}, None, "completed"),
        ({"status": 200, "status_code": "failed"}, None, "failed"),
        ({"status": {}, "status_code": None}, None, None),
        ({}, None, None),
    ],
)
def test_id_and_status_are_read_under_either_name(
    payload: dict[str, Any], evaluation_id: str | None, status: str | None
) -> None:
    callback = read({"event": "evaluation.failed", **payload})
    assert (callback.evaluation_id, callback.status) == (evaluation_id, status)


@pytest.mark.parametrize("client_ref", [None, 7, ["a"]])
def test_client_ref_of_other_type_is_none_and_in_raw(client_ref: Any) -> None:
    callback = read({"event": "e", "client_ref": client_ref})
    assert callback.client_ref is None
    assert callback.raw["client_ref"] == client_ref


def test_unknown_events_and_fields_are_kept() -> None:
    payload = {"event": "run.partial_succeeded", "run_id": "r", "output": {"items": [1, None]}, "later": {"a": "é😀"}}
    callback = read(payload)
    assert callback.event == "run.partial_succeeded"
    assert callback.raw == payload


@pytest.mark.parametrize("body", [b'{"event":"a","event":"b"}', b'\n {"event":"b","x":NaN}\r\n'])
def test_duplicate_keys_and_nan_are_accepted(body: bytes) -> None:
    assert callbacks.parse(body, signed(body), CURRENT).event == "b"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "is not JSON (at character 0)"),
        (b"ok", "is not JSON (at character 0)"),
        (b'{"event": "a"} x', "is not JSON (at character 15)"),
        (b"event=evaluation.completed", "is not JSON"),
        (b"\xef\xbb\xbf{}", "is not JSON"),
        (b'{"event": "\xff"}', "is not UTF-8 (at byte 11)"),
        ('{"event": "a"}'.encode("utf-16"), "is not UTF-8"),
        (b"[]", "is not a JSON object (it is a value of type list)"),
        (b"null", "is not a JSON object (it is None)"),
        (b'"evaluation.completed"', "is not a JSON object"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"event":' * 100_000, "nested too deep"),
        (b'{"event":"a","x":' + b"9" * 5_000 + b"}", "too many digits"),
        (b"{}", "no string `event` (it is None)"),
        (b'{"event": null}', "no string `event` (it is None)"),
        (b'{"event": 7}', "no string `event` (it is a value of type int)"),
        (b'{"event": ""}', "empty `event`"),
    ],
)
def test_unreadable_signed_body_raises_payload_error(body: bytes, told: str) -> None:
    text = unreadable(body)
    assert text.startswith("the signature is right, but the body ")
    assert told in text


@given(
    st.binary(max_size=200)
    | st.text().map(str.encode)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["event", "id", "status", "x"]), inner),
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_signed_body_gives_callback_or_payload_error(body: bytes) -> None:
    try:
        callback = callbacks.parse(body, signed(body), CURRENT)
    except PayloadError:
        return
    assert callback.event
    assert {type(callback.evaluation_id), type(callback.client_ref), type(callback.status)} <= {str, type(None)}
    assert len(repr(callback)) < 320


@pytest.mark.parametrize(
    "value", ["https://b.example/a.png?X-Signature=s", "data:image/png;base64,AAAA", "a" * 500, "\ud800\n"]
)
def test_callback_repr_is_short_without_url_or_image(value: str) -> None:
    callback = read({"event": value, "id": value, "status": value, "client_ref": value, "generated_image_url": value})
    assert repr(callback) == "Callback(event='...', evaluation_id='...', status='...')"


def test_callback_repr_names_event_id_and_status() -> None:
    assert repr(callbacks.parse(BODY, BY_CURRENT, CURRENT)) == (
        "Callback(event='evaluation.completed', evaluation_id='01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10', status='completed')"
    )
    assert repr(read({"event": "Upper.Case_1:2-3"})).startswith("Callback(event='Upper.Case_1:2-3', ")
    assert repr(read({"event": "e"})) == "Callback(event='e', evaluation_id=None, status=None)"


def test_callback_is_frozen_picklable_and_hashable() -> None:
    callback = callbacks.parse(BODY, BY_CURRENT, CURRENT)
    for again in (pickle.loads(pickle.dumps(callback)), copy.deepcopy(callback)):
        assert again == callback
        assert len({callback, again}) == 1
    for name in ("event", "later"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(callback, name, "x")
