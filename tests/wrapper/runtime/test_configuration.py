from __future__ import annotations

from typing import Any

import pytest

from runflow_client import errors
from runflow_client.runtime.configuration import configure

KEY = "rf_live_abc"


def test_arguments_override_environment() -> None:
    environment = {
        "RUNFLOW_API_KEY": "rf_env",
        "RUNFLOW_BASE_URL": "https://env.example",
        "RUNFLOW_ORGANIZATION_ID": "org-env",
    }
    given = configure("rf_arg", "org-arg", "https://arg.example/", {"X-Team": "a"}, environment)
    assert given.base_url == "https://arg.example"
    sent = dict(given.headers_with_key(()))
    assert sent["Authorization"] == "Bearer rf_arg"
    assert sent["X-Organization-Id"] == "org-arg"
    assert sent["X-Team"] == "a"
    found = configure(None, None, None, None, environment)
    assert found.base_url == "https://env.example"
    assert dict(found.headers_with_key(()))["X-Organization-Id"] == "org-env"
    assert dict(found.headers_with_key(()))["Authorization"] == "Bearer rf_env"


def test_default_base_url_is_public_service() -> None:
    assert configure(KEY, None, None, None, {}).base_url == "https://api.runflow.io"
    assert "X-Organization-Id" not in dict(configure(KEY, None, None, None, {}).headers_with_key(()))


def test_missing_api_key_error_names_all_sources() -> None:
    for key in (None, ""):
        with pytest.raises(errors.ConfigurationError, match="api_key=.*RUNFLOW_API_KEY"):
            configure(key, None, None, None, {})


@pytest.mark.parametrize("key", ["rf_live_abc\n", "rf live", "ключ", "a\r\nX-Evil: 1", "\x00"])
def test_api_key_invalid_in_header_is_rejected_and_not_shown(key: str) -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        configure(key, None, None, None, {})
    assert key.strip() not in str(caught.value)


@pytest.mark.parametrize("key", ["rf_live_x", "rfk_x", "rf_x", "anything-else.1"])
def test_api_key_with_any_prefix_is_accepted(key: str) -> None:
    assert configure(key, None, None, None, {}).api_key.reveal() == key


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:80/api", "https://x.example/v"]
)
def test_https_and_loopback_base_urls_are_accepted(url: str) -> None:
    assert configure(KEY, None, url, None, {}).base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.runflow.io",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "ftp://api.runflow.io",
        "api.runflow.io",
        "https://",
        "https://user:pass@api.runflow.io",
        "https://api.runflow.io?x=1",
        "https://api.runflow.io#x",
        "https://api.runflow.io\n",
        "https://api.runflow.io:99999",
        "https://[::1",
        "file:///etc/passwd",
    ],
)
def test_insecure_or_malformed_base_url_is_rejected(url: str) -> None:
    with pytest.raises(errors.ConfigurationError):
        configure(KEY, None, url, None, {})


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "x"},
        {"authorization": "x"},
        {"X-A": "a\r\nb: c"},
        {"X A": "a"},
        {"": "a"},
        {"X-A": 5},
        {"X\n": "a"},
    ],
)
def test_invalid_or_reserved_default_headers_are_rejected(headers: dict[str, Any]) -> None:
    with pytest.raises(errors.ConfigurationError):
        configure(KEY, None, None, headers, {})


def test_organization_invalid_in_header_is_rejected() -> None:
    with pytest.raises(errors.ConfigurationError, match="X-Organization-Id"):
        configure(KEY, "a\nb", None, None, {})


def test_request_header_overrides_default_header() -> None:
    given = configure(KEY, None, None, {"Accept": "text/plain", "User-Agent": "mine"}, {})
    sent = given.headers_with_key((("accept", "application/json"),))
    assert [value for name, value in sent if name.lower() == "accept"] == ["application/json"]


@pytest.mark.parametrize("url", ["https://api.example/v1", "https://api.example/v1/", "http://127.0.0.1:8000/v1"])
def test_base_url_ending_in_v1_is_rejected(url: str) -> None:
    with pytest.raises(errors.ConfigurationError, match="must not end in /v1"):
        configure(KEY, None, url, None, {})


@pytest.mark.parametrize("url", ["https://api.example?", "https://api.example/#", "https://api.example#"])
def test_base_url_with_empty_query_or_fragment_is_rejected(url: str) -> None:
    with pytest.raises(errors.ConfigurationError, match="must be a scheme, a host and perhaps a path"):
        configure(KEY, None, url, None, {})


@pytest.mark.parametrize("value", ["", "  "])
@pytest.mark.parametrize("name", ["RUNFLOW_API_KEY", "RUNFLOW_BASE_URL", "RUNFLOW_ORGANIZATION_ID"])
def test_variable_set_but_empty_is_rejected(name: str, value: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=f"{name} is set but empty"):
        configure(None, None, None, None, {"RUNFLOW_API_KEY": KEY, name: value})
