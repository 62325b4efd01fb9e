"""API keys, idempotency keys, routing and the envelopes of replies."""

import json
from importlib import resources

import pytest

from runflow_client.sandbox import Key
from runflow_client.sandbox.service.contract.contract import Contract, load_contract

GOOD = {"generated_image_url": "https://images.example.com/a.png", "task_type": "headshot"}
UNSEEN = "https://images.example.com/a.png"
RUN = "01978cff-12b6-7c93-8a5e-d4710b6f9c28"
UNKNOWN = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic cmY6"}, {"X-Api-Key": "rf_sandbox_key"}]
)
def test_request_without_a_bearer_key_is_401(call, headers):
    reply = call("POST", "/v1/evaluations", GOOD, key=None, **headers)
    assert (reply.status, reply.json["code"]) == (401, "UNAUTHORIZED")
    assert call.sandbox.evaluations == 0


def test_wrong_key_is_401_before_validation_and_is_not_repeated(call):
    reply = call("POST", "/v1/evaluations", {}, key="rf_stolen")
    assert reply.status == 401
    assert b"rf_stolen" not in reply.body


def test_each_key_of_the_service_is_accepted(caller):
    call = caller(keys=["rf_one", "rf_two"])
    assert [call("POST", "/v1/evaluations", GOOD, key=key).status for key in ("rf_one", "rf_two", "rf_three")] == [
        202,
        202,
        401,
    ]


def test_sandbox_without_keys_refuses_every_key(caller):
    call = caller(keys=[])
    assert call("POST", "/v1/evaluations", GOOD).status == 401
    assert call("GET", "/v1/health", key=None).status == 200


def test_reset_forgets_what_requests_changed(caller, sharp_uri):
    call = caller(keys=["rf_sandbox_key", Key("rf_other", organization="Other")])
    evaluation_id = call.ended(sharp_uri)["id"]
    asset_id = call.upload(b"12345")
    call.sandbox.outcomes.append("rejected")
    call.sandbox.reset()
    assert call("GET", f"/v1/evaluations/{evaluation_id}").status == 404
    assert call("GET", f"/v1/assets/{asset_id}").status == 404
    assert (call.sandbox.evaluations, call.sandbox.charges, call.sandbox.balance) == (0, (), 100)
    assert call.ended(sharp_uri)["overall_passed"] is False


def test_same_idempotency_key_and_body_replay_the_first_reply(call):
    first = call("POST", "/v1/evaluations", GOOD, Idempotency_Key="k1")
    call.now = 3600
    again = call("POST", "/v1/evaluations", GOOD, Idempotency_Key="k1")
    assert (again.status, again.body) == (202, first.body)
    assert call.sandbox.evaluations == 1


def test_same_idempotency_key_with_another_body_is_409(call):
    call("POST", "/v1/evaluations", GOOD, Idempotency_Key="k1")
    reply = call("POST", "/v1/evaluations", {**GOOD, "task_type": "ad"}, Idempotency_Key="k1")
    assert (reply.status, reply.json["code"]) == (409, "CONFLICT")
    assert call.sandbox.evaluations == 1


def test_each_submit_without_idempotency_key_is_a_new_evaluation(call):
    ids = {call("POST", "/v1/evaluations", GOOD).json["id"] for _ in range(3)}
    assert len(ids) == call.sandbox.evaluations == 3


def test_idempotency_key_of_a_refused_request_can_be_reused(call):
    assert call("POST", "/v1/evaluations", {}, Idempotency_Key="k1").status == 422
    assert call("POST", "/v1/evaluations", GOOD, Idempotency_Key="k1").status == 202


def test_replay_with_a_wrong_api_key_is_401(call):
    call("POST", "/v1/evaluations", GOOD, Idempotency_Key="k1")
    assert call("POST", "/v1/evaluations", GOOD, key="rf_other", Idempotency_Key="k1").status == 401


def test_feedback_is_never_replayed(call):
    target = f"/v1/evaluations/{call.submit(UNSEEN).json['id']}/feedback"
    values = [
        call("PATCH", target, {"is_positive": value}, Idempotency_Key="k1").json["feedback_is_positive"]
        for value in (True, None, True)
    ]
    assert values == [True, None, True]


@pytest.mark.parametrize(
    ("target", "component"),
    [
        ("/v1/evaluations/statuses", "EvaluationStatusList"),
        ("/v1/evaluations/job-classes", "EvaluationJobClassList"),
        (f"/v1/runs/{RUN}/evaluations", "EvaluationList"),
        ("/v1/assets/types", "AssetTypeList"),
    ],
)
def test_every_list_has_the_envelope_of_lists(call, fits, target, component):
    reply = call("GET", target)
    assert (reply.status, reply.json.keys()) == (200, {"items", "first", "next", "previous"})
    assert fits(reply.json, component)
    assert call("GET", target, key=None).status == 401


def test_every_operation_of_the_contract_has_a_handler(sandbox):
    assert {route.operation_id for route in load_contract().routes} == sandbox.service.operations


@pytest.mark.parametrize("target", ["/", "/v1", "/v1/evaluations/", "/v2/evaluations", f"/v1/evaluations/{UNKNOWN}/x"])
def test_unknown_path_is_404(call, target):
    reply = call("GET", target)
    assert (reply.status, reply.json["code"], reply.json["errors"]) == (404, "NOT_FOUND", None)


def test_wrong_method_is_405_with_the_allowed_ones(call):
    reply = call("DELETE", f"/v1/evaluations/{UNKNOWN}")
    assert (reply.status, reply.headers["allow"], reply.json["code"]) == (405, "GET", "METHOD_NOT_ALLOWED")


def test_values_in_a_path_are_percent_decoded(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri).json["id"]
    assert call("GET", f"/v1/evaluations/{evaluation_id.replace('-', '%2D')}").status == 200


def test_every_reply_has_its_own_request_id(call):
    replies = [call("GET", "/v1/nothing"), call("GET", f"/v1/evaluations/{UNKNOWN}")]
    assert len({reply.headers["x-request-id"] for reply in replies}) == 2


def test_every_reply_matches_the_contract(call, fits, sharp_uri):
    for image in (sharp_uri, "https://images.example.com/a.png"):
        reply = call.submit(image, reference_images=[{"url": sharp_uri}], generation_prompt="A house")
        target = f"/v1/evaluations/{reply.json['id']}"
        replies = [reply]
        for _ in range(3):
            replies.append(call("GET", f"{target}?embed=judges,action,gate_failures"))
            call.now += 7
        replies.append(call("PATCH", f"{target}/feedback", {"is_positive": False, "reason": "Soft"}))
        assert [reply.status for reply in replies] == [202, 200, 200, 200, 200]
        assert all(fits(reply.json, "Evaluation") for reply in replies)


def test_every_error_has_the_envelope(call, fits):
    errors = [
        call("GET", "/v1/nothing"),
        call("PUT", "/v1/evaluations"),
        call("POST", "/v1/evaluations", {}),
        call("POST", "/v1/evaluations", {}, key=None),
        call("GET", f"/v1/evaluations/{UNKNOWN}"),
    ]
    assert [error.status for error in errors] == [404, 405, 422, 401, 404]
    assert all(fits(error.json, "ErrorResponse") for error in errors)
    assert all(isinstance(error.json["code"], str) and isinstance(error.json["message"], str) for error in errors)


def test_operation_without_security_needs_no_key(sandbox, call, monkeypatch):
    document = json.loads(resources.files("runflow_api").joinpath("openapi.json").read_bytes())
    document["paths"]["/v1/evaluations/{id}"]["get"]["security"] = []
    monkeypatch.setattr(sandbox.service, "_contract", Contract(document))
    assert call("GET", f"/v1/evaluations/{UNKNOWN}", key=None).status == 404
    assert call("PATCH", f"/v1/evaluations/{UNKNOWN}/feedback", {"is_positive": True}, key=None).status == 401


def test_body_over_the_limit_is_413(call):
    reply = call("POST", "/v1/evaluations", body=b" " * (16 * 1024 * 1024 + 1))
    assert (reply.status, reply.json["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_background_evaluation_is_running_until_it_is_judged(call, sharp_uri):
    service = call.sandbox.service
    service.judges_in_background = True
    evaluation_id = call.submit(sharp_uri).json["id"]
    call.now = 10
    assert call("GET", f"/v1/evaluations/{evaluation_id}").json["status_code"] == "running"
    assert (call.sandbox.charges, service.next_end) == ((), 10)
    service.judge_next(10)
    assert call("GET", f"/v1/evaluations/{evaluation_id}").json["completed_at"] == "2026-01-01T00:00:10.000000+00:00"
    assert (len(call.sandbox.charges), service.next_end) == (1, None)


def test_judge_next_before_an_end_changes_nothing(call, sharp_uri):
    call.submit(sharp_uri)
    call.sandbox.service.judge_next(9)
    assert (call.sandbox.charges, call.sandbox.service.next_end) == ((), 10)


def test_number_of_remembered_requests_is_bounded(call, monkeypatch):
    monkeypatch.setattr("runflow_client.sandbox.service.service._REQUESTS", 3)
    for number in range(8):
        call.sandbox.service.arrive("GET", f"/v1/{number}", [])
    assert [request.path for request in call.sandbox.requests] == ["/v1/3", "/v1/4", "/v1/5", "/v1/6", "/v1/7"]


def test_listeners_are_called_after_submit_end_and_attempt(call, sharp_uri):
    calls = []
    call.sandbox.service.listeners.add(lambda: calls.append(call.now))
    call.submit(sharp_uri, callback_url="https://hooks.example.com/")
    call.now = 10
    call.sandbox.service.judge_next(10)
    call.sandbox.deliver_callbacks(lambda delivery: 204)
    assert calls == [0, 10, 10]
