"""Evaluations that the platform makes: of a run's output, and again of the same image."""

import pytest

from runflow_client import Verdict
from runflow_client.sandbox import Key, Sandbox

RUN = "01978cff-12b6-7c93-8a5e-d4710b6f9c28"
HOSTED = "https://images.example.com/a.png"
HOOK = "https://hooks.example.com/"


def listed(call):
    return call("GET", f"/v1/runs/{RUN}/evaluations").json["items"]


def test_platform_evaluation_appears_two_minutes_later(call, fits, sharp_uri):
    evaluation_id = call.sandbox.add_platform_evaluation(RUN, image=sharp_uri)
    call.now = 119
    target = f"/v1/evaluations/{evaluation_id}"
    assert (listed(call), call("GET", target).status) == ([], 404)
    assert call("PATCH", f"{target}/feedback", {"is_positive": True}).status == 404
    call.now = 120
    (row,) = listed(call)
    assert (row["id"], row["source_code"], row["status_code"]) == (evaluation_id, "platform", "pending")
    call.now = 130
    document = call("GET", target).json
    assert fits(document, "Evaluation")
    assert (document["overall_passed"], document["cost"], document["run_id"]) == (True, None, RUN)
    assert (call.sandbox.charges, call.sandbox.evaluations) == ((), 0)


def test_platform_evaluation_and_own_are_listed_newest_first(call, sharp_uri):
    platform = call.sandbox.add_platform_evaluation(RUN, outcome="rejected", after=50)
    own = call.submit(sharp_uri, run_id=RUN).json["id"]
    call.now = 60
    assert [(row["id"], row["overall_passed"]) for row in listed(call)] == [(platform, False), (own, True)]


def test_failed_platform_evaluation_changes_no_balance(call):
    call.sandbox.add_platform_evaluation(RUN, outcome="failed", after=0)
    call.now = 10
    assert (listed(call)[0]["status_code"], call.sandbox.balance) == ("failed", 100)


def test_client_finds_the_platform_evaluation_of_its_run():
    sandbox = Sandbox()
    with sandbox.client() as client:
        sandbox.clock.advance(50)
        sandbox.add_platform_evaluation(RUN, outcome="rejected")
        sandbox.clock.advance(119)
        assert client.evaluations.for_run(RUN) == []
        sandbox.clock.advance(1)
        (evaluation,) = client.evaluations.for_run(RUN)
        assert client.evaluations.wait(evaluation).verdict is Verdict.REJECTED


def test_reevaluation_supersedes_its_parent(call, fits, sharp_uri):
    first = call.ended(sharp_uri, run_id=RUN, callback_url=HOOK)
    second_id = call.sandbox.reevaluate(first["id"], outcome="rejected")
    first = call("GET", f"/v1/evaluations/{first['id']}").json
    second = call("GET", f"/v1/evaluations/{second_id}").json
    assert fits(second, "Evaluation")
    assert (second["parent_evaluation_id"], second["attempt_number"]) == (first["id"], 2)
    assert (second["status_code"], second["source_code"], second["superseded_at"]) == ("pending", "platform", None)
    assert first["superseded_at"] == first["updated_at"] == second["created_at"]
    call.now += 10
    assert [row["overall_passed"] for row in listed(call)] == [False, True]
    assert len(call.sandbox.charges) == 1
    assert [delivery.evaluation_id for delivery in call.sandbox.deliver_callbacks(lambda _: 204)] == [
        first["id"],
        second_id,
    ]


def test_reevaluation_without_an_outcome_repeats_the_judgement(call, data_uri, sharp_image):
    first = call.ended(data_uri(sharp_image.resize((50, 50))))
    ids = [first["id"]]
    for _ in range(2):
        ids.append(call.sandbox.reevaluate(ids[-1]))
        call.now += 10
        call("GET", "/v1/health")
    documents = [call("GET", f"/v1/evaluations/{i}?embed=judges,gate_failures").json for i in ids]
    assert [document["attempt_number"] for document in documents] == [1, 2, 3]
    assert [document["overall_passed"] for document in documents] == [False] * 3
    assert len({document["judges"][0]["id"] for document in documents}) == 3
    assert {document["gate_failures"][0]["reason"] for document in documents} == {first["gate_failures"][0]["reason"]}


def test_reevaluation_of_another_organizations_evaluation_is_found(caller, sharp_uri):
    call = caller(keys=["rf_sandbox_key", Key("rf_other", organization="Other")])
    body = {"generated_image_url": sharp_uri, "task_type": "ad"}
    first = call("POST", "/v1/evaluations", body, key="rf_other").json["id"]
    call.now = 10
    call("GET", "/v1/health")
    second = call.sandbox.reevaluate(first.upper())
    assert call("GET", f"/v1/evaluations/{second}", key="rf_other").json["parent_evaluation_id"] == first


def test_evaluation_that_cannot_be_reevaluated_raises_value_error(call, sharp_uri):
    running = call.submit(sharp_uri).json["id"]
    superseded = call.ended(sharp_uri)["id"]
    again = call.sandbox.reevaluate(superseded)
    unended = call.submit(sharp_uri).json["id"]
    assert running != unended
    for evaluation_id in (RUN, unended, superseded, again):
        with pytest.raises(ValueError, match="no such evaluation"):
            call.sandbox.reevaluate(evaluation_id)
    with pytest.raises(ValueError, match="not 'reject'"):
        call.sandbox.reevaluate(running, outcome="reject")


def test_platform_evaluation_of_no_image_is_invalid_media(call):
    call.sandbox.add_platform_evaluation(RUN, image="a.png", after=0)
    call.now = 10
    assert listed(call)[0]["failure_code"] == "invalid_media"
