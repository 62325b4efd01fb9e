"""Requests find their operation through the contract; what is not in it is refused in the envelope."""

import json
from importlib import resources
from typing import Any

import pytest

from runflow_client.sandbox._replies import RefusedError
from runflow_client.sandbox.service.contract.contract import Contract, load_contract

UNKNOWN = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"


def a_contract(paths: dict[str, Any]) -> Contract:
    return Contract({"openapi": "3.1.0", "security": [{"HTTPBearer": []}], "paths": paths})


def test_every_operation_of_the_contract_is_answered(sandbox):
    assert {route.operation_id for route in load_contract().routes} == sandbox.service.operations


@pytest.mark.parametrize("target", ["/", "/v1", "/v1/evaluations/", "/v2/evaluations", f"/v1/evaluations/{UNKNOWN}/x"])
def test_an_unknown_path_is_404(call, target):
    answer = call("GET", target)
    assert (answer.status, answer.json["code"], answer.json["errors"]) == (404, "NOT_FOUND", None)


def test_a_wrong_method_is_405_and_says_which_are_right(call):
    answer = call("DELETE", f"/v1/evaluations/{UNKNOWN}")
    assert (answer.status, answer.headers["allow"], answer.json["code"]) == (405, "GET", "METHOD_NOT_ALLOWED")


def test_an_unknown_evaluation_is_404(call):
    for answer in (
        call("GET", f"/v1/evaluations/{UNKNOWN}"),
        call("PATCH", f"/v1/evaluations/{UNKNOWN}/feedback", {"is_positive": True}),
    ):
        assert (answer.status, answer.json["code"]) == (404, "EVALUATION_NOT_FOUND")


def test_values_in_a_path_are_percent_decoded(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri).json["id"]
    assert call("GET", f"/v1/evaluations/{evaluation_id.replace('-', '%2D')}").status == 200


def test_an_id_is_found_in_capitals_too(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri).json["id"]
    assert call("GET", f"/v1/evaluations/{evaluation_id.upper()}").json["id"] == evaluation_id


def test_every_answer_carries_a_request_id_of_its_own(call):
    answers = [call("GET", "/v1/nothing"), call("GET", f"/v1/evaluations/{UNKNOWN}")]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 2


def test_every_answer_fits_the_contract(call, fits, sharp_uri):
    for image in (sharp_uri, "https://images.example.com/a.png"):
        answer = call.submit(image, reference_images=[{"url": sharp_uri}], generation_prompt="A house")
        target = f"/v1/evaluations/{answer.json['id']}"
        answers = [answer]
        for _ in range(3):
            answers.append(call("GET", f"{target}?embed=judges,action,gate_failures"))
            call.now += 7
        answers.append(call("PATCH", f"{target}/feedback", {"is_positive": False, "reason": "Soft"}))
        assert [answer.status for answer in answers] == [202, 200, 200, 200, 200]
        assert all(fits(answer.json, "Evaluation") for answer in answers)


def test_every_documented_field_of_an_evaluation_is_in_the_answers(call, sharp_uri):
    document = json.loads(resources.files("runflow_api").joinpath("openapi.json").read_bytes())
    documented = document["components"]["schemas"]["Evaluation"]["properties"].keys()
    submitted = call.submit(sharp_uri).json
    assert submitted.keys() == documented
    relations = {"judges", "action", "gate_failures", "run", "model", "parent_evaluation"}
    assert call("GET", f"/v1/evaluations/{submitted['id']}").json.keys() == documented - relations


def test_every_error_fits_the_envelope(call, fits):
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


def test_a_literal_path_wins_over_one_with_a_parameter():
    def operation(name: str) -> dict[str, Any]:
        return {"get": {"operationId": name, "responses": {}}}

    contract = a_contract({"/v1/things/{id}": operation("one"), "/v1/things/statuses": operation("statuses")})
    assert contract.find("GET", "/v1/things/statuses")[0].operation_id == "statuses"
    route, values = contract.find("GET", "/v1/things/a%2Fb")
    assert (route.operation_id, values) == ("one", {"id": "a/b"})


def test_an_operation_may_need_no_key():
    operation = {"operationId": "health", "security": [], "responses": {}}
    contract = a_contract({"/v1/health": {"get": operation}, "/v1/me": {"get": {"operationId": "me", "responses": {}}}})
    assert {route.operation_id: route.needs_key for route in contract.routes} == {"health": False, "me": True}


def test_a_required_query_parameter_that_is_missing_is_named():
    parameter = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
    contract = a_contract(
        {"/v1/search": {"get": {"operationId": "search", "parameters": [parameter], "responses": {}}}}
    )
    route, values = contract.find("GET", "/v1/search")
    with pytest.raises(RefusedError) as refused:
        contract.read(route, values, "", {}, b"")
    assert json.loads(refused.value.reply.body)["errors"][0]["loc"] == ["query", "q"]
    assert contract.read(route, values, "q=", {}, b"").query == {"q": ""}


def test_a_broken_rule_inside_a_nullable_object_is_told_with_its_own_place():
    schema = {
        "type": "object",
        "properties": {"inner": {"anyOf": [{"type": "object", "required": ["a"]}, {"type": "null"}]}},
    }
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    contract = a_contract({"/v1/things": {"post": {"operationId": "make", "requestBody": body, "responses": {}}}})
    route, values = contract.find("POST", "/v1/things")
    with pytest.raises(RefusedError) as refused:
        contract.read(route, values, "", {"content-type": "application/json"}, b'{"inner": {}}')
    assert json.loads(refused.value.reply.body)["errors"] == [
        {"loc": ["body", "inner", "a"], "msg": "Field required", "type": "missing"}
    ]


def test_an_operation_that_needs_no_key_is_answered_without_one(sandbox, call, monkeypatch):
    document = json.loads(resources.files("runflow_api").joinpath("openapi.json").read_bytes())
    document["paths"]["/v1/evaluations/{id}"]["get"]["security"] = []
    monkeypatch.setattr(sandbox.service, "_contract", Contract(document))
    assert call("GET", f"/v1/evaluations/{UNKNOWN}", key=None).status == 404
    assert call("PATCH", f"/v1/evaluations/{UNKNOWN}/feedback", {"is_positive": True}, key=None).status == 401
