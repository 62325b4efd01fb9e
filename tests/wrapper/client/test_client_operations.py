"""Every operation of the contract has a method on both clients, checked against the sandbox."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from known_facts import FACTS

from runflow_api.api.account import get_balance, get_health
from runflow_api.api.evaluations import get_evaluation, list_evaluation_statuses, submit_evaluation
from runflow_api.api.webhooks import create_callback_secret, delete_callback_secret
from runflow_api.models.create_callback_secret_request import CreateCallbackSecretRequest
from runflow_api.models.evaluation import Evaluation as GeneratedEvaluation
from runflow_api.models.submit_evaluation_request import SubmitEvaluationRequest
from runflow_client import Evaluation, errors
from runflow_client.sandbox import Sandbox, faults, sharp_picture

CONTRACT = json.loads(files("runflow_api").joinpath("openapi.json").read_text(encoding="utf-8"))
RUN = "0193f0a0-0000-7000-8000-0000000000aa"

Arguments = tuple[tuple[Any, ...], dict[str, Any]]

# The method of each operation, in the order in which they are called.
METHODS: dict[str, str] = {row["id"]: row["method"] for row in FACTS["operations"].values()}

# The arguments of the methods that need some, made of earlier responses.
ARGUMENTS: dict[str, Callable[[dict[str, Any]], Arguments]] = {
    "submit_evaluation": lambda known: ((sharp_picture(), "headshot"), {"run_id": RUN}),
    "get_evaluation": lambda known: ((known["submit_evaluation"].id,), {}),
    "list_run_evaluations": lambda known: ((RUN,), {}),
    "set_evaluation_feedback": lambda known: ((known["submit_evaluation"].id, True), {}),
    "set_run_evaluation_feedback": lambda known: ((known["submit_evaluation"].id,), {"run_id": RUN}),
    "create_asset_upload": lambda known: ((sharp_picture(),), {}),
    "confirm_asset_upload": lambda known: ((io.BytesIO(sharp_picture(1)),), {}),
    "get_asset": lambda known: ((known["create_asset_upload"].id,), {}),
    "create_callback_secret": lambda known: (("a label",), {}),
    "get_callback_secret": lambda known: ((known["create_callback_secret"].id,), {}),
    "update_callback_secret": lambda known: ((known["create_callback_secret"].id,), {"is_current": True}),
    "delete_callback_secret": lambda known: ((known["create_callback_secret"].id,), {}),
}

OPERATIONS = {
    operation["operationId"]: (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)))
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
}


def test_every_contract_operation_has_method() -> None:
    advice = "give each operation a method on both clients, and name it in tests/spec/contract_facts.yaml"
    assert set(METHODS) == set(OPERATIONS), advice
    assert set(ARGUMENTS) <= set(METHODS)


async def called(client: Any, path: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    resource, _, method = path.partition(".")
    answer = getattr(getattr(client, resource), method)(*arguments, **options)
    return await answer if inspect.isawaitable(answer) else answer


@pytest.mark.parametrize("kind", ["client", "async_client"])
def test_every_method_sends_its_operation_and_reads_response(kind: str) -> None:
    sandbox = Sandbox()
    known: dict[str, Any] = {}

    async def main() -> None:
        client = getattr(sandbox, kind)()
        for name, path in METHODS.items():
            if path == "send":
                continue
            before = len(sandbox.requests)
            arguments, options = ARGUMENTS[name](known) if name in ARGUMENTS else ((), {})
            known[name] = await called(client, path, arguments, options)
            method, pattern = OPERATIONS[name]
            sent = [(request.method, request.path) for request in sandbox.requests[before:]]
            assert any(one == method and pattern.fullmatch(where) for one, where in sent), (name, sent)

    asyncio.run(main())
    assert known["get_health"].status == "ok"
    assert known["get_balance"].balance
    assert [row.code for row in known["list_evaluation_statuses"]] == FACTS["enums"]["EvaluationStatus"]
    assert all(isinstance(evaluation, Evaluation) for evaluation in known["list_run_evaluations"])
    assert known["set_evaluation_feedback"].feedback_is_positive is True
    assert known["set_run_evaluation_feedback"].feedback_is_positive is None
    assert known["create_asset_upload"].ref.startswith("runflow://assets/")
    assert known["get_asset"].url
    assert known["create_callback_secret"].plain_secret.startswith("whsec_")
    assert known["get_callback_secret"].plain_secret is None
    assert known["update_callback_secret"].is_current is True
    assert known["delete_callback_secret"] is None
    keyed = [request for request in sandbox.requests if request.method == "POST"]
    assert all(request.idempotency_key for request in keyed)
    assert len({request.idempotency_key for request in keyed}) == len(keyed)


def test_callback_secret_is_in_no_repr_or_pickle() -> None:
    import copy
    import pickle

    with Sandbox().client() as client:
        secret = client.callback_secrets.create("a")
        assert secret.plain_secret is not None
        assert secret.plain_secret not in repr(secret) + str(secret)
        assert secret.plain_secret.encode() not in pickle.dumps(secret)
        assert copy.deepcopy(secret).plain_secret == copy.copy(secret).plain_secret == secret.plain_secret
        with pytest.raises(errors.InvalidRequestError, match="nothing to change"):
            client.callback_secrets.update(secret.id)


@pytest.mark.parametrize("kind", ["client", "async_client"])
def test_any_generated_operation_can_be_sent(kind: str) -> None:
    sandbox = Sandbox()

    async def main() -> None:
        client = getattr(sandbox, kind)()

        async def send(operation: Any, **options: Any) -> Any:
            answer = client.send(operation, **options)
            return await answer if inspect.isawaitable(answer) else answer

        body = SubmitEvaluationRequest(generated_image_url="https://example.com/a.png", task_type="headshot")
        pending = await send(submit_evaluation.operation(body=body))
        assert type(pending) is GeneratedEvaluation
        again = await send(submit_evaluation.operation(body=body, idempotency_key="mine"))
        assert again.id != pending.id
        assert sandbox.requests[-1].idempotency_key == "mine"
        assert sandbox.requests[-2].idempotency_key
        assert (await send(get_evaluation.operation(pending.id))).id == pending.id
        assert (await send(get_health.operation())).status == "ok"
        assert (await send(list_evaluation_statuses.operation())).items[0].code == "pending"
        secret = await send(create_callback_secret.operation(body=CreateCallbackSecretRequest(label="a")))
        assert await send(delete_callback_secret.operation(secret.id)) is None
        raw = await send(get_balance.operation(), raw=True)
        assert raw.status == 200
        assert raw.headers["content-type"].startswith("application/json")
        assert json.loads(raw.body)["balance"]
        with pytest.raises(errors.NotFoundError, match="get_evaluation"):
            await send(get_evaluation.operation(RUN), raw=True)

    asyncio.run(main())


def test_bare_list_is_read_as_page() -> None:

    sandbox = Sandbox()
    with sandbox.client() as client:
        sandbox.faults.append(faults.reply(200, {}, b'[{"code": "pending"}, null, {"code": "later"}]'))
        assert [row.code for row in client.evaluations.statuses()] == ["pending", "later"]
        sandbox.faults.append(faults.reply(200, {}, b'[{"code": "pending"}]'))
        page = client.send(list_evaluation_statuses.operation())
        assert page.items is not None
        assert page.items[0].code == "pending"
        sandbox.faults.append(faults.reply(200, {}, b'"text"'))
        with pytest.raises(errors.DecodeError):
            client.evaluations.statuses()


def test_sync_and_async_clients_have_same_methods_and_arguments() -> None:
    from runflow_client.client.resources.async_evaluations import AsyncEvaluations
    from runflow_client.client.resources.sync_evaluations import Evaluations

    for name in ("submit", "get", "wait", "evaluate", "set_feedback", "clear_feedback"):
        one, other = getattr(Evaluations, name), getattr(AsyncEvaluations, name)
        assert inspect.signature(one) == inspect.signature(other)
        assert inspect.iscoroutinefunction(other) and not inspect.iscoroutinefunction(one)
