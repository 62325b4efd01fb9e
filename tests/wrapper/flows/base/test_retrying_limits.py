"""The exact places where one attempt more or one second more would be wrong."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from playing import LOST, NOT_CONNECTED, Player, Replies, answer, keys_of

from runflow_api.api.evaluations import get_evaluation, submit_evaluation
from runflow_api.models.submit_evaluation_request import SubmitEvaluationRequest
from runflow_api.types import LimitError
from runflow_client import Evaluation, PollPolicy, ReferenceImage, RetryPolicy, errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows import submitting
from runflow_client.flows.base.arguments import translate_limits
from runflow_client.flows.base.responses import CallInfo
from runflow_client.flows.base.retrying import build_request, derive_key, send_with_retries
from runflow_client.flows.base.steps import Load, Request, RequestFailure, Response
from runflow_client.models.evaluation_request import EvaluationRequest
from runflow_client.runtime.files.images import INLINE_LIMIT

ID = "0193f0a0-0000-7000-8000-000000000001"
PENDING = answer(202, {"id": ID, "status_code": "pending"})
DONE = answer(200, {"id": ID, "status_code": "completed", "overall_passed": True})
PNG = b"\x89PNG\r\n\x1a\n"


def submission(**changes: Any) -> EvaluationRequest:
    return EvaluationRequest(**{"image": "https://example.com/a.png", "task_type": "headshot", **changes})


def storing(*others: Response) -> Replies:
    """Answers of a server that takes files, and of one after the other to everything else."""
    left = list(others)

    def reply(request: Request, number: int) -> Response:
        if request.presigned_url is None and "/v1/evaluations" in request.target:
            return left.pop(0)
        return answer(200, {"id": ID, "asset_id": ID, "upload_url": "https://s.example/p"})

    return reply


def submit(player: Player, **changes: Any) -> Evaluation:
    return player.run(submitting.submit(player.context, submission(**changes)))


@pytest.mark.parametrize(("timeout", "attempts"), [(0.75, 2), (0.5, 1), (0.501, 2)])
def test_a_pause_that_ends_at_the_deadline_is_not_begun(timeout: float, attempts: int) -> None:
    player = Player([answer(503)], seconds=0.0, timeout=timeout, retries=RetryPolicy(first_pause=0.5))
    with pytest.raises(errors.ServerError):
        submit(player)
    assert len(player.requests) == attempts


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_as_many_attempts_are_made_as_the_policy_says(attempts: int) -> None:
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
def test_an_error_says_whether_any_attempt_may_have_been_acted_on(
    before: Response | RequestFailure, unknown: bool, status: int
) -> None:
    player = Player([before, answer(status)], retries=RetryPolicy(attempts=2))
    with pytest.raises(errors.APIError) as caught:
        submit(player)
    assert ("An earlier attempt got no response" in str(caught.value)) == unknown


def test_an_error_without_advice_of_its_own_still_says_how_to_go_on() -> None:
    player = Player([LOST, answer(418)], retries=RetryPolicy(attempts=2))
    with pytest.raises(errors.APIError) as caught:
        submit(player)
    assert str(caught.value) == (
        "submitting an image: the server responded with 418. An earlier attempt got no response. The server may have processed "
        "the request; to go on, call again with idempotency_key='minted-key' and the same arguments, so that nothing is billed "
        "twice."
    )


@pytest.mark.parametrize("message", ["No X.", "No X", "No X..."])
def test_a_message_of_the_server_ends_with_one_full_stop(message: str) -> None:
    player = Player([answer(418, {"message": message})])
    with pytest.raises(errors.APIError) as caught:
        submit(player)
    assert str(caught.value) == "submitting an image: the server responded with 418: No X."


def test_what_is_not_known_after_one_attempt_stays_unknown() -> None:
    player = Player([LOST, NOT_CONNECTED, answer(409), PENDING])
    assert submit(player).id == ID
    player = Player([LOST, NOT_CONNECTED], retries=RetryPolicy(attempts=2))
    with pytest.raises(errors.ConnectionFailedError, match="may have processed the request"):
        submit(player)
    player = Player([NOT_CONNECTED], retries=RetryPolicy(attempts=2))
    with pytest.raises(errors.ConnectionFailedError, match="has not processed the request"):
        submit(player)


@pytest.mark.parametrize("method", ["DELETE", "GET"])
@pytest.mark.parametrize("before", [LOST, NOT_CONNECTED])
def test_only_what_may_have_been_deleted_counts_as_deleted(method: str, before: RequestFailure) -> None:
    player = Player([before, answer(404)])
    flow = send_with_retries(
        player.context,
        Request("some_operation", method, "/x"),
        CallInfo("deleting"),
        math.inf,
        lambda found: found.status,
    )
    if method == "DELETE" and before is LOST:
        assert player.run(flow) == 404
    else:
        with pytest.raises(errors.NotFoundError):
            player.run(flow)


def test_a_delete_that_is_never_answered_ends_as_one() -> None:
    player = Player([LOST], retries=RetryPolicy(attempts=3))
    with pytest.raises(errors.ConnectionFailedError):
        player.run(
            send_with_retries(
                player.context,
                Request("some_operation", "DELETE", "/x"),
                CallInfo("deleting"),
                math.inf,
                lambda found: True,
            )
        )
    assert len(player.requests) == 3


def test_a_header_date_without_a_clock_beside_it_asks_for_nothing() -> None:
    for date in ({}, {"date": "soon"}):
        player = Player([answer(503, retry_after="Sat, 21 Nov 2026 10:00:09 GMT", **date), PENDING])
        submit(player)
        assert player.sleeps == [0.5]


@pytest.mark.parametrize("asked", ["1.5", " 1.5 ", "1.50", "001.5"])
def test_a_retry_after_may_have_a_fraction(asked: str) -> None:
    player = Player([answer(503, retry_after=asked), PENDING])
    submit(player)
    assert player.sleeps == [1.5]


@pytest.mark.parametrize("odd", [".", "1.2.3", "1e3", "٣", "+5", "1,5", "0x10"])
def test_a_retry_after_that_is_no_plain_number_is_none(odd: str) -> None:
    player = Player([answer(503, retry_after=odd), PENDING])
    submit(player)
    assert player.sleeps == [0.5]


def test_a_request_is_json_under_one_key() -> None:
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


def test_a_derived_key_depends_on_every_part_and_their_order() -> None:
    keys = {derive_key(*parts) for parts in (("a", "b"), ("b", "a"), ("a", "b", "c"), ("a",), ("ab",), ("a\nb", "c"))}
    assert len(keys) == 5, "a key with a line break in it cannot be sent"
    assert derive_key("a", "b") == "ab92d2de-6f95-5a83-a01f-a74563a42194"


@pytest.mark.parametrize(("timeout", "deadlines"), [(60.0, [120.0, 120.0, 120.0, 60.0]), (61.0, [61.0] * 4)])
def test_files_have_a_time_of_their_own_at_the_default_timeout(timeout: float, deadlines: list[float]) -> None:
    player = Player(storing(PENDING), seconds=0.0, timeout=timeout, retries=RetryPolicy(attempt_timeout=1_000))
    submit(player, image=PNG + bytes(INLINE_LIMIT))
    assert player.deadlines == [1_000.0 + seconds for seconds in deadlines]


@pytest.mark.parametrize(
    ("client", "evaluate", "seconds"),
    [(60.0, 7.0, 7.0), (61.0, 7.0, 7.0), (7.0, 600.0, 7.0), (60.0, None, 60.0), (7.0, None, 7.0), (None, 7.0, 7.0)],
)
@pytest.mark.parametrize("image", ["https://example.com/a.png", PNG + bytes(INLINE_LIMIT)])
def test_a_submit_within_an_evaluate_keeps_the_lesser_time(
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


def test_all_files_and_the_submit_share_a_clients_own_time() -> None:
    player = Player(storing(PENDING), seconds=1.0, timeout=30.0, retries=RetryPolicy(attempt_timeout=1_000))
    large = PNG + bytes(INLINE_LIMIT)
    submit(player, image=large, reference_images=[ReferenceImage(large + b"!")])
    assert player.deadlines == [1_030.0] * 7


def test_an_image_is_uploaded_under_a_name_of_its_type_alone_and_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "secret name.png"
    path.write_bytes(PNG + bytes(INLINE_LIMIT))
    player = Player([answer(403)])
    with pytest.raises(
        errors.PermissionDeniedError, match=f"^uploading the file '{path}': the server responded with 403"
    ) as caught:
        submit(player, image=path, idempotency_key="mine")
    assert caught.value.idempotency_key == "mine"
    body = player.requests[0].body
    assert isinstance(body, bytes)
    assert json.loads(body)["filename"] == "image.png"


def test_a_field_of_an_error_is_told_in_two_hundred_characters() -> None:
    for detail, shown in (
        ({"loc": ["a"], "msg": "b " * 200}, "a: " + "b " * 98 + "b"),
        ({"msg": "b " * 200}, "b " * 100),
    ):
        player = Player([answer(422, {"errors": [detail]})])
        with pytest.raises(errors.UnprocessableError) as caught:
            submit(player)
        assert f"422 [{shown}]. " in str(caught.value)


def test_every_image_is_loaded_before_the_first_is_sent_and_named_by_its_place() -> None:
    references = [ReferenceImage("https://example.com/r.png", kind="identity", description="a face")] * 2
    player = Player([PENDING])
    flow = submitting.submit(player.context, submission(reference_images=references))
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


def test_everything_that_a_caller_says_is_sent_under_its_own_name() -> None:
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


def test_what_is_not_said_of_a_reference_is_not_sent() -> None:
    player = Player([PENDING])
    submit(player, reference_images=[ReferenceImage("https://example.com/r.png")])
    body = player.requests[0].body
    assert isinstance(body, bytes)
    assert json.loads(body)["reference_images"] == [{"url": "https://example.com/r.png"}]


@pytest.mark.parametrize(
    ("field", "argument", "text"),
    [
        ("generated_image_url", "image", "image: is odd"),
        ("url", "image", "image: is odd"),
        ("size_bytes", "source", "source: is odd"),
        ("id", "asset_id", "asset_id: is odd"),
        ("run_id", "run_id", "run_id: is odd"),
    ],
)
def test_a_limit_of_the_contract_names_the_callers_own_argument(field: str, argument: str, text: str) -> None:
    with pytest.raises(errors.InvalidRequestError) as caught, translate_limits("asset_id"):
        raise LimitError(field, "is odd")
    assert (str(caught.value), caught.value.argument) == (text, argument)


def test_a_reference_that_breaks_a_limit_is_told_before_a_file_is_looked_at() -> None:
    odd: Any = ReferenceImage("https://example.com/r.png", kind=5)
    for references, argument in (([odd], "kind"), ([ReferenceImage(PNG)] * 5, "reference_images")):
        with pytest.raises(errors.InvalidRequestError) as caught:
            submit(Player([]), image=Path("not-there.png"), reference_images=references)
        assert caught.value.argument == argument


@pytest.mark.parametrize("references", [["x"], "x", b"x", 5])
def test_references_are_a_list_of_reference_images(references: Any) -> None:
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
def test_a_callback_goes_over_https_or_to_this_machine(url: Any, fine: bool) -> None:
    player = Player([PENDING])
    if fine:
        assert submit(player, callback_url=url).id == ID
        return
    with pytest.raises(errors.InvalidRequestError) as caught:
        submit(player, callback_url=url)
    assert caught.value.argument == "callback_url"
    assert player.requests == []


def test_the_log_line_names_the_id_cleaned_and_in_short() -> None:
    player = Player([answer(202, {"id": "https://a.example/?q" + "!" * 300 + "\n", "status_code": "pending"})])
    submit(player)
    assert player.submitted == ["https://a.example/?[query cut] "]
    player = Player([answer(202, {"id": "x!" * 300})])
    submit(player)
    assert player.submitted == ["" + "x!" * 100]
