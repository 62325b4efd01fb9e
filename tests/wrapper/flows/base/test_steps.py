"""The reprs of steps, as seen in tracebacks and debuggers, show no image, key or signed URL."""

from __future__ import annotations

import io
from concurrent.futures import Future
from typing import Any

import pytest

from runflow_client import Evaluation, ReferenceImage
from runflow_client.flows.base.context import Context
from runflow_client.flows.base.policies import RetryPolicy
from runflow_client.flows.base.steps import (
    Checkpoint,
    FailureKind,
    Load,
    Open,
    Record,
    Recorded,
    Report,
    Request,
    RequestFailure,
    Response,
    Resubmission,
    Send,
    Sleep,
)
from runflow_client.models.evaluation_request import EvaluationRequest
from runflow_client.runtime.configuration import configure
from runflow_client.runtime.files.uploads import Upload

REQUEST = Request(
    "some_operation", "PUT", "/v1/x", (("Idempotency-Key", "k"),), b"s3cr3t", "https://s.example/?s3cr3t", print
)


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        (REQUEST, "Request(operation='some_operation', method='PUT', target='/v1/x')"),
        (Response(200, {"a": "s3cr3t"}, b"s3cr3t"), "Response(status=200)"),
        (
            Send(REQUEST, 1.5),
            "Send(request=Request(operation='some_operation', method='PUT', target='/v1/x'), deadline=1.5, attempt_timeout=inf)",
        ),
        (Sleep(2.0), "Sleep(seconds=2.0)"),
        (
            Checkpoint("submitted", "k", ("s3cr3t",), "e"),
            "Checkpoint(stage='submitted', idempotency_key='k', evaluation_id='e')",
        ),
        (Resubmission("k", ("s3cr3t",)), "Resubmission(key='k')"),
        (Record(lambda: Future()), "Record()"),
        (Recorded("s3cr3t"), "Recorded()"),
        (Load("https://s.example/?s3cr3t", "image"), "Load(argument='image', deadline=inf)"),
        (
            Open(b"s3cr3t", "source", "a.png", None),
            "Open(argument='source', filename='a.png', media_type=None, deadline=inf)",
        ),
        (
            RequestFailure(FailureKind.BROKEN, "reset", True),
            f"RequestFailure(kind={FailureKind.BROKEN!r}, reason='reset', may_have_been_received=True)",
        ),
        (ReferenceImage("https://s.example/?s3cr3t", "identity"), "ReferenceImage(kind='identity', description=None)"),
        (
            Upload(3, "image/png", "a.png", "the file", "source", io.BytesIO(b"s3cr3t"), 1, False, "s3cr3t"),
            "Upload(size=3, media_type='image/png', filename='a.png', label='the file', argument='source')",
        ),
        (
            EvaluationRequest(
                image="s3cr3t",
                task_type="headshot",
                task_description="s3cr3t",
                generation_prompt="s3cr3t",
                evaluation_instructions="s3cr3t",
                input_attributes={"a": "s3cr3t"},
                reference_images=[ReferenceImage("s3cr3t")],
                callback_url="https://a.example/?s3cr3t",
            ),
            "EvaluationRequest(task_type='headshot')",
        ),
        (
            configure("s3cr3t", "org-1", "https://a.example", {"X-Token": "s3cr3t"}, {}),
            "Configuration(base_url='https://a.example', api_key=Secret('...'), organization_id='org-1')",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_step_repr_hides_secrets(step: Any, shown: str) -> None:
    assert repr(step) == shown


def test_report_and_context_repr_hide_functions() -> None:
    assert "s3cr3t" not in repr(Report(print, Evaluation(generated_image_url="https://a.example/?s3cr3t")))
    context = Context(lambda: 0.0, lambda: 0.0, lambda: "s3cr3t", str, print, RetryPolicy(), 60.0, False, True)
    assert repr(context).startswith(f"Context(retries={RetryPolicy()!r}, timeout=60.0, is_local=False")
    assert "function" not in repr(context)


def test_step_and_submission_defaults_are_empty() -> None:
    bare = Request("some_operation", "GET", "/v1/x")
    assert (bare.headers, bare.body, bare.presigned_url, bare.on_progress) == ((), None, None, None)
    said = EvaluationRequest(image="x", task_type="y")
    assert said.reference_images == ()
    assert {getattr(said, name) for name in EvaluationRequest.__slots__ if name not in ("image", "task_type")} == {
        None,
        (),
    }
    upload = Upload(0, "", "", "", "", io.BytesIO())
    assert (upload.start, upload.owned, upload.digest) == (0, True, "")
