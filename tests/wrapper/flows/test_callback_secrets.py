"""The requests and responses of the callback secret methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from method_requests import ID, MethodRequest, check_request, read_response
from player import BROKEN, Player

from runflow_client import errors
from runflow_client.flows import callback_secrets
from runflow_client.flows.base.context import Context
from runflow_client.flows.base.policies import RetryPolicy
from runflow_client.flows.base.steps import Flow

REQUESTS = [
    MethodRequest(
        "create secret",
        lambda context: callback_secrets.create(context, "main"),
        "POST",
        "/v1/callback-secrets",
        {"label": "main"},
        "creating a callback secret",
    ),
    MethodRequest(
        "get secret",
        lambda context: callback_secrets.get(context, ID),
        "GET",
        f"/v1/callback-secrets/{ID}",
        None,
        f"getting callback secret {ID}",
    ),
    MethodRequest(
        "relabel secret",
        lambda context: callback_secrets.update(context, ID, "new", None),
        "PATCH",
        f"/v1/callback-secrets/{ID}",
        {"label": "new"},
        f"changing callback secret {ID}",
    ),
    MethodRequest(
        "retire secret",
        lambda context: callback_secrets.update(context, ID, None, False),
        "PATCH",
        f"/v1/callback-secrets/{ID}",
        {"is_current": False},
        f"changing callback secret {ID}",
    ),
    MethodRequest(
        "delete secret",
        lambda context: callback_secrets.delete(context, ID),
        "DELETE",
        f"/v1/callback-secrets/{ID}",
        None,
        f"deleting callback secret {ID}",
    ),
]


@pytest.mark.parametrize("expected", REQUESTS, ids=repr)
def test_method_sends_its_request_and_error_names_operation(expected: MethodRequest) -> None:
    check_request(expected)


def test_responses_are_read_as_callback_secrets() -> None:
    created = read_response(lambda context: callback_secrets.create(context, "a"), {"id": ID, "label": "a"})
    assert created.label == "a"
    assert read_response(lambda context: callback_secrets.get(context, ID), {"id": ID}).id == ID
    assert read_response(lambda context: callback_secrets.update(context, ID, "b", True), {"label": "b"}).label == "b"
    assert read_response(lambda context: callback_secrets.delete(context, ID), None) is None


@pytest.mark.parametrize(
    "flow",
    [
        lambda context: callback_secrets.get(context, "no uuid"),
        lambda context: callback_secrets.get(context, None),
        lambda context: callback_secrets.update(context, None, "a", None),
        lambda context: callback_secrets.update(context, "no uuid", "a", None),
        lambda context: callback_secrets.delete(context, ""),
        lambda context: callback_secrets.delete(context, None),
    ],
)
def test_invalid_secret_id_error_names_argument_id(flow: Callable[[Context], Flow[Any]]) -> None:
    player = Player([])
    with pytest.raises(errors.InvalidRequestError) as caught:
        player.run(flow(player.context))
    assert caught.value.argument == "id"


def test_secret_update_without_change_is_rejected() -> None:
    player = Player([])
    with pytest.raises(errors.InvalidRequestError, match="^nothing to change: pass label or is_current$") as caught:
        player.run(callback_secrets.update(player.context, ID, None, None))
    assert caught.value.argument == "label"


def test_secret_creation_failure_warns_of_duplicate() -> None:
    player = Player([BROKEN], retries=RetryPolicy(attempts=1))
    with pytest.raises(errors.ConnectionFailedError, match="calling again may do it twice") as caught:
        player.run(callback_secrets.create(player.context, "main"))
    assert "idempotency_key" not in str(caught.value)
