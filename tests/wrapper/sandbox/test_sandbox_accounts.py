"""Keys, the balance, and replayed idempotency keys."""

from decimal import Decimal

import pytest

GOOD = {"generated_image_url": "https://images.example.com/a.png", "task_type": "headshot"}
UNSEEN = "https://images.example.com/a.png"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic cmY6"}, {"X-Api-Key": "rf_sandbox_key"}]
)
def test_a_request_without_a_bearer_key_is_401(call, headers):
    answer = call("POST", "/v1/evaluations", GOOD, key=None, **headers)
    assert (answer.status, answer.json["code"]) == (401, "UNAUTHORIZED")
    assert call.sandbox.evaluations == 0


def test_a_wrong_key_is_401_before_the_request_is_validated_and_is_not_repeated(call):
    answer = call("POST", "/v1/evaluations", {}, key="rf_stolen")
    assert answer.status == 401
    assert b"rf_stolen" not in answer.body


def test_any_of_the_keys_of_a_sandbox_opens_it(caller):
    call = caller(keys=["rf_one", "rf_two"])
    assert [call("POST", "/v1/evaluations", GOOD, key=key).status for key in ("rf_one", "rf_two", "rf_three")] == [
        202,
        202,
        401,
    ]


def test_the_same_key_and_body_give_the_first_answer_again(call):
    first = call("POST", "/v1/evaluations", GOOD, Idempotency_Key="k1")
    call.now = 3600
    again = call("POST", "/v1/evaluations", GOOD, Idempotency_Key="k1")
    assert (again.status, again.body) == (202, first.body)
    assert call.sandbox.evaluations == 1


def test_the_same_key_with_another_body_is_a_conflict(call):
    call("POST", "/v1/evaluations", GOOD, Idempotency_Key="k1")
    answer = call("POST", "/v1/evaluations", {**GOOD, "task_type": "ad"}, Idempotency_Key="k1")
    assert (answer.status, answer.json["code"]) == (409, "CONFLICT")
    assert call.sandbox.evaluations == 1


def test_without_a_key_each_submit_is_a_new_evaluation(call):
    ids = {call("POST", "/v1/evaluations", GOOD).json["id"] for _ in range(3)}
    assert len(ids) == call.sandbox.evaluations == 3


def test_a_key_whose_request_was_refused_can_be_used_again(call):
    assert call("POST", "/v1/evaluations", {}, Idempotency_Key="k1").status == 422
    assert call("POST", "/v1/evaluations", GOOD, Idempotency_Key="k1").status == 202


def test_a_stolen_idempotency_key_needs_an_api_key_all_the_same(call):
    call("POST", "/v1/evaluations", GOOD, Idempotency_Key="k1")
    assert call("POST", "/v1/evaluations", GOOD, key="rf_other", Idempotency_Key="k1").status == 401


def test_feedback_is_never_replayed(call):
    target = f"/v1/evaluations/{call.submit(UNSEEN).json['id']}/feedback"
    thumbs = [
        call("PATCH", target, {"is_positive": thumb}, Idempotency_Key="k1").json["feedback_is_positive"]
        for thumb in (True, None, True)
    ]
    assert thumbs == [True, None, True]


def test_an_evaluation_is_charged_once_when_it_completes(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri).json["id"]
    assert (call.sandbox.charges, call.sandbox.balance) == ((), Decimal("100.00"))
    call.now = 10
    for _ in range(3):
        assert call("GET", f"/v1/evaluations/{evaluation_id}").json["cost"] == "0.05"
    assert call.sandbox.charges == ((evaluation_id, "standard", Decimal("0.05")),)
    assert call.sandbox.balance == Decimal("99.95")


def test_a_charge_does_not_wait_until_somebody_looks(call, sharp_uri):
    call.submit(sharp_uri)
    call.now = 10
    call("GET", "/v1/nothing")
    assert len(call.sandbox.charges) == 1


def test_a_failed_evaluation_costs_nothing(call):
    assert call.ended(UNSEEN)["cost"] is None
    assert call.sandbox.charges == ()


def test_a_short_balance_is_402_at_submit(caller, sharp_uri):
    call = caller(balance="0.10", price="0.05")
    answers = [call.submit(sharp_uri) for _ in range(3)]
    assert [answer.status for answer in answers] == [202, 202, 402]
    assert answers[2].json["code"] == "INSUFFICIENT_CREDIT"
    assert call.sandbox.evaluations == 2


def test_what_was_set_aside_for_a_failed_evaluation_can_be_spent_again(caller, sharp_uri):
    call = caller(balance="0.05", evaluation_seconds=10)
    assert [call.submit(UNSEEN).status, call.submit(sharp_uri).status] == [202, 402]
    call.now = 10
    assert call.submit(sharp_uri).status == 202


def test_each_job_class_has_its_price(caller, sharp_uri):
    call = caller(price={"standard": "0.05", "quick": "0.01"})
    assert call.ended(sharp_uri, job_class="quick")["cost"] == "0.01"
