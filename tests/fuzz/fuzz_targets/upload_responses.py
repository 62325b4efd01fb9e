"""Responses to an upload and to a submit.

The file is sent only to an https URL without user information; any other URL raises a library error. A submit response
without an id raises an error with the key.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator
from typing import Any

from fuzz_targets.properties import parse_response, play
from runflow_client import Evaluation, errors
from runflow_client.flows import assets, submitting
from runflow_client.flows.base.context import Context
from runflow_client.flows.base.responses import CallInfo
from runflow_client.flows.base.steps import Flow, Send
from runflow_client.models.asset import Asset
from runflow_client.models.evaluation_request import EvaluationRequest
from runflow_client.runtime.files.uploads import open_to_send

PICTURE = b"\x89PNG\r\n\x1a\n and so on"
_SAFE = re.compile(r"https://(?![^/?#]*@)[\x21-\x7e]+", re.IGNORECASE)


def check(data: bytes) -> None:
    response = parse_response(data)
    asset = play(_upload, response)
    assert isinstance(asset, (Asset, errors.RunflowError))
    found = play(_submit, response)
    if isinstance(found, Evaluation):
        assert isinstance(found.id, str) and found.id
    else:
        assert isinstance(found, errors.RunflowError)
        assert found.idempotency_key == "my-key"


def _submit(context: Context) -> Flow[Evaluation]:
    submission = EvaluationRequest(image="https://example.com/a.png", task_type="headshot", idempotency_key="my-key")
    return submitting.submit(context, submission)


def _upload(context: Context) -> Flow[Asset]:
    about = CallInfo("uploading a picture", idempotency_key="my-key")
    return _watched(assets.send_file(context, open_to_send(PICTURE, "source", None, None), about, math.inf))


def _watched(flow: Flow[Asset]) -> Generator[Any, Any, Asset]:
    reply: Any = None
    try:
        while True:
            step = flow.send(reply)
            if isinstance(step, Send) and step.request.presigned_url is not None:
                assert _SAFE.fullmatch(step.request.presigned_url), step.request.presigned_url
            reply = yield step
    except StopIteration as end:
        return end.value
