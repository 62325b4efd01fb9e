"""Upload session, PUT and confirmation: requests, keys, deadlines, and the handling of errors."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from method_requests import MethodRequest, check_request
from player import BROKEN, Player, keys_of, response

from runflow_client import errors
from runflow_client.flows import assets, submitting
from runflow_client.flows.base.policies import RetryPolicy
from runflow_client.flows.base.steps import Request, RequestFailure, Response
from runflow_client.models.asset import Asset
from runflow_client.models.evaluation_request import EvaluationRequest
from runflow_client.runtime.files.images import INLINE_LIMIT
from runflow_client.runtime.files.uploads import Upload

ID = "0193f0a0-0000-7000-8000-0000000000aa"
FOLDER = "0193f0a0-0000-7000-8000-0000000000ff"
URL = "https://storage.example/put?signature=s3cr3t"
PNG = b"\x89PNG\r\n\x1a\nrest"
SESSION = response(201, {"asset_id": ID, "upload_url": URL})
STORED = response(200)
CONFIRMED = response(200, {"id": ID, "filename": "a.png"})
Reply = Response | RequestFailure


def server(session: Reply = SESSION, storage: Reply = STORED, confirmation: Reply = CONFIRMED) -> Callable[..., Reply]:
    def reply(request: Request, number: int) -> Reply:
        if request.presigned_url is not None:
            return storage
        return confirmation if "confirm" in request.target else session

    return reply


def in_turn(*replies: Reply) -> Callable[..., Reply]:
    return lambda request, number: replies[number]


def upload(player: Player, source: Any = PNG, **changes: Any) -> Asset:
    options = {"filename": None, "mime_type": None, "folder_id": None, "on_progress": None, **changes}
    return player.run(assets.upload(player.context, source, **options))


def key(request: Request) -> str | None:
    return dict(request.headers).get("Idempotency-Key")


REQUESTS = [
    MethodRequest(
        "get asset", lambda context: assets.get(context, ID), "GET", f"/v1/assets/{ID}", None, f"getting asset {ID}"
    ),
    MethodRequest("asset types", assets.types, "GET", "/v1/assets/types", None, "listing asset types"),
]


@pytest.mark.parametrize("expected", REQUESTS, ids=repr)
def test_method_sends_its_request_and_error_names_operation(expected: MethodRequest) -> None:
    check_request(expected)


def test_upload_sends_session_put_and_confirmation() -> None:
    player = Player(server())
    told: list[Any] = []
    asset = upload(player, io.BytesIO(PNG), filename="a.png", folder_id=FOLDER, on_progress=told.append)
    assert (asset.id, asset.ref) == (ID, f"runflow://assets/{ID}")
    opening, put, confirming = player.requests
    assert opening.method == confirming.method == "POST"
    assert opening.body is not None
    assert confirming.body is not None
    assert json.loads(opening.body) == {"filename": "a.png", "mime_type": "image/png", "size_bytes": len(PNG)}
    assert ID in confirming.target
    assert json.loads(confirming.body) == {"folder_id": FOLDER}
    assert (put.method, put.target, put.presigned_url) == ("PUT", "", URL)
    assert put.headers == (("Content-Type", "image/png"), ("Content-Length", str(len(PNG))))
    assert isinstance(put.body, Upload)
    assert put.on_progress == told.append


def test_confirmation_without_folder_has_no_body() -> None:
    player = Player(server())
    upload(player)
    assert player.requests[2].body is None


def test_upload_keys_derive_from_key_and_step() -> None:
    def keys(new_key: str) -> list[str | None]:
        player = Player(server(), new_key=new_key)
        upload(player, PNG)
        return [key(request) for request in player.requests]

    first = keys("new-key")
    assert first[1] is None
    assert len(set(first)) == 3
    assert "new-key" not in first
    assert keys("new-key") == first
    assert not set(keys("other-key")) & {first[0], first[2]}


def test_second_upload_session_uses_other_keys() -> None:
    gone = response(404)
    player = Player(in_turn(SESSION, response(403), gone, SESSION, STORED, CONFIRMED))
    assert upload(player).id == ID
    assert len({key(request) for request in player.requests}) == 5, (
        "two sessions, two confirmations, and None for the PUTs"
    )


def test_lost_response_of_each_step_is_retried_under_same_key() -> None:
    player = Player(in_turn(BROKEN, SESSION, BROKEN, STORED, BROKEN, CONFIRMED))
    assert upload(player).id == ID
    assert player.requests[0] == player.requests[1]
    assert player.requests[2] == player.requests[3]
    assert player.requests[4] == player.requests[5]
    assert len(keys_of(player.requests)) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_rejected_upload_url_is_renewed_twice_then_raised(status: int) -> None:
    player = Player(server(storage=response(status, b"<Secret>s3cr3t</Secret>"), confirmation=response(404)))
    file = io.BytesIO(PNG)
    with pytest.raises(errors.APIError) as caught:
        upload(player, file)
    assert len(player.requests) == 9
    assert caught.value.status == status
    assert caught.value.idempotency_key == "new-key"
    assert f"storage responded with {status}" in str(caught.value)
    assert "s3cr3t" not in f"{caught.value} {caught.value.body}"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("status", [402, 405, 409, 412, 413, 501, 507])
def test_storage_error_unrelated_to_url_is_raised_immediately(status: int) -> None:
    player = Player(server(storage=response(status)), retries=RetryPolicy(attempts=1))
    with pytest.raises(errors.APIError, match=f"storage responded with {status}") as caught:
        upload(player)
    assert (len(player.requests), caught.value.status) == (2, status)
    assert caught.value.idempotency_key == "new-key"


def test_stored_file_is_confirmed_after_url_expiry() -> None:
    player = Player(server(storage=response(403)))
    assert upload(player).id == ID
    assert len(player.requests) == 3


@pytest.mark.parametrize("status", [400, 404, 409, 410, 422])
def test_unconfirmed_file_after_storage_error_opens_new_session(status: int) -> None:
    player = Player(in_turn(SESSION, response(403), response(status), SESSION, STORED, CONFIRMED))
    assert upload(player).id == ID


@pytest.mark.parametrize("status", [401, 402, 403])
def test_other_confirmation_error_ends_upload(status: int) -> None:
    player = Player(in_turn(SESSION, response(403), response(status)))
    with pytest.raises(errors.APIError) as caught:
        upload(player)
    assert (caught.value.status, len(player.requests)) == (status, 3)
    assert "storage" not in str(caught.value)


def test_confirmation_error_after_stored_file_ends_upload() -> None:
    player = Player(server(confirmation=response(404)))
    with pytest.raises(errors.NotFoundError) as caught:
        upload(player)
    assert len(player.requests) == 3
    assert caught.value.idempotency_key == "new-key"


@pytest.mark.parametrize(
    ("url", "is_local", "fine"),
    [
        ("https://storage.example/put", False, True),
        ("https://storage.example:8443/put?a=b", False, True),
        ("http://127.0.0.1:8000/put", True, True),
        ("http://127.0.0.1:8000/put", False, False),
        ("http://storage.example/put", True, False),
        ("ftp://127.0.0.1/put", True, False),
        ("https:///put", False, False),
        ("https://user@storage.example/put", False, False),
        ("https://storage.example:99999/put", False, False),
        ("https://[::1/put", False, False),
        ("https://storage.example/a b", False, False),
        ("https://storage.example/\x7f", False, False),
        ("https://störage.example/put", False, False),
        ("", False, False),
        (None, False, False),
        (7, False, False),
    ],
)
def test_upload_url_must_be_https_or_loopback_with_local_api(url: Any, is_local: bool, fine: bool) -> None:
    player = Player(server(response(201, {"asset_id": ID, "upload_url": url})), is_local=is_local)
    if fine:
        assert upload(player).id == ID
        assert player.requests[1].presigned_url == url
        return
    with pytest.raises(errors.DecodeError, match="upload session cannot be used") as caught:
        upload(player)
    assert len(player.requests) == 1
    assert caught.value.idempotency_key == "new-key"


@pytest.mark.parametrize("asset_id", [None, 5, ""])
def test_upload_session_without_asset_id_is_rejected(asset_id: Any) -> None:
    player = Player(server(response(201, {"asset_id": asset_id, "upload_url": URL})))
    with pytest.raises(errors.RunflowError):
        upload(player)
    assert len(player.requests) == 1


@pytest.mark.parametrize(
    ("size", "timeout", "seconds"),
    [(100, 60.0, 120.0), (31_457_280, 60.0, 120.0), (41_943_040, 60.0, 160.0), (41_943_040, 61.0, 61.0)],
)
def test_upload_deadline_grows_with_size_at_default_timeout(size: int, timeout: float, seconds: float) -> None:
    player = Player([BROKEN], timeout=timeout, retries=RetryPolicy(attempt_timeout=1_000, attempts=1))
    with pytest.raises(errors.ConnectionFailedError):
        upload(player, PNG + bytes(size - len(PNG)))
    assert player.deadlines == [1_000.0 + seconds]


def test_upload_without_timeout_keeps_attempt_timeouts() -> None:
    player = Player(server(), seconds=0.0, timeout=None)
    upload(player, PNG + bytes(26_214_400 - len(PNG)))
    assert player.deadlines == [1_020.0, 1_100.0, 1_020.0]


def test_file_is_closed_after_success_and_failure() -> None:
    for player in (Player(server()), Player([response(500)]), Player(server(storage=response(413)))):
        context = player.context
        flow = assets.upload(context, PNG, filename=None, mime_type=None, folder_id=None, on_progress=None)
        next(flow)
        file = Upload(len(PNG), "image/png", "a.png", "the file", "source", io.BytesIO(PNG))
        try:
            step: Any = flow.send(file)
            while True:
                step = flow.send(player._do(step))
        except (StopIteration, errors.APIError):
            pass
        assert file.file.closed


def test_str_source_is_never_read_as_path() -> None:
    player = Player([])
    with pytest.raises(errors.InvalidRequestError, match="never read as a path") as caught:
        upload(player, "a.png")
    assert caught.value.argument == "source"
    assert player.requests == []


@pytest.mark.parametrize(
    ("name", "sent"), [("/", "image.png"), ("/home/me/a.png", "a.png"), (7, "image.png"), (Path("b/c.png"), "c.png")]
)
def test_upload_filename_comes_from_file_name_or_type(name: Any, sent: str) -> None:
    source: Any = io.BytesIO(PNG)
    named: Any = type("Named", (io.BytesIO,), {"name": name})(PNG)
    for file, expected in ((named, sent), (source, "image.png")):
        player = Player(server())
        upload(player, file)
        body = player.requests[0].body
        assert isinstance(body, bytes)
        assert json.loads(body)["filename"] == expected


def test_large_image_is_uploaded_before_submit() -> None:
    def reply(request: Request, number: int) -> Reply:
        if request.target == "/v1/evaluations":
            return response(202, {"id": ID, "status_code": "pending"})
        return server()(request, number)

    player = Player(reply)
    submission = EvaluationRequest(image=PNG + bytes(INLINE_LIMIT), task_type="headshot", idempotency_key="mine")
    assert player.run(submitting.submit(player.context, submission)).id == ID
    submit = player.requests[-1]
    assert isinstance(submit.body, bytes)
    assert json.loads(submit.body)["generated_image_url"] == f"runflow://assets/{ID}"
    assert key(submit) == "mine"
    assert "mine" not in {key(request) for request in player.requests[:-1]}


@pytest.mark.parametrize("asset", [{}, {"id": None}, {"id": ""}])
def test_asset_without_confirmed_id_gets_session_id(asset: dict[str, Any]) -> None:
    assert upload(Player(server(confirmation=response(200, asset)))).ref == f"runflow://assets/{ID}"


def test_get_and_types_read_responses() -> None:
    player = Player([CONFIRMED])
    assert player.run(assets.get(player.context, ID)).id == ID
    assert player.requests[0].target == f"/v1/assets/{ID}"
    for asset_id in (None, "../x"):
        with pytest.raises(errors.InvalidRequestError) as caught:
            player.run(assets.get(player.context, asset_id))
        assert caught.value.argument == "asset_id"
    player = Player([response(200, {"items": [{"code": "image"}, 5]})])
    (row,) = player.run(assets.types(player.context))
    assert row.to_dict()["code"] == "image"
    player = Player([response(500)])
    with pytest.raises(errors.ServerError, match="listing asset types"):
        player.run(assets.types(player.context))
    with pytest.raises(errors.ServerError, match=f"getting asset {ID}"):
        player.run(assets.get(player.context, ID))
