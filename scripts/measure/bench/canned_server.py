"""A loopback server that does as little as possible, so that a benchmark measures its client: every response is made in advance.

It runs in a process of its own and imports nothing of this project.

    python canned_server.py [--delay SECONDS] [--evaluation PATH] [--pending PATH] [--polls NUMBER]

    GET  /v1/evaluations/ID    the evaluation after so many polls of this id, the pending one before
    POST /v1/evaluations       the pending evaluation, under a new id
    POST /v1/asset-uploads     an upload session, whose URL leads here
    POST /v1/asset-uploads/ID/confirmations    the asset
    PUT  /...                  nothing, after the whole body was read
    GET  /...                  a small JSON object

The first line that it prints is its URL.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from pathlib import Path

ID = "0193f0a0-0000-7000-8000-%012x"
SMALL = b'{"status":"ok"}'


class Server:
    """The responses, and how often each evaluation was polled."""

    def __init__(self, delay: float, pending: bytes, evaluation: bytes, polls: int) -> None:
        self.delay = delay
        self.url = ""
        self.requests = 0
        self._pending = json.loads(pending)
        self._evaluation = json.loads(evaluation)
        self._polls = polls
        self._polled: Counter[str] = Counter()
        self._submitted = 0

    def response(self, method: bytes, path: str) -> bytes:
        """Return the whole response to a request."""
        self.requests += 1
        if method == b"PUT":
            return _http(200, b"")
        if path == "/v1/evaluations":
            self._submitted += 1
            return _http(202, json.dumps({**self._pending, "id": ID % self._submitted}).encode())
        if path.startswith("/v1/evaluations/"):
            evaluation_id = path.split("/")[3].partition("?")[0]
            self._polled[evaluation_id] += 1
            known = self._evaluation if self._polled[evaluation_id] >= self._polls else self._pending
            return _http(200, json.dumps({**known, "id": evaluation_id}).encode())
        if path.endswith("/confirmations"):
            return _http(200, json.dumps({"id": path.split("/")[3]}).encode())
        if path == "/v1/asset-uploads":
            session = {"asset_id": ID % 0, "upload_url": f"{self.url}/storage/{ID % 0}"}
            return _http(201, json.dumps(session).encode())
        return _http(200, SMALL)


def _http(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Connection(asyncio.Protocol):
    """Answers one request after another; a body is counted, not kept."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._head = b""
        self._left = 0
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
            if self._left <= 0:
                self._send()
            return
        self._head += data
        head, end, body = self._head.partition(b"\r\n\r\n")
        if not end:
            return
        self._head = b""
        method, path, _ = head.split(b"\r\n", 1)[0].split(b" ", 2)
        self._answer = self._server.response(method, path.decode())
        lower = head.lower()
        if b"expect: 100-continue" in lower:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if b"transfer-encoding: chunked" in lower:
            raise NotImplementedError("a chunked body")
        _, found, rest = lower.partition(b"content-length:")
        self._left = int(rest.partition(b"\r\n")[0]) - len(body) if found else 0
        if self._left <= 0:
            self._send()

    def _send(self) -> None:
        self._left = 0
        if self._server.delay:
            asyncio.get_running_loop().call_later(self._server.delay, self._transport.write, self._answer)
        else:
            self._transport.write(self._answer)


async def main() -> None:
    parser = argparse.ArgumentParser(description="Serve responses that were made in advance.")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--polls", type=int, default=1)
    parser.add_argument("--pending", type=Path)
    parser.add_argument("--evaluation", type=Path)
    options = parser.parse_args()
    pending = options.pending.read_bytes() if options.pending else b'{"status_code":"pending"}'
    evaluation = options.evaluation.read_bytes() if options.evaluation else b'{"status_code":"completed"}'
    server = Server(options.delay, pending, evaluation, options.polls)
    listener = await asyncio.get_running_loop().create_server(lambda: Connection(server), "127.0.0.1", 0, backlog=4096)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    print(server.url, flush=True)
    await listener.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
