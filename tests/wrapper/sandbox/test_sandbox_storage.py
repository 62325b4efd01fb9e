"""The store behind uploads: it takes signed URLs and nothing else."""

import asyncio
import hashlib
import re
from xml.etree import ElementTree

import httpx
import pytest

from runflow_client import AsyncRunflow, PollPolicy, Runflow
from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture
from runflow_client.sandbox.faults import delay, drop_after, drop_before, reply
from runflow_client.sandbox.in_process.transport import SandboxTransport

KEY = {"Authorization": "Bearer rf_sandbox_key"}
PICTURE = {"filename": "a.png", "mime_type": "image/png", "size_bytes": 5}
OFTEN = PollPolicy(first=0.01, then=0.01, longest=0.01)
PUT = {"Content-Type": "image/png"}


@pytest.fixture
def opened(call):
    return call.open_upload(5).json


@pytest.fixture
def server():
    with SandboxServer(Sandbox(evaluation_seconds=0.02)) as running:
        yield running


def open_over(server, **fields):
    answer = httpx.post(f"{server.url}/v1/asset-uploads", json={**PICTURE, **fields}, headers=KEY)
    return answer.json()


def code_of(answer):
    return ElementTree.fromstring(getattr(answer, "content", None) or answer.body).findtext("Code")


def test_inside_the_process_the_store_has_an_address_that_does_not_exist(opened):
    assert opened["upload_url"].startswith(f"https://storage.sandbox.invalid/storage/{opened['asset_id']}?")


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost:8001", "[::1]:8001", "127.1.2.3"])
def test_over_a_socket_the_store_is_where_the_api_is(call, host):
    assert call.open_upload(5, Host=host).json["upload_url"].startswith(f"http://{host}/storage/")


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.example.com", "127.0.0.1@evil.example.com", ""])
def test_a_host_that_is_not_this_machine_is_never_named(call, host):
    assert call.open_upload(5, Host=host).json["upload_url"].startswith("https://storage.sandbox.invalid/")


def test_a_url_that_was_changed_is_refused(call, opened):
    url, other = opened["upload_url"], call.open_upload(5).json["upload_url"]
    changed = [
        re.sub("expires=[0-9]+", "expires=99999999999999", url),
        re.sub("expires=[0-9]+", "expires=never", url),
        re.sub("expires=[0-9]+&", "", url),
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url.partition("&signature=")[0],
        url.partition("?")[0],
        url.partition("?")[0] + "?" + other.partition("?")[2],
        url.replace("/storage/", "/storage/x"),
    ]
    for bad in changed:
        answer = call.put(bad, b"12345")
        assert (answer.status, code_of(answer)) == (403, "SignatureDoesNotMatch")


def test_a_url_to_put_to_cannot_be_read_from_and_the_other_way_round(call, opened):
    assert call.store("GET", opened["upload_url"]).status == 403
    asset_id = call.upload(b"12345")
    url = call("GET", f"/v1/assets/{asset_id}").json["url"]
    assert call.put(url, b"54321").status == 403
    assert call.store("HEAD", url).status == 200
    assert call.store("DELETE", url).status == 405


def test_a_url_expires_and_the_refusal_repeats_its_signature(caller):
    call = caller(upload_seconds=60)
    url = call.open_upload(5).json["upload_url"]
    call.now = 60
    assert call.put(url, b"12345").status == 200
    call.now = 60.002
    answer = call.put(url, b"54321")
    assert (answer.status, code_of(answer), answer.headers["content-type"]) == (403, "AccessDenied", "application/xml")
    assert url.partition("signature=")[2] in answer.body.decode()


def test_what_a_refusal_repeats_cannot_break_its_xml(call, opened):
    answer = call.put(opened["upload_url"].partition("signature=")[0] + "signature=%3C%26%22%3E", b"12345")
    assert ElementTree.fromstring(answer.body).findtext("SignatureProvided") == '<&">'


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (b"1234", {}, "SignatureDoesNotMatch"),
        (b"123456", {}, "SignatureDoesNotMatch"),
        (b"12345", {"Content_Type": "image/jpeg"}, "SignatureDoesNotMatch"),
        (b"12345", {"Content_Type": ""}, "SignatureDoesNotMatch"),
        (b"12345", {"Transfer_Encoding": "chunked"}, "MissingContentLength"),
    ],
)
def test_only_what_was_announced_is_taken(call, opened, content, headers, code):
    answer = call.store("PUT", opened["upload_url"], content, **{"Content_Type": "image/png", **headers})
    assert code_of(answer) == code
    assert call("POST", f"/v1/asset-uploads/{opened['asset_id']}/confirmations").status == 422


def test_a_file_may_be_put_again_until_the_url_expires(call, opened):
    for content in (b"12345", b"54321"):
        assert call.put(opened["upload_url"], content).status == 200
    call("POST", f"/v1/asset-uploads/{opened['asset_id']}/confirmations")
    url = call("GET", f"/v1/assets/{opened['asset_id']}").json["url"]
    assert call.store("GET", url).body == b"54321"


def test_a_key_that_is_sent_to_the_store_is_refused_and_counted(server):
    url = open_over(server)["upload_url"]
    answer = httpx.put(url, content=b"12345", headers={**PUT, **KEY})
    assert (answer.status_code, code_of(answer)) == (400, "InvalidArgument")
    assert "rf_sandbox_key" not in answer.text
    assert server.sandbox.leaks == 1
    assert httpx.put(url, content=b"12345", headers=PUT).status_code == 200
    assert server.sandbox.leaks == 1


def test_three_steps_over_a_socket_and_the_picture_in_a_browser(server):
    session = open_over(server)
    assert session["upload_url"].startswith(f"{server.url}/storage/")
    assert httpx.put(session["upload_url"], content=b"12345", headers=PUT).status_code == 200
    target = f"{server.url}/v1/asset-uploads/{session['asset_id']}/confirmations"
    shown = httpx.get(httpx.post(target, headers=KEY).json()["url"])
    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, b"12345", "image/png")
    head = httpx.head(httpx.post(target, headers=KEY).json()["url"])
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "5")


def test_a_file_without_its_length_is_refused_over_a_socket(server):
    answer = httpx.put(open_over(server)["upload_url"], content=iter([b"12", b"345"]), headers=PUT)
    assert (answer.status_code, code_of(answer)) == (411, "MissingContentLength")


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_file_over_50_mib_is_refused_and_the_server_goes_on(server, in_chunks):
    content = bytes(52_428_801)
    url = open_over(server)["upload_url"]
    answer = httpx.put(url, content=iter([content]) if in_chunks else content, headers=PUT)
    assert (answer.status_code, code_of(answer)) == (400, "EntityTooLarge")
    assert httpx.put(url, content=b"12345", headers=PUT).status_code == 200


def test_the_limit_of_the_api_stays_at_its_place(server):
    content = bytes(17 * 1024 * 1024)
    url = open_over(server, size_bytes=len(content))["upload_url"]
    assert httpx.put(url, content=content, headers=PUT).status_code == 200
    assert httpx.post(f"{server.url}/v1/asset-uploads", content=content, headers=KEY).status_code == 413


def test_a_large_file_comes_back_as_it_went(server):
    content = hashlib.shake_256(b"large").digest(3 * 1024 * 1024 + 1)
    session = open_over(server, size_bytes=len(content))
    assert httpx.put(session["upload_url"], content=content, headers=PUT).status_code == 200
    target = f"{server.url}/v1/asset-uploads/{session['asset_id']}/confirmations"
    with httpx.Client() as client:
        url = client.post(target, headers=KEY).json()["url"]
        assert [client.get(url).content == content for _ in range(2)] == [True, True]


def test_an_upload_that_breaks_off_is_forgotten(server):
    session = open_over(server)

    def broken():
        yield b"123"
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        httpx.put(session["upload_url"], content=broken(), headers={**PUT, "Content-Length": "5"})
    target = f"{server.url}/v1/asset-uploads/{session['asset_id']}/confirmations"
    assert httpx.post(target, headers=KEY).status_code == 422


def test_faults_happen_to_storage_too(server):
    url = open_over(server)["upload_url"]
    server.faults.extend([drop_before, reply(503, {"Retry-After": "1"}), drop_after, delay(10)])
    with pytest.raises(httpx.TransportError):
        httpx.put(url, content=b"12345", headers=PUT)
    assert httpx.put(url, content=b"12345", headers=PUT).status_code == 503
    with pytest.raises(httpx.TransportError):
        httpx.put(url, content=b"12345", headers=PUT)
    with pytest.raises(httpx.ReadTimeout):
        httpx.put(url, content=b"12345", headers=PUT, timeout=0.05)
    paths = [request.path for request in server.sandbox.requests if request.method == "PUT"]
    assert paths == [url.removeprefix(server.url).partition("?")[0]] * 4


def test_the_sync_client_uploads_over_a_socket_and_leaks_no_key(server):
    with Runflow(*server.sandbox.keys, base_url=server.url) as client:
        asset = client.assets.upload(sharp_picture())
        evaluation = client.evaluations.evaluate(asset.ref, "headshot", poll=OFTEN)
    assert (evaluation.passed, server.sandbox.leaks) == (True, 0)


def test_the_async_client_uploads_over_a_socket_and_leaks_no_key(server):
    async def main():
        async with AsyncRunflow(*server.sandbox.keys, base_url=server.url) as client:
            asset = await client.assets.upload(sharp_picture())
            return await client.evaluations.evaluate(asset.ref, "headshot", poll=OFTEN)

    assert (asyncio.run(main()).passed, server.sandbox.leaks) == (True, 0)


def test_a_client_inside_the_process_uploads_and_pays_for_it_in_virtual_time_only():
    sandbox = Sandbox()
    with sandbox.client() as client:
        asset = client.assets.upload(sharp_picture())
        assert client.evaluations.evaluate(asset.ref, "headshot").passed
    assert [request.method for request in sandbox.requests[:4]] == ["POST", "PUT", "POST", "POST"]
    assert sandbox.leaks == 0


def test_a_client_inside_the_process_opens_another_upload_when_the_url_has_expired():
    sandbox = Sandbox(upload_seconds=10)
    sandbox.faults.extend([delay(11)])
    with sandbox.client() as client:
        assert client.assets.upload(sharp_picture()).size_bytes == len(sharp_picture())
    puts = [request.path for request in sandbox.requests if request.method == "PUT"]
    assert len(puts) == len(set(puts)) == 2


def test_a_key_that_leaks_inside_the_process_is_counted_too(call, opened):
    from runflow_client.runtime.transport.requests import HTTPRequest

    request = HTTPRequest("PUT", opened["upload_url"], [*PUT.items(), *KEY.items()], b"12345")
    assert SandboxTransport(call.sandbox).send(request, None).status == 400
    assert call.sandbox.leaks == 1
