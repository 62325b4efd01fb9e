"""Storage accepts signed URLs only."""

import math
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from runflow_client.sandbox.in_process.transport import SandboxTransport

KEY = {"Authorization": "Bearer rf_sandbox_key"}
PUT = {"Content-Type": "image/png"}


@pytest.fixture
def opened(call):
    return call.open_upload(5).json


def code_of(reply):
    return ElementTree.fromstring(reply.body).findtext("Code")


def test_storage_inside_the_process_has_a_nonexistent_host(opened):
    assert opened["upload_url"].startswith(f"https://storage.sandbox.invalid/storage/{opened['asset_id']}?")


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost:8001", "[::1]:8001", "127.1.2.3"])
def test_storage_over_a_socket_has_the_origin_of_the_api(call, host):
    assert call.open_upload(5, Host=host).json["upload_url"].startswith(f"http://{host}/storage/")


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.example.com", "127.0.0.1@evil.example.com", ""])
def test_host_of_another_machine_is_never_the_origin(call, host):
    assert call.open_upload(5, Host=host).json["upload_url"].startswith("https://storage.sandbox.invalid/")


def test_changed_url_is_refused(call, opened):
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
        reply = call.put(bad, b"12345")
        assert (reply.status, code_of(reply)) == (403, "SignatureDoesNotMatch")


def test_url_for_one_method_is_refused_for_another(call, opened):
    assert call.store("GET", opened["upload_url"]).status == 403
    asset_id = call.upload(b"12345")
    url = call("GET", f"/v1/assets/{asset_id}").json["url"]
    assert call.put(url, b"54321").status == 403
    assert call.store("HEAD", url).status == 200
    assert call.store("DELETE", url).status == 405


def test_expired_url_is_refused_with_its_signature(caller):
    call = caller(upload_seconds=60)
    url = call.open_upload(5).json["upload_url"]
    call.now = 60
    assert call.put(url, b"12345").status == 200
    call.now = 60.002
    reply = call.put(url, b"54321")
    assert (reply.status, code_of(reply), reply.headers["content-type"]) == (403, "AccessDenied", "application/xml")
    assert url.partition("signature=")[2] in reply.body.decode()


def test_repeated_signature_is_escaped_in_xml(call, opened):
    reply = call.put(opened["upload_url"].partition("signature=")[0] + "signature=%3C%26%22%3E", b"12345")
    assert ElementTree.fromstring(reply.body).findtext("SignatureProvided") == '<&">'


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
def test_file_that_differs_from_its_declaration_is_refused(call, opened, content, headers, code):
    reply = call.store("PUT", opened["upload_url"], content, **{"Content_Type": "image/png", **headers})
    assert code_of(reply) == code
    assert call("POST", f"/v1/asset-uploads/{opened['asset_id']}/confirmations").status == 422


def test_file_may_be_put_again_until_the_url_expires(call, opened):
    for content in (b"12345", b"54321"):
        assert call.put(opened["upload_url"], content).status == 200
    call("POST", f"/v1/asset-uploads/{opened['asset_id']}/confirmations")
    url = call("GET", f"/v1/assets/{opened['asset_id']}").json["url"]
    assert call.store("GET", url).body == b"54321"


def test_key_sent_to_storage_is_counted_inside_the_process(call, opened):
    from runflow_client.runtime.transport.requests import HTTPRequest

    request = HTTPRequest("PUT", opened["upload_url"], [*PUT.items(), *KEY.items()], b"12345")
    assert (
        SandboxTransport(call.sandbox.service, call.sandbox.clock, call.sandbox.request_seconds)
        .send(request, math.inf)
        .status
        == 400
    )
    assert call.sandbox.leaks == 1


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files cannot be counted here")
def test_stored_file_holds_no_descriptor(call):
    content = bytes(2 * 1_048_576)
    before = len(os.listdir("/proc/self/fd"))
    ids = [call.upload(content) for _ in range(10)]
    assert len(os.listdir("/proc/self/fd")) == before
    assert call.store("GET", call("GET", f"/v1/assets/{ids[3]}").json["url"]).body == content
