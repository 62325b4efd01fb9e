"""Redaction removes secrets, image data and URL queries from texts, in one pass."""

from __future__ import annotations

import copy
import gzip
import pickle
from typing import Any

import pytest

from runflow_client._redaction import Secret, redact_json, redactor, safe_id
from runflow_client.flows.base.steps import Response
from runflow_client.runtime.transport.compression import response_from

KEY = "rf_live_abcdefghijkl"
REDACT = redactor([Secret(KEY)])


@pytest.mark.parametrize(
    "piece", ["data:", "a.", "a://", "data:a;", "data:a;b", "a", "a" * 255 + "!", "://", "?", "://?"]
)
def test_million_character_text_is_redacted_in_one_pass(piece: str) -> None:
    """With quadratic time these million characters would take hours."""
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
def test_query_of_url_is_redacted_after_any_prefix(address: str) -> None:
    assert "sig" not in REDACT(f"see {address} there")
    assert REDACT(f"see {address} there").endswith("?[query cut] there")


@pytest.mark.parametrize("tail", ["?sig=s", "#sig", "?sig=s#sig", "?sig=s data:image/png;base64,AAAA"])
def test_redacted_text_is_redacted_again_without_change(tail: str) -> None:
    once = REDACT(f"see https://x.example/a{tail} {KEY} there")
    assert "sig" not in once
    assert REDACT(once) == once


def test_url_without_query_is_unchanged() -> None:
    assert redactor([])("see https://x.example/a there") == "see https://x.example/a there"


def test_image_data_is_redacted_with_any_media_type() -> None:
    for head in ("data:image/svg+xml;charset=utf-8;base64,", "DATA:,", "data:;base64,", f"data:{'x' * 300};base64,"):
        assert "AAAA" not in REDACT(f"got {head}{'A' * 300} there")


def test_safe_id_shows_only_plain_words() -> None:
    assert safe_id("Some_ID-1:2.3") == "Some_ID-1:2.3"
    assert (
        safe_id("a b") == safe_id("") == safe_id("x" * 81) == safe_id("https://x.example/?s") == safe_id(5) == "'...'"
    )


@pytest.mark.parametrize("tail", [b"", b"\x00" * 8])
def test_gzip_body_of_several_members_is_read_whole(tail: bytes) -> None:
    packed = gzip.compress(b'{"id":') + gzip.compress(b' "e"}') + tail
    found = response_from(200, [(b"Content-Encoding", b"gzip")], packed)
    assert isinstance(found, Response)
    assert found.body == b'{"id": "e"}'


def test_secret_is_masked_and_cannot_be_pickled_or_copied() -> None:
    secret = Secret("rf_hidden")
    assert secret.reveal() == "rf_hidden"
    assert f"{secret} {secret!r} {[secret]}" == "Secret('...') Secret('...') [Secret('...')]"
    words = "a secret cannot be pickled: pass the API key to the other process in its environment"
    for travel in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=f"^{words}$"):
            travel(secret)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("key rf_hidden, twice rf_hiddenrf_hidden", "key [secret cut], twice [secret cut][secret cut]"),
        ("second-secret!", "[secret cut]!"),
        ("see data:image/png;base64,AAAA/+== there", "see [image data cut] there"),
        ("'DATA:image/svg+xml,%3Csvg' x", "'[image data cut]' x"),
        ('"data:,text"', '"[image data cut]"'),
        ("at https://a.example/p?X-Signature=1&b=2 now", "at https://a.example/p?[query cut] now"),
        ("at https://a.example/p#token now", "at https://a.example/p?[query cut] now"),
        ("(HTTPS://A.EXAMPLE?q)", "(HTTPS://A.EXAMPLE?[query cut]"),
        ("<https://a.example/?q>", "<https://a.example/?[query cut]>"),
        ("why? because#1", "why? because#1"),
        ("A" * 255, "A" * 255),
        ("x " + "A" * 256 + "== y", "x [encoded data cut] y"),
        ("", ""),
    ],
)
def test_secrets_image_data_and_queries_are_redacted_from_text(text: str, redacted: str) -> None:
    assert redactor([Secret("rf_hidden"), Secret(""), Secret("second-secret")])(text) == redacted


def test_every_string_and_key_of_json_is_redacted() -> None:
    redact = redactor([Secret("rf_hidden")])
    value = {"rf_hidden": ["rf_hidden", {"a": "x rf_hidden"}], 5: None, "n": 1.5, "t": True}
    assert redact_json(value, redact) == {
        "[secret cut]": ["[secret cut]", {"a": "x [secret cut]"}],
        "5": None,
        "n": 1.5,
        "t": True,
    }


def test_json_below_twenty_levels_is_dropped() -> None:
    value: Any = "rf_hidden"
    for _ in range(25):
        value = [{"a": value}]
    shown = redact_json(value, redactor([Secret("rf_hidden")]))
    depth = 0
    while isinstance(shown, (list, dict)):
        shown = shown[0] if isinstance(shown, list) else shown["a"]
        depth += 1
    assert (shown, depth) == (None, 20)
    assert redact_json("rf_hidden", redactor([Secret("rf_hidden")]), depth=0) == "[secret cut]"


@pytest.mark.parametrize(
    "text",
    [
        "data:" + "a" * 1_000_000,
        "data:a;" * 150_000,
        ("data:" + "a" * 50 + "/" + "b" * 50 + ";") * 10_000,
        "a." * 500_000,
        "a://" * 250_000,
        ("a" * 255 + " ") * 4_000,
    ],
    ids=["data", "parameters", "types", "dots", "schemes", "runs"],
)
def test_redaction_of_repetitive_long_text_takes_linear_time(text: str) -> None:
    # With quadratic time the shortest of these would take minutes and exceed pytest's timeout.
    redactor([Secret(KEY)])(text)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("x https://h/p?sig=1, 2", "x https://h/p?[query cut] 2"),
        ("1https://h/q#part -http://h?sig", "1https://h/q?[query cut] -http://h?[query cut]"),
        ("https://h/plain ftp://h", "https://h/plain ftp://h"),
        ("data:image/png;base64,AAAA 'data:,x'", "[image data cut] '[image data cut]'"),
        ("a" * 256 + "==." + "b" * 255, "[encoded data cut]." + "b" * 255),
    ],
)
def test_queries_and_image_data_are_redacted_anywhere_in_text(text: str, redacted: str) -> None:
    assert redactor([])(text) == redacted
