"""The proxies that the environment names, and which of them cannot be used."""

from __future__ import annotations

import base64

import pytest

from runflow_client import errors
from runflow_client.runtime.transport.connections.proxies import Proxy, environment_proxy
from runflow_client.runtime.transport.requests import Origin, origin_and_target

NAMES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def proxy_of(url: str) -> Proxy | None:
    return environment_proxy(origin_and_target(url)[0])


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, "https://a.example", None),
        ({"HTTPS_PROXY": "http://p.example"}, "https://a.example", "http://p.example:80"),
        ({"https_proxy": "http://p.example"}, "https://a.example", "http://p.example:80"),
        ({"HTTPS_PROXY": "https://p.example"}, "https://a.example", "https://p.example:443"),
        ({"HTTPS_PROXY": "p.example:8"}, "https://a.example", "http://p.example:8"),
        ({"HTTPS_PROXY": "http://[::1]:3128"}, "https://a.example", "http://[::1]:3128"),
        ({"HTTPS_PROXY": "http://bücher.example"}, "https://a.example", "http://xn--bcher-kva.example:80"),
        ({"HTTPS_PROXY": "http://p.example"}, "http://a.example", None),
        ({"HTTP_PROXY": "http://p.example"}, "http://a.example", "http://p.example:80"),
        ({"ALL_PROXY": "http://p.example"}, "https://a.example", "http://p.example:80"),
        ({"ALL_PROXY": "http://p.example"}, "http://127.0.0.1:8", None),
        ({"ALL_PROXY": "http://p.example"}, "http://localhost", None),
        ({"ALL_PROXY": "http://p.example"}, "https://[::1]:8", None),
        ({"ALL_PROXY": "http://p.example", "NO_PROXY": "a.example"}, "https://a.example", None),
        ({"ALL_PROXY": "http://p.example", "NO_PROXY": "a.example:443"}, "https://a.example", None),
        ({"ALL_PROXY": "http://p.example", "NO_PROXY": "a.example:8443"}, "https://a.example:8443", None),
        ({"ALL_PROXY": "http://p.example", "NO_PROXY": "a.example:8443"}, "https://a.example", "http://p.example:80"),
        ({"ALL_PROXY": "http://p.example", "no_proxy": "example"}, "https://a.example", None),
        ({"ALL_PROXY": "http://p.example", "NO_PROXY": "b.example"}, "https://a.example", "http://p.example:80"),
        ({"HTTPS_PROXY": ""}, "https://a.example", None),
    ],
)
def test_the_environment_names_the_proxy_of_an_origin(
    variables: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = proxy_of(url)
    assert (None if found is None else str(found.origin)) == proxy


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_proxy_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name.lower() == "no_proxy":
        monkeypatch.setenv("ALL_PROXY", "http://p.example")
        assert proxy_of("https://a.example") is not None
        monkeypatch.setenv(name, "a.example")
        assert proxy_of("https://a.example") is None
    else:
        url = f"{name.lower().partition('_')[0].replace('all', 'https')}://a.example"
        assert proxy_of(url) is None
        monkeypatch.setenv(name, "http://q.example")
        assert proxy_of(url) == Proxy(Origin("http", "q.example", 80))


@pytest.mark.parametrize(
    ("login", "text"),
    [
        ("user:pass@", "user:pass"),
        ("us%40er:p%3Ass@", "us@er:p:ss"),
        ("user@", "user:"),
        (":word@", ":word"),
        ("us%C3%A9r:p%E2%82%ACss@", "usér:p€ss"),
        ("usér:p€ss@", "usér:p€ss"),
    ],
)
def test_a_proxys_login_goes_as_utf8_into_a_header(login: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{login}p.example:1")
    proxy = proxy_of("https://a.example")
    assert proxy is not None
    assert proxy.origin == Origin("http", "p.example", 1)
    ((name, value),) = proxy.headers
    assert name == "Proxy-Authorization"
    assert base64.b64decode(value.removeprefix("Basic ")).decode() == text
    assert text not in repr(proxy) and value not in repr(proxy)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "socks5://user:pass@p.example",
            "the environment names a socks5 proxy, which is not supported: use an http:// or https:// proxy, add the host "
            "to NO_PROXY, or pass an http_client that supports it",
        ),
        ("://user:pass@p.example", "the environment names a nameless proxy, "),
        ("http://", "the environment names a http proxy, "),
        ("http://user:pass@p.example:0", "the environment names a http proxy, "),
        (
            "http://user:pass@p.example:port",
            "the environment names a proxy whose URL cannot be read: it must be as in http://proxy.example.com:3128",
        ),
        ("http://user:pass@p.example:70000", "the environment names a proxy whose URL cannot be read"),
        ("http://user:pass@[::1", "the environment names a proxy whose URL cannot be read"),
        (f"http://user:pass@{'x' * 70}.example", "the environment names a proxy whose URL cannot be read"),
    ],
)
def test_an_unusable_proxy_is_named_without_its_password(url: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(errors.ConfigurationError) as caught:
        proxy_of("https://a.example")
    assert str(caught.value).startswith(words)
    assert "pass:" not in str(caught.value) and "user" not in str(caught.value)
