"""An evaluation is pending, then runs, then ends; and its thumb can be set and cleared."""

from uuid import UUID

import pytest

from runflow_client.sandbox import Sandbox

UNSEEN = "https://images.example.com/a.png"


def test_a_submitted_evaluation_is_pending_and_repeats_what_was_asked(call):
    asked = {
        "task_description": "For a directory",
        "generation_prompt": "Studio portrait",
        "evaluation_instructions": "Likeness first",
        "input_attributes": {"style": "corporate"},
        "reference_images": [{"url": "https://images.example.com/r.png", "kind": "identity", "description": "Selfie"}],
        "run_id": "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10",
        "client_ref": "order-4711",
        "callback_url": "https://hooks.example.com/runflow",
    }
    answer = call.submit(UNSEEN, **asked)
    assert answer.status == 202
    document = answer.json
    assert {name: document[name] for name in asked} == asked
    assert (document["status_code"], document["task_type"]) == ("pending", "headshot")
    assert (document["generated_image_url"], document["job_class_code"]) == (UNSEEN, "standard")
    assert (document["overall_passed"], document["cost"], document["completed_at"]) == (None, None, None)


def test_the_status_follows_the_time(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri).json["id"]
    seen = []
    for now in (0, 1.9, 2, 9.9, 10, 500):
        call.now = now
        seen.append(call("GET", f"/v1/evaluations/{evaluation_id}").json["status_code"])
    assert seen == ["pending", "pending", "running", "running", "completed", "completed"]


def test_times_tell_what_happened_when(call, sharp_uri):
    call.now = 5
    evaluation_id = call.submit(sharp_uri).json["id"]
    call.now = 60
    document = call("GET", f"/v1/evaluations/{evaluation_id}").json
    assert document["created_at"] == document["submitted_at"] == "2026-01-01T00:00:05.000000+00:00"
    assert document["completed_at"] == document["updated_at"] == "2026-01-01T00:00:15.000000+00:00"
    assert document["eval_duration_ms"] == 10_000


def test_each_evaluation_can_take_its_own_time(caller, sharp_uri):
    call = caller(evaluation_seconds=lambda number: [10, 1][number])
    ids = [call.submit(sharp_uri).json["id"] for _ in range(2)]
    call.now = 5
    assert [call("GET", f"/v1/evaluations/{i}").json["status_code"] for i in ids] == ["running", "completed"]


def test_an_evaluation_that_takes_no_time_is_pending_in_the_answer_to_its_submit(caller, sharp_uri):
    call = caller(evaluation_seconds=0)
    document = call.submit(sharp_uri).json
    assert document["status_code"] == "pending"
    assert call("GET", f"/v1/evaluations/{document['id']}").json["status_code"] == "completed"


def test_time_that_runs_backwards_undoes_nothing(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri).json["id"]
    seen = []
    for now in (5, 1, 10, 3):
        call.now = now
        seen.append(call("GET", f"/v1/evaluations/{evaluation_id}").json["status_code"])
    assert seen == ["running", "running", "completed", "completed"]


def test_relations_are_there_only_when_they_are_asked_for(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri).json["id"]
    call.now = 10
    relations = {"judges", "action", "gate_failures"}

    def given(query: str) -> set[str]:
        return relations & call("GET", f"/v1/evaluations/{evaluation_id}{query}").json.keys()

    assert given("") == given("?embed=") == set()
    assert given("?embed=judges") == {"judges"}
    assert given("?embed=action%2Cgate_failures") == {"action", "gate_failures"}
    assert given("?embed=judges,action,gate_failures") == relations


@pytest.mark.parametrize("embed", ["verdict", "judges,verdict", "Judges"])
def test_an_unknown_relation_is_refused(call, sharp_uri, embed):
    evaluation_id = call.submit(sharp_uri).json["id"]
    answer = call("GET", f"/v1/evaluations/{evaluation_id}?embed={embed}")
    assert (answer.status, answer.locs) == (422, [["query", "embed"]])


def test_the_rows_of_an_ended_evaluation_stay_the_same(call, sharp_uri):
    first = call.ended(sharp_uri)
    call.now += 100
    assert call("GET", f"/v1/evaluations/{first['id']}?embed=judges,action,gate_failures").json == first


def test_a_thumb_is_kept_with_its_reason(call, sharp_uri):
    evaluation = call.ended(sharp_uri)
    call.now += 5
    target = f"/v1/evaluations/{evaluation['id']}"
    answer = call("PATCH", f"{target}/feedback", {"is_positive": False, "reason": "Too soft"})
    assert answer.status == 200
    assert (answer.json["feedback_is_positive"], answer.json["feedback_reason"]) == (False, "Too soft")
    assert answer.json["updated_at"] > evaluation["updated_at"]
    assert answer.json["judges"] == evaluation["judges"]
    assert call("GET", target).json["feedback_is_positive"] is False


def test_the_last_thumb_wins_and_null_clears_it_with_its_reason(call):
    target = f"/v1/evaluations/{call.submit(UNSEEN).json['id']}/feedback"
    seen = []
    for feedback in (
        {"is_positive": True, "reason": "Nice"},
        {"is_positive": False},
        {"is_positive": None, "reason": "Never mind"},
    ):
        document = call("PATCH", target, feedback).json
        seen.append((document["feedback_is_positive"], document["feedback_reason"]))
    assert seen == [(True, "Nice"), (False, None), (None, None)]


@pytest.mark.parametrize(
    ("feedback", "loc"),
    [
        ({}, ["body", "is_positive"]),
        ({"is_positive": "yes"}, ["body", "is_positive"]),
        ({"is_positive": True, "reason": ""}, ["body", "reason"]),
        ({"is_positive": True, "reason": "r" * 2_001}, ["body", "reason"]),
    ],
)
def test_feedback_out_of_its_limits_is_refused(call, feedback, loc):
    answer = call("PATCH", f"/v1/evaluations/{call.submit(UNSEEN).json['id']}/feedback", feedback)
    assert (answer.status, answer.locs) == (422, [loc])


def test_ids_are_uuids_of_version_7_that_sort_by_time(call):
    ids = []
    for call.now in range(5):
        ids.append(call.submit(UNSEEN).json["id"])
    assert ids == sorted(ids)
    assert {UUID(i).version for i in ids} == {7}


def test_two_equal_runs_give_equal_answers_and_another_seed_other_ids(caller, sharp_uri):
    first, again, other = (caller(**options).ended(sharp_uri) for options in ({}, {}, {"seed": 1}))
    assert first == again
    assert first["id"] != other["id"]


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_an_impossible_duration_is_an_error_of_the_test(caller, seconds):
    with pytest.raises(ValueError, match="finite and not negative"):
        caller(evaluation_seconds=seconds).submit(UNSEEN)


def test_a_sandbox_says_what_is_public_of_it(sandbox):
    assert (sandbox.evaluations, sandbox.charges, sandbox.requests) == (0, (), [])
    assert isinstance(sandbox, Sandbox)
