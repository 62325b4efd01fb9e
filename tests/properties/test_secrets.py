"""Echoed API keys, image data and signed URLs appear in no text that people read."""

from __future__ import annotations

import base64
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from error_checks import pickled, shown
from fault_injection import (
    DROPS,
    FINE,
    KEY,
    Case,
    Harness,
    NamedFault,
    cases,
    named_fault,
    schedules,
    searched,
    small_picture,
)
from hypothesis import given
from hypothesis import strategies as st
from operations import OPERATIONS, Operation

from runflow_client import errors
from runflow_client.callbacks import parse
from runflow_client.models.evaluation_request import EvaluationRequest
from runflow_client.sandbox import faults

QUERY = "X-Signature=Qu3ryS3cr3tOfTheStore"
WEBHOOK = "whsec_C4llb4ckS3cr3t"
IMAGE = base64.b64encode(small_picture()).decode()
_LEAST = 12
"""Characters; a shorter part of a secret reveals nothing."""

words = st.sampled_from(
    [
        KEY,
        f"Bearer {KEY}",
        f"data:image/png;base64,{IMAGE}",
        f"https://store.example/put/a.png?{QUERY}",
        f"<a href='https://store.example/a?{QUERY}'>",
        f"https://store.example/put/a.png#{QUERY}",
        " ",
        "\n",
        '"',
        "<b>",
        "no such key: ",
        "\N{SNOWMAN}",
    ]
)
paddings = st.one_of(st.integers(0, 60), st.integers(1_900, 2_100), st.integers(3_900, 4_050)).flatmap(
    lambda size: st.sampled_from(["x" * size, "word " * (size // 5), f"data:image/png;base64,{'A' * size} "])
)
echoes = st.lists(st.one_of(words, paddings), min_size=1, max_size=6).map("".join)


def in_a_header(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii() and letter.isprintable())


@st.composite
def secret_echoes(draw: st.DrawFn) -> NamedFault:
    """A response that repeats secrets."""
    text, status = draw(echoes), draw(st.sampled_from([400, 401, 403, 404, 409, 422, 429, 500, 503, 418]))
    header = in_a_header(draw(echoes))
    match draw(st.integers(0, 6)):
        case 0:
            return named_fault(faults.refuse, status, message=text, code=draw(echoes))
        case 1:
            return named_fault(faults.refuse, status, headers={"X-Request-Id": header}, retry_after=header)
        case 2:
            return named_fault(faults.reply, status, {"content-type": header}, text.encode())
        case 3:
            return named_fault(faults.reply, 200, {"content-type": header, "x-request-id": header}, text.encode())
        case 4:
            body = draw(st.sampled_from(['{"detail": %s}', '{"errors": [{"loc": ["a"], "msg": %s}]}', '[{"loc": %s}]']))
            return named_fault(faults.reply, status, {}, (body % json.dumps(text)).encode())
        case 5:
            return named_fault(
                faults.reply, status, {}, json.dumps({"code": "ODD", "detail": [{text: 1}], text: text}).encode()
            )
        case _:
            rest = {"override_reason": text, "top_issues": [text], "name": text, "generated_image_url": text}
            return named_fault(faults.show, status_code=draw(st.sampled_from(["failed", "running"])), **rest)


@contextmanager
def captured_output() -> Iterator[list[str]]:
    """Collect every log line, of any level, and every warning."""
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler, root = Handler(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield lines
        lines += [str(warning.message) for warning in caught]
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def pieces(secret: str) -> set[str]:
    return {secret[start : start + _LEAST] for start in range(len(secret) - _LEAST + 1)}


def check(text: str, *secrets: str) -> None:
    for secret in secrets:
        found = [piece for piece in pieces(secret) if piece in text]
        assert not found, f"{found} of a secret in {text!r}"


def check_shown(thing: Any) -> None:
    text = f"{thing!r} {thing!s} {thing}"
    if hasattr(thing, "_repr_html_"):
        text += thing._repr_html_()
    check(text, KEY, QUERY.partition("=")[2], IMAGE[40:])


def check_objects(harness: Harness) -> None:
    client = harness.client
    for thing in (client, client._session.context, client._session._driver.configuration, *vars(client).values()):
        check(f"{thing!r} {thing!s}", KEY)
    check_shown(EvaluationRequest(image=small_picture(), task_type="headshot", idempotency_key="mine"))


def check_outcome(outcome: Any) -> None:
    if isinstance(outcome, errors.RunflowError):
        check(shown(outcome), KEY)
        check(pickled(outcome).decode("latin-1"), KEY)
        for thing in (getattr(outcome, "message", ""), getattr(outcome, "body", ""), getattr(outcome, "errors", "")):
            check(f"{thing}", KEY, QUERY.partition("=")[2], IMAGE[40:])
        check(f"{outcome.request_id} {getattr(outcome, 'code', '')}", KEY)
    check_shown(outcome)


@searched(100)
@given(cases(st.just(FINE)), schedules(st.one_of(secret_echoes(), st.sampled_from(DROPS)), longest=4))
def test_evaluate_with_echoed_secrets_shows_none(case: Case, schedule: Any) -> None:
    with captured_output() as lines, Harness(replace(case, schedule=schedule, from_path=False)) as harness:
        check_outcome(harness.evaluate())
        check_objects(harness)
    check("\n".join(lines), KEY, QUERY.partition("=")[2], IMAGE[40:])


@searched(100)
@given(cases(st.just(FINE)), st.sampled_from(OPERATIONS), st.lists(secret_echoes(), min_size=1, max_size=5))
def test_every_operation_with_echoed_secrets_shows_none(
    case: Case, operation: Operation, row: list[NamedFault]
) -> None:
    with captured_output() as lines, Harness(replace(case, schedule=(), from_path=False)) as harness:
        known = harness.run(lambda: harness.without_faults().evaluations.submit(small_picture(), "headshot")).id
        harness.sandbox.faults.extend([entry.fault for entry in row])
        try:
            outcome = harness.run(lambda: operation.do(harness.client, small_picture(), known))
        except errors.RunflowError as error:
            outcome = error
        check_outcome(outcome)
        check_objects(harness)
    check("\n".join(lines), KEY, QUERY.partition("=")[2], IMAGE[40:])


@searched(100)
@given(
    st.binary(max_size=60),
    st.one_of(st.none(), st.text(max_size=80), st.just(f"sha256={WEBHOOK}"), st.just(WEBHOOK)),
    st.sampled_from([WEBHOOK, [WEBHOOK], [WEBHOOK, "other"], "", [], [f" {WEBHOOK} "], [None], WEBHOOK.encode()]),
)
def test_rejected_callback_shows_no_secret(body: bytes, signature: str | None, secrets: Any) -> None:
    try:
        parse(body, signature, secrets)
    except errors.RunflowError as error:
        check(shown(error), WEBHOOK)
        check(pickled(error).decode("latin-1"), WEBHOOK)
