"""The exact message of every rejected setting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runflow_client import errors
from runflow_client.runtime.configuration import configure


def conf(key: Any = "rf_hidden", url: Any = None, headers: Any = None) -> None:
    configure(key, None, url, headers, {"HOME": "/home/me"})


SITUATIONS: list[Any] = [
    (
        lambda: conf(None),
        errors.ConfigurationError,
        None,
        'no API key: pass api_key=, set the environment variable RUNFLOW_API_KEY, or store it as "api_key" '
        "in /home/me/.config/runflow/credentials.json (create a key at app.runflow.io/settings/api-keys)",
    ),
    (
        lambda: conf("a b"),
        errors.ConfigurationError,
        None,
        "the API key must be printable ASCII characters without spaces; check it for a line break or a space",
    ),
    (
        lambda: conf(url="ftp://a.example"),
        errors.ConfigurationError,
        None,
        "the base URL must begin with https:// (http:// only for this machine's own addresses), not "
        "ftp://: the key would be sent unencrypted",
    ),
    (
        lambda: conf(url="nonsense"),
        errors.ConfigurationError,
        None,
        "the base URL must be a scheme, a host and perhaps a path, as in https://api.runflow.io",
    ),
    (
        lambda: conf(url="https://u@a.example"),
        errors.ConfigurationError,
        None,
        "the base URL must be a scheme, a host and perhaps a path, as in https://api.runflow.io",
    ),
    (
        lambda: conf(headers={"Authorization": "x"}),
        errors.ConfigurationError,
        None,
        "default_headers cannot set Authorization: pass the key as api_key=",
    ),
    (
        lambda: conf(headers={"a b": "x"}),
        errors.ConfigurationError,
        None,
        "the name of a header must be ASCII letters, digits, - and _, not 'a b'",
    ),
    (
        lambda: conf(headers={"X-A": "a\nb"}),
        errors.ConfigurationError,
        None,
        "the value of the header X-A must be a string of printable ASCII characters, without spaces at either end",
    ),
    (lambda: conf(headers=["a"]), errors.ConfigurationError, None, "default_headers must be a dict, not list"),
    (
        lambda: conf(headers={"Host": "x"}),
        errors.ConfigurationError,
        None,
        "default_headers cannot set Host: each request sets it itself",
    ),
]


@pytest.mark.parametrize(("situation", "kind", "argument", "words"), SITUATIONS)
def test_rejected_setting_message_names_accepted_values(
    situation: Callable[[], Any], kind: type[errors.RunflowError], argument: str | None, words: str
) -> None:
    with pytest.raises(kind) as caught:
        situation()
    assert type(caught.value) is kind
    assert str(caught.value) == words
    assert getattr(caught.value, "argument", None) == argument
