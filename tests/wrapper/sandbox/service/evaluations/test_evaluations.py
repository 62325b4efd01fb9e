"""Evaluations are pending, run and end, and their feedback can be set and cleared."""

import pytest
from known_facts import FACTS

from runflow_client.sandbox import blurred_picture, sharp_picture

UNSEEN = "https://images.example.com/a.png"
UNKNOWN = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"
RUN = "01978cff-12b6-7c93-8a5e-d4710b6f9c28"
OTHER = "01978cff-0000-7c93-8a5e-d4710b6f9c28"


def feedback(run_id, evaluation_id):
    return f"/v1/runs/{run_id}/evaluations/{evaluation_id}/feedback"


def test_submit_replies_pending_and_repeats_the_submitted_fields(call):
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
    reply = call.submit(UNSEEN, **asked)
    assert reply.status == 202
    document = reply.json
    assert {name: document[name] for name in asked} == asked
    assert (document["status_code"], document["task_type"]) == ("pending", "headshot")
    assert (document["generated_image_url"], document["job_class_code"]) == (UNSEEN, "standard")
    assert (document["overall_passed"], document["cost"], document["completed_at"]) == (None, None, None)


def test_status_follows_the_time(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri).json["id"]
    seen = []
    for now in (0, 1.9, 2, 9.9, 10, 500):
        call.now = now
        seen.append(call("GET", f"/v1/evaluations/{evaluation_id}").json["status_code"])
    assert seen == ["pending", "pending", "running", "running", "completed", "completed"]


def test_each_evaluation_can_have_its_own_duration(caller, sharp_uri):
    call = caller(evaluation_seconds=lambda number: [10, 1][number])
    ids = [call.submit(sharp_uri).json["id"] for _ in range(2)]
    call.now = 5
    assert [call("GET", f"/v1/evaluations/{i}").json["status_code"] for i in ids] == ["running", "completed"]


def test_evaluation_of_zero_seconds_is_pending_in_the_submit_reply(caller, sharp_uri):
    call = caller(evaluation_seconds=0)
    document = call.submit(sharp_uri).json
    assert document["status_code"] == "pending"
    assert call("GET", f"/v1/evaluations/{document['id']}").json["status_code"] == "completed"


def test_earlier_time_does_not_undo_a_status(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri).json["id"]
    seen = []
    for now in (5, 1, 10, 3):
        call.now = now
        seen.append(call("GET", f"/v1/evaluations/{evaluation_id}").json["status_code"])
    assert seen == ["running", "running", "completed", "completed"]


def test_evaluation_has_only_the_relations_that_embed_names(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri).json["id"]
    call.now = 10
    relations = {"judges", "action", "gate_failures"}

    def present(query: str) -> set[str]:
        return relations & call("GET", f"/v1/evaluations/{evaluation_id}{query}").json.keys()

    assert present("") == present("?embed=") == set()
    assert present("?embed=judges") == {"judges"}
    assert present("?embed=action%2Cgate_failures") == {"action", "gate_failures"}
    assert present("?embed=judges,action,gate_failures") == relations


def test_rows_of_an_ended_evaluation_stay_the_same(call, sharp_uri):
    first = call.ended(sharp_uri)
    call.now += 100
    assert call("GET", f"/v1/evaluations/{first['id']}?embed=judges,action,gate_failures").json == first


def test_feedback_is_kept_with_its_reason(call, sharp_uri):
    evaluation = call.ended(sharp_uri)
    call.now += 5
    target = f"/v1/evaluations/{evaluation['id']}"
    reply = call("PATCH", f"{target}/feedback", {"is_positive": False, "reason": "Too soft"})
    assert reply.status == 200
    assert (reply.json["feedback_is_positive"], reply.json["feedback_reason"]) == (False, "Too soft")
    assert reply.json["updated_at"] > evaluation["updated_at"]
    assert reply.json["judges"] == evaluation["judges"]
    assert call("GET", target).json["feedback_is_positive"] is False


def test_last_feedback_wins_and_null_clears_it(call):
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
def test_feedback_outside_its_limits_is_422(call, feedback, loc):
    reply = call("PATCH", f"/v1/evaluations/{call.submit(UNSEEN).json['id']}/feedback", feedback)
    assert (reply.status, reply.locs) == (422, [loc])


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_duration_that_is_not_finite_raises_value_error(caller, seconds):
    with pytest.raises(ValueError, match="finite and not negative"):
        caller(evaluation_seconds=seconds).submit(UNSEEN)


@pytest.mark.parametrize(("picture", "passed"), [(sharp_picture, True), (blurred_picture, False)])
def test_uploaded_picture_is_judged_like_one_in_the_request(call, picture, passed):
    asset_id = call.upload(picture())
    document = call.ended(f"runflow://assets/{asset_id.upper()}")
    assert (document["status_code"], document["overall_passed"]) == ("completed", passed)
    assert document["generated_image_url"] == f"runflow://assets/{asset_id.upper()}"


def test_upload_that_is_not_an_image_is_invalid_media(call):
    document = call.ended(f"runflow://assets/{call.upload(b'12345')}")
    assert (document["status_code"], document["failure_code"], document["cost"]) == ("failed", "invalid_media", None)


def test_image_in_the_request_becomes_a_hosted_asset(call, sharp_uri):
    document = call.submit(sharp_uri, reference_images=[{"url": sharp_uri, "kind": "identity"}]).json
    urls = [document["generated_image_url"], document["reference_images"][0]["url"]]
    assert all(url.startswith("https://assets.sandbox.invalid/") and url.endswith(".png") for url in urls)
    assert len(set(urls)) == 2


def test_image_is_dropped_after_it_was_judged(call, sharp_uri):
    for image in (sharp_uri, "data:image/png;base64,anVuaw=="):
        call.ended(image)
    assert [record.source for record in call.sandbox.service.organization.evaluations._records.values()] == [None, None]


def test_status_list_has_the_statuses_of_an_evaluation(call):
    codes = [row["code"] for row in call("GET", "/v1/evaluations/statuses").json["items"]]
    assert codes == FACTS["enums"]["EvaluationStatus"]


def test_job_class_list_has_the_prices(caller):
    call = caller(price={"standard": "0.05", "quick": "0.010"})
    rows = call("GET", "/v1/evaluations/job-classes").json["items"]
    assert [(row["code"], row["price"], row["is_active"]) for row in rows] == [
        ("standard", "0.05", True),
        ("quick", "0.010", True),
    ]


def test_run_lists_its_evaluations_newest_first(call, sharp_uri):
    first = call.submit(sharp_uri, run_id=RUN).json["id"]
    call.submit(sharp_uri)
    call.submit(sharp_uri, run_id=OTHER)
    call.now = 5
    second = call.submit(sharp_uri, run_id=RUN.upper()).json["id"]
    call.now = 12
    rows = call("GET", f"/v1/runs/{RUN}/evaluations").json["items"]
    assert [(row["id"], row["status_code"]) for row in rows] == [(second, "running"), (first, "completed")]


def test_run_without_evaluations_has_an_empty_list(call):
    assert call("GET", f"/v1/runs/{RUN}/evaluations").json["items"] == []


def test_feedback_of_a_run_is_that_of_its_evaluation(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri, run_id=RUN).json["id"]
    reply = call("PATCH", feedback(RUN, evaluation_id), {"is_positive": False, "reason": "Soft"})
    assert (reply.status, reply.json["feedback_is_positive"], reply.json["feedback_reason"]) == (200, False, "Soft")
    assert call("GET", f"/v1/evaluations/{evaluation_id}").json["feedback_is_positive"] is False


@pytest.mark.parametrize("run_id", [None, OTHER])
def test_evaluation_is_not_found_under_another_run(call, sharp_uri, run_id):
    evaluation_id = call.submit(sharp_uri, run_id=run_id).json["id"]
    reply = call("PATCH", feedback(RUN, evaluation_id), {"is_positive": True})
    assert (reply.status, reply.json["code"]) == (404, "EVALUATION_NOT_FOUND")
    assert call("GET", f"/v1/evaluations/{evaluation_id}").json["feedback_is_positive"] is None


def test_unknown_evaluation_is_404(call):
    for reply in (
        call("GET", f"/v1/evaluations/{UNKNOWN}"),
        call("PATCH", f"/v1/evaluations/{UNKNOWN}/feedback", {"is_positive": True}),
    ):
        assert (reply.status, reply.json["code"]) == (404, "EVALUATION_NOT_FOUND")


def test_id_in_capital_letters_is_found(call, sharp_uri):
    evaluation_id = call.submit(sharp_uri).json["id"]
    assert call("GET", f"/v1/evaluations/{evaluation_id.upper()}").json["id"] == evaluation_id
