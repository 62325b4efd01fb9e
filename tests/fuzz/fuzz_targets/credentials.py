"""The credentials file, the base URL and the organization give a valid configuration or a ConfigurationError without the key.

The data is the base URL, the organization, and the content of the file, separated by line breaks.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from fuzz_targets.properties import assert_sound
from runflow_client import errors
from runflow_client.runtime.configuration import Configuration, configure

_FOLDER = tempfile.TemporaryDirectory(prefix="runflow-fuzz-")
_FILE = Path(_FOLDER.name) / "runflow" / "credentials.json"


def check(data: bytes) -> None:
    url, _, rest = data.partition(b"\n")
    organization, _, content = rest.partition(b"\n")
    _FILE.parent.mkdir(exist_ok=True)
    _FILE.write_bytes(content)
    environment = {
        "XDG_CONFIG_HOME": _FOLDER.name,
        "APPDATA": _FOLDER.name,
        "RUNFLOW_BASE_URL": url.decode("utf-8", "surrogateescape"),
        "RUNFLOW_ORGANIZATION_ID": organization.decode("utf-8", "surrogateescape"),
    }
    try:
        configuration = configure(None, None, None, None, environment)
    except errors.ConfigurationError as error:
        _assert_silent(error, _key_of(content))
        return
    _assert_sendable(configuration, content)


def _assert_silent(error: errors.ConfigurationError, key: str | None) -> None:
    assert_sound(error)
    assert key is None or len(key) < 8 or key not in str(error)


def _key_of(content: bytes) -> str | None:
    try:
        stored = json.loads(content)
    except (ValueError, RecursionError):
        return None
    key = stored.get("api_key") if isinstance(stored, dict) else None
    return key if isinstance(key, str) else None


def _assert_sendable(configuration: Configuration, content: bytes) -> None:
    key = configuration.api_key.reveal()
    assert key == _key_of(content)
    public = (configuration.base_url, configuration.organization_id or "")
    assert len(key) < 8 or key not in repr(configuration) or any(key in text for text in public)
    parts = urlsplit(configuration.base_url)
    assert parts.scheme == "https" or configuration.is_local
    assert parts.hostname and not parts.username and not parts.query and not parts.fragment
    assert parts.port is None or 0 <= parts.port <= 65_535
    for name, value in configuration.headers_with_key((("Accept", "application/json"),)):
        f"{name}: {value}".encode("ascii")
        assert value.isprintable() and "\n" not in value
