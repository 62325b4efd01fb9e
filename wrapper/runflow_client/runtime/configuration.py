"""The configuration of a client: where the key, the base URL and the organization come from, and the headers of every request."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

from .._redaction import Redact, Secret, redactor
from .._urls import has_user, is_encrypted, is_loopback, split_url
from .._version import __version__
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_BASE_URL = "https://api.runflow.io"
USER_AGENT = f"runflow-client/{__version__}"
_SET_BY_EACH_REQUEST = frozenset({"content-length", "host", "idempotency-key", "transfer-encoding"})
_SECRET_HEADER_WORDS = ("authorization", "cookie", "token", "key", "secret")


class Configuration(NamedTuple):
    """The settings that all requests of a client share.

    Args:
        base_url: the scheme, the host and perhaps a path, without a slash at the end.
        api_key: the API key, sent as a bearer token.
        organization_id: sent as `X-Organization-Id`; None for the organization of the key.
        default_headers: the caller's own, sent with every request.
        headers: all headers of every request, except the key.
        redact: cuts the key and other secrets out of a text.
    """

    base_url: str
    api_key: Secret
    organization_id: str | None
    default_headers: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    redact: Redact

    def __repr__(self) -> str:
        return f"Configuration(base_url={self.base_url!r}, api_key={self.api_key!r}, organization_id={self.organization_id!r})"

    @property
    def is_local(self) -> bool:
        """Whether the API is on this machine, as a sandbox server is."""
        parts = split_url(self.base_url)
        return parts is not None and is_loopback(parts.hostname or "")

    def headers_with_key(self, headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
        """Return the headers of one request, including the key."""
        given = {name.lower() for name, _ in headers}
        return [
            *((name, value) for name, value in self.headers if name.lower() not in given),
            *headers,
            ("Authorization", f"Bearer {self.api_key.reveal()}"),
        ]


def configure(
    api_key: str | None,
    organization_id: str | None,
    base_url: str | None,
    default_headers: Mapping[str, str] | None,
    environment: Mapping[str, str] | None = None,
) -> Configuration:
    """Return a client's configuration: from the arguments, and where one is None, from the environment.

    Args:
        api_key: if None, `RUNFLOW_API_KEY`, else the `api_key` of `~/.config/runflow/credentials.json`.
        organization_id: if None, `RUNFLOW_ORGANIZATION_ID`; without either the server uses the key's own organization.
        base_url: if None, `RUNFLOW_BASE_URL`, else the public service; https only, http for loopback addresses.
        default_headers: sent with every request; not `Authorization`.
        environment: the environment variables, `os.environ` by default.

    Raises:
        ConfigurationError: there is no key, or a value is not valid.
    """
    try:
        return _configured(
            api_key, organization_id, base_url, default_headers, os.environ if environment is None else environment
        )
    except ConfigurationError as error:
        problem = error.with_traceback(None)
    # A traceback that prints local variables must not show these, and so lacks the frame of `_configured`.
    del api_key, default_headers, environment
    raise problem


def _configured(
    api_key: str | None,
    organization_id: str | None,
    base_url: str | None,
    default_headers: Mapping[str, str] | None,
    environment: Mapping[str, str],
) -> Configuration:
    key: Any = api_key if api_key is not None else _variable(environment, "RUNFLOW_API_KEY") or _stored_key(environment)
    if not key:
        raise ConfigurationError(
            'no API key: pass api_key=, set the environment variable RUNFLOW_API_KEY, or store it as "api_key" in '
            f"{credentials_path(environment)} (create a key at app.runflow.io/settings/api-keys)"
        )
    if not isinstance(key, str) or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            "the API key must be printable ASCII characters without spaces; check it for a line break or a space"
        )
    organization = organization_id if organization_id is not None else _variable(environment, "RUNFLOW_ORGANIZATION_ID")
    if not isinstance(default_headers, (Mapping, NoneType)):
        raise ConfigurationError(f"default_headers must be a dict, not {type(default_headers).__name__}")
    headers = list((default_headers or {}).items())
    if organization:
        headers.append(("X-Organization-Id", organization))
    for name, value in headers:
        _check_header(name, value)
    if all(name.lower() != "user-agent" for name, _ in headers):
        headers.append(("User-Agent", USER_AGENT))
    secret = Secret(key)
    others = [Secret(value) for name, value in headers if any(word in name.lower() for word in _SECRET_HEADER_WORDS)]
    url = _checked_base_url(base_url or _variable(environment, "RUNFLOW_BASE_URL") or DEFAULT_BASE_URL)
    return Configuration(
        base_url=url,
        api_key=secret,
        organization_id=organization or None,
        default_headers=dict(default_headers or {}),
        headers=tuple(headers),
        redact=redactor([secret, *others]),
    )


def _variable(environment: Mapping[str, str], name: str) -> str | None:
    """Return an environment variable, None if it is not set; raise if it is set but empty."""
    value = environment.get(name)
    if value is not None and not value.strip():
        raise ConfigurationError(f"the environment variable {name} is set but empty: give it a value, or unset it")
    return value


def credentials_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the credentials file: below XDG_CONFIG_HOME, on Windows below APPDATA."""
    from pathlib import Path  # imported late, as json below: most keys are passed, or stand in the environment

    if os.name == "nt":  # pragma: no cover - on Windows alone
        folder = environment.get("APPDATA") or os.path.expanduser(r"~\AppData\Roaming")
    else:
        # A user without a home folder (in some containers) has no file: then `~` stays as it is, and no such folder exists.
        folder = environment.get("XDG_CONFIG_HOME") or (environment.get("HOME") or "~") + "/.config"
        folder = os.path.expanduser(folder)
    return Path(folder) / "runflow" / "credentials.json"


def _stored_key(environment: Mapping[str, str]) -> str | None:
    """Return the key in the credentials file, None if there is no such file."""
    import json

    path = credentials_path(environment)
    try:
        stored = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise ConfigurationError(f"the credentials file {path} cannot be read: {reason}") from None
    key = stored.get("api_key") if isinstance(stored, dict) else None
    if not isinstance(key, str) or not key:
        raise ConfigurationError(f'the credentials file {path} must hold {{"api_key": "..."}}')
    return key


def _check_header(name: object, value: object) -> None:
    if (
        not isinstance(name, str)
        or not name
        or not name.replace("-", "").replace("_", "").isalnum()
        or not name.isascii()
    ):
        raise ConfigurationError(f"the name of a header must be ASCII letters, digits, - and _, not {name!r}")
    if name.lower() == "authorization":
        raise ConfigurationError("default_headers cannot set Authorization: pass the key as api_key=")
    if name.lower() in _SET_BY_EACH_REQUEST:
        raise ConfigurationError(f"default_headers cannot set {name}: each request sets it itself")
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or value != value.strip():
        raise ConfigurationError(
            f"the value of the header {name} must be a string of printable ASCII characters, without spaces at either end"
        )


def _checked_base_url(url: Any) -> str:
    parts = split_url(url)
    if parts is None or has_user(parts) or "?" in url or "#" in url or not url.isascii():
        raise ConfigurationError(
            "the base URL must be a scheme, a host and perhaps a path, as in https://api.runflow.io"
        )
    if not is_encrypted(parts):
        raise ConfigurationError(
            f"the base URL must begin with https:// (http:// only for this machine's own addresses), not {parts.scheme}://: "
            "the key would be sent unencrypted"
        )
    base = str(url).rstrip("/")
    if base.endswith("/v1"):
        raise ConfigurationError("the base URL must not end in /v1, because every request adds it; remove /v1")
    return base
