"""Outcomes that a test sets, and what the service replies with for each."""

import json

import pytest

from runflow_client import Verdict
from runflow_client.errors import EvaluationFailedError
from runflow_client.sandbox import Sandbox, sharp_picture
from runflow_client.sandbox.outcomes import Submission

HOSTED = "https://images.example.com/a.png"
JUNK = "data:image/png;base64,anVuaw=="
RUN = "01978cff-12b6-7c93-8a5e-d4710b6f9c28"


def verdict(client, **fields):
    try:
        return client.evaluations.evaluate(HOSTED, "headshot", **fields).verdict
    except EvaluationFailedError as failed:
        return failed.evaluation.failure_code


def test_outcomes_apply_in_the_order_of_the_submissions():
    sandbox = Sandbox()
    sandbox.outcomes.extend(["rejected", "undecided", "failed"])
    sandbox.outcomes.append("passed")
    with sandbox.client() as client:
        seen = [verdict(client) for _ in range(4)]
    assert seen == [Verdict.REJECTED, Verdict.UNDECIDED, "processing_failed", Verdict.PASSED]
    assert len(sandbox.charges) == 3


def test_outcome_of_none_lets_the_image_decide():
    sandbox = Sandbox()
    sandbox.outcomes.extend([None, "rejected"])
    with sandbox.client() as client:
        images = [sharp_picture(), sharp_picture()]
        assert [client.evaluations.evaluate(image, "headshot").passed for image in images] == [True, False]


def test_client_ref_precedes_function_and_function_precedes_order():
    sandbox = Sandbox()
    sandbox.outcomes.append("passed")
    sandbox.outcomes.by_client_ref["order-7"] = "rejected"
    sandbox.outcomes.decide = lambda submission: "undecided" if submission.task_type == "ad" else None
    with sandbox.client() as client:
        assert verdict(client, client_ref="order-7") is Verdict.REJECTED
        assert client.evaluations.evaluate(HOSTED, "ad").verdict is Verdict.UNDECIDED
        assert verdict(client, client_ref="order-8") is Verdict.PASSED


def test_function_receives_the_submission(call):
    seen = []
    call.sandbox.outcomes.decide = seen.append
    call.submit(HOSTED, client_ref="order-7", run_id=RUN)
    call.submit(HOSTED)
    assert seen == [
        Submission(0, "headshot", "order-7", RUN, "standard", HOSTED),
        Submission(1, "headshot", None, None, "standard", HOSTED),
    ]
    assert HOSTED not in repr(seen)


def test_replayed_submit_takes_no_second_outcome(call):
    call.sandbox.outcomes.extend(["passed", "rejected"])
    ids = [
        call("POST", "/v1/evaluations", {"generated_image_url": HOSTED, "task_type": "ad"}, Idempotency_Key=key).json[
            "id"
        ]
        for key in ("k1", "k1", "k2")
    ]
    call.now = 100
    assert [call("GET", f"/v1/evaluations/{i}").json["overall_passed"] for i in ids] == [True, True, False]


@pytest.mark.parametrize(
    ("outcome", "status", "passed", "score", "action", "issues"),
    [
        ("passed", "completed", True, 1.0, "accept", []),
        ("rejected", "completed", False, 0.0, "regenerate", ["Rejected by a test"]),
        ("undecided", "completed", None, None, None, []),
        ("failed", "failed", None, None, None, None),
    ],
)
def test_get_list_callback_and_relations_agree(call, fits, outcome, status, passed, score, action, issues):
    call.sandbox.outcomes.append(outcome)
    document = call.ended(HOSTED, run_id=RUN, callback_url="https://hooks.example.com/")
    (listed,) = call("GET", f"/v1/runs/{RUN}/evaluations").json["items"]
    (delivery,) = call.sandbox.deliver_callbacks(lambda delivery: 204)
    for shown in (document, listed):
        assert fits(shown, "Evaluation")
        assert (shown["status_code"], shown["overall_passed"], shown["weighted_pass_rate"]) == (status, passed, score)
        assert (shown["primary_action_code"], shown["top_issues"]) == (action, issues)
    payload = json.loads(delivery.body)
    assert (payload["status"], payload["overall_passed"], payload["weighted_pass_rate"]) == (status, passed, score)
    assert [judge["passed"] for judge in document["judges"]] == ([] if outcome == "failed" else [passed])
    assert (document["action"] or {"primary_action": None})["primary_action"] == action
    assert "A test has set this outcome." in json.dumps(document)


@pytest.mark.parametrize("add", ["append", "extend"])
def test_unknown_outcome_raises_value_error_when_added(sandbox, add):
    with pytest.raises(ValueError, match="passed, rejected, undecided, failed or None, not 'reject'"):
        getattr(sandbox.outcomes, add)("reject" if add == "append" else ["passed", "reject"])


def test_unknown_outcome_of_a_client_ref_raises_at_submit(call):
    call.sandbox.outcomes.by_client_ref["order-7"] = "reject"
    with pytest.raises(ValueError, match="not 'reject'"):
        call.submit(HOSTED, client_ref="order-7")


def test_unknown_outcome_of_the_function_raises_at_submit(call):
    call.sandbox.outcomes.decide = lambda submission: "reject"
    with pytest.raises(ValueError, match="not 'reject'"):
        call.submit(HOSTED)


def test_clear_removes_every_outcome(call):
    outcomes = call.sandbox.outcomes
    outcomes.append("passed")
    outcomes.by_client_ref["order-7"] = "passed"
    outcomes.decide = lambda submission: "passed"
    outcomes.clear()
    assert call.ended(JUNK, client_ref="order-7")["failure_code"] == "invalid_media"
