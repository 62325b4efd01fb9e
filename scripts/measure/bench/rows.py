"""The rows of the table, with the contenders of each and the goals of docs/architecture.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from scripts.measure.bench.documents import CONTRACT
from scripts.measure.bench.running import Contender, Row

_OPERATIONS = ("bytes → object", "dict → object", "object → dict", "object → bytes")
_CALLS = {"pending": 300, "lean": 30, "full": 12, "list of 500": 1}
MODELS = (
    ("runflow-client", "bench"),
    ("runflow-client, fast", "bench-decode"),
    ("orjson", "bench-decode"),
    ("msgspec", "bench-decode"),
    ("pydantic", "bench-decode"),
    ("mashumaro", "bench-decode"),
    ("cattrs", "bench-decode"),
    ("generator", "bench"),
)
_MODEL_GOALS = {
    ("full", "bytes → object"): "≤ 1.6; fast ≤ 1.0",
    ("pending", "bytes → object"): "≤ 1.4; fast ≤ 0.7",
    ("full", "dict → object"): "≤ 0.47",
    ("full", "object → dict"): "≤ 1.0",
    ("full", "object → bytes"): "fast ≤ 1.05",
}


def model_rows(paths: dict[str, Path]) -> Iterator[Row]:
    """Reading and writing, in units of `json.loads` of the same bytes."""
    for document, calls in _CALLS.items():
        for operation in _OPERATIONS:
            common = (str(paths[document]), str(CONTRACT))
            unit = Contender("json.loads", "bench", "models", "json", ("bytes → object", *common), calls)
            contenders = [
                Contender(name, environment, "models", name, (operation, *common), calls)
                for name, environment in MODELS
                if not (name == "orjson" and operation in _OPERATIONS[1:3])
            ]
            yield Row(f"{operation}, {document}", unit, contenders, _MODEL_GOALS.get((document, operation), ""))


def cold_rows(url: str) -> Iterator[Row]:
    """Whole processes, in units of `import httpx; httpx.Client()`, over bare Python."""
    client = f"from runflow_client import Runflow; client = Runflow('rf_x', base_url={url!r})"
    context = (
        "from runflow_client.runtime.transport.connections.tls import trusted_certificates; trusted_certificates()"
    )
    verdict = (
        f"from runflow_client import PollPolicy\n{client}\n"
        "assert client.evaluations.evaluate('https://example.com/a.png', 'headshot', poll=PollPolicy(first=0.001)).verdict\n"
        "client.close()"
    )
    unit = Contender("import httpx; httpx.Client()", code="import httpx; httpx.Client()")
    bare = Contender("bare Python", code="pass")
    session = "async def main():\n    await aiohttp.ClientSession().close()"
    peers = [
        Contender("httpx2", "bench-http", code="import httpx2; httpx2.Client()"),
        Contender("aiohttp", "bench-http", code=f"import aiohttp, asyncio\n{session}\nasyncio.run(main())"),
        Contender("pyreqwest", "bench-http", code="from pyreqwest.client import SyncClientBuilder as B; B().build()"),
        Contender("openai", "bench-sdk", code="import openai; openai.OpenAI(api_key='x')"),
        Contender("anthropic", "bench-sdk", code="import anthropic; anthropic.Anthropic(api_key='x')"),
        Contender("stripe", "bench-sdk", code="import stripe; stripe.StripeClient('sk_test_x')"),
        Contender("replicate", "bench-sdk", code="import replicate; replicate.Client(api_token='x')"),
    ]
    imports = [
        Contender("import runflow_client", code="import runflow_client"),
        Contender("import httpx", code="import httpx"),
        *(
            Contender(f"import {name}", "bench-http", code=f"import {name}")
            for name in ("httpx2", "aiohttp", "pyreqwest")
        ),
        *(
            Contender(f"import {name}", "bench-sdk", code=f"import {name}")
            for name in ("openai", "anthropic", "stripe", "replicate")
        ),
    ]
    yield Row("import", unit, imports, bare=bare)
    yield Row("first client", unit, [Contender("runflow-client", code=client), *peers], "≤ 0.6", bare)
    yield Row(
        "first client, with its SSL context",
        unit,
        [Contender("runflow-client", code=f"{client}\n{context}")],
        "≤ 0.85",
        bare,
    )
    yield Row(
        "cold process → first verdict over loopback", unit, [Contender("runflow-client", code=verdict)], "≤ 1.0", bare
    )


def call_rows(url: str) -> Iterator[Row]:
    """One GET after another on a kept connection, in units of httpx."""

    def contender(key: str, environment: str, case: str, calls: int = 40) -> Contender:
        return Contender(
            key.removeprefix("async ").removeprefix("mock "), environment, "calls", key, (case, url), calls
        )

    peers = (("httpx2", "bench-http"), ("pyreqwest", "bench-http"), ("openai", "bench-sdk"), ("anthropic", "bench-sdk"),
             ("stripe", "bench-sdk"), ("replicate", "bench-sdk"))  # fmt: skip
    ours = [contender("runflow-client", "bench", "one"), contender("runflow-client over httpx2", "bench-http", "one")]
    sync = [*ours, *(contender(name, environment, "one") for name, environment in peers)]
    yield Row("one call on loopback, sync", contender("httpx", "bench", "one"), sync, "≤ 0.45")
    others = (("async runflow-client", "bench"), ("async httpx2", "bench-http"), ("async aiohttp", "bench-http"),
              ("async pyreqwest", "bench-http"), ("async openai", "bench-sdk"))  # fmt: skip
    sdks = (("async anthropic", "bench-sdk"), ("async stripe", "bench-sdk"), ("async replicate", "bench-sdk"))
    unit = contender("async httpx", "bench", "one")
    yield Row("one call on loopback, async", unit, [contender(*each, "one") for each in (*others, *sdks)], "≤ 0.3")
    mock = (("mock runflow-client", "bench"), ("mock openai", "bench-sdk"), ("mock anthropic", "bench-sdk"))
    yield Row(
        "one call over a mock transport, through httpx",
        contender("mock httpx", "bench", "one", 200),
        [contender(*each, "one", 200) for each in mock],
        "≤ 1.1",
    )
    for number in (8, 100, 1000, 2000):
        # CPU of one of so many calls, in units of one httpx call on its own. httpx, and openai over it, take minutes for a thousand.
        skipped = ("pyreqwest",) if number <= 100 else ("pyreqwest", "openai")
        contenders = [
            contender(*each, str(number), max(number, 40)) for each in others if not each[0].endswith(skipped)
        ]
        if number <= 100:
            contenders.append(contender("async httpx", "bench", str(number), max(number, 40)))
        goal = "as one call + 20 %" if number == 2000 else ""
        yield Row(f"one of {number:,} calls at once, async", replace(unit, name="one httpx call"), contenders, goal)


def upload_rows(url: str, file: Path) -> Iterator[Row]:
    """An upload of 50 MiB, in units of httpx that streams it, sync in both rows."""

    def contender(key: str, environment: str = "bench") -> Contender:
        return Contender(key, environment, "uploads", key, (url, str(file)), 1)

    ours = ("runflow-client", "async runflow-client", "runflow-client, new file", "async runflow-client, new file")
    contenders = [contender(key) for key in (*ours, "async httpx", "http.client", "SHA-256 alone")]
    contenders += [contender("httpx2", "bench-http"), contender("async aiohttp", "bench-http")]
    yield Row("upload of 50 MiB", contender("httpx"), contenders, "sync ≤ 2.4; async ≤ 2.8")
