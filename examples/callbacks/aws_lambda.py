"""Callbacks in AWS Lambda, behind a function URL or an HTTP API (payload format 2.0); names of headers come in lower case.

A function is stopped when it has responded, so it gets the evaluation before that, and leaves longer work to a queue such as
SQS. The package needs runflow-client (`pip install --target package /path/to/its/checkout`) and no framework. Set RUNFLOW_API_KEY and
RUNFLOW_CALLBACK_SECRETS. Its instances share no memory: with a DynamoDB table, write a `callbacks.Deduplicator` over conditional puts.
"""

import base64
import os
from typing import Any

from runflow_client import Runflow, callbacks

SECRETS = os.environ["RUNFLOW_CALLBACK_SECRETS"].split(",")  # two during a rotation


def take(callback: callbacks.Callback) -> None:
    with Runflow() as client:
        evaluation = client.evaluations.get(callback.evaluation_id)
    verdict = "no verdict" if evaluation.verdict is None else evaluation.verdict.value
    print(f"{evaluation.client_ref}: {verdict}", flush=True)


endpoint = callbacks.Endpoint(take, SECRETS)


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    text = event.get("body") or ""
    body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    reply = endpoint.receive(body, event["headers"])
    return {"statusCode": reply.status, "headers": dict(reply.headers), "body": reply.text}
