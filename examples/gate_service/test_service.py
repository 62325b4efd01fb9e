"""Tests of the service with the pytest plugin of runflow-client: no account, no network, and no waiting.

pip install fastapi uvicorn pytest anyio httpx    # and `pip install ".[sandbox]"` in a checkout of runflow-client

Copy this folder out of the checkout, whose settings of pytest are not for it, and run `pytest` in the copy.
"""

from collections.abc import AsyncIterator

import httpx
import pytest
from service import HOOK, make_app

from runflow_client.sandbox import Delivery, Sandbox, VirtualClock, blurred_picture, sharp_picture

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def gate(runflow_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service, whose own client talks to the sandbox; the sandbox sends callbacks to the service."""
    async with runflow_sandbox.async_client() as runflow:
        secret = await runflow.callback_secrets.create("gate")
    monkeypatch.setenv("RUNFLOW_CALLBACK_SECRETS", str(secret.plain_secret))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(make_app()), base_url="https://gate.example") as client:

        async def send(delivery: Delivery) -> int:
            return (await client.post(HOOK, content=delivery.body, headers=delivery.headers)).status_code

        runflow_sandbox.send_callbacks(send)
        yield client


async def submit(gate: httpx.AsyncClient, picture: bytes) -> dict[str, str]:
    response = await gate.post("/pictures", content=picture)
    assert response.status_code == 200, response.text
    found: dict[str, str] = response.json()
    return found


async def test_sharp_picture_is_published(gate: httpx.AsyncClient) -> None:
    assert (await submit(gate, sharp_picture()))["state"] == "published"


async def test_blurred_picture_is_refused(gate: httpx.AsyncClient, runflow_sandbox: Sandbox) -> None:
    found = await submit(gate, blurred_picture())
    assert found["state"] == "refused"
    assert runflow_sandbox.received.only(client_ref=found["name"]).task_type == "product_photo"


@pytest.mark.runflow_outcomes("undecided", "failed")
async def test_picture_without_verdict_needs_a_person(gate: httpx.AsyncClient) -> None:
    assert [(await submit(gate, sharp_picture()))["state"] for _ in range(2)] == ["needs a person"] * 2


@pytest.mark.runflow_sandbox(evaluation_seconds=120)
async def test_slow_verdict_arrives_by_callback(gate: httpx.AsyncClient, runflow_clock: VirtualClock) -> None:
    found = await submit(gate, blurred_picture())
    assert found["state"] == "in review"
    await runflow_clock.sleep_async(120)
    assert (await gate.get(f"/pictures/{found['name']}")).json()["state"] == "refused"


@pytest.mark.runflow_sandbox(balance="0.01")
async def test_short_balance_is_no_fault_of_the_sender(gate: httpx.AsyncClient) -> None:
    assert (await gate.post("/pictures", content=sharp_picture())).status_code == 503


async def test_unreachable_service_is_tried_again(gate: httpx.AsyncClient, runflow_sandbox: Sandbox) -> None:
    from runflow_client.sandbox.faults import drop_after, refuse

    runflow_sandbox.faults.on("POST", "/v1/evaluations", drop_after, refuse(503))
    assert (await submit(gate, sharp_picture()))["state"] == "published"
    assert len(runflow_sandbox.charges) == 1


async def test_thumb_of_a_customer_is_sent(gate: httpx.AsyncClient, runflow_sandbox: Sandbox) -> None:
    found = await submit(gate, sharp_picture())
    await gate.put(f"/pictures/{found['name']}/thumb", params={"is_good": False})
    assert runflow_sandbox.received.only(client_ref=found["name"]).feedback is False


async def test_forged_callback_changes_nothing(gate: httpx.AsyncClient) -> None:
    body = b'{"event": "evaluation.completed", "evaluation_id": "e-1"}'
    assert (await gate.post(HOOK, content=body, headers={"Runflow-Signature": "0" * 64})).status_code == 401
