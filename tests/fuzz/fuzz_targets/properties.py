"""What every target asks of what it gets: nothing secret is shown, nothing grows without bound, everything pickles."""

from __future__ import annotations

import copy
import dataclasses
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
"""Characters that an error's text may have, whatever the server sent."""
LONGEST_LINE = 300

# Written apart from what the client itself looks for: a URL that still has its query, and an image inside a text.
_QUERY = re.compile(r"https?://[^\s\"'<>?#]*[?#](?![\[.])[^\s\"'<>]")
_IMAGE = re.compile(r"data:image/[a-z]+;base64,[A-Za-z0-9+/]")


def response(data: bytes, status: int = 200) -> Response:
    """An answer written like HTTP: the status, header lines, an empty line, the body; without one it is all body."""
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


def play(flow: Callable[[Context], Flow[Any]], answer: Response) -> Any:
    """Run a flow that always gets this answer, and return its value or the error of ours that it raised."""
    player = Player([answer], retries=RetryPolicy(attempts=2))
    player.context = dataclasses.replace(player.context, redact=REDACT)
    try:
        return player.run(flow(player.context))
    except RunflowError as error:
        assert_sound(error)
        return error
    finally:
        for line in player.log:
            assert len(line) <= LONGEST_LINE and line.isprintable()
            assert_hidden(line)


def assert_sound(error: RunflowError) -> None:
    """An error of ours is bounded, printable as UTF-8, shows no secret, and comes back from a pickle as it went in."""
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
    """A text that people read holds neither the key nor image data nor the query of a URL."""
    assert KEY not in text
    assert_clean(text)


def assert_clean(text: str) -> None:
    """The same of a text about a model, which knows no key: it holds what the server said, and shows the plain parts of it."""
    assert not _QUERY.search(text), _QUERY.search(text)
    assert not _IMAGE.search(text), _IMAGE.search(text)


def assert_kept(sent: Any, kept: Any) -> None:
    """What was sent is all there: each field and each element, unchanged but for times written in another way."""
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
    """JSON data as one text, so that NaN equals itself."""
    return json.dumps(value, sort_keys=True)
