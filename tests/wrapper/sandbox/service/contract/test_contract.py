"""Requests are routed and validated by the contract, and errors have locations."""

import json
from typing import Any

import pytest
from known_facts import MOST_REFERENCES, SUBMIT_LENGTHS

from runflow_client.sandbox._replies import RefusedError
from runflow_client.sandbox.service.contract.contract import Contract


def a_contract(paths: dict[str, Any]) -> Contract:
    return Contract({"openapi": "3.1.0", "security": [{"HTTPBearer": []}], "paths": paths})


GOOD = {"generated_image_url": "https://images.example.com/a.png", "task_type": "headshot"}
UNKNOWN = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"


def test_literal_path_precedes_one_with_a_parameter():
    def operation(name: str) -> dict[str, Any]:
        return {"get": {"operationId": name, "responses": {}}}

    contract = a_contract({"/v1/things/{id}": operation("one"), "/v1/things/statuses": operation("statuses")})
    assert contract.find("GET", "/v1/things/statuses")[0].operation_id == "statuses"
    route, values = contract.find("GET", "/v1/things/a%2Fb")
    assert (route.operation_id, values) == ("one", {"id": "a/b"})


def test_route_without_security_needs_no_key():
    operation = {"operationId": "health", "security": [], "responses": {}}
    contract = a_contract({"/v1/health": {"get": operation}, "/v1/me": {"get": {"operationId": "me", "responses": {}}}})
    assert {route.operation_id: route.needs_key for route in contract.routes} == {"health": False, "me": True}


def test_missing_query_parameter_is_named():
    parameter = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
    contract = a_contract(
        {"/v1/search": {"get": {"operationId": "search", "parameters": [parameter], "responses": {}}}}
    )
    route, values = contract.find("GET", "/v1/search")
    with pytest.raises(RefusedError) as refused:
        contract.read(route, values, "", {}, b"")
    assert json.loads(refused.value.reply.body)["errors"][0]["loc"] == ["query", "q"]
    assert contract.read(route, values, "q=", {}, b"").query == {"q": ""}


def test_error_inside_a_nullable_object_has_its_own_location():
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


def test_schema_that_refers_to_itself_is_checked_at_every_depth():
    node = {"type": "object", "required": ["name"], "properties": {"child": {"$ref": "#/components/schemas/Node"}}}
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}
    paths = {"/v1/nodes": {"post": {"operationId": "make", "requestBody": body, "responses": {}}}}
    contract = Contract({"openapi": "3.1.0", "paths": paths, "components": {"schemas": {"Node": node}}})
    route, values = contract.find("POST", "/v1/nodes")
    deep = b'{"name": "a", "child": {"name": "b", "child": {"name": "c", "child": {}}}}'
    with pytest.raises(RefusedError) as refused:
        contract.read(route, values, "", {"content-type": "application/json"}, deep)
    assert json.loads(refused.value.reply.body)["errors"][0]["loc"] == ["body", "child", "child", "child", "name"]


def test_rules_beside_a_reference_count_too():
    schema = {"$ref": "#/components/schemas/Name", "maxLength": 3}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    paths = {"/v1/names": {"post": {"operationId": "make", "requestBody": body, "responses": {}}}}
    contract = Contract(
        {"openapi": "3.1.0", "paths": paths, "components": {"schemas": {"Name": {"type": "string", "minLength": 2}}}}
    )
    route, values = contract.find("POST", "/v1/names")
    for text in (b'"a"', b'"abcd"'):
        with pytest.raises(RefusedError):
            contract.read(route, values, "", {"content-type": "application/json"}, text)
    assert contract.read(route, values, "", {"content-type": "application/json"}, b'"abc"').body == "abc"


def test_minimal_submit_is_accepted(call):
    assert call("POST", "/v1/evaluations", GOOD).status == 202


def test_every_field_at_its_limit_is_accepted(call):
    longest = {
        "generated_image_url": "https://images.example.com/" + "a" * (SUBMIT_LENGTHS["generated_image_url"] - 27),
        "task_type": "t" * SUBMIT_LENGTHS["task_type"],
        "task_description": "d" * SUBMIT_LENGTHS["task_description"],
        "generation_prompt": "p" * SUBMIT_LENGTHS["generation_prompt"],
        "evaluation_instructions": "i" * SUBMIT_LENGTHS["evaluation_instructions"],
        "input_attributes": {"style": "corporate"},
        "reference_images": [{"url": "https://images.example.com/r.png", "kind": "identity"}] * MOST_REFERENCES,
        "run_id": UNKNOWN,
        "client_ref": "c" * SUBMIT_LENGTHS["client_ref"],
        "job_class": "standard",
        "callback_url": "https://hooks.example.com/" + "h" * (SUBMIT_LENGTHS["callback_url"] - 26),
    }
    assert call("POST", "/v1/evaluations", longest).status == 202


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("task_type", "", "string_too_short"),
        ("task_type", "t" * (SUBMIT_LENGTHS["task_type"] + 1), "string_too_long"),
        ("task_type", None, "string_type"),
        ("task_type", 5, "string_type"),
        ("task_description", "d" * (SUBMIT_LENGTHS["task_description"] + 1), "string_too_long"),
        ("generation_prompt", "p" * (SUBMIT_LENGTHS["generation_prompt"] + 1), "string_too_long"),
        ("evaluation_instructions", "i" * (SUBMIT_LENGTHS["evaluation_instructions"] + 1), "string_too_long"),
        ("client_ref", "c" * (SUBMIT_LENGTHS["client_ref"] + 1), "string_too_long"),
        ("generated_image_url", "https://" + "a" * SUBMIT_LENGTHS["generated_image_url"], "string_too_long"),
        ("input_attributes", [], "object_type"),
        ("reference_images", [{"url": "https://images.example.com/r.png"}] * (MOST_REFERENCES + 1), "too_long"),
        ("reference_images", "https://images.example.com/r.png", "array_type"),
        ("run_id", "run-7", "uuid_parsing"),
        ("run_id", UNKNOWN.replace("-", ""), "uuid_parsing"),
        ("generated_image_url", "ftp://images.example.com/a.png", "image_source"),
        ("generated_image_url", "http://images.example.com/a.png", "image_source"),
        ("generated_image_url", "data:text/plain,hello", "image_source"),
        ("generated_image_url", "runflow://assets/latest", "image_source"),
        ("callback_url", "http://hooks.example.com/", "url_scheme"),
        ("job_class", "quick", "enum"),
    ],
)
def test_field_outside_its_limits_is_422_with_its_location(call, field, value, kind):
    reply = call("POST", "/v1/evaluations", {**GOOD, field: value})
    assert reply.status == 422
    assert reply.json["code"] == "VALIDATION_ERROR"
    assert [(error["loc"], error["type"]) for error in reply.json["errors"]] == [(["body", field], kind)]
    assert call.sandbox.evaluations == 0


def test_missing_fields_are_named_one_by_one(call):
    assert sorted(call("POST", "/v1/evaluations", {}).locs) == [["body", "generated_image_url"], ["body", "task_type"]]


def test_location_inside_a_list_is_its_index(call):
    references = [{"url": "https://images.example.com/r.png"}, {"url": 7}]
    reply = call("POST", "/v1/evaluations", {**GOOD, "reference_images": references})
    assert reply.locs == [["body", "reference_images", 1, "url"]]


def test_unknown_field_is_ignored(call):
    assert call("POST", "/v1/evaluations", {**GOOD, "colour": "red"}).status == 202


@pytest.mark.parametrize("bad", [{"task_type": "SECRET" * 40}, {"run_id": "SECRET"}, {"job_class": "SECRET"}])
def test_error_never_repeats_the_value(call, bad):
    reply = call("POST", "/v1/evaluations", {**GOOD, **bad})
    assert reply.status == 422
    assert b"SECRET" not in reply.body


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        json.dumps({**GOOD, "input_attributes": {"a": float("nan")}}).encode(),
        b"[" * 100_000,
        b"1" * 5_000,
    ],
    ids=lambda body: str(body[:20]),
)
def test_body_that_is_not_json_is_422(call, body):
    reply = call("POST", "/v1/evaluations", body=body)
    assert reply.status == 422
    assert reply.json["errors"][0]["loc"][0] == "body"


@pytest.mark.parametrize("document", [[], "text", 5, True])
def test_body_that_is_not_an_object_is_422(call, document):
    reply = call("POST", "/v1/evaluations", document)
    assert (reply.status, reply.locs) == (422, [["body"]])


def test_missing_body_is_422(call):
    reply = call("POST", "/v1/evaluations")
    assert (reply.status, reply.locs) == (422, [["body"]])


def test_body_of_another_content_type_is_422(call):
    reply = call("POST", "/v1/evaluations", body=json.dumps(GOOD).encode(), Content_Type="text/plain")
    assert (reply.status, reply.locs) == (422, [["header", "Content-Type"]])


def test_id_that_is_not_a_uuid_is_422(call):
    assert call("GET", "/v1/evaluations/42").locs == [["path", "id"]]
    assert call("PATCH", "/v1/evaluations/42/feedback", {"is_positive": True}).locs == [["path", "evaluation_id"]]


def test_all_errors_of_a_request_are_reported_together(call):
    reply = call("PATCH", "/v1/evaluations/42/feedback", {"reason": ""})
    assert sorted(reply.locs) == [["body", "is_positive"], ["body", "reason"], ["path", "evaluation_id"]]


def test_at_most_twenty_errors_are_reported(call):
    references: Any = [{"url": n, "kind": n, "description": n} for n in range(30)]
    reply = call("POST", "/v1/evaluations", {**GOOD, "reference_images": references})
    assert (reply.status, len(reply.locs)) == (422, 20)
