"""Sending a file of 50 MiB: by httpx alone, and by the upload of this library."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

Run = Callable[[int], Any]
_PIECE = 65_536


def _repeated(call: Callable[[], Any]) -> Run:
    def run(count: int) -> None:
        for _ in range(count):
            call()

    return run


def _httpx(url: str, path: str) -> Run:
    import httpx

    client, size = httpx.Client(timeout=600), str(Path(path).stat().st_size)

    def call() -> None:
        with open(path, "rb") as file:
            client.put(url + "/storage", content=file, headers={"Content-Length": size}).raise_for_status()

    return _repeated(call)


def _httpx_async(url: str, path: str) -> Run:
    import httpx

    size = str(Path(path).stat().st_size)

    async def pieces() -> AsyncIterator[bytes]:
        with open(path, "rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    async def call(count: int) -> None:
        async with httpx.AsyncClient(timeout=600) as client:
            for _ in range(count):
                response = await client.put(url + "/storage", content=pieces(), headers={"Content-Length": size})
                response.raise_for_status()

    return lambda count: asyncio.run(call(count))


def _http_client(url: str, path: str) -> Run:
    connection = http.client.HTTPConnection(url.partition("://")[2])

    def call() -> None:
        with open(path, "rb") as file:
            connection.request("PUT", "/storage", body=file, headers={"Content-Length": str(Path(path).stat().st_size)})
            connection.getresponse().read()

    return _repeated(call)


def _sha256(url: str, path: str) -> Run:
    def call() -> None:
        with open(path, "rb") as file:
            hashlib.file_digest(file, "sha256")

    return _repeated(call)


def _httpx2(url: str, path: str) -> Run:
    import httpx2

    client, size = httpx2.Client(timeout=600), str(Path(path).stat().st_size)

    def call() -> None:
        with open(path, "rb") as file:
            client.put(url + "/storage", content=file, headers={"Content-Length": size}).raise_for_status()

    return _repeated(call)


def _aiohttp(url: str, path: str) -> Run:
    import aiohttp

    async def call(count: int) -> None:
        async with aiohttp.ClientSession() as session:
            for _ in range(count):
                with open(path, "rb") as file:
                    async with session.put(url + "/storage", data=file) as response:
                        response.raise_for_status()

    return lambda count: asyncio.run(call(count))


def _opened(path: str, is_new: bool) -> Path:
    """Return the path of the file, whose last change was an hour ago or now: a new file is read once more, for checksums."""
    modified = time.time() - (0 if is_new else 3_600)
    os.utime(path, (modified, modified))
    return Path(path)


def _ours(*, is_new: bool) -> Callable[[str, str], Run]:
    def prepare(url: str, path: str) -> Run:
        from runflow_client import Runflow

        client = Runflow("rf_x", base_url=url)
        return _repeated(lambda: client.assets.upload(_opened(path, is_new)))

    return prepare


def _ours_async(*, is_new: bool) -> Callable[[str, str], Run]:
    def prepare(url: str, path: str) -> Run:
        from runflow_client import AsyncRunflow

        async def call(count: int) -> None:
            async with AsyncRunflow("rf_x", base_url=url) as client:
                for _ in range(count):
                    await client.assets.upload(_opened(path, is_new))

        return lambda count: asyncio.run(call(count))

    return prepare


CONTENDERS = {
    "httpx": _httpx,
    "async httpx": _httpx_async,
    "http.client": _http_client,
    "SHA-256 alone": _sha256,
    "httpx2": _httpx2,
    "async aiohttp": _aiohttp,
    "runflow-client": _ours(is_new=False),
    "async runflow-client": _ours_async(is_new=False),
    "runflow-client, new file": _ours(is_new=True),
    "async runflow-client, new file": _ours_async(is_new=True),
}
