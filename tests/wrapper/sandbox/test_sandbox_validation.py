"""A request is checked against the contract, and an error says where without repeating what."""

import json
from typing import Any

import pytest

GOOD = {"generated_image_url": "https://images.example.com/a.png", "task_type": "headshot"}
UNKNOWN = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"


def test_a_minimal_submit_is_accepted(call):
    assert call("POST", "/v1/evaluations", GOOD).status == 202


def test_every_documented_field_at_its_limit_is_accepted(call):
    longest = {
        "generated_image_url": "https://images.example.com/" + "a" * (12_000_000 - 27),
        "task_type": "t" * 100,
        "task_description": "d" * 4_000,
        "generation_prompt": "p" * 10_000,
        "evaluation_instructions": "i" * 4_000,
        "input_attributes": {"style": "corporate"},
        "reference_images": [{"url": "https://images.example.com/r.png", "kind": "identity"}] * 4,
        "run_id": UNKNOWN,
        "client_ref": "c" * 255,
        "job_class": "standard",
        "callback_url": "https://hooks.example.com/" + "h" * (2_048 - 26),
    }
    assert call("POST", "/v1/evaluations", longest).status == 202


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("task_type", "", "string_too_short"),
        ("task_type", "t" * 101, "string_too_long"),
        ("task_type", None, "string_type"),
        ("task_type", 5, "string_type"),
        ("task_description", "d" * 4_001, "string_too_long"),
        ("generation_prompt", "p" * 10_001, "string_too_long"),
        ("evaluation_instructions", "i" * 4_001, "string_too_long"),
        ("client_ref", "c" * 256, "string_too_long"),
        ("generated_image_url", "https://" + "a" * 12_000_000, "string_too_long"),
        ("input_attributes", [], "object_type"),
        ("reference_images", [{"url": "https://images.example.com/r.png"}] * 5, "too_long"),
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
def test_a_field_that_breaks_a_rule_is_refused_with_its_place(call, field, value, kind):
    answer = call("POST", "/v1/evaluations", {**GOOD, field: value})
    assert answer.status == 422
    assert answer.json["code"] == "VALIDATION_ERROR"
    assert [(error["loc"], error["type"]) for error in answer.json["errors"]] == [(["body", field], kind)]
    assert call.sandbox.evaluations == 0


def test_missing_fields_are_named_one_by_one(call):
    assert sorted(call("POST", "/v1/evaluations", {}).locs) == [["body", "generated_image_url"], ["body", "task_type"]]


def test_the_place_inside_a_list_is_given_by_its_position(call):
    references = [{"url": "https://images.example.com/r.png"}, {"url": 7}]
    answer = call("POST", "/v1/evaluations", {**GOOD, "reference_images": references})
    assert answer.locs == [["body", "reference_images", 1, "url"]]


def test_a_reference_image_must_have_one_of_the_documented_forms(call):
    answer = call("POST", "/v1/evaluations", {**GOOD, "reference_images": [{"kind": "identity"}]})
    assert answer.locs == [["body", "reference_images", 0, "url"]]


def test_an_unknown_field_is_ignored(call):
    assert call("POST", "/v1/evaluations", {**GOOD, "colour": "red"}).status == 202


@pytest.mark.parametrize("bad", [{"task_type": "SECRET" * 40}, {"run_id": "SECRET"}, {"job_class": "SECRET"}])
def test_an_error_never_repeats_the_value(call, bad):
    answer = call("POST", "/v1/evaluations", {**GOOD, **bad})
    assert answer.status == 422
    assert b"SECRET" not in answer.body


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
def test_a_body_that_is_no_json_is_refused_in_the_envelope(call, body):
    answer = call("POST", "/v1/evaluations", body=body)
    assert answer.status == 422
    assert answer.json["errors"][0]["loc"][0] == "body"


@pytest.mark.parametrize("document", [[], "text", 5, True])
def test_a_body_that_is_no_object_is_refused(call, document):
    answer = call("POST", "/v1/evaluations", document)
    assert (answer.status, answer.locs) == (422, [["body"]])


def test_a_missing_body_is_refused(call):
    answer = call("POST", "/v1/evaluations")
    assert (answer.status, answer.locs) == (422, [["body"]])


def test_a_body_of_another_content_type_is_refused(call):
    answer = call("POST", "/v1/evaluations", body=json.dumps(GOOD).encode(), Content_Type="text/plain")
    assert (answer.status, answer.locs) == (422, [["header", "Content-Type"]])


def test_an_id_in_a_path_must_be_a_uuid(call):
    assert call("GET", "/v1/evaluations/42").locs == [["path", "id"]]
    assert call("PATCH", "/v1/evaluations/42/feedback", {"is_positive": True}).locs == [["path", "evaluation_id"]]


def test_every_broken_rule_of_a_request_is_told_at_once(call):
    answer = call("PATCH", "/v1/evaluations/42/feedback", {"reason": ""})
    assert sorted(answer.locs) == [["body", "is_positive"], ["body", "reason"], ["path", "evaluation_id"]]


def test_at_most_twenty_errors_are_told(call):
    references: Any = [{"url": n, "kind": n, "description": n} for n in range(30)]
    answer = call("POST", "/v1/evaluations", {**GOOD, "reference_images": references})
    assert (answer.status, len(answer.locs)) == (422, 20)


def test_a_body_over_the_limit_of_the_server_is_refused(call):
    answer = call("POST", "/v1/evaluations", body=b" " * (16 * 1024 * 1024 + 1))
    assert (answer.status, answer.json["code"]) == (413, "PAYLOAD_TOO_LARGE")
