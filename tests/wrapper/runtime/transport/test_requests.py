"""A request on its way to the network: origin, key and headers; no socket needed."""

from __future__ import annotations

import io
from typing import Any

import pytest

from runflow_client.flows.base.steps import Request
from runflow_client.runtime.configuration import configure
from runflow_client.runtime.files.uploads import Upload
from runflow_client.runtime.transport.requests import Origin, http_request, origin_and_target, origin_of

CONFIGURATION = configure("rf_hidden", "org-1", "https://api.example/base", {"X-Team": "blue"}, {})


def upload(data: bytes) -> Upload:
    return Upload(len(data), "image/png", "a.png", "the file", "source", io.BytesIO(b"xx" + data), start=2)


def test_a_request_to_the_api_gets_origin_key_and_headers() -> None:
    request = Request("some_operation", "PUT", "/v1/x?a=b", (("Accept", "application/json"), ("X-Team", "red")), b"{}")
    sent = http_request(CONFIGURATION, request)
    assert (sent.method, sent.url, sent.body) == ("PUT", "https://api.example/base/v1/x?a=b", b"{}")
    assert sent.on_progress is None
    headers = dict(sent.headers)
    assert len(headers) == len(sent.headers)
    assert headers.pop("User-Agent").startswith("runflow-client/")
    assert headers == {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Authorization": "Bearer rf_hidden",
        "X-Organization-Id": "org-1",
        "X-Team": "red",
    }


def test_storage_request_has_user_agent_and_no_key() -> None:
    told: list[Any] = []
    file = upload(b"data")
    request = Request(
        "store_file",
        "PUT",
        "",
        (("Content-Type", "image/png"),),
        file,
        presigned_url="https://s.example/p",
        on_progress=told.append,
    )
    sent = http_request(CONFIGURATION, request)
    (kind, (name, agent)) = sent.headers
    assert (kind, name) == (("Content-Type", "image/png"), "User-Agent")
    assert agent.startswith("runflow-client/")
    assert (sent.method, sent.url, sent.body, sent.on_progress) == ("PUT", "https://s.example/p", file, told.append)
    assert sent.is_presigned and not http_request(CONFIGURATION, Request("some_operation", "GET", "/")).is_presigned
    assert repr(sent) == "HTTPRequest(method='PUT')"
    assert repr(request) == "Request(operation='store_file', method='PUT', target='')"


@pytest.mark.parametrize(
    ("url", "origin", "header", "target"),
    [
        ("https://a.example/b/c?d=/e", "https://a.example:443", "a.example", "/b/c?d=/e"),
        ("http://127.0.0.1", "http://127.0.0.1:80", "127.0.0.1", "/"),
        ("http://127.0.0.1:8000?x=1#y", "http://127.0.0.1:8000", "127.0.0.1:8000", "/?x=1"),
        ("https://[::1]:8/x", "https://[::1]:8", "[::1]:8", "/x"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]:443", "[2001:db8::1]", "/"),
        ("http://a.example:443", "http://a.example:443", "a.example:443", "/"),
        ("https://user:pass@a.example/", "https://a.example:443", "a.example", "/"),
    ],
)
def test_a_url_is_split_into_origin_and_target(url: str, origin: str, header: str, target: str) -> None:
    found, path = origin_and_target(url)
    assert (str(found), found.host_header, path) == (origin, header, target)
    assert found.authority == origin.partition("://")[2]
    assert origin_of(url) == origin


@pytest.mark.parametrize("url", ["ftp://a.example", "a.example", "https://", "https:///x", "https://a.example:port/"])
def test_no_url_has_no_origin(url: str) -> None:
    with pytest.raises(ValueError):
        origin_and_target(url)
    assert origin_of(url) == ""


def test_an_origin_is_secure_over_https_alone() -> None:
    assert Origin("https", "a", 1).is_secure and not Origin("http", "a", 1).is_secure
