"""Properties that all targets share: no secret in a text, bounded texts, and errors that pickle."""

from __future__ import annotations

import copy
import json
import pickle
import re
from collections.abc import Callable
from typing import Any

from player import Player

from runflow_api.decoding import read_datetime
from runflow_client._redaction import Secret, redactor
from runflow_client.errors import RunflowError
from runflow_client.flows.base.context import Context
from runflow_client.flows.base.policies import RetryPolicy
from runflow_client.flows.base.steps import Flow, Response

KEY = "rf_live_fuzz0secret"
REDACT = redactor([Secret(KEY)])
LONGEST_MESSAGE = 4_000
"""Characters of an error message at most, whatever the server sent."""
LONGEST_LINE = 300

# Independent of the client's own patterns: a URL that still has its query, and image data in a text.
_QUERY = re.compile(r"https?://[^\s\"'<>?#]*[?#](?![\[.])[^\s\"'<>]")
_IMAGE = re.compile(r"data:image/[a-z]+;base64,[A-Za-z0-9+/]")


def parse_response(data: bytes, status: int = 200) -> Response:
    """Parse a response: status line, header lines, an empty line, body; without an empty line all data is the body."""
    head, blank, body = data.partition(b"\n\n")
    if not blank:
        return Response(status, {}, data)
    first, *lines = head.decode("latin-1").split("\n")
    if re.fullmatch(r"[0-9]{3}", first):
        status = max(100, int(first))
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Response(status, headers, body)


def play(flow: Callable[[Context], Flow[Any]], response: Response) -> Any:
    """Run a flow that always gets this response, and return its value or the library error that it raised."""
    player = Player([response], retries=RetryPolicy(attempts=2))
    player.context = player.context._replace(redact=REDACT)
    try:
        return player.run(flow(player.context))
    except RunflowError as error:
        assert_sound(error)
        return error
    finally:
        for line in map(repr, player.events):
            assert len(line) <= LONGEST_MESSAGE and line.isprintable()
            assert_hidden(line)
        assert all(len(line) <= LONGEST_LINE and line.isprintable() for line in player.submitted)


def assert_sound(error: RunflowError) -> None:
    """Check that an error is bounded, encodes as UTF-8, shows no secret, and survives pickling and copying."""
    text = str(error)
    assert text and len(text) <= LONGEST_MESSAGE, f"{type(error).__name__} of {len(text)} characters"
    text.encode("utf-8")
    assert_hidden(text)
    assert KEY not in repr(error)
    for name, value in vars(error).items():
        assert KEY not in repr(value), name
    for again in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(again) is type(error) and str(again) == text
        assert repr(vars(again)) == repr(vars(error))


def assert_hidden(text: str) -> None:
    """Check that a text holds no API key, image data or URL query."""
    assert KEY not in text
    assert_clean(text)


def assert_clean(text: str) -> None:
    """Check that a text holds no image data or URL query; the text of a model may repeat a key from the server."""
    assert not _QUERY.search(text), _QUERY.search(text)
    assert not _IMAGE.search(text), _IMAGE.search(text)


def assert_kept(sent: Any, kept: Any) -> None:
    """Check that every field and element is kept; only times may be written differently."""
    if isinstance(sent, dict) and isinstance(kept, dict):
        assert sent.keys() <= kept.keys()
        for name, value in sent.items():
            assert_kept(value, kept[name])
    elif isinstance(sent, list) and isinstance(kept, list):
        assert len(sent) == len(kept)
        for one, other in zip(sent, kept, strict=True):
            assert_kept(one, other)
    elif isinstance(sent, str) and sent != kept:
        assert isinstance(kept, str)
        assert read_datetime(sent) == read_datetime(kept) and not isinstance(read_datetime(sent), str), (sent, kept)
    else:
        assert type(sent) is type(kept) and repr(sent) == repr(kept), (sent, kept)


def canonical(value: Any) -> str:
    """Return JSON data as text, so that NaN equals itself."""
    return json.dumps(value, sort_keys=True)
