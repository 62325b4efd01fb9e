"""A caller's httpx2 client takes the place of an httpx client after `httpx2.alias_httpx()`, which counts for the whole process."""

from __future__ import annotations

import subprocess
import sys

PRELUDE = """
import asyncio, httpx2
httpx2.alias_httpx()
from runflow_client import AsyncRunflow, RetryPolicy, Runflow, errors

def answer(request):
    assert request.headers["authorization"] == "Bearer rf_x"
    if request.url.path.endswith("balance"):
        raise httpx2.ConnectError("refused")
    return httpx2.Response(200, json={"status": "ok"})

transport = httpx2.MockTransport(answer)
options = {"base_url": "http://127.0.0.1:9", "retries": RetryPolicy(attempts=1)}
"""
SYNC = """
with httpx2.Client(transport=transport) as http_client, Runflow("rf_x", http_client=http_client, **options) as client:
    print(client.account.health().status)
    try:
        client.account.balance()
    except errors.ConnectionFailedError as error:
        print("not connected" if "could not be made" in str(error) else error)
"""
ASYNC = """
async def main():
    async with httpx2.AsyncClient(transport=transport) as http_client:
        async with AsyncRunflow("rf_x", http_client=http_client, **options) as client:
            print((await client.account.health()).status)
            try:
                await client.account.balance()
            except errors.ConnectionFailedError as error:
                print("not connected" if "could not be made" in str(error) else error)

asyncio.run(main())
"""
WITHOUT_ALIAS = """
import httpx2
from runflow_client import Runflow, errors
try:
    Runflow("rf_x", http_client=httpx2.Client())
except errors.ConfigurationError as error:
    print(error)
"""


def printed(program: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def test_httpx2_client_sends_requests_of_threads() -> None:
    assert printed(PRELUDE + SYNC) == ["ok", "not connected"]


def test_httpx2_client_sends_requests_of_tasks() -> None:
    assert printed(PRELUDE + ASYNC) == ["ok", "not connected"]


def test_httpx2_client_without_alias_is_refused() -> None:
    assert printed(WITHOUT_ALIAS) == ["http_client must be an httpx.Client, not Client"]
