"""The limits, deadlines and uploads of a submit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from player import Player, Replies, keys_of, response

from runflow_client import Evaluation, PollPolicy, ReferenceImage, RetryPolicy, errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows import submitting
from runflow_client.flows.base.steps import Load, Request, Response
from runflow_client.models.evaluation_request import EvaluationRequest
from runflow_client.runtime.files.images import INLINE_LIMIT

ID = "0193f0a0-0000-7000-8000-000000000001"
PENDING = response(202, {"id": ID, "status_code": "pending"})
DONE = response(200, {"id": ID, "status_code": "completed", "overall_passed": True})
PNG = b"\x89PNG\r\n\x1a\n"


def submission(**changes: Any) -> EvaluationRequest:
    return EvaluationRequest(**{"image": "https://example.com/a.png", "task_type": "headshot", **changes})


def storing(*others: Response) -> Replies:
    """Answers of a server that takes files, and of one after the other to everything else."""
    left = list(others)

    def reply(request: Request, number: int) -> Response:
        if request.presigned_url is None and "/v1/evaluations" in request.target:
            return left.pop(0)
        return response(200, {"id": ID, "asset_id": ID, "upload_url": "https://s.example/p"})

    return reply


def submit(player: Player, **changes: Any) -> Evaluation:
    return player.run(submitting.submit(player.context, submission(**changes)))


@pytest.mark.parametrize(("timeout", "deadlines"), [(60.0, [120.0, 120.0, 120.0, 60.0]), (61.0, [61.0] * 4)])
def test_uploads_have_own_deadline_at_default_timeout(timeout: float, deadlines: list[float]) -> None:
    player = Player(storing(PENDING), seconds=0.0, timeout=timeout, retries=RetryPolicy(attempt_timeout=1_000))
    submit(player, image=PNG + bytes(INLINE_LIMIT))
    assert player.deadlines == [1_000.0 + seconds for seconds in deadlines]


@pytest.mark.parametrize(
    ("client", "evaluate", "seconds"),
    [(60.0, 7.0, 7.0), (61.0, 7.0, 7.0), (7.0, 600.0, 7.0), (60.0, None, 60.0), (7.0, None, 7.0), (None, 7.0, 7.0)],
)
@pytest.mark.parametrize("image", ["https://example.com/a.png", PNG + bytes(INLINE_LIMIT)])
def test_submit_inside_evaluate_uses_earlier_deadline(
    client: float | None, evaluate: float | None, seconds: float, image: Any
) -> None:
    player = Player(storing(PENDING, DONE), seconds=0.0, timeout=client, retries=RetryPolicy(attempt_timeout=1_000))
    flow = flows.evaluate(player.context, submission(image=image), timeout=evaluate, poll=PollPolicy(), on_update=None)
    player.run(flow)
    *files, submitted, _ = player.deadlines
    # At the default timeout files have their own deadline, bounded by that of the evaluate.
    own = seconds if client != 60.0 else min(120.0, evaluate or 120.0)
    assert files == ([] if isinstance(image, str) else [1_000.0 + own] * 3)
    assert submitted == 1_000.0 + seconds


def test_uploads_and_submit_share_custom_client_timeout() -> None:
    player = Player(storing(PENDING), seconds=1.0, timeout=30.0, retries=RetryPolicy(attempt_timeout=1_000))
    large = PNG + bytes(INLINE_LIMIT)
    submit(player, image=large, reference_images=[ReferenceImage(large + b"!")])
    assert player.deadlines == [1_030.0] * 7


def test_uploaded_image_is_named_by_type_and_errors_name_file(tmp_path: Path) -> None:
    path = tmp_path / "secret name.png"
    path.write_bytes(PNG + bytes(INLINE_LIMIT))
    player = Player([response(403)])
    with pytest.raises(
        errors.PermissionDeniedError, match=f"^uploading the file '{path}': the server responded with 403"
    ) as caught:
        submit(player, image=path, idempotency_key="mine")
    assert caught.value.idempotency_key == "mine"
    body = player.requests[0].body
    assert isinstance(body, bytes)
    assert json.loads(body)["filename"] == "image.png"


def test_images_are_loaded_before_sending_and_named_by_position() -> None:
    references = [ReferenceImage("https://example.com/r.png", kind="identity", description="a face")] * 2
    player = Player([PENDING])
    flow = submitting.submit(player.context, submission(reference_images=references))
    names = []
    step: Any = next(flow)
    while isinstance(step, Load):
        names.append(step.argument)
        step = flow.send(f"https://example.com/{len(names)}.png")
    assert step.stage == "submitting"
    step = flow.send(None)
    flow.close()
    assert names == ["image", "reference_images[0].image", "reference_images[1].image"]
    sent = json.loads(step.request.body)
    assert sent["generated_image_url"] == "https://example.com/1.png"
    assert sent["reference_images"] == [
        {"url": f"https://example.com/{number}.png", "kind": "identity", "description": "a face"} for number in (2, 3)
    ]


def test_every_submit_argument_is_sent_under_its_name() -> None:
    player = Player([PENDING])
    said: dict[str, Any] = {
        "task_type": "headshot",
        "task_description": "d",
        "generation_prompt": "p",
        "evaluation_instructions": "i",
        "input_attributes": {"a": 1},
        "run_id": ID,
        "client_ref": "c",
        "job_class": "standard",
        "callback_url": "https://a.example/hook",
    }
    submit(player, **said, idempotency_key="mine")
    body = player.requests[0].body
    assert isinstance(body, bytes)
    assert json.loads(body) == {"generated_image_url": "https://example.com/a.png", **said}
    assert keys_of(player.requests) == {"mine"}


def test_omitted_reference_fields_are_not_sent() -> None:
    player = Player([PENDING])
    submit(player, reference_images=[ReferenceImage("https://example.com/r.png")])
    body = player.requests[0].body
    assert isinstance(body, bytes)
    assert json.loads(body)["reference_images"] == [{"url": "https://example.com/r.png"}]


def test_reference_limits_are_checked_before_reading_files() -> None:
    odd: Any = ReferenceImage("https://example.com/r.png", kind=5)
    for references, argument in (([odd], "kind"), ([ReferenceImage(PNG)] * 5, "reference_images")):
        with pytest.raises(errors.InvalidRequestError) as caught:
            submit(Player([]), image=Path("not-there.png"), reference_images=references)
        assert caught.value.argument == argument


@pytest.mark.parametrize("references", [["x"], "x", b"x", 5])
def test_reference_images_of_other_type_are_rejected(references: Any) -> None:
    with pytest.raises(errors.InvalidRequestError) as caught:
        submit(Player([]), reference_images=references)
    assert caught.value.argument == "reference_images"


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://a.example/hook?x=1", True),
        ("http://127.0.0.1:8000/hook", True),
        ("http://localhost/hook", True),
        ("http://a.example/hook", False),
        ("ftp://127.0.0.1/hook", False),
        ("https:///hook", False),
        ("https://a.example/ä", False),
        ("https://a.example/a b", False),
        ("https://a.example/\x7f", False),
        ("https://a.example:99999", False),
        (5, False),
        (b"https://a.example", False),
    ],
)
def test_callback_url_must_be_https_or_loopback(url: Any, fine: bool) -> None:
    player = Player([PENDING])
    if fine:
        assert submit(player, callback_url=url).id == ID
        return
    with pytest.raises(errors.InvalidRequestError) as caught:
        submit(player, callback_url=url)
    assert caught.value.argument == "callback_url"
    assert player.requests == []


def test_submit_log_redacts_and_shortens_id() -> None:
    player = Player([response(202, {"id": "https://a.example/?q" + "!" * 300 + "\n", "status_code": "pending"})])
    submit(player)
    assert player.submitted == ["https://a.example/?[query cut] "]
    player = Player([response(202, {"id": "x!" * 300})])
    submit(player)
    assert player.submitted == ["" + "x!" * 100]


def test_logged_id_is_redacted_and_on_one_line() -> None:
    player = Player([response(202, {"id": "https://x.example/?sig=s\nfalse line"})])
    submission = EvaluationRequest(image="https://x.example/a.png", task_type="t")
    player.run(submitting.submit(player.context, submission))
    assert player.submitted == ["https://x.example/?[query cut] false line"]
