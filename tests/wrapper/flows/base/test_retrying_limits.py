"""The exact places where one attempt more or one second more would be wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from player import LOST, NOT_CONNECTED, Player, Replies, answer, keys_of

from runflow_api.api.evaluations import get_evaluation, submit_evaluation
from runflow_api.models.submit_evaluation_request import SubmitEvaluationRequest
from runflow_api.types import LimitError
from runflow_client import Evaluation, PollPolicy, ReferenceImage, RetryPolicy, errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows.base.arguments import translate_limits
from runflow_client.flows.base.context import earliest
from runflow_client.flows.base.responses import CallInfo
from runflow_client.flows.base.retrying import build_request, derived_key, send_with_retries
from runflow_client.flows.base.steps import Load, Request, RequestFailure, Response
from runflow_client.runtime.files.images import INLINE_LIMIT

ID = "0193f0a0-0000-7000-8000-000000000001"
PENDING = answer(202, {"id": ID, "status_code": "pending"})
DONE = answer(200, {"id": ID, "status_code": "completed", "overall_passed": True})
PNG = b"\x89PNG\r\n\x1a\n"


def submission(**changes: Any) -> flows.Submission:
    return flows.Submission(**{"image": "https://example.com/a.png", "task_type": "headshot", **changes})


def storing(*others: Response) -> Replies:
    """Answers of a server that takes files, and of one after the other to everything else."""
    left = list(others)

    def reply(request: Request, number: int) -> Response:
        if request.foreign_url is None and "/v1/evaluations" in request.target:
            return left.pop(0)
        return answer(200, {"id": ID, "asset_id": ID, "upload_url": "https://s.example/p"})

    return reply


def submit(player: Player, **changes: Any) -> Evaluation:
    return player.run(flows.submit(player.context, submission(**changes)))


@pytest.mark.parametrize(
    ("one", "other", "first"),
    [(None, None, None), (1.0, None, 1.0), (None, 2.0, 2.0), (1.0, 2.0, 1.0), (2.0, 1.0, 1.0)],
)
def test_earliest_returns_earlier_of_two_deadlines(one: float | None, other: float | None, first: float | None) -> None:
    assert earliest(one, other) == first


@pytest.mark.parametrize(("timeout", "attempts"), [(0.75, 2), (0.5, 1), (0.501, 2)])
def test_retry_pause_ending_at_deadline_is_not_started(timeout: float, attempts: int) -> None:
    player = Player([answer(503)], seconds=0.0, timeout=timeout, retries=RetryPolicy(first_pause=0.5))
    with pytest.raises(errors.ServerError):
        submit(player)
    assert len(player.requests) == attempts


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_attempt_count_equals_policy(attempts: int) -> None:
    player = Player([LOST], retries=RetryPolicy(attempts=attempts))
    with pytest.raises(errors.ConnectionFailedError):
        submit(player)
    assert len(player.requests) == attempts
    assert len(player.sleeps) == attempts - 1


@pytest.mark.parametrize("status", [400, 401, 409, 422])
@pytest.mark.parametrize(
    ("before", "unknown"),
    [(LOST, True), (NOT_CONNECTED, False), (answer(408), True), (answer(500), True), (answer(429), False)],
)
def test_error_says_whether_earlier_attempt_may_have_been_processed(
    before: Response | RequestFailure, unknown: bool, status: int
) -> None:
    player = Player([before, answer(status)], retries=RetryPolicy(attempts=2))
    with pytest.raises(errors.APIError) as caught:
        submit(player)
    assert ("No answer came to an earlier attempt" in str(caught.value)) == unknown


def test_error_without_own_advice_names_idempotency_key() -> None:
    player = Player([LOST, answer(418)], retries=RetryPolicy(attempts=2))
    with pytest.raises(errors.APIError) as caught:
        submit(player)
    assert str(caught.value) == (
        "submitting an image: the server answered 418. No answer came to an earlier attempt. The server may have acted on "
        "it; to go on, call again with idempotency_key='minted-key' and the same arguments, so that nothing is billed "
        "twice."
    )


@pytest.mark.parametrize("message", ["No X.", "No X", "No X..."])
def test_server_message_ends_with_one_full_stop(message: str) -> None:
    player = Player([answer(418, {"message": message})])
    with pytest.raises(errors.APIError) as caught:
        submit(player)
    assert str(caught.value) == "submitting an image: the server answered 418: No X."


def test_unknown_outcome_of_attempt_persists_over_later_attempts() -> None:
    player = Player([LOST, NOT_CONNECTED, answer(409), PENDING])
    assert submit(player).id == ID
    player = Player([LOST, NOT_CONNECTED], retries=RetryPolicy(attempts=2))
    with pytest.raises(errors.ConnectionFailedError, match="may have acted on it"):
        submit(player)
    player = Player([NOT_CONNECTED], retries=RetryPolicy(attempts=2))
    with pytest.raises(errors.ConnectionFailedError, match="has not acted on it"):
        submit(player)


@pytest.mark.parametrize("method", ["DELETE", "GET"])
@pytest.mark.parametrize("before", [LOST, NOT_CONNECTED])
def test_404_counts_as_deleted_only_after_lost_delete_response(method: str, before: RequestFailure) -> None:
    player = Player([before, answer(404)])
    flow = send_with_retries(
        player.context, Request(method, "/x"), CallInfo("deleting"), None, lambda found: found.status
    )
    if method == "DELETE" and before is LOST:
        assert player.run(flow) == 404
    else:
        with pytest.raises(errors.NotFoundError):
            player.run(flow)


def test_unanswered_delete_raises_connection_failed_error() -> None:
    player = Player([LOST], retries=RetryPolicy(attempts=3))
    with pytest.raises(errors.ConnectionFailedError):
        player.run(
            send_with_retries(player.context, Request("DELETE", "/x"), CallInfo("deleting"), None, lambda found: True)
        )
    assert len(player.requests) == 3


def test_retry_after_date_without_date_header_is_ignored() -> None:
    for date in ({}, {"date": "soon"}):
        player = Player([answer(503, retry_after="Sat, 21 Nov 2026 10:00:09 GMT", **date), PENDING])
        submit(player)
        assert player.sleeps == [0.5]


@pytest.mark.parametrize("asked", ["1.5", " 1.5 ", "1.50", "001.5"])
def test_retry_after_accepts_fraction(asked: str) -> None:
    player = Player([answer(503, retry_after=asked), PENDING])
    submit(player)
    assert player.sleeps == [1.5]


@pytest.mark.parametrize("odd", [".", "1.2.3", "1e3", "٣", "+5", "1,5", "0x10"])
def test_retry_after_not_plain_number_is_ignored(odd: str) -> None:
    player = Player([answer(503, retry_after=odd), PENDING])
    submit(player)
    assert player.sleeps == [0.5]


def test_built_request_has_json_headers_and_one_key() -> None:
    body = SubmitEvaluationRequest(generated_image_url="https://example.com/a.png", task_type="headshot")
    operation = submit_evaluation.operation(body=body, idempotency_key="old")
    request = build_request(operation, "new")
    assert request.headers == (
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "new"),
    )
    bare = build_request(get_evaluation.operation(ID))
    assert (bare.method, bare.body, bare.headers) == ("GET", None, (("Accept", "application/json"),))


def test_derived_key_depends_on_parts_and_order() -> None:
    keys = {derived_key(*parts) for parts in (("a", "b"), ("b", "a"), ("a", "b", "c"), ("a",), ("ab",), ("a\nb", "c"))}
    assert len(keys) == 5, "a key with a line break in it cannot be sent"
    assert derived_key("a", "b") == "ab92d2de-6f95-5a83-a01f-a74563a42194"


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
    # At the default timeout files have a time of their own, and never more than the whole has.
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
    player = Player([answer(403)])
    with pytest.raises(
        errors.PermissionDeniedError, match=f"^uploading the file '{path}': the server answered 403"
    ) as caught:
        submit(player, image=path, idempotency_key="mine")
    assert caught.value.idempotency_key == "mine"
    body = player.requests[0].body
    assert isinstance(body, bytes)
    assert json.loads(body)["filename"] == "image.png"


def test_error_field_text_is_cut_at_two_hundred_characters() -> None:
    for detail, shown in (
        ({"loc": ["a"], "msg": "b " * 200}, "a: " + "b " * 98 + "b"),
        ({"msg": "b " * 200}, "b " * 100),
    ):
        player = Player([answer(422, {"errors": [detail]})])
        with pytest.raises(errors.UnprocessableError) as caught:
            submit(player)
        assert f"422 [{shown}]. " in str(caught.value)


def test_images_are_loaded_before_sending_and_named_by_position() -> None:
    references = [ReferenceImage("https://example.com/r.png", kind="identity", description="a face")] * 2
    player = Player([PENDING])
    flow = flows.submit(player.context, submission(reference_images=references))
    names = []
    step: Any = next(flow)
    while isinstance(step, Load):
        names.append(step.argument)
        step = flow.send(f"https://example.com/{len(names)}.png")
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


@pytest.mark.parametrize(
    ("field", "argument", "text"),
    [
        ("generated_image_url", "image", "image: generated_image_url: is odd"),
        ("url", "image", "image: url: is odd"),
        ("size_bytes", "source", "source: size_bytes: is odd"),
        ("id", "asset_id", "asset_id: id: is odd"),
        ("run_id", "run_id", "run_id: is odd"),
    ],
)
def test_contract_limit_error_names_callers_argument(field: str, argument: str, text: str) -> None:
    with pytest.raises(errors.InvalidRequestError) as caught, translate_limits("asset_id"):
        raise LimitError(field, "is odd")
    assert (str(caught.value), caught.value.argument) == (text, argument)


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
    player = Player([answer(202, {"id": "https://a.example/?q" + "!" * 300 + "\n", "status_code": "pending"})])
    submit(player)
    assert player.log == ["submitted evaluation https://a.example/?[query cut] "]
    player = Player([answer(202, {"id": "x!" * 300})])
    submit(player)
    assert player.log == ["submitted evaluation " + "x!" * 100]
