"""Malicious responses and arguments: the key stays with its origin, nothing is injected, memory is bounded."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import resource
import socket
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from rawserver import RawServer, answering, http, read_request

from runflow_client import AsyncRunflow, RetryPolicy, Runflow, errors

ID = "0193f0a0-0000-7000-8000-000000000001"
ONE_TRY = RetryPolicy(attempts=1)
Call = Callable[..., Any]


def in_thread(url: str, path: str, *arguments: Any, **options: Any) -> Any:
    with Runflow("rf_hidden", base_url=url, timeout=20, retries=ONE_TRY) as client:
        resource_name, _, method = path.partition(".")
        return getattr(getattr(client, resource_name), method)(*arguments, **options)


def in_task(url: str, path: str, *arguments: Any, **options: Any) -> Any:
    async def main() -> Any:
        async with AsyncRunflow("rf_hidden", base_url=url, timeout=20, retries=ONE_TRY) as client:
            resource_name, _, method = path.partition(".")
            return await getattr(getattr(client, resource_name), method)(*arguments, **options)

    return asyncio.run(main())


both = pytest.mark.parametrize("call", [in_thread, in_task])


def large_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(file, "PNG")
    return file.getvalue() + bytes(1_100_000)


@both
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed_and_gets_no_api_key(call: Call, status: int) -> None:
    asked: list[bytes] = []
    with (
        RawServer(answering(http(200, b"{}"), requests=asked)) as elsewhere,
        RawServer(answering(http(status, b"", f"Location: {elsewhere.url}/v1"))) as server,
        pytest.raises(errors.APIError, match="Redirects are not followed") as caught,
    ):
        call(server.url, "evaluations.get", ID)
    assert caught.value.status == status
    assert asked == []


def session(url: str) -> bytes:
    return http(201, json.dumps({"asset_id": ID, "upload_url": url}).encode())


@both
def test_presigned_url_of_other_origin_gets_file_without_api_key(call: Call) -> None:
    api: list[bytes] = []
    stored: list[bytes] = []
    confirmed = http(201, json.dumps({"id": ID}).encode())
    with RawServer(answering(http(200), requests=stored)) as storage:
        with RawServer(answering(session(f"{storage.url}/put?signature=s3cr3t"), confirmed, requests=api)) as server:
            asset = call(server.url, "assets.upload", large_picture(), filename="a.png")
    assert asset.ref == f"runflow://assets/{ID}"
    (put,) = stored
    head, _, body = put.partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /put?signature=s3cr3t HTTP/1.1\r\n")
    assert body == large_picture()
    names = {line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
    assert names == {b"host", b"content-type", b"content-length", b"user-agent"}
    assert b"rf_hidden" not in put
    assert all(b"Authorization: Bearer rf_hidden" in request for request in api)


@both
@pytest.mark.parametrize(
    "url",
    [
        "http://storage.example/put",
        "http://127.0.0.1.evil.example/put",
        "ftp://storage.example/put",
        "file:///etc/passwd",
        "//storage.example/put",
        "https://",
        "https://user:pass@storage.example/put",
        "https://storage.example/a b",
        "https://storage.example/a\r\nX-Evil: 1",
        "https://storage.example:99999/put",
        "",
        None,
        5,
    ],
)
def test_invalid_presigned_url_gets_no_request(call: Call, url: Any) -> None:
    asked: list[bytes] = []
    with (
        RawServer(answering(session(url), requests=asked)) as server,
        pytest.raises(errors.DecodeError, match="upload session cannot be used") as caught,
    ):
        call(server.url, "assets.upload", large_picture())
    assert len(asked) == 1
    assert caught.value.idempotency_key
    assert "pass" not in str(caught.value)


@both
@pytest.mark.parametrize("asset_id", ["../evaluations", "a/b", "", None, 7, "x\r\ny"])
def test_asset_id_with_path_characters_is_rejected(call: Call, asset_id: Any) -> None:
    asked: list[bytes] = []
    answer = http(201, json.dumps({"asset_id": asset_id, "upload_url": "https://storage.invalid/put"}).encode())
    with RawServer(answering(answer, requests=asked)) as server, pytest.raises(errors.RunflowError):
        call(server.url, "assets.upload", large_picture())
    assert len(asked) == 1


@both
def test_storage_error_text_is_not_repeated(call: Call) -> None:
    page = b"<Error><Code>SignatureDoesNotMatch</Code><StringToSign>s3cr3t-signature</StringToSign></Error>"
    gone = http(404, b'{"code": "NOT_FOUND"}')
    with RawServer(answering(http(403, page))) as storage:
        first = session(f"{storage.url}/put?signature=s3cr3t-signature")
        with RawServer(answering(first, gone, first, gone, first, gone)) as server:
            with pytest.raises(errors.PermissionDeniedError, match="storage responded with 403") as caught:
                call(server.url, "assets.upload", large_picture())
    assert "s3cr3t" not in f"{caught.value!r} {caught.value} {caught.value.body!r} {caught.value.__dict__}"


@both
@pytest.mark.parametrize(
    "evaluation_id", ["", ".", "..", "a/b", "%2e%2e", f"{ID}%2f", f"{ID}\n", f"{ID}?x", f" {ID}", "é"]
)
def test_ids_with_path_characters_are_rejected(call: Call, evaluation_id: str) -> None:
    asked: list[bytes] = []
    with RawServer(answering(http(200, b"{}"), requests=asked)) as server:
        for path in (
            "evaluations.get",
            "evaluations.clear_feedback",
            "evaluations.for_run",
            "assets.get",
            "evaluations.wait",
        ):
            with pytest.raises(errors.InvalidRequestError):
                call(server.url, path, evaluation_id)
        for path in ("callback_secrets.get", "callback_secrets.delete"):
            with pytest.raises(errors.InvalidRequestError, match="^id"):
                call(server.url, path, evaluation_id)
        with pytest.raises(errors.InvalidRequestError, match="run_id"):
            call(server.url, "evaluations.clear_feedback", ID, run_id=evaluation_id)
    assert asked == []


EVIL = "x\r\nX-Evil: 1\r\n\r\nGET /v1/evil HTTP/1.1\r\n"


@both
def test_arguments_cannot_inject_header_or_request(call: Call) -> None:
    asked: list[bytes] = []
    pending = http(202, json.dumps({"id": ID, "status_code": "pending"}).encode())
    with RawServer(answering(pending, requests=asked)) as server:
        with pytest.raises(errors.InvalidRequestError, match="idempotency_key"):
            call(server.url, "evaluations.submit", "https://x.example/a.png", "t", idempotency_key=EVIL)
        with pytest.raises(errors.InvalidRequestError, match="image"):
            call(server.url, "evaluations.submit", f"https://x.example/{EVIL}", "t")
        with pytest.raises(errors.InvalidRequestError, match="callback_url"):
            call(server.url, "evaluations.submit", "https://x.example/a.png", "t", callback_url=f"https://a/{EVIL}")
        call(server.url, "evaluations.submit", "https://x.example/a.png", EVIL[:90], client_ref=EVIL)
        call(server.url, "evaluations.get", ID, embed=(EVIL,))
    assert len(asked) == 2
    for request in asked:
        assert b"x-evil" not in request.partition(b"\r\n\r\n")[0].lower().replace(b"%0d%0ax-evil", b"")


@both
@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/cb",
        "ftp://example.com",
        "example.com",
        "https://",
        "https://a b",
        "https://[::1",
        "",
        7,
        "https://é.example",
    ],
)
def test_invalid_callback_url_is_rejected_before_sending(call: Call, url: Any) -> None:
    asked: list[bytes] = []
    with RawServer(answering(http(202, b"{}"), requests=asked)) as server:
        with pytest.raises(errors.InvalidRequestError, match="callback_url"):
            call(server.url, "evaluations.submit", "https://x.example/a.png", "t", callback_url=url)
    assert asked == []


@pytest.mark.parametrize("length", [2_048, 2_049])
def test_callback_url_over_2048_characters_is_rejected(length: int) -> None:
    url = "http://127.0.0.1/" + "x" * (length - 17)
    answer = http(202, json.dumps({"id": ID}).encode())
    with RawServer(answering(answer)) as server:
        if length == 2_048:
            assert (
                in_thread(server.url, "evaluations.submit", "https://x.example/a.png", "t", callback_url=url).id == ID
            )
        else:
            with pytest.raises(errors.InvalidRequestError, match=r"callback_url.*2.?048"):
                in_thread(server.url, "evaluations.submit", "https://x.example/a.png", "t", callback_url=url)


def never_ends(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    while not over.is_set():
        connection.sendall(chunk)


@both
def test_endless_response_body_is_cut_off(call: Call) -> None:
    with RawServer(never_ends) as server, pytest.raises(errors.ConnectionFailedError, match="larger than the limit"):
        call(server.url, "evaluations.get", ID)


@both
def test_decompression_bomb_is_not_unpacked(call: Call) -> None:
    bomb = gzip.compress(bytes(400_000_000), 6)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with RawServer(answering(http(200, bomb, "Content-Encoding: gzip"))) as server:
        with pytest.raises(errors.ConnectionFailedError, match="larger than the limit"):
            call(server.url, "evaluations.get", ID)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 150_000, "kibibytes; the unpacked bomb has 400,000"


@both
def test_gzip_response_is_read_and_broken_gzip_is_request_failure(call: Call) -> None:
    whole = gzip.compress(json.dumps({"id": ID, "task_type": "t" * 10_000}).encode())
    with RawServer(answering(http(200, whole, "Content-Encoding: gzip"))) as server:
        assert call(server.url, "evaluations.get", ID).id == ID
    for broken in (whole[:-20], whole[:5], b"not gzip at all"):
        with RawServer(answering(http(200, broken, "Content-Encoding: gzip"))) as server:
            with pytest.raises(errors.ConnectionFailedError):
                call(server.url, "evaluations.get", ID)


@both
def test_deeply_nested_json_raises_library_error(call: Call) -> None:
    for deep in (b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000):
        for status, kind in ((200, errors.DecodeError), (422, errors.UnprocessableError)):
            with RawServer(answering(http(status, deep))) as server, pytest.raises(kind):
                call(server.url, "evaluations.get", ID)


@both
@pytest.mark.parametrize("path", ["evaluations.get", "evaluations.wait"])
def test_deeply_nested_models_are_read_or_raise_library_error(call: Call, path: str) -> None:
    outcomes = set()
    for depth in (50, 700, 850, 900, 925, 950, 975, 990):
        data = b'{"status_code": "completed", "parent_evaluation":' * depth + b"{}" + b"}" * depth
        with RawServer(answering(http(200, data))) as server:
            try:
                outcomes.add(
                    call(server.url, path, ID, **({"timeout": 2} if path.endswith("wait") else {})).status_code
                )
            except (errors.DecodeError, errors.WaitTimeoutError) as error:
                outcomes.add(type(error).__name__)
    assert "completed" in outcomes


@both
def test_million_list_items_are_read_with_bounded_memory(call: Call) -> None:
    rows = b'{"id": "%s", "judges": [' % ID.encode() + b",".join([b"null"] * 1_000_000) + b"]}"
    with RawServer(answering(http(200, rows))) as server:
        tracemalloc.start()
        evaluation = call(server.url, "evaluations.get", ID)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert len(evaluation.judges) == 1_000_000
    assert evaluation.issues == []
    assert peak < 96 * 1_048_576  # orjson holds a tree of its own meanwhile


@both
def test_endless_pages_stop_at_page_limit(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runflow_client.flows.evaluations._MOST_PAGES", 30)
    asked: list[bytes] = []
    counter = iter(range(10_000))

    def pages(connection: socket.socket, over: threading.Event) -> None:
        while request := read_request(connection):
            asked.append(request)
            body = json.dumps({"items": [{"id": ID}], "next": f"c{next(counter)}"}).encode()
            connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with RawServer(pages) as server:
        found = call(server.url, "evaluations.for_run", ID)
    assert len(found) == len(asked) == 30


@both
def test_run_pages_are_read_by_cursor_or_url(call: Call) -> None:
    asked: list[bytes] = []
    pages = [
        http(200, json.dumps({"items": [{"id": ID}, None], "next": "cursor 1"}).encode()),
        http(200, json.dumps({"items": [{"id": ID}], "next": "https://api.example/v1/x?limit=5&pq=two%2B"}).encode()),
        http(200, json.dumps([{"id": ID, "status_code": "completed", "overall_passed": True}]).encode()),
    ]
    with RawServer(answering(*pages, requests=asked)) as server:
        found = call(server.url, "evaluations.for_run", ID)
    assert [evaluation.passed for evaluation in found] == [False, False, True]
    assert [request.split(b" ")[1].partition(b"?")[2] for request in asked] == [b"", b"pq=cursor+1", b"pq=two%2B"]
