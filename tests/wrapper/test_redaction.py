"""Texts made of a server's words: cleaned, bounded, printable, and made in one pass however long the words are."""

from __future__ import annotations

import gzip
import json
import pickle
from typing import Any

import pytest
from playing import Player, answer

from runflow_client import Evaluation, errors
from runflow_client._redaction import Secret, redactor, safe_id
from runflow_client.flows import evaluations
from runflow_client.flows.base.responses import CallInfo, error_from
from runflow_client.flows.base.steps import Response
from runflow_client.runtime.transport.compression import response_from

KEY = "rf_live_abcdefghijkl"
REDACT = redactor([Secret(KEY)])


def error(response: Response) -> Any:
    return error_from(response, CallInfo("submitting an image", idempotency_key="k"), REDACT)


@pytest.mark.parametrize(
    "piece", ["data:", "a.", "a://", "data:a;", "data:a;b", "a", "a" * 255 + "!", "://", "?", "://?"]
)
def test_a_long_text_is_cleaned_in_one_pass(piece: str) -> None:
    """Read again from each character, these million characters would take hours."""
    REDACT("data:" + piece * (1_000_000 // len(piece)))
    REDACT(piece * (1_000_000 // len(piece)))


@pytest.mark.parametrize(
    "address",
    [
        "https://x.example/a?sig=s",
        "2https://x.example/a?sig=s",
        "a_https://x.example/a#sig",
        "x" * 99 + "://x.example?sig",
    ],
)
def test_the_query_of_an_address_is_cut_whatever_stands_before_it(address: str) -> None:
    assert "sig" not in REDACT(f"see {address} there")
    assert REDACT(f"see {address} there").endswith("?[query cut] there")


def test_an_address_without_a_query_stays() -> None:
    assert redactor([])("see https://x.example/a there") == "see https://x.example/a there"


def test_an_image_is_cut_with_any_media_type() -> None:
    for head in ("data:image/svg+xml;charset=utf-8;base64,", "DATA:,", "data:;base64,", f"data:{'x' * 300};base64,"):
        assert "AAAA" not in REDACT(f"got {head}{'A' * 300} there")


def test_the_key_is_not_shown_by_half_where_a_text_is_cut() -> None:
    for filler in range(3_960, 4_001):
        body = f"data:image/png;base64,{'A' * (filler - 22)} {KEY} and more"
        found = error(answer(401, body.encode()))
        assert KEY[:3] not in str(found) + found.body
        assert found.body.startswith("[image data ")


def test_headers_that_echo_the_key_are_cleaned_and_cut() -> None:
    for status in (200, 400):
        found = error(answer(status, b"x", x_request_id=f"id-{KEY}-{'y ' * 500}", content_type=f"text/{KEY}"))
        assert found.request_id.startswith("id-[secret cut]-y ") and len(found.request_id) <= 500
        assert KEY not in str(found)


def test_an_id_or_a_code_is_shown_where_it_is_a_plain_word() -> None:
    assert safe_id("Some_ID-1:2.3") == "Some_ID-1:2.3"
    assert safe_id("a b") == safe_id("") == safe_id("x" * 81) == safe_id("https://x.example/?s") == safe_id(5) == "'…'"


def test_a_code_of_any_length_is_kept_but_not_shown_whole() -> None:
    found = error(answer(400, {"code": "C " * 50_000}))
    assert len(found.code) == 100_000
    assert len(str(found)) < 400


def test_half_a_surrogate_pair_does_not_make_an_error_unprintable() -> None:
    found = error(answer(400, b'{"code": "a\\ud800", "message": "b\\udfff"}'))
    assert str(found).encode("utf-8") == b"submitting an image: the server answered 400 a : b ."
    assert str(pickle.loads(pickle.dumps(found))) == str(found)


@pytest.mark.parametrize(
    "odd", ["x" * 100_000, "data:image/png;base64,AAAA", "https://x.example/?sig=s", "\ud800", ["a"], 7]
)
def test_an_evaluations_odd_id_or_code_is_not_repeated_in_an_error(odd: Any) -> None:
    evaluation = Evaluation.from_dict({"id": odd, "status_code": odd, "failure_code": odd})
    for found in (errors.EvaluationFailedError(evaluation), errors.WaitTimeoutError(evaluation)):
        assert "evaluation '…'" in str(found)
        assert len(str(found)) < 400
    assert safe_id(odd) == "'…'"
    assert safe_id("e-1") == "e-1"


def test_the_id_that_is_logged_is_cleaned_and_stays_on_its_line() -> None:
    player = Player([answer(202, {"id": "https://x.example/?sig=s\nfalse line"})])
    submission = evaluations.Submission(image="https://x.example/a.png", task_type="t")
    player.run(evaluations.submit(player.context, submission))
    assert player.log == ["submitted evaluation https://x.example/?[query cut] false line"]


def test_the_table_for_notebooks_shows_no_address_whole_and_is_bounded() -> None:
    odd = "\ud800 https://x.example/?sig=s data:image/png;base64,AAAA " + "x" * 10_000
    for status in (odd, {"url": odd}, None):
        text = Evaluation.from_dict({"id": odd, "status_code": status, "judges": [{"name": odd}]})._repr_html_()
        assert "sig=" not in text and "AAAA" not in text
        assert len(text.encode("utf-8")) < 2_000


def test_a_score_of_too_many_digits_is_none() -> None:
    evaluation = Evaluation.from_dict(
        json.loads('{"status_code": "completed", "weighted_pass_rate": %s}' % ("9" * 400))
    )
    assert evaluation.score is None
    assert "completed" not in evaluation._repr_html_()


@pytest.mark.parametrize("tail", [b"", b"\x00" * 8])
def test_a_gzip_body_of_several_members_is_read_whole(tail: bytes) -> None:
    packed = gzip.compress(b'{"id":') + gzip.compress(b' "e"}') + tail
    found = response_from(200, [(b"Content-Encoding", b"gzip")], packed)
    assert isinstance(found, Response)
    assert found.body == b'{"id": "e"}'
