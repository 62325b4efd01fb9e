"""Charges, reserved prices and the balance."""

from decimal import Decimal

import pytest

JUNK = "data:image/png;base64,anVuaw=="


def test_evaluation_is_charged_once_when_it_completes(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri).json["id"]
    assert (call.sandbox.charges, call.sandbox.balance) == ((), Decimal("100.00"))
    call.now = 10
    for _ in range(3):
        assert call("GET", f"/v1/evaluations/{evaluation_id}").json["cost"] == "0.05"
    assert call.sandbox.charges == ((evaluation_id, "standard", Decimal("0.05")),)
    assert call.sandbox.balance == Decimal("99.95")


def test_charge_needs_no_read_of_the_evaluation(call, sharp_uri):
    call.submit(sharp_uri)
    call.now = 10
    call("GET", "/v1/nothing")
    assert len(call.sandbox.charges) == 1


def test_failed_evaluation_is_not_charged(call):
    assert call.ended(JUNK)["cost"] is None
    assert call.sandbox.charges == ()


def test_submit_over_the_balance_is_402(caller, sharp_uri):
    call = caller(balance="0.10", price="0.05")
    replies = [call.submit(sharp_uri) for _ in range(3)]
    assert [reply.status for reply in replies] == [202, 202, 402]
    assert replies[2].json["code"] == "INSUFFICIENT_CREDIT"
    assert call.sandbox.evaluations == 2


def test_balance_can_be_set_low_and_high(call, sharp_uri):
    call.sandbox.balance = "0.04"
    assert call.submit(sharp_uri).status == 402
    assert call("GET", "/v1/billing/balance").json["balance"] == "0.04"
    call.sandbox.balance = Decimal("0.05")
    assert call.submit(sharp_uri).status == 202


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity", "a lot"])
def test_balance_that_is_not_an_amount_raises_value_error(call, amount):
    with pytest.raises(ValueError, match="not negative"):
        call.sandbox.balance = amount


def test_reserved_price_of_a_failed_evaluation_is_released(caller, sharp_uri):
    call = caller(balance="0.05", evaluation_seconds=10)
    assert [call.submit(JUNK).status, call.submit(sharp_uri).status] == [202, 402]
    call.now = 10
    assert call.submit(sharp_uri).status == 202


def test_each_job_class_is_charged_at_its_price(caller, sharp_uri):
    call = caller(price={"standard": "0.05", "quick": "0.01"})
    assert call.ended(sharp_uri, job_class="quick")["cost"] == "0.01"
