"""One GET of a small JSON object after another, and the same over a mock transport, by every client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

Run = Callable[[int], Any]
SMALL = b'{"status":"ok"}'
PATH = "/v1/health"


def _sync(make: Callable[[str], Callable[[], Any]]) -> Callable[[str, str], Run]:
    def prepare(case: str, url: str) -> Run:
        call = make(url)
        call()

        def run(count: int) -> None:
            for _ in range(count):
                call()

        return run

    return prepare


def _async(make: Callable[[str], Awaitable[Callable[[], Awaitable[Any]]]]) -> Callable[[str, str], Run]:
    """Cases: `one` after another, or a number that is sent at once."""

    def prepare(case: str, url: str) -> Run:
        loop = asyncio.new_event_loop()
        at_once = 1 if case == "one" else int(case)

        async def prepared() -> Callable[[], Awaitable[Any]]:
            call = await make(url)
            await call()
            return call

        call = loop.run_until_complete(prepared())

        async def calls(count: int) -> None:
            for _ in range(count // at_once):
                if at_once == 1:
                    await call()
                else:
                    await asyncio.gather(*(call() for _ in range(at_once)))

        return lambda count: loop.run_until_complete(calls(count))

    return prepare


def _httpx(url: str) -> Callable[[], Any]:
    import httpx

    client = httpx.Client(timeout=60, headers={"Authorization": "Bearer x"})
    return lambda: client.get(url + PATH).json()


def _httpx2(url: str) -> Callable[[], Any]:
    import httpx2

    client = httpx2.Client(timeout=60, headers={"Authorization": "Bearer x"})
    return lambda: client.get(url + PATH).json()


def _pyreqwest(url: str) -> Callable[[], Any]:
    from pyreqwest.client import SyncClientBuilder

    client = SyncClientBuilder().build()
    return lambda: client.get(url + PATH).header("Authorization", "Bearer x").build().send().json()


def _ours(url: str) -> Callable[[], Any]:
    from runflow_client import Runflow

    client = Runflow("rf_x", base_url=url)
    return lambda: client.account.health()


def _ours_httpx2(url: str) -> Callable[[], Any]:
    import httpx2

    httpx2.alias_httpx()
    from runflow_client import Runflow

    client = Runflow("rf_x", base_url=url, http_client=httpx2.Client())
    return lambda: client.account.health()


def _openai(url: str) -> Callable[[], Any]:
    import openai

    client = openai.OpenAI(api_key="x", base_url=url, max_retries=2)
    return lambda: client.get(PATH, cast_to=object)


def _anthropic(url: str) -> Callable[[], Any]:
    import anthropic

    client = anthropic.Anthropic(api_key="x", base_url=url)
    return lambda: client.get(PATH, cast_to=object)


def _stripe(url: str) -> Callable[[], Any]:
    import stripe

    client = stripe.StripeClient(
        "sk_test_x", base_addresses={"api": url}, http_client=stripe.HTTPXClient(allow_sync_methods=True)
    )
    return lambda: client.deserialize(client.raw_request("get", PATH), api_mode="V1")


def _replicate(url: str) -> Callable[[], Any]:
    import replicate

    client = replicate.Client(api_token="x", base_url=url)  # noqa: S106 - a server on loopback
    return lambda: client._request("GET", PATH).json()


# Over a mock transport nothing is sent: what is left is the client's own work.


def _mock_httpx(url: str) -> Callable[[], Any]:
    import httpx

    client = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200, content=SMALL)))
    return lambda: client.get(url + PATH).json()


def _mock_ours(url: str) -> Callable[[], Any]:
    import httpx

    from runflow_client import Runflow

    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=SMALL))
    client = Runflow("rf_x", base_url=url, http_client=httpx.Client(transport=transport))
    return lambda: client.account.health()


def _mock_anthropic(url: str) -> Callable[[], Any]:
    import anthropic
    import httpx2

    headers = {"content-type": "application/json"}
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, content=SMALL, headers=headers))
    client = anthropic.Anthropic(api_key="x", base_url=url, http_client=httpx2.Client(transport=transport))
    return lambda: client.get(PATH, cast_to=object)


def _mock_openai(url: str) -> Callable[[], Any]:
    import httpx
    import openai

    headers = {"content-type": "application/json"}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=SMALL, headers=headers))
    client = openai.OpenAI(api_key="x", base_url=url, http_client=httpx.Client(transport=transport))
    return lambda: client.get(PATH, cast_to=object)


async def _httpx_async(url: str) -> Callable[[], Awaitable[Any]]:
    import httpx

    client = httpx.AsyncClient(timeout=600, headers={"Authorization": "Bearer x"})

    async def call() -> Any:
        return (await client.get(url + PATH)).json()

    return call


async def _httpx2_async(url: str) -> Callable[[], Awaitable[Any]]:
    import httpx2

    client = httpx2.AsyncClient(timeout=600, headers={"Authorization": "Bearer x"})

    async def call() -> Any:
        return (await client.get(url + PATH)).json()

    return call


async def _aiohttp(url: str) -> Callable[[], Awaitable[Any]]:
    import aiohttp

    session = aiohttp.ClientSession(headers={"Authorization": "Bearer x"})

    async def call() -> Any:
        async with session.get(url + PATH) as response:
            return json.loads(await response.read())

    return call


async def _pyreqwest_async(url: str) -> Callable[[], Awaitable[Any]]:
    from pyreqwest.client import ClientBuilder

    client = ClientBuilder().build()

    async def call() -> Any:
        response = await client.get(url + PATH).header("Authorization", "Bearer x").build().send()
        return await response.json()

    return call


async def _ours_async(url: str) -> Callable[[], Awaitable[Any]]:
    from runflow_client import AsyncRunflow

    client = AsyncRunflow("rf_x", base_url=url, timeout=600)
    return lambda: client.account.health()


async def _openai_async(url: str) -> Callable[[], Awaitable[Any]]:
    import openai

    client = openai.AsyncOpenAI(api_key="x", base_url=url, timeout=600)
    return lambda: client.get(PATH, cast_to=object)


async def _anthropic_async(url: str) -> Callable[[], Awaitable[Any]]:
    import anthropic

    client = anthropic.AsyncAnthropic(api_key="x", base_url=url, timeout=600)
    return lambda: client.get(PATH, cast_to=object)


async def _stripe_async(url: str) -> Callable[[], Awaitable[Any]]:
    import stripe

    client = stripe.StripeClient("sk_test_x", base_addresses={"api": url}, http_client=stripe.HTTPXClient())

    async def call() -> Any:
        return client.deserialize(await client.raw_request_async("get", PATH), api_mode="V1")

    return call


async def _replicate_async(url: str) -> Callable[[], Awaitable[Any]]:
    import replicate

    client = replicate.Client(api_token="x", base_url=url)  # noqa: S106 - a server on loopback

    async def call() -> Any:
        return (await client._async_request("GET", PATH)).json()

    return call


CONTENDERS = {
    "httpx": _sync(_httpx),
    "httpx2": _sync(_httpx2),
    "pyreqwest": _sync(_pyreqwest),
    "runflow-client": _sync(_ours),
    "runflow-client over httpx2": _sync(_ours_httpx2),
    "openai": _sync(_openai),
    "anthropic": _sync(_anthropic),
    "stripe": _sync(_stripe),
    "replicate": _sync(_replicate),
    "mock httpx": _sync(_mock_httpx),
    "mock runflow-client": _sync(_mock_ours),
    "mock openai": _sync(_mock_openai),
    "mock anthropic": _sync(_mock_anthropic),
    "async httpx": _async(_httpx_async),
    "async httpx2": _async(_httpx2_async),
    "async aiohttp": _async(_aiohttp),
    "async pyreqwest": _async(_pyreqwest_async),
    "async runflow-client": _async(_ours_async),
    "async openai": _async(_openai_async),
    "async anthropic": _async(_anthropic_async),
    "async stripe": _async(_stripe_async),
    "async replicate": _async(_replicate_async),
}
