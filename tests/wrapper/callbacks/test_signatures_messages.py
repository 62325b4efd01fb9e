"""The exact message of every rejected callback: the cause and the remedy."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

import pytest

from runflow_client import callbacks, errors

BODY = b'{"event": "evaluation.completed"}'
SECRET = "whsec_mine"


class Awaited:
    def __await__(self) -> Any: ...


class Readable:
    def read(self) -> Any: ...


def check(body: Any = BODY, signature: Any = "0" * 64, secrets: Any = SECRET) -> None:
    callbacks.verify(body, signature, secrets)


def read(body: bytes) -> None:
    callbacks.parse(body, hmac.new(SECRET.encode(), body, "sha256").hexdigest(), SECRET)


SITUATIONS: list[Any] = [
    (
        lambda: check(signature=None),
        callbacks.SignatureError,
        "the Runflow-Signature header is missing or empty. Callbacks are unsigned until a callback secret is "
        "registered. Refuse this callback, register a callback secret at Runflow, and check whether a proxy "
        "drops the header.",
    ),
    (
        lambda: check(signature=""),
        callbacks.SignatureError,
        "the Runflow-Signature header is missing or empty. Callbacks are unsigned until a callback secret is "
        "registered. Refuse this callback, register a callback secret at Runflow, and check whether a proxy "
        "drops the header.",
    ),
    (
        lambda: check(signature=" '' "),
        callbacks.SignatureError,
        "the Runflow-Signature header is missing or empty. Callbacks are unsigned until a callback secret is "
        "registered. Refuse this callback, register a callback secret at Runflow, and check whether a proxy "
        "drops the header.",
    ),
    (
        lambda: check(signature=b"0"),
        callbacks.SignatureError,
        "the signature must be a str, not a value of type bytes: pass the one value of the "
        "Runflow-Signature header, decoded as ASCII.",
    ),
    (
        lambda: check(signature=5),
        callbacks.SignatureError,
        "the signature must be a str, not a value of type int: pass the one value of the Runflow-Signature header.",
    ),
    (
        lambda: check(signature=SECRET),
        callbacks.SignatureError,
        "the Runflow-Signature header looks like a callback secret: pass the arguments in the order body, "
        "signature, secrets; it must be exactly 64 lowercase hex characters.",
    ),
    (
        lambda: check(signature="0" * 64 + "," + "0" * 64),
        callbacks.SignatureError,
        "the Runflow-Signature header holds several values joined by a comma: pass the one that Runflow "
        "sent; it must be exactly 64 lowercase hex characters.",
    ),
    (
        lambda: check(signature="b'" + "0" * 64 + "'"),
        callbacks.SignatureError,
        "the Runflow-Signature header is the printed form of bytes: decode the header instead of calling "
        "str() on it; it must be exactly 64 lowercase hex characters.",
    ),
    (
        lambda: check(signature="sha256=" + "0" * 64),
        callbacks.SignatureError,
        "the Runflow-Signature header begins with a label such as `sha256=`, which Runflow does not send: "
        "check that this is the right header; it must be exactly 64 lowercase hex characters.",
    ),
    (
        lambda: check(signature=" " + "0" * 64),
        callbacks.SignatureError,
        "the Runflow-Signature header has white space or quotes around it; it must be exactly 64 "
        "lowercase hex characters.",
    ),
    (
        lambda: check(signature="A" * 64),
        callbacks.SignatureError,
        "the Runflow-Signature header holds upper-case letters; it must be exactly 64 lowercase hex characters.",
    ),
    (
        lambda: check(signature="ABCDEF"),
        callbacks.SignatureError,
        "the Runflow-Signature header has 6 hex characters: it was cut, or another algorithm made it; it must be exactly 64 "
        "lowercase hex characters.",
    ),
    (
        lambda: check(signature="X" + "0" * 64),
        callbacks.SignatureError,
        "the Runflow-Signature header has 65 characters, not all of them hex: check that this is the right header; it must be exactly "
        "64 lowercase hex characters.",
    ),
    (
        lambda: check(signature="0" * 63),
        callbacks.SignatureError,
        "the Runflow-Signature header has 63 hex characters: it was cut, or another algorithm made it; it must "
        "be exactly 64 lowercase hex characters.",
    ),
    (
        lambda: check(signature="xyz"),
        callbacks.SignatureError,
        "the Runflow-Signature header has 3 characters, not all of them hex: check that this is the right header; it "
        "must be exactly 64 lowercase hex characters.",
    ),
    (
        lambda: check(secrets=None),
        callbacks.SignatureError,
        "the receiver has no callback secret: pass a str or a list of str, not None.",
    ),
    (
        lambda: check(secrets=[]),
        callbacks.SignatureError,
        "the receiver has no callback secret: the list of secrets is empty. Pass at least one.",
    ),
    (
        lambda: check(secrets=b"a"),
        callbacks.SignatureError,
        "the receiver has no callback secret: pass a str or a list of str, not a value of type bytes.",
    ),
    (
        lambda: check(secrets={"a"}),
        callbacks.SignatureError,
        "the receiver has no callback secret: pass a str or a list of str, not a value of type set.",
    ),
    (
        lambda: check(secrets=""),
        callbacks.SignatureError,
        "the receiver has no callback secret: the callback secret is empty. Check that its environment variable is set.",
    ),
    (
        lambda: check(secrets="whsec_a, whsec_b"),
        callbacks.SignatureError,
        "the receiver's callback secret is wrong: the callback secret holds several secrets. Pass a list of str, one for each.",
    ),
    (
        lambda: check(secrets=["a", " "]),
        callbacks.SignatureError,
        "the receiver has no callback secret: secret 2 of 2 is empty. Check that its environment variable is set.",
    ),
    (
        lambda: check(secrets=["a", None]),
        callbacks.SignatureError,
        "the receiver has no callback secret: secret 2 of 2 must be a str, not None.",
    ),
    (
        lambda: check(secrets=[SECRET, 5]),
        callbacks.SignatureError,
        "the receiver has no callback secret: secret 2 of 2 must be a str, not a value of type int.",
    ),
    (
        lambda: check(secrets="ä"),
        callbacks.SignatureError,
        "the receiver's callback secret is wrong: the callback secret holds non-ASCII characters. Copy the "
        "secret again.",
    ),
    (
        lambda: check(secrets=["a", "ä"]),
        callbacks.SignatureError,
        "the receiver's callback secret is wrong: secret 2 of 2 holds non-ASCII characters. Copy the secret again.",
    ),
    (
        lambda: check(body="text"),
        callbacks.SignatureError,
        "the body must be bytes, not a value of type str. It was decoded already. Pass the raw request "
        "body, as it arrived and before any JSON parsing.",
    ),
    (
        lambda: check(body={}),
        callbacks.SignatureError,
        "the body must be bytes, not a value of type dict. It was parsed already, and serializing it again "
        "gives other bytes than the signed ones. Pass the raw request body, as it arrived and before any "
        "JSON parsing.",
    ),
    (
        lambda: check(body=[]),
        callbacks.SignatureError,
        "the body must be bytes, not a value of type list. It was parsed already, and serializing it again "
        "gives other bytes than the signed ones. Pass the raw request body, as it arrived and before any "
        "JSON parsing.",
    ),
    (
        lambda: check(body=bytearray(b"a")),
        callbacks.SignatureError,
        "the body must be bytes, not a value of type bytearray. Wrap it: bytes(body). Pass the raw "
        "request body, as it arrived and before any JSON parsing.",
    ),
    (
        lambda: check(body=memoryview(b"a")),
        callbacks.SignatureError,
        "the body must be bytes, not a value of type memoryview. Wrap it: bytes(body). Pass the raw "
        "request body, as it arrived and before any JSON parsing.",
    ),
    (
        lambda: check(body=Awaited()),
        callbacks.SignatureError,
        "the body must be bytes, not a value of type Awaited. Await it first. Pass the raw "
        "request body, as it arrived and before any JSON parsing.",
    ),
    (
        lambda: check(body=Readable()),
        callbacks.SignatureError,
        "the body must be bytes, not a value of type Readable. Read it first. Pass the raw "
        "request body, as it arrived and before any JSON parsing.",
    ),
    (
        lambda: check(body=len),
        callbacks.SignatureError,
        "the body must be bytes, not a value of type builtin_function_or_method. Call it first. Pass the raw "
        "request body, as it arrived and before any JSON parsing.",
    ),
    (
        lambda: check(body=None),
        callbacks.SignatureError,
        "the body must be bytes, not None. Pass the raw request body, as it arrived and before any JSON parsing.",
    ),
    (
        lambda: check(),
        callbacks.SignatureError,
        "the body was not signed with the callback secret: it was signed with another secret, or changed "
        "after signing. Pass the raw request body, as it arrived and before any JSON parsing. During a "
        "rotation, pass the old and the new secret.",
    ),
    (
        lambda: check(secrets=["a", "b"]),
        callbacks.SignatureError,
        "the body was not signed with any of the 2 callback secrets: it was signed with another secret, or "
        "changed after signing. Pass the raw request body, as it arrived and before any JSON parsing. During "
        "a rotation, pass the old and the new secret.",
    ),
    (
        lambda: check(secrets=["a ", "b"]),
        callbacks.SignatureError,
        "the body was not signed with any of the 2 callback secrets: it was signed with another secret, or "
        "changed after signing. One of the secrets has white space or quotes around it. Pass the raw request "
        "body, as it arrived and before any JSON parsing. During a rotation, pass the old and the new secret.",
    ),
    (
        lambda: check(body=b""),
        callbacks.SignatureError,
        "the body was not signed with the callback secret: it was signed with another secret, or changed "
        "after signing. The body is empty: check that it was not read before. Pass the raw request body, as "
        "it arrived and before any JSON parsing. During a rotation, pass the old and the new secret.",
    ),
    (
        lambda: check(body=b"", secrets=["'a'"]),
        callbacks.SignatureError,
        "the body was not signed with the callback secret: it was signed with another secret, or changed "
        "after signing. One of the secrets has white space or quotes around it. The body is empty: check "
        "that it was not read before. Pass the raw request body, as it arrived and before any JSON parsing. "
        "During a rotation, pass the old and the new secret.",
    ),
    (
        lambda: read(b"[]"),
        callbacks.PayloadError,
        "the signature is right, but the body is not a JSON object (it is a value of type list).",
    ),
    (
        lambda: read(b"{}"),
        callbacks.PayloadError,
        "the signature is right, but the body has no string `event` (it is None).",
    ),
    (
        lambda: read(b"null"),
        callbacks.PayloadError,
        "the signature is right, but the body is not a JSON object (it is None).",
    ),
    (
        lambda: read(b'{"event": 5}'),
        callbacks.PayloadError,
        "the signature is right, but the body has no string `event` (it is a value of type int).",
    ),
    (
        lambda: read(b'{"event": ""}'),
        callbacks.PayloadError,
        "the signature is right, but the body has an empty `event`.",
    ),
    (lambda: read(b"\xff"), callbacks.PayloadError, "the signature is right, but the body is not UTF-8 (at byte 0)."),
    (lambda: read(b"{"), callbacks.PayloadError, "the signature is right, but the body is not JSON (at character 1)."),
    (lambda: read(b"[" * 100_000), callbacks.PayloadError, "the signature is right, but the body is nested too deep."),
    (
        lambda: read(b"1" * 5_000),
        callbacks.PayloadError,
        "the signature is right, but the body holds a number with too many digits.",
    ),
]


@pytest.mark.parametrize(("situation", "kind", "words"), SITUATIONS)
def test_rejected_callback_message_names_cause_and_remedy(
    situation: Callable[[], Any], kind: type[errors.RunflowError], words: str
) -> None:
    with pytest.raises(kind) as caught:
        situation()
    assert type(caught.value) is kind
    assert str(caught.value) == words
