"""Checks the request of a client method, and the error of a rejected one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from player import Player, keys_of, response

from runflow_client import errors
from runflow_client.flows.base.context import Context
from runflow_client.flows.base.steps import Flow, Request

ID = "0193f0a0-0000-7000-8000-000000000001"
RUN = "0193f0a0-0000-7000-8000-000000000002"
REJECTED = response(403, {"code": "FORBIDDEN"})


@dataclass(frozen=True)
class MethodRequest:
    """The request that a method of a client sends.

    Args:
        name: the id of the test case.
        flow: starts the flow of the method.
        method: the HTTP method.
        target: the path and query.
        body: the JSON data of the body; None for no body.
        operation: the operation as error messages name it.
    """

    name: str
    flow: Callable[[Context], Flow[Any]]
    method: str
    target: str
    body: Any
    operation: str

    def __repr__(self) -> str:
        return self.name


def check_request(expected: MethodRequest) -> None:
    """Run the flow against a server that answers 403, and compare the request and the error."""
    player = Player([REJECTED], timeout=7.0)
    with pytest.raises(errors.PermissionDeniedError) as caught:
        player.run(expected.flow(player.context))
    (request,) = player.requests
    assert (request.method, request.target) == (expected.method, expected.target)
    sent = request.body if request.body is None else json.loads(_bytes(request))
    assert sent == expected.body
    assert str(caught.value).startswith(f"{expected.operation}: the server responded with 403 FORBIDDEN")
    assert player.deadlines == [1_007.0], "the client's timeout ends before the attempt's"
    assert caught.value.evaluation_id == (ID if f"evaluation {ID}" in expected.operation else None)
    generated = "new-key" if expected.method == "POST" else None
    assert keys_of(player.requests) == ({generated} if generated else set())
    assert caught.value.idempotency_key == generated


def read_response(flow: Callable[[Context], Flow[Any]], body: Any) -> Any:
    """Run the flow against a server that answers 200 with this body."""
    player = Player([response(200, body)])
    return player.run(flow(player.context))


def _bytes(request: Request) -> bytes:
    assert isinstance(request.body, bytes)
    return request.body
