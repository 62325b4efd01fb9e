"""Measure how long malicious servers hold httpx.Client(timeout=2) and Runflow, and the memory of a 50 MiB upload.

Each server would continue forever; it stops after 12 s, so that a client without a deadline returns too.
Usage: PYTHONPATH=tests/support .venv/bin/python -m scripts.measure.measure_deadlines
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from rawserver import RawServer, read_request

from runflow_client import AsyncRunflow, RetryPolicy, Runflow
from runflow_client.errors import RunflowError

SECONDS = 2.0
ENDED_AFTER = 12.0
ID = "0193f0a0-0000-7000-8000-000000000001"
PICTURE = "data:image/png;base64,iVBORw0KGgoA" + "A" * 11_000_000


def says_nothing(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    over.wait(ENDED_AFTER)


def trickles_headers(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    until = time.monotonic() + ENDED_AFTER
    while time.monotonic() < until and not over.wait(0.2):
        connection.sendall(b"X-Filler: 1\r\n")


def trickles_the_body(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
    until = time.monotonic() + ENDED_AFTER
    while time.monotonic() < until and not over.wait(0.2):
        connection.sendall(b" ")


def reads_slowly(connection: socket.socket, over: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    until = time.monotonic() + ENDED_AFTER
    while time.monotonic() < until and not over.wait(0.05):
        connection.recv(4_096)


def plain(url: str, uploads: bool) -> None:
    with httpx.Client(timeout=SECONDS) as client:
        if uploads:
            client.post(url, content=PICTURE.encode())
        else:
            client.get(url)


def ours(url: str, uploads: bool) -> None:
    with Runflow("k", base_url=url, timeout=SECONDS, retries=RetryPolicy(attempts=1)) as client:
        if uploads:
            client.evaluations.submit(PICTURE, "headshot")
        else:
            client.evaluations.get(ID)


def ours_async(url: str, uploads: bool) -> None:
    async def main() -> None:
        async with AsyncRunflow("k", base_url=url, timeout=SECONDS, retries=RetryPolicy(attempts=1)) as client:
            if uploads:
                await client.evaluations.submit(PICTURE, "headshot")
            else:
                await client.evaluations.get(ID)

    asyncio.run(main())


def measured(call: Callable[[str, bool], None], url: str, uploads: bool) -> str:
    began = time.monotonic()
    try:
        call(url, uploads)
        ended = "returned"
    except (httpx.HTTPError, RunflowError, OSError) as error:
        ended = type(error).__name__
    return f"{time.monotonic() - began:5.2f} s {ended}"


def deadlines() -> None:
    print(f"timeout={SECONDS:.0f}; each server stops after {ENDED_AFTER:.0f} s")
    print(f"{'server':20}{'httpx.Client':32}{'Runflow':32}AsyncRunflow")
    for script in (says_nothing, trickles_headers, trickles_the_body, reads_slowly):
        cells = []
        for call in (plain, ours, ours_async):
            with RawServer(script) as server:
                cells.append(measured(call, server.url, script is reads_slowly))
        print(f"{script.__name__:20}{cells[0]:32}{cells[1]:32}{cells[2]}", flush=True)


UPLOAD = """
import resource, sys
from pathlib import Path
from runflow_client import Runflow
before = 0
with Runflow() as client:
    client.account.health()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    client.assets.upload(Path(sys.argv[1]))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(f"peak memory of the client's process: {before / 1024:.1f} MiB before, {after / 1024:.1f} MiB after the upload")
"""


def upload_memory() -> None:
    from runflow_client.runtime.files.uploads import UPLOAD_LIMIT
    from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture

    with tempfile.TemporaryDirectory() as folder, SandboxServer(Sandbox()) as server:
        path = Path(folder) / "large.png"
        with path.open("wb") as file:
            file.write(sharp_picture())
            file.truncate(UPLOAD_LIMIT)
        environment = {"RUNFLOW_BASE_URL": server.url, "RUNFLOW_API_KEY": server.sandbox.keys[0]}
        print("upload of 50 MiB: ", end="", flush=True)
        subprocess.run([sys.executable, "-c", UPLOAD, str(path)], env=environment, check=True)


if __name__ == "__main__":
    upload_memory()
    deadlines()
