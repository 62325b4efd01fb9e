"""Sources of the API key, headers of every request, loopback hosts and redaction."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from runflow_client import __version__, errors
from runflow_client.runtime.configuration import Configuration, configure, is_loopback

KEY = "rf_live_abc"


def configured(key: str | None = KEY, **changes: Any) -> Configuration:
    options = {"organization_id": None, "base_url": None, "default_headers": None, "environment": {}, **changes}
    return configure(key, **options)


def stored(folder: Path, content: str) -> Path:
    path = folder / "runflow" / "credentials.json"
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.skipif(os.name == "nt", reason="Windows uses APPDATA")
def test_stored_key_is_read_from_config_home(tmp_path: Path) -> None:
    stored(tmp_path / "config", json.dumps({"api_key": "rf_config"}))
    stored(tmp_path / "home" / ".config", json.dumps({"api_key": "rf_home"}))
    home = {"HOME": str(tmp_path / "home")}
    config = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    assert configured(None, environment=home).api_key.reveal() == "rf_home"
    assert configured(None, environment={**home, **config}).api_key.reveal() == "rf_config"
    assert configured(None, environment={**home, "XDG_CONFIG_HOME": ""}).api_key.reveal() == "rf_home"
    assert configured(None, environment={**home, "RUNFLOW_API_KEY": "rf_env"}).api_key.reveal() == "rf_env"
    assert configured("rf_arg", environment={**home, "RUNFLOW_API_KEY": "rf_env"}).api_key.reveal() == "rf_arg"


@pytest.mark.skipif(os.name == "nt", reason="Windows names the home directory differently")
def test_home_directory_is_used_without_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path / ".config", json.dumps({"api_key": "rf_home"}))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert configured(None).api_key.reveal() == "rf_home"


def test_process_environment_is_used_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFLOW_API_KEY", "rf_process")
    monkeypatch.setenv("RUNFLOW_BASE_URL", "https://process.example")
    found = configured(None, environment=None)
    assert (found.api_key.reveal(), found.base_url) == ("rf_process", "https://process.example")


@pytest.mark.parametrize("content", ["[]", "{}", '{"api_key": 5}', '{"api_key": ""}', '"rf"', '{"API_KEY": "rf"}'])
def test_credentials_file_without_key_error_shows_required_form(tmp_path: Path, content: str) -> None:
    path = stored(tmp_path, content)
    with pytest.raises(errors.ConfigurationError) as caught:
        configured(None, environment={"XDG_CONFIG_HOME": str(tmp_path)})
    assert str(caught.value) == f'the credentials file {path} must hold {{"api_key": "..."}}'


@pytest.mark.parametrize("content", ["{", "", "[" * 100_000])
def test_credentials_file_not_json_raises_configuration_error(tmp_path: Path, content: str) -> None:
    path = stored(tmp_path, content)
    with pytest.raises(errors.ConfigurationError) as caught:
        configured(None, environment={"XDG_CONFIG_HOME": str(tmp_path)})
    assert str(caught.value) == f"the credentials file {path} cannot be read: it is not JSON"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_unreadable_credentials_file_raises_and_missing_one_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "runflow" / "credentials.json").mkdir(parents=True)
    with pytest.raises(errors.ConfigurationError, match="cannot be read: Is a directory"):
        configured(None, environment={"XDG_CONFIG_HOME": str(tmp_path)})
    (tmp_path / "file").touch()
    for nowhere in ("file", "missing"):
        with pytest.raises(errors.ConfigurationError, match="no API key"):
            configured(None, environment={"XDG_CONFIG_HOME": str(tmp_path / nowhere)})


def test_user_agent_defaults_to_client_name() -> None:
    assert ("User-Agent", f"runflow-client/{__version__}") in configured().headers
    for name in ("User-Agent", "user-agent", "USER-AGENT"):
        assert configured(default_headers={name: "mine"}).headers == ((name, "mine"),)


def test_given_options_are_readable() -> None:
    found = configured(organization_id="org-1", default_headers={"X-A": "1"}, base_url="https://a.example/v/")
    assert (found.organization_id, found.default_headers) == ("org-1", {"X-A": "1"})
    assert found.headers[:2] == (("X-A", "1"), ("X-Organization-Id", "org-1"))
    assert found.base_url == "https://a.example/v"
    for nobody in ("", None):
        bare = configured(organization_id=nobody)
        assert (bare.organization_id, bare.default_headers) == (None, {})
        assert [name for name, _ in bare.headers] == ["User-Agent"]
    assert configured(organization_id="", environment={"RUNFLOW_ORGANIZATION_ID": "org-2"}).organization_id is None
    assert configured(environment={"RUNFLOW_ORGANIZATION_ID": "org-2"}).organization_id == "org-2"


@pytest.mark.parametrize("name", ["Proxy-Authorization", "Cookie", "X-Token", "X-API-KEY", "x-secret-thing"])
def test_api_key_and_secret_headers_are_redacted(name: str) -> None:
    found = configured(default_headers={name: "s3cr3t-value", "X-Team": "blue"}, organization_id="org-1")
    text = found.redact(f"{KEY} s3cr3t-value blue org-1 None")
    assert text == "[secret cut] [secret cut] blue org-1 None"


def test_request_headers_replace_default_headers_in_order() -> None:
    found = configured(default_headers={"Accept": "a", "X-B": "b"})
    headers = found.headers_with_key((("accept", "c"), ("X-C", "c")))
    assert headers[0] == ("X-B", "b")
    assert headers[2:] == [("accept", "c"), ("X-C", "c"), ("Authorization", f"Bearer {KEY}")]


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.0.3", True),
        ("::1", True),
        ("127.0.1", False),
        ("127.0.0.1.5", False),
        ("127.0.0.x", False),
        ("127.evil.example.com", False),
        ("128.0.0.1", False),
        ("10.0.0.1", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_is_loopback_accepts_only_loopback_hosts(host: str, local: bool) -> None:
    assert is_loopback(host) == local
    if host and ":" not in host:
        assert configured(base_url=f"https://{host}").is_local == local


def test_trailing_slashes_are_removed_from_base_url() -> None:
    assert configured(base_url="https://a.example/vX//").base_url == "https://a.example/vX"


@pytest.mark.parametrize(
    "url",
    ["https://user@a.example", "https://:word@a.example", "https://a.example/a b", "https://a.example/ä", "", 5, b"x"],
)
def test_base_url_with_login_or_invalid_characters_is_rejected(url: Any) -> None:
    if url == "":
        assert configured(base_url=url).base_url == "https://api.runflow.io"
        return
    with pytest.raises(errors.ConfigurationError, match="^the base URL must be a scheme, a host and perhaps a path"):
        configured(base_url=url)


@pytest.mark.parametrize("name", ["", 5, "X A", "Ä", "X:A", None, "-", "_", "-_"])
def test_invalid_header_name_is_rejected(name: Any) -> None:
    with pytest.raises(
        errors.ConfigurationError, match=r"^the name of a header must be ASCII letters, digits, - and _, not "
    ):
        configured(default_headers={name: "x"})


@pytest.mark.parametrize("name", ["Content-Length", "HOST", "idempotency-key", "Transfer-Encoding"])
def test_per_request_header_is_rejected_as_default(name: str) -> None:
    with pytest.raises(
        errors.ConfigurationError, match=f"^default_headers cannot set {name}: each request sets it itself"
    ):
        configured(default_headers={name: "x"})


@pytest.mark.parametrize("name", ["X_A", "X-A", "x1", "X-A-B_C_D"])
def test_other_default_headers_are_accepted(name: str) -> None:
    assert configured(default_headers={name: ""}).headers[0] == (name, "")
