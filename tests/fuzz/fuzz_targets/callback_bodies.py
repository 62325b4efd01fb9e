"""A received callback: only a body signed with a known secret is parsed.

Anything else raises a SignatureError or PayloadError that shows no secret, signature or body. The data is a line with the
signature, then the body; an empty line stands for a valid signature.
"""

from __future__ import annotations

import hmac
import json
import pickle

from fuzz_targets.properties import assert_sound
from runflow_client import callbacks

SECRETS = ["whsec_fuzz_old", "whsec_fuzz_new"]
LONGEST_REPR = 400


def check(data: bytes) -> None:
    line, _, body = data.partition(b"\n")
    signature = line.decode("utf-8", "replace") or hmac.new(SECRETS[1].encode(), body, "sha256").hexdigest()
    right = [hmac.new(secret.encode(), body, "sha256").hexdigest() for secret in SECRETS]
    try:
        callbacks.verify(body, signature, SECRETS)
        assert signature in right
        callback = callbacks.parse(body, signature, SECRETS)
    except callbacks.SignatureError as error:
        assert signature not in right
        _assert_silent(error, body, signature, right)
        return
    except callbacks.PayloadError as error:
        assert signature in right
        _assert_silent(error, body, signature, right)
        return
    assert (callback.event and callback.raw == callback.raw) or "NaN" in str(callback.raw)
    assert repr(callback.raw) == repr(json.loads(body.decode("utf-8")))
    assert len(repr(callback)) <= LONGEST_REPR
    for text in (callback.evaluation_id, callback.client_ref, callback.status):
        assert text is None or (isinstance(text, str) and text)
    assert repr(pickle.loads(pickle.dumps(callback)).raw) == repr(callback.raw)
    hash(callback)


def _assert_silent(error: Exception, body: bytes, signature: str, right: list[str]) -> None:
    assert isinstance(error, (callbacks.SignatureError, callbacks.PayloadError))
    assert_sound(error)
    assert len(str(error)) <= 500
    for quiet in (*SECRETS, *right):
        assert quiet not in str(error)
    if len(signature) > 20:
        assert signature not in str(error)
    if len(body) > 20:
        assert body.decode("utf-8", "replace") not in str(error)
    context: BaseException | None = error.__context__
    assert context is None, "a chained exception holds the body"
