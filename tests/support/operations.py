"""Every method of a client, with valid arguments."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runflow_api.api.account import get_health
from runflow_api.api.webhooks import create_callback_secret
from runflow_api.models.create_callback_secret_request import CreateCallbackSecretRequest
from runflow_client.models.images import ReferenceImage

_LABEL = CreateCallbackSecretRequest(label="mine")
ID = "0193f0a0-0000-7000-8000-000000000001"


@dataclass(frozen=True)
class Operation:
    """One method of a client.

    Args:
        name: the method, as in the documentation.
        do: makes the call, given the client, a picture, and the id of an existing evaluation.
        about_evaluation: whether its arguments name an evaluation.
        files: the number of files that it may upload; each has its own deadline at the default timeout.
    """

    name: str
    do: Callable[[Any, Any, str], Any]
    about_evaluation: bool = False
    files: int = 0

    def __repr__(self) -> str:
        return self.name


OPERATIONS = (
    Operation("evaluations.submit", lambda c, picture, _: c.evaluations.submit(picture, "headshot"), files=1),
    Operation(
        "evaluations.submit with references",
        lambda c, picture, _: c.evaluations.submit(
            io.BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(1_100_000)), "headshot", reference_images=[ReferenceImage(picture)]
        ),
        files=2,
    ),
    Operation("evaluations.get", lambda c, _, known: c.evaluations.get(known), True),
    Operation(
        "evaluations.set_feedback", lambda c, _, known: c.evaluations.set_feedback(known, False, reason="b"), True
    ),
    Operation("evaluations.clear_feedback", lambda c, _, known: c.evaluations.clear_feedback(known), True),
    Operation("evaluations.for_run", lambda c, _, known: c.evaluations.for_run(ID)),
    Operation("evaluations.job_classes", lambda c, *_: c.evaluations.job_classes()),
    Operation("evaluations.statuses", lambda c, *_: c.evaluations.statuses()),
    Operation("assets.upload", lambda c, picture, _: c.assets.upload(picture, filename="a.png"), files=1),
    Operation("assets.get", lambda c, *_: c.assets.get(ID)),
    Operation("assets.types", lambda c, *_: c.assets.types()),
    Operation("callback_secrets.create", lambda c, *_: c.callback_secrets.create("mine")),
    Operation("callback_secrets.get", lambda c, *_: c.callback_secrets.get(ID)),
    Operation("callback_secrets.update", lambda c, *_: c.callback_secrets.update(ID, label="b")),
    Operation("callback_secrets.delete", lambda c, *_: c.callback_secrets.delete(ID)),
    Operation("account.me", lambda c, *_: c.account.me()),
    Operation("account.balance", lambda c, *_: c.account.balance()),
    Operation("account.health", lambda c, *_: c.account.health()),
    Operation("send", lambda c, *_: c.send(get_health.operation())),
    Operation("send a POST", lambda c, *_: c.send(create_callback_secret.operation(body=_LABEL), raw=True)),
)
