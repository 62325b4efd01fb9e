from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import pytest

from runflow_client import PollPolicy, RetryPolicy, errors
from runflow_client._redaction import Secret, redact_json, redactor


@pytest.mark.parametrize("policy", [RetryPolicy, PollPolicy])
@pytest.mark.parametrize("value", [0, -1, 0.0, math.nan, math.inf, "5", None, True, 10**400])
def test_policy_value_not_above_zero_is_rejected_by_name(policy: Any, value: Any) -> None:
    for name in policy.__dataclass_fields__:
        with pytest.raises(errors.InvalidRequestError, match=f"^{policy.__name__}.{name} must be a number") as caught:
            policy(**{name: value})
        assert caught.value.argument == name
        assert repr(value) in str(caught.value)


def test_policy_values_just_above_zero_are_accepted() -> None:
    assert RetryPolicy(attempts=1, attempt_timeout=0.001, first_pause=1e-9).attempts == 1
    assert PollPolicy(first=0.001, then=1, longest=1, growth=1).growth == 1


def test_fractional_attempts_are_rejected() -> None:
    policy: Any = RetryPolicy
    with pytest.raises(errors.InvalidRequestError, match="attempts must be a whole number, not 1.5") as caught:
        policy(attempts=1.5)
    assert caught.value.argument == "attempts"


def test_poll_growth_below_one_is_rejected() -> None:
    with pytest.raises(errors.InvalidRequestError, match="growth must be at least 1, not 0.99") as caught:
        PollPolicy(growth=0.99)
    assert caught.value.argument == "growth"


def test_policy_defaults_match_docstrings() -> None:
    assert RetryPolicy() == RetryPolicy(
        attempts=5, attempt_timeout=20.0, first_pause=0.5, longest_pause=8.0, longest_retry_after=60.0
    )
    assert PollPolicy() == PollPolicy(first=5.0, then=3.0, longest=3.8, growth=1.05)


def test_retry_pause_limits_double() -> None:
    policy = RetryPolicy(first_pause=1, longest_pause=1e30)
    assert [policy.pause(attempt, 1.0) for attempt in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert policy.pause(4, 0.25) == 2
    assert policy.pause(61, 1.0) == policy.pause(62, 1.0) == policy.pause(10**6, 1.0) == 2.0**60


def test_poll_pauses_grow_up_to_longest() -> None:
    policy = PollPolicy(first=1, then=2, longest=5, growth=1.5)
    assert policy.pauses(6) == [1, 2, 3, 4.5, 5, 5]
    assert policy.pauses(1) == [1]
    assert policy.pauses(0) == []
    assert (policy.pause_after(None), policy.pause_after(2.0), policy.pause_after(4.0)) == (2, 3.0, 5)
    assert PollPolicy(then=1.23456, longest=9).pauses(3) == [5.0, 1.235, 1.296]


def test_secret_is_masked_and_cannot_be_pickled_or_copied() -> None:
    secret = Secret("rf_hidden")
    assert secret.reveal() == "rf_hidden"
    assert f"{secret} {secret!r} {[secret]}" == "Secret('…') Secret('…') [Secret('…')]"
    words = "a secret is not pickled: hand the API key to the other process by its environment"
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
