"""List and account responses: each read function returns its models or raises a library error.

The content of the page and its cursor are arbitrary. The models keep every field and have a bounded repr.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fuzz_targets.properties import assert_clean, assert_kept, parse_response, play
from runflow_client import errors
from runflow_client.flows import account, assets, callback_secrets, evaluations
from runflow_client.flows.base.context import Context
from runflow_client.flows.base.json_reading import read_json
from runflow_client.flows.base.responses import UnexpectedBodyError, read_page
from runflow_client.flows.base.steps import Flow

LISTS: list[Callable[[Context], Flow[Any]]] = [
    lambda context: evaluations.for_run(context, "11111111-2222-3333-4444-555555555555"),
    evaluations.job_classes,
    evaluations.statuses,
    assets.types,
]
OBJECTS: list[Callable[[Context], Flow[Any]]] = [
    account.me,
    account.balance,
    account.health,
    lambda context: callback_secrets.create(context, "label"),
    lambda context: assets.get(context, "11111111-2222-3333-4444-555555555555"),
]


def check(data: bytes) -> None:
    response = parse_response(data)
    try:
        rows = read_page(response).items
    except UnexpectedBodyError:
        rows = None
    for flow in LISTS:
        found = play(flow, response)
        if not isinstance(found, errors.RunflowError):
            assert rows is not None and len(found) >= len(rows)
            for row, model in zip(rows, found, strict=False):
                assert_model(row, model)
    sent = read_json(response.body)
    for flow in OBJECTS:
        found = play(flow, response)
        if not isinstance(found, errors.RunflowError):
            assert_model(sent, found)


def assert_model(sent: Any, found: Any) -> None:
    assert_kept(sent, found.to_dict())
    text = repr(found)
    assert len(text) <= 300, f"a repr of {len(text)} characters"
    assert_clean(text)
