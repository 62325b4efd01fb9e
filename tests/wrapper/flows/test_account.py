"""The requests and responses of the account methods."""

from __future__ import annotations

import pytest
from method_requests import MethodRequest, check_request, read_response

from runflow_client.flows import account

REQUESTS = [
    MethodRequest("me", account.me, "GET", "/v1/auth/me", None, "getting the account of the key"),
    MethodRequest("balance", account.balance, "GET", "/v1/billing/balance", None, "getting the balance"),
    MethodRequest("health", account.health, "GET", "/v1/health", None, "getting the service's health"),
]


@pytest.mark.parametrize("expected", REQUESTS, ids=repr)
def test_method_sends_its_request_and_error_names_operation(expected: MethodRequest) -> None:
    check_request(expected)


def test_responses_are_read_as_account_models() -> None:
    assert read_response(account.balance, {"balance": "12.5"}).balance == "12.5"
    assert read_response(account.health, {"status": "ok"}).status == "ok"
    assert read_response(account.me, {"x": 1}).to_dict()["x"] == 1
