"""Rate limits: 429 with and without headers."""

import asyncio

import pytest

from runflow_client.sandbox import Key, RateLimit, Sandbox, sharp_picture

TARGET = "/v1/evaluations/statuses"


def test_request_over_the_limit_is_429_with_headers(caller, fits):
    call = caller(rate_limit=RateLimit(2, seconds=60))
    call.now = 30.5
    replies = [call("GET", TARGET) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert [reply.headers["x-ratelimit-remaining"] for reply in replies] == ["1", "0", "0"]
    # 2026-01-01 00:01:00 UTC
    assert {reply.headers["x-ratelimit-reset"] for reply in replies} == {"1767225660"}
    assert {reply.headers["x-ratelimit-limit"] for reply in replies} == {"2"}
    assert (replies[2].headers["retry-after"], "retry-after" in replies[0].headers) == ("30", False)
    assert (replies[2].json["code"], replies[2].json["message"][:20]) == ("RATE_LIMITED", "Rate limit exceeded:")
    assert fits(replies[2].json, "ErrorResponse")
    call.now = 60
    assert call("GET", TARGET).status == 200


def test_limit_without_headers_is_429_alone(caller):
    call = caller(rate_limit=RateLimit(1, headers=False))
    replies = [call("GET", TARGET) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 429]
    assert not [name for reply in replies for name in reply.headers if "rate" in name or name == "retry-after"]


def test_refused_requests_count_and_carry_the_headers(caller):
    call = caller(rate_limit=RateLimit(1))
    refused = call("POST", "/v1/evaluations", {})
    assert (refused.status, refused.headers["x-ratelimit-remaining"]) == (422, "0")
    assert call("GET", TARGET).status == 429


def test_organizations_health_and_wrong_keys_are_counted_apart(caller):
    call = caller(rate_limit=RateLimit(1), keys=["rf_sandbox_key", Key("rf_other", organization="Other")])
    assert [call("GET", TARGET, key=key).status for key in ("rf_wrong", "rf_sandbox_key", "rf_other")] == [
        401,
        200,
        200,
    ]
    assert call("GET", "/v1/health", key=None).status == 200
    assert call("GET", TARGET).status == 429


def test_client_gets_its_verdict_within_the_limit():
    sandbox = Sandbox(rate_limit=RateLimit(3, seconds=10), evaluation_seconds=20)

    async def main():
        async with sandbox.async_client() as client:
            waits = (client.evaluations.evaluate(sharp_picture(), "headshot") for _ in range(3))
            return await asyncio.gather(*waits)

    assert all(evaluation.passed for evaluation in asyncio.run(main()))
    assert sandbox.evaluations == 3


def test_limit_can_be_set_and_removed(call):
    call.sandbox.rate_limit = RateLimit(1)
    assert [call("GET", TARGET).status for _ in range(2)] == [200, 429]
    assert call.sandbox.rate_limit == RateLimit(1)
    call.sandbox.rate_limit = None
    assert call("GET", TARGET).status == 200


@pytest.mark.parametrize(("requests", "seconds"), [(0, 60), (1, 0), (1, float("inf"))])
def test_limit_without_requests_or_time_raises_value_error(requests, seconds):
    with pytest.raises(ValueError, match="1 or more requests"):
        RateLimit(requests, seconds)
