"""Verifying the signature of a callback, and parsing its body.

Works inside any web framework and imports no HTTP library: pass the raw request body and the `Runflow-Signature` header.
Deliveries are repeated, and a repeated one has the same signature, because no timestamp is signed. So act once for each
evaluation id, and get the evaluation itself (`client.evaluations.get`) before acting on its verdict.

Sources: https://docs.runflow.io/guides/verify-callback-signatures for the signature. The body of an evaluation's callback
is not documented; its shape is inferred from the callbacks of runs (https://docs.runflow.io/concepts/callbacks).
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import RunflowError

__all__ = ["Callback", "PayloadError", "SignatureError", "parse", "verify"]

_WELL_FORMED = re.compile(r"[0-9a-f]{64}")
_HEX = re.compile(r"[0-9a-fA-F]+")
_LABEL = re.compile(r"[A-Za-z0-9]{1,16}=[^=]")
_SHOWABLE = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
_PREFIX = "whsec_"
_WRAPPING = " \t\r\n\f\v\"'`"

_RAW_BODY = "Pass the raw request body, as it arrived and before any JSON parsing."
_MISSING = (
    "the Runflow-Signature header is missing or empty. Callbacks are unsigned until a callback secret is registered. "
    "Refuse this callback, register a callback secret at Runflow, and check whether a proxy drops the header."
)


class SignatureError(RunflowError):
    """The callback is not proven to come from Runflow; respond with 401 and do not use its body.

    Also raised for a mistake of the receiver (no secret, a body that is not the raw bytes); the message names it. The
    message never holds a secret, a signature or the body.

    Example:
        >>> from runflow_client import callbacks
        >>> callbacks.parse(b"{}", "0" * 64, "whsec_x")
        Traceback (most recent call last):
        runflow_client.callbacks.signatures.SignatureError: ...
    """


class PayloadError(RunflowError):
    """The signature is right, but the body is not a JSON object that names an event. The message never quotes the body.

    Example:
        >>> import hashlib, hmac
        >>> from runflow_client import callbacks
        >>> callbacks.parse(b"{}", hmac.new(b"whsec_x", b"{}", hashlib.sha256).hexdigest(), "whsec_x")
        Traceback (most recent call last):
        runflow_client.callbacks.signatures.PayloadError: ...
    """


@dataclass(frozen=True, slots=True, repr=False)
class Callback:
    """A callback with a valid signature.

    Only `event` is always present. Each other field is None where the body has no such string.

    Args:
        event: `evaluation.completed`, `evaluation.failed`, or an event that this library does not know.
        evaluation_id: the body's `evaluation_id`, else its `id` (both inferred).
        client_ref: the label that the evaluation was submitted with.
        status: the body's `status`, else its `status_code` (both inferred).
        raw: the whole body as `json.loads` reads it; not shown by `repr`.

    Example:
        >>> from runflow_client.callbacks import Callback
        >>> Callback("evaluation.completed", "e-1", None, "completed", {"score": 0.9})
        Callback(event='evaluation.completed', evaluation_id='e-1', status='completed')
    """

    event: str
    evaluation_id: str | None
    client_ref: str | None
    status: str | None
    # A dict has no hash; the other fields are enough for one.
    raw: dict[str, Any] = field(hash=False)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_show(getattr(self, name))}" for name in ("event", "evaluation_id", "status"))
        return f"Callback({shown})"


def verify(body: bytes, signature: str | None, secrets: str | Sequence[str]) -> None:
    """Raise an error unless the body was signed with one of the secrets.

    The signature is the HMAC-SHA256 of the raw body under the secret's text, as 64 lowercase hex characters. It is
    compared in constant time, with every secret.
    Source: https://docs.runflow.io/guides/verify-callback-signatures (that the key is the whole text of the
    secret is inferred from the sample there).

    Args:
        body: the raw request body, before any decoding or parsing.
        signature: the value of the `Runflow-Signature` header, None where there is none.
        secrets: your callback secret, or several of them during a rotation.

    Raises:
        SignatureError: the signature is missing, malformed, or made for another body or with another secret, or an
            argument cannot be used.

    Example:
        >>> import hmac
        >>> from runflow_client import callbacks
        >>> body = b'{"event": "evaluation.completed"}'
        >>> signature = hmac.new(b"whsec_new", body, "sha256").hexdigest()
        >>> callbacks.verify(body, signature, ["whsec_old", "whsec_new"])
        >>> callbacks.verify(body, "sha256=" + signature, "whsec_new")
        Traceback (most recent call last):
        runflow_client.callbacks.signatures.SignatureError: the Runflow-Signature header begins with a label such as `sha256=`...
    """
    error = _check(body, signature, secrets)
    # A traceback that prints local variables must not show these.
    del body, signature, secrets
    if error is not None:
        raise error


def parse(body: bytes, signature: str | None, secrets: str | Sequence[str]) -> Callback:
    """Verify the signature of a callback and return the callback.

    Args:
        body: the raw request body, before any decoding or parsing; UTF-8 JSON.
        signature: the value of the `Runflow-Signature` header, None where there is none.
        secrets: your callback secret, or several of them during a rotation.

    Raises:
        SignatureError: as `verify`; the body was not read.
        PayloadError: the signature is right, but the body is not a JSON object with an `event`.

    Source: https://docs.runflow.io/guides/verify-callback-signatures; the body's shape is inferred.

    Example:
        >>> import hmac
        >>> from runflow_client import callbacks
        >>> body = b'{"event": "evaluation.completed", "evaluation_id": "e-1", "client_ref": "order-7"}'
        >>> signature = hmac.new(b"whsec_mine", body, "sha256").hexdigest()
        >>> callback = callbacks.parse(body, signature, "whsec_mine")
        >>> callback.event, callback.evaluation_id, callback.client_ref
        ('evaluation.completed', 'e-1', 'order-7')
    """
    result = _check(body, signature, secrets) or _read(body)
    # A traceback that prints local variables must not show these.
    del body, signature, secrets
    if isinstance(result, Callback):
        return result
    raise result


# The functions below return errors and raise none inside an `except`, so that neither the frames of a traceback nor an
# error's `__context__` hold a secret or the body.


def _check(body: bytes, signature: str | None, secrets: str | Sequence[str]) -> SignatureError | None:
    # Mistakes of the receiver are reported first: they do not depend on the sender.
    problem = problem_of_secrets(secrets) or _problem_of_body(body)
    if problem is None:
        if signature is None:
            return SignatureError(_MISSING)
        problem = _problem_of_header(signature) or _problem_of_match(body, signature, _listed(secrets))
    return None if problem is None else SignatureError(problem)


def _listed(secrets: str | Sequence[str]) -> Sequence[str]:
    return [secrets] if isinstance(secrets, str) else secrets


def problem_of_secrets(secrets: str | Sequence[str]) -> str | None:
    listed = _listed(secrets)
    # `issubclass(type(x), ...)`, here and below: isinstance also accepts a mock or a proxy, which would fail later.
    if not issubclass(type(listed), Sequence) or issubclass(type(listed), (bytes, bytearray, memoryview)):
        return f"the receiver has no callback secret: pass a str or a list of str, not {_type_of(secrets)}."
    if not listed:
        return "the receiver has no callback secret: the list of secrets is empty. Pass at least one."
    for number, secret in enumerate(listed, 1):
        name = "the callback secret" if isinstance(secrets, str) else f"secret {number} of {len(listed)}"
        if not issubclass(type(secret), str):
            return f"the receiver has no callback secret: {name} must be a str, not {_type_of(secret)}."
        if not secret.strip():
            return f"the receiver has no callback secret: {name} is empty. Check that its environment variable is set."
        if not secret.isascii():
            return f"the receiver's callback secret is wrong: {name} holds non-ASCII characters. Copy the secret again."
        if secret.count(_PREFIX) > 1:
            return f"the receiver's callback secret is wrong: {name} holds several secrets. Pass a list of str, one for each."
    return None


def _problem_of_body(body: object) -> str | None:
    kind = type(body)
    if issubclass(kind, bytes):
        return None
    if issubclass(kind, str):
        hint = "It was decoded already."
    elif issubclass(kind, (dict, list)):
        hint = "It was parsed already, and serializing it again gives other bytes than the signed ones."
    elif issubclass(kind, (bytearray, memoryview)):
        hint = "Wrap it: bytes(body)."
    elif hasattr(kind, "__await__"):
        hint = "Await it first."
    elif hasattr(kind, "read"):
        hint = "Read it first."
    elif callable(body):
        hint = "Call it first."
    else:
        hint = ""
    return " ".join(filter(None, [f"the body must be bytes, not {_type_of(body)}.", hint, _RAW_BODY]))


def _problem_of_header(signature: str) -> str | None:
    kind = type(signature)
    if not issubclass(kind, str):
        decoded = ", decoded as ASCII" if issubclass(kind, (bytes, bytearray)) else ""
        return (
            f"the signature must be a str, not {_type_of(signature)}: "
            f"pass the one value of the Runflow-Signature header{decoded}."
        )
    if _WELL_FORMED.fullmatch(signature):
        return None
    bare = signature.strip(_WRAPPING)
    if not bare:
        return _MISSING
    if bare.startswith(_PREFIX):
        problem = "looks like a callback secret: pass the arguments in the order body, signature, secrets"
    elif "," in bare:
        problem = "holds several values joined by a comma: pass the one that Runflow sent"
    elif bare.startswith(("b'", 'b"')):
        problem = "is the printed form of bytes: decode the header instead of calling str() on it"
    elif _LABEL.match(bare):
        problem = (
            "begins with a label such as `sha256=`, which Runflow does not send: check that this is the right header"
        )
    elif _WELL_FORMED.fullmatch(bare):
        problem = "has white space or quotes around it"
    elif _WELL_FORMED.fullmatch(bare.lower()):
        problem = "holds upper-case letters"
    elif _HEX.fullmatch(bare):
        problem = f"has {len(bare)} hex characters: it was cut, or another algorithm made it"
    else:
        problem = f"has {len(bare)} characters, not all of them hex: check that this is the right header"
    return f"the Runflow-Signature header {problem}; it must be exactly 64 lowercase hex characters."


def _problem_of_match(body: bytes, signature: str, secrets: Sequence[str]) -> str | None:
    matches = False
    for secret in secrets:
        expected = hmac.new(secret.encode("ascii"), body, "sha256").hexdigest()
        # Compare with every secret, also after a match: the time must not reveal which one matched.
        matches |= hmac.compare_digest(expected, signature)
    if matches:
        return None
    tried = "the callback secret" if len(secrets) == 1 else f"any of the {len(secrets)} callback secrets"
    hints = [f"the body was not signed with {tried}: it was signed with another secret, or changed after signing."]
    if any(secret.strip(_WRAPPING) != secret for secret in secrets):
        hints.append("One of the secrets has white space or quotes around it.")
    if not body:
        hints.append("The body is empty: check that it was not read before.")
    return " ".join([*hints, _RAW_BODY, "During a rotation, pass the old and the new secret."])


def _read(body: bytes) -> Callback | PayloadError:
    payload, problem = _decode(body)
    if problem is None:
        if not isinstance(payload, dict):
            problem = f"is not a JSON object (it is {_type_of(payload)})"
        elif not isinstance(payload.get("event"), str):
            problem = f"has no string `event` (it is {_type_of(payload.get('event'))})"
        elif not payload["event"]:
            problem = "has an empty `event`"
    if problem is not None:
        return PayloadError(f"the signature is right, but the body {problem}.")
    return Callback(
        event=payload["event"],
        evaluation_id=_first_text(payload, "evaluation_id", "id"),
        client_ref=_first_text(payload, "client_ref"),
        status=_first_text(payload, "status", "status_code"),
        raw=payload,
    )


def _decode(body: bytes) -> tuple[Any, str | None]:
    """Return the decoded JSON and None, or None and the problem."""
    try:
        return json.loads(body.decode("utf-8")), None
    except UnicodeDecodeError as error:
        return None, f"is not UTF-8 (at byte {error.start})"
    except json.JSONDecodeError as error:
        return None, f"is not JSON (at character {error.pos})"
    except RecursionError:
        return None, "is nested too deep"
    except ValueError:
        # json.loads raises a plain ValueError for nothing else: https://docs.python.org/3/library/stdtypes.html#int-max-str-digits
        return None, "holds a number with too many digits"


def _first_text(payload: dict[str, Any], *names: str) -> str | None:
    texts = (payload.get(name) for name in names)
    return next((text for text in texts if isinstance(text, str) and text), None)


def _type_of(value: object) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


def _show(text: str | None) -> str:
    # Only a plain name or id is shown: a URL or image data could hold secrets.
    return repr(text) if text is None or _SHOWABLE.fullmatch(text) else "'...'"
