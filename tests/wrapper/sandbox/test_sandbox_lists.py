"""What the sandbox lists: statuses, job classes with their prices, and the evaluations of a run with their thumbs."""

import pytest

RUN = "01978cff-12b6-7c93-8a5e-d4710b6f9c28"
OTHER = "01978cff-0000-7c93-8a5e-d4710b6f9c28"


def feedback(run_id, evaluation_id):
    return f"/v1/runs/{run_id}/evaluations/{evaluation_id}/feedback"


@pytest.mark.parametrize(
    ("target", "component"),
    [
        ("/v1/evaluations/statuses", "EvaluationStatusList"),
        ("/v1/evaluations/job-classes", "EvaluationJobClassList"),
        (f"/v1/runs/{RUN}/evaluations", "EvaluationList"),
        ("/v1/assets/types", "AssetTypeList"),
    ],
)
def test_every_list_comes_in_the_envelope_of_lists(call, fits, target, component):
    answer = call("GET", target)
    assert (answer.status, answer.json.keys()) == (200, {"items", "first", "next", "previous"})
    assert fits(answer.json, component)
    assert call("GET", target, key=None).status == 401


def test_the_statuses_are_those_an_evaluation_goes_through(call):
    codes = [row["code"] for row in call("GET", "/v1/evaluations/statuses").json["items"]]
    assert codes == ["pending", "running", "completed", "failed"]


def test_each_job_class_is_listed_with_the_price_it_is_charged_at(caller):
    call = caller(price={"standard": "0.05", "quick": "0.010"})
    rows = call("GET", "/v1/evaluations/job-classes").json["items"]
    assert [(row["code"], row["price"], row["is_active"]) for row in rows] == [
        ("standard", "0.05", True),
        ("quick", "0.010", True),
    ]


def test_a_run_lists_what_was_submitted_for_it_newest_first(call, sharp_uri):
    first = call.submit(sharp_uri, run_id=RUN).json["id"]
    call.submit(sharp_uri)
    call.submit(sharp_uri, run_id=OTHER)
    call.now = 5
    second = call.submit(sharp_uri, run_id=RUN.upper()).json["id"]
    call.now = 12
    rows = call("GET", f"/v1/runs/{RUN}/evaluations").json["items"]
    assert [(row["id"], row["status_code"]) for row in rows] == [(second, "running"), (first, "completed")]


def test_a_run_without_evaluations_has_an_empty_list(call):
    assert call("GET", f"/v1/runs/{RUN}/evaluations").json["items"] == []


def test_the_thumb_of_a_run_is_the_thumb_of_its_evaluation(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri, run_id=RUN).json["id"]
    answer = call("PATCH", feedback(RUN, evaluation_id), {"is_positive": False, "reason": "Soft"})
    assert (answer.status, answer.json["feedback_is_positive"], answer.json["feedback_reason"]) == (200, False, "Soft")
    assert call("GET", f"/v1/evaluations/{evaluation_id}").json["feedback_is_positive"] is False


@pytest.mark.parametrize("run_id", [None, OTHER])
def test_an_evaluation_is_not_found_under_another_run(call, sharp_uri, run_id):
    evaluation_id = call.submit(sharp_uri, run_id=run_id).json["id"]
    answer = call("PATCH", feedback(RUN, evaluation_id), {"is_positive": True})
    assert (answer.status, answer.json["code"]) == (404, "EVALUATION_NOT_FOUND")
    assert call("GET", f"/v1/evaluations/{evaluation_id}").json["feedback_is_positive"] is None
