"""What a test sees of the submissions that the sandbox received."""

import pytest

from runflow_client import ReferenceImage
from runflow_client.sandbox import Sandbox, sharp_picture


def test_received_evaluation_has_what_was_submitted():
    sandbox = Sandbox(evaluation_seconds=10)
    url = "https://images.example.com/a.png"
    with sandbox.client() as client:
        client.evaluations.submit(
            url,
            "headshot",
            task_description="a portrait",
            generation_prompt="a man",
            evaluation_instructions="be kind",
            input_attributes={"style": "corporate"},
            reference_images=[ReferenceImage(url, kind="face")],
            client_ref="a",
            callback_url="https://shop.example/hook",
        )
    [received] = sandbox.received
    assert (received.image, received.reference_images, received.task_type) == (url, (url,), "headshot")
    assert (received.task_description, received.generation_prompt) == ("a portrait", "a man")
    assert (received.evaluation_instructions, received.input_attributes) == ("be kind", {"style": "corporate"})
    assert (received.client_ref, received.callback_url, received.run_id) == ("a", "https://shop.example/hook", None)
    assert (received.job_class, received.status, received.passed) == ("standard", "pending", None)
    assert "images.example.com" not in repr(received)


def test_received_evaluation_has_verdict_and_feedback():
    sandbox = Sandbox()
    with sandbox.client() as client:
        evaluation = client.evaluations.evaluate(sharp_picture(), "headshot")
        client.evaluations.set_feedback(evaluation, True, reason="like her")
    received = sandbox.received.only(passed=True)
    assert (received.id, received.status) == (evaluation.id, "completed")
    assert (received.feedback, received.feedback_reason) == (True, "like her")


def test_missing_submission_is_an_assertion_error():
    sandbox = Sandbox()
    with pytest.raises(
        AssertionError, match=r"^0 evaluations were received with client_ref='a', not one. .* no submit\.$"
    ):
        sandbox.received.only(client_ref="a")
    with sandbox.client() as client:
        for name in ("b", "c"):
            client.evaluations.submit(sharp_picture(), "headshot", client_ref=name)
    with pytest.raises(
        AssertionError, match=r"(?s)^2 evaluations were received, not one.*client_ref='b'.*client_ref='c'"
    ):
        sandbox.received.only()
    assert [received.client_ref for received in sandbox.received.where(task_type="headshot")] == ["b", "c"]


def test_unknown_field_is_a_type_error():
    with pytest.raises(TypeError, match="a received evaluation has no field 'clientref'"):
        Sandbox().received.where(clientref="a")
