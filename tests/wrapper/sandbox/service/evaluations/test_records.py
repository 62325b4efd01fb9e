"""The document of an evaluation."""

import json
from importlib import resources


def test_evaluation_has_the_times_of_submit_and_end(call, sharp_uri):
    call.now = 5
    evaluation_id = call.submit(sharp_uri).json["id"]
    call.now = 60
    document = call("GET", f"/v1/evaluations/{evaluation_id}").json
    assert document["created_at"] == document["submitted_at"] == "2026-01-01T00:00:05.000000+00:00"
    assert document["completed_at"] == document["updated_at"] == "2026-01-01T00:00:15.000000+00:00"
    assert document["eval_duration_ms"] == 10_000


def test_evaluation_says_that_a_sandbox_made_it(call, sharp_uri):
    pending = call.submit(sharp_uri).json
    ended = call.ended(sharp_uri)
    failed = call.ended("https://images.example.com/a.png")
    for document in (pending, ended, failed):
        assert document["check_summary"]["sandbox"] is True
        assert "not Runflow's evaluator" in document["check_summary"]["note"]
    assert all(judge["name"].startswith("Sandbox") for judge in ended["judges"])
    assert all(judge["category"].startswith("sandbox") for judge in ended["judges"])


def test_evaluation_has_every_documented_field(call, sharp_uri):
    document = json.loads(resources.files("runflow_api").joinpath("openapi.json").read_bytes())
    documented = document["components"]["schemas"]["Evaluation"]["properties"].keys()
    submitted = call.submit(sharp_uri).json
    assert submitted.keys() == documented
    relations = {"judges", "action", "gate_failures", "run", "model", "parent_evaluation"}
    assert call("GET", f"/v1/evaluations/{submitted['id']}").json.keys() == documented - relations
