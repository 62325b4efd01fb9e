"""The requests and responses of the callback secret methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from player import LOST, Player

from runflow_client import errors
from runflow_client.flows import account
from runflow_client.flows.base.context import Context
from runflow_client.flows.base.policies import RetryPolicy
from runflow_client.flows.base.steps import Flow

ID = "0193f0a0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    "flow",
    [
        lambda context: account.get_secret(context, "no uuid"),
        lambda context: account.get_secret(context, None),
        lambda context: account.update_secret(context, None, "a", None),
        lambda context: account.update_secret(context, "no uuid", "a", None),
        lambda context: account.delete_secret(context, ""),
        lambda context: account.delete_secret(context, None),
    ],
)
def test_invalid_secret_id_error_names_argument_id(flow: Callable[[Context], Flow[Any]]) -> None:
    player = Player([])
    with pytest.raises(errors.InvalidRequestError) as caught:
        player.run(flow(player.context))
    assert caught.value.argument == "id"


def test_secret_update_without_change_is_rejected() -> None:
    player = Player([])
    with pytest.raises(errors.InvalidRequestError, match="^nothing to change: give label or is_current$") as caught:
        player.run(account.update_secret(player.context, ID, None, None))
    assert caught.value.argument == "label"


def test_secret_creation_failure_warns_of_duplicate() -> None:
    player = Player([LOST], retries=RetryPolicy(attempts=1))
    with pytest.raises(errors.ConnectionFailedError, match="calling again may do it twice") as caught:
        player.run(account.create_secret(player.context, "main"))
    assert "idempotency_key" not in str(caught.value)
