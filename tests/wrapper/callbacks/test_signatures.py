from __future__ import annotations

import copy
import hmac
import io
import json
import pickle
import subprocess
import sys
import traceback
from collections import UserList, deque
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signed_callbacks import BODY, BY_CURRENT, BY_PREVIOUS, CURRENT, KNOWN, PREVIOUS, signed

from runflow_client import callbacks, errors
from runflow_client.callbacks import PayloadError, SignatureError


def refusal(body: Any = BODY, signature: Any = BY_CURRENT, secrets: Any = CURRENT) -> str:
    with pytest.raises(SignatureError) as caught:
        callbacks.verify(body, signature, secrets)
    with pytest.raises(SignatureError) as again:
        callbacks.parse(body, signature, secrets)
    assert str(again.value) == str(caught.value)
    return str(caught.value)


# Signatures


@pytest.mark.parametrize(("body", "secret", "signature"), KNOWN)
def test_signatures_computed_by_openssl_are_accepted(body: bytes, secret: str, signature: str) -> None:
    callbacks.verify(body, signature, secret)


@pytest.mark.parametrize("order", [[CURRENT, PREVIOUS], (PREVIOUS, CURRENT), deque([CURRENT, PREVIOUS])])
@pytest.mark.parametrize("signature", [BY_CURRENT, BY_PREVIOUS])
def test_signature_by_any_of_several_secrets_is_accepted(order: Any, signature: str) -> None:
    callbacks.verify(BODY, signature, order)
    assert callbacks.parse(BODY, signature, order).event == "evaluation.completed"


def test_signature_by_other_secret_is_rejected_with_hints() -> None:
    text = refusal(secrets=PREVIOUS)
    assert "not signed with the callback secret" in text
    assert "raw request body" in text
    assert "any of the 2 callback secrets" in refusal(secrets=[PREVIOUS, "whsec_other"])


@pytest.mark.parametrize("secret", [CURRENT + "\n", f'"{CURRENT}"', f" {CURRENT}", CURRENT + "\r\n"])
def test_secret_with_white_space_or_quotes_is_hinted(secret: str) -> None:
    assert "One of the secrets has white space or quotes around it" in refusal(secrets=secret)
    assert "white space" not in refusal(secrets=PREVIOUS)


def test_empty_body_is_hinted_as_already_read() -> None:
    assert "was not read before" in refusal(body=b"")


def test_reserialised_body_is_rejected() -> None:
    again = json.dumps(json.loads(BODY)).encode()
    assert "raw request body" in refusal(body=again)


@given(st.integers(0, len(BODY) * 8 - 1))
def test_flipped_bit_in_body_is_rejected(bit: int) -> None:
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SignatureError):
        callbacks.verify(bytes(changed), BY_CURRENT, CURRENT)


@pytest.mark.parametrize("place", range(64))
def test_changed_character_in_signature_is_rejected(place: int) -> None:
    other = "0" if BY_CURRENT[place] != "0" else "1"
    refusal(signature=BY_CURRENT[:place] + other + BY_CURRENT[place + 1 :])


@pytest.mark.parametrize("signature", [BY_CURRENT, BY_PREVIOUS, "0" * 64])
def test_every_secret_is_compared_in_constant_time_after_match(monkeypatch: pytest.MonkeyPatch, signature: str) -> None:
    genuine = hmac.compare_digest
    compared: list[tuple[Any, Any]] = []

    def counting(left: Any, right: Any) -> bool:
        compared.append((left, right))
        return genuine(left, right)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    secrets = [CURRENT, PREVIOUS, "whsec_third"]
    if signature == "0" * 64:
        refusal(signature=signature, secrets=secrets)
        assert len(compared) == 2 * len(secrets)
    else:
        callbacks.verify(BODY, signature, secrets)
        assert len(compared) == len(secrets)


def test_body_is_not_parsed_before_signature_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = mock.Mock(side_effect=AssertionError("read too early"))
    monkeypatch.setattr(json, "loads", loads)
    refusal(body=b"[" * 100_000, signature="0" * 64)
    loads.assert_not_called()


# Invalid arguments


@pytest.mark.parametrize(
    ("signature", "told"),
    [
        (None, "missing or empty"),
        ("", "missing or empty"),
        (" \r\n", "missing or empty"),
        ('""', "missing or empty"),
        ("sha256=" + BY_CURRENT, "label such as `sha256=`"),
        ("SHA256=" + BY_CURRENT, "label such as `sha256=`"),
        ("v1=" + BY_CURRENT, "label such as `sha256=`"),
        (BY_CURRENT.upper(), "holds upper-case letters"),
        (BY_CURRENT.replace("c", "C"), "holds upper-case letters"),
        (BY_CURRENT + "\n", "white space or quotes"),
        (" " + BY_CURRENT, "white space or quotes"),
        (f'"{BY_CURRENT}"', "white space or quotes"),
        (f"'{BY_CURRENT}'", "white space or quotes"),
        (str(BY_CURRENT.encode()), "printed form of bytes"),
        (f'b"{BY_CURRENT}"', "printed form of bytes"),
        (f"{BY_CURRENT}, {BY_CURRENT}", "joined by a comma"),
        (f"t=1700000000,v1={BY_CURRENT}", "joined by a comma"),
        (BY_CURRENT[:63], "has 63 hex characters"),
        (BY_CURRENT + "0", "has 65 hex characters"),
        (BY_CURRENT[:40], "has 40 hex characters"),
        ("I4K59nfOOO1mkDWU/N0yMl1e6TDaukuJhIrLPh8XTMA=", "has 44 characters, not all of them hex"),
        (BY_CURRENT[:63] + "g", "has 64 characters, not all of them hex"),
        ("٣" * 64, "has 64 characters, not all of them hex"),
        ("\ud800" * 64, "has 64 characters, not all of them hex"),
        ("\N{KELVIN SIGN}" * 64, "not all of them hex"),
        (CURRENT, "looks like a callback secret"),
        (BY_CURRENT.encode(), "decoded as ASCII"),
        ([BY_CURRENT], "must be a str, not a value of type list"),
    ],
)
def test_invalid_signature_header_is_diagnosed(signature: Any, told: str) -> None:
    assert told in refusal(signature=signature)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (BODY.decode(), "decoded already"),
        (json.loads(BODY), "parsed already"),
        ([1], "parsed already"),
        (None, "not None"),
        (bytearray(BODY), "bytes(body)"),
        (memoryview(BODY), "bytes(body)"),
        (io.BytesIO(BODY), "Read it first"),
        (io.BytesIO(BODY).read, "Call it first"),
        (7, "type int"),
    ],
)
def test_invalid_body_type_is_diagnosed(body: Any, told: str) -> None:
    text = refusal(body=body)
    assert told in text
    assert "raw request body" in text


def test_unawaited_body_is_diagnosed() -> None:
    async def body() -> bytes:
        return BODY

    pending = body()
    assert "Await it first" in refusal(body=pending)
    pending.close()


@pytest.mark.parametrize(
    ("secrets", "told"),
    [
        (None, "not None"),
        ("", "is empty"),
        ("  ", "is empty"),
        ([], "list of secrets is empty"),
        ((), "list of secrets is empty"),
        (UserList[str](), "list of secrets is empty"),
        ([CURRENT, ""], "secret 2 of 2 is empty"),
        ([CURRENT, None], "secret 2 of 2 must be a str, not None"),
        ([CURRENT.encode(), CURRENT], "secret 1 of 2 must be a str"),
        (CURRENT.encode(), "type bytes"),
        (bytearray(CURRENT.encode()), "type bytearray"),
        ({CURRENT: 1}, "type dict"),
        ({CURRENT}, "type set"),
        ((secret for secret in [CURRENT]), "type generator"),
        ("whsec_schlüssel", "non-ASCII"),
        ("whsec_\ud800", "non-ASCII"),
        ([CURRENT, "whsec_é"], "secret 2 of 2 holds non-ASCII characters"),
    ],
)
def test_unusable_secret_is_reported_as_receivers_error(secrets: Any, told: str) -> None:
    text = refusal(secrets=secrets)
    assert text.startswith("the receiver")
    assert told in text


def test_empty_secret_beside_valid_secret_is_rejected() -> None:
    # Otherwise a signature with the empty key would be accepted.
    refusal(signature=BY_CURRENT, secrets=[CURRENT, ""])
    refusal(signature=signed(BODY, ""), secrets=[CURRENT, ""])


# Arbitrary arguments


class Text(str):
    """A subclass of str, as template engines have."""


ODD: list[Any] = [
    *[None, True, 0, -1, 1.5, float("nan"), 1j, 10**5000, object(), object, Ellipsis, NotImplemented],
    *["", "x", "\x00", "\ud800", "é" * 64, "0" * 64, "0" * 1_000_000, Text("0" * 64), Text("é" * 64)],
    *[b"", b"\x00", b"\xff" * 64, bytearray(b"0" * 64), memoryview(b"0" * 64), memoryview(b"0123")[::2]],
    *[
        [],
        (),
        {},
        set(),
        frozenset(),
        range(3),
        [[]],
        [None],
        ["", CURRENT],
        [CURRENT, [CURRENT]],
        {"a": 1},
        deque([b""]),
    ],
    *[len, lambda: BODY, io.BytesIO(BODY), io.StringIO("x"), iter([CURRENT]), ValueError("x"), type("Odd", (), {})()],
    *[mock.Mock(spec=kind) for kind in (str, bytes, list, dict)],
    *[mock.MagicMock(spec=kind) for kind in (str, bytes, list, dict)],
]


@pytest.mark.parametrize("check", [callbacks.verify, callbacks.parse], ids=["verify", "parse"])
@pytest.mark.parametrize("place", range(3), ids=["body", "signature", "secrets"])
@pytest.mark.parametrize("odd", ODD, ids=lambda value: type(value).__name__)
def test_argument_of_any_type_raises_signature_error(check: Callable[..., Any], place: int, odd: Any) -> None:
    arguments = [BODY, BY_CURRENT, CURRENT]
    arguments[place] = odd
    with pytest.raises(SignatureError):
        check(*arguments)


@pytest.mark.parametrize("odd", ODD, ids=lambda value: type(value).__name__)
def test_invalid_values_in_all_arguments_raise_signature_error(odd: Any) -> None:
    with pytest.raises(SignatureError):
        callbacks.parse(odd, odd, odd)


@given(
    st.binary(max_size=200),
    st.none() | st.text() | st.text("0123456789abcdefABCDEF=, \n\"'", min_size=60, max_size=70),
    st.text() | st.lists(st.text(), max_size=3),
)
def test_random_callbacks_raise_only_signature_error(body: bytes, signature: str | None, secrets: Any) -> None:
    with pytest.raises(SignatureError):
        callbacks.parse(body, signature, secrets)


@given(st.binary(max_size=200), st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_body_signed_with_secret_is_accepted(body: bytes, secret: str) -> None:
    callbacks.verify(body, signed(body, secret), secret)


# Texts of errors


def raised_by(body: Any, signature: Any, secrets: Any) -> errors.RunflowError:
    try:
        callbacks.parse(body, signature, secrets)
    except errors.RunflowError as error:
        return error
    raise AssertionError("nothing was raised")


MARKED = b'{"image": "data:image/png;base64,MARKED", "at": "https://b.example/MARKED"'
FAILING: list[tuple[Any, Any, Any]] = [
    (MARKED, "0" * 64, CURRENT),
    (MARKED, "0" * 64, [PREVIOUS, CURRENT]),
    (MARKED, "MARKED" * 11, CURRENT),
    (MARKED, None, CURRENT),
    (MARKED, CURRENT, CURRENT),
    (MARKED.decode(), "0" * 64, CURRENT),
    ({"image": "MARKED"}, "0" * 64, CURRENT),
    (MARKED, "0" * 64, CURRENT + "é"),
    (MARKED, "0" * 64, CURRENT.encode()),
    (MARKED, signed(MARKED), CURRENT),
    (MARKED + b"\xff", signed(MARKED + b"\xff"), CURRENT),
    (MARKED + b"}", signed(MARKED + b"}"), CURRENT),
    (b'"MARKED"', signed(b'"MARKED"'), CURRENT),
]


@pytest.mark.parametrize(("body", "signature", "secrets"), FAILING)
def test_error_holds_no_secret_signature_or_body(body: Any, signature: Any, secrets: Any) -> None:
    error = raised_by(body, signature, secrets)
    # `from None` is not enough: crash reporters follow the chain, and a JSONDecodeError holds its document.
    assert error.__context__ is None
    assert error.__cause__ is None
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in report.stack if "/runflow_client/callbacks/" in frame.filename]
    assert frames
    seen = [str(error), repr(error), pickle.dumps(error).decode("latin-1"), *(str(frame.locals) for frame in frames)]
    raw = body if isinstance(body, bytes) else str(body).encode()
    for text in seen:
        for hidden in ("MARKED", CURRENT, PREVIOUS, signed(raw), signed(raw, PREVIOUS)):
            assert hidden not in text


def test_verify_frame_holds_no_secret_or_body() -> None:
    with pytest.raises(SignatureError) as caught:
        callbacks.verify(MARKED, "0" * 64, CURRENT)
    (frame,) = [entry.frame for entry in caught.traceback if "/runflow_client/callbacks/" in str(entry.path)]
    assert set(frame.f_locals) == {"error"}


@pytest.mark.parametrize("kind", [SignatureError, PayloadError])
def test_callback_errors_descend_from_root_and_pickle(kind: type[errors.RunflowError]) -> None:
    assert issubclass(kind, errors.RunflowError)
    error = kind("what was wrong")
    error.add_note("more")
    for again in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(again) is kind
        assert str(again) == "what was wrong"
        assert again.__dict__ == error.__dict__
    assert error.evaluation_id is None


def test_callbacks_import_neither_httpx_nor_generated_layer() -> None:
    program = (
        "import sys\n"
        "from runflow_client import callbacks\n"
        f"assert callbacks.parse({BODY!r}, {BY_CURRENT!r}, {CURRENT!r}).status == 'completed'\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "runflow_client" in loaded
    assert not {"httpx", "httpcore", "attr", "attrs", "runflow_api", "asyncio", "dateutil"} & set(loaded)
