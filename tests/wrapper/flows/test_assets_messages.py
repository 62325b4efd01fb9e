"""The keys of uploads, which stay the same in every release, and the messages of upload errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from player import BROKEN, Player, Replies, response

from runflow_client import ReferenceImage, RetryPolicy, errors
from runflow_client.flows import assets, submitting
from runflow_client.flows.base.steps import Request, RequestFailure, Response
from runflow_client.models.asset import Asset
from runflow_client.models.evaluation_request import EvaluationRequest
from runflow_client.runtime.files.images import INLINE_LIMIT

ID = "0193f0a0-0000-7000-8000-0000000000aa"
URL = "https://storage.example/put?signature=s3cr3t"
PNG = b"\x89PNG\r\n\x1a\nrest"
LARGE = PNG + bytes(INLINE_LIMIT)
SESSION = response(201, {"asset_id": ID, "upload_url": URL})


def server(
    session: Response = SESSION, storage: Response | RequestFailure | None = None, confirmation: Response | None = None
) -> Replies:
    def reply(request: Request, number: int) -> Response | RequestFailure:
        if request.presigned_url is not None:
            return storage or response(200)
        if request.target == "/v1/evaluations":
            return response(202, {"id": ID, "status_code": "pending"})
        return (confirmation or response(200, {"id": ID})) if "confirm" in request.target else session

    return reply


def upload(player: Player, source: Any = PNG, **changes: Any) -> Asset:
    options = {"filename": None, "mime_type": None, "folder_id": None, "on_progress": None, **changes}
    return player.run(assets.upload(player.context, source, **options))


def submit(player: Player, **changes: Any) -> Any:
    submission = EvaluationRequest(**{"image": LARGE, "task_type": "headshot", **changes})
    return player.run(submitting.submit(player.context, submission))


def keys(player: Player) -> list[str]:
    return [dict(request.headers)["Idempotency-Key"] for request in player.requests if request.method == "POST"]


def test_upload_keys_are_stable_across_releases() -> None:
    """A call that is repeated after a new release finds the session of the old release."""
    player = Player(server())
    submit(player, idempotency_key="given-key")
    assert keys(player)[:2] == ["2950ef25-0e63-5652-b227-c586ce4c4ce1", "b504bf36-32f6-50d7-a31b-a795871294de"]


def test_other_content_under_given_key_gets_other_upload_keys() -> None:
    found = []
    for image in (LARGE, LARGE + b"!"):
        player = Player(server())
        submit(player, image=image, idempotency_key="given-key")
        found.append(keys(player))
    assert not set(found[0][:2]) & set(found[1][:2])
    assert found[0][2] == found[1][2] == "given-key"


def test_upload_keys_derive_from_given_or_generated_key() -> None:
    found = []
    for given, new_key in (("mine", "new-1"), ("mine", "new-2"), (None, "mine")):
        player = Player(server(), new_key=new_key)
        submit(player, idempotency_key=given)
        found.append(keys(player))
    assert found[0] == found[1] == found[2]
    assert found[0][-1] == "mine"
    other = Player(server())
    submit(other, idempotency_key="another")
    assert not set(keys(other)) & set(found[0])


def test_same_content_in_two_arguments_is_uploaded_twice() -> None:
    player = Player(server())
    submit(player, reference_images=[ReferenceImage(LARGE)])
    assert len(set(keys(player))) == 5, "two sessions, two confirmations and the submit"


def test_unknown_file_type_uses_given_mime_type() -> None:
    player = Player(server())
    upload(player, b"no image at all", mime_type="video/mp4")
    opening, put, _ = player.requests
    assert isinstance(opening.body, bytes)
    assert json.loads(opening.body)["mime_type"] == "video/mp4"
    assert put.headers[0] == ("Content-Type", "video/mp4")


def test_on_progress_is_checked_before_sending() -> None:
    async def listen(sent: int, size: int) -> None: ...

    for listener, takes_coroutines, words in (
        (5, True, "on_progress must be a function, not int"),
        (listen, False, "on_progress is a coroutine function, which only AsyncRunflow can await; pass a function"),
    ):
        player = Player(server(), takes_coroutines=takes_coroutines)
        with pytest.raises(errors.InvalidRequestError) as caught:
            upload(player, on_progress=listener)
        assert (str(caught.value), caught.value.argument) == (words, "on_progress")
        assert player.requests == []
    upload(Player(server(), takes_coroutines=True), on_progress=listen)
    upload(Player(server(), takes_coroutines=False), on_progress=print)


KEYED = "; to go on, call again with idempotency_key='new-key' and the same arguments, so that nothing is billed twice."


@pytest.mark.parametrize(
    ("start", "named", "unknown", "known"),
    [
        (upload, "the given bytes", "; calling again may do it twice.", ": call again."),
        (submit, "the given bytes", KEYED, KEYED),
    ],
)
@pytest.mark.parametrize("status", [413, 499, 500, 501, 507])
def test_storage_error_says_whether_upload_may_have_been_processed(
    start: Callable[[Player], Any], named: str, unknown: str, known: str, status: int
) -> None:
    player = Player(server(storage=response(status, x_request_id="r-7")), retries=RetryPolicy(attempts=1))
    with pytest.raises(errors.APIError) as caught:
        start(player)
    acted = status >= 500
    assert str(caught.value) == (
        f"uploading {named}: storage responded with {status}. The server {'may have' if acted else 'has not'} processed the request"
        f"{unknown if acted else known}"
    )
    assert (caught.value.request_id, caught.value.idempotency_key) == ("r-7", "new-key")


def test_lost_upload_session_warns_of_duplicate() -> None:
    with pytest.raises(errors.ConnectionFailedError) as caught:
        upload(Player([BROKEN], retries=RetryPolicy(attempts=1)))
    assert str(caught.value) == (
        "uploading the given bytes: the connection broke before the response was complete (reset), after 1 attempt in 0.1 s. "
        "The server may have processed "
        "the request; calling again may do it twice."
    )


@pytest.mark.parametrize(
    "session",
    [
        {},
        {"asset_id": 5, "upload_url": URL},
        {"asset_id": "odd", "upload_url": URL},
        {"asset_id": ID, "upload_url": "http://a.example"},
    ],
)
def test_unusable_upload_session_message_names_required_fields(session: Any) -> None:
    with pytest.raises(errors.DecodeError) as caught:
        upload(Player(server(response(201, session))))
    assert str(caught.value) == (
        "uploading the given bytes: the upload session cannot be used: the response must hold an asset_id "
        "and an upload_url that begins with https://. The file was not sent."
    )


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "a.png",
            "source: a str is never read as a path; pass pathlib.Path(...), bytes or a file opened in binary mode",
        ),
        (b"", "source: the given bytes is empty"),
    ],
)
def test_rejected_source_error_names_argument_source(source: Any, words: str) -> None:
    with pytest.raises(errors.InvalidRequestError) as caught:
        upload(Player([]), source)
    assert (str(caught.value), caught.value.argument) == (words, "source")
