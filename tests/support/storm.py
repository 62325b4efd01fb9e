"""A server in a process of its own that does to each request what its path says; so the test's own sockets can be counted.

`/well` answers, `/slow` answers after 30 ms, `/silent` never does, `/close` and `/reset` hang up without a response, `/half` in
the midst of one, `/trickle` sends a byte every 5 ms, `/refuse` says 403 before the body is read and hangs up, `/last` answers
and closes as it announced, `/deaf` reads no body.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator

PATHS = ("well", "slow", "silent", "close", "reset", "half", "trickle", "refuse", "last", "deaf")
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextlib.contextmanager
def storm_server() -> Iterator[str]:
    """Run the server and give its URL."""
    with subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def open_sockets() -> int:
    """How many sockets this process holds; 0 where the system does not tell."""
    count = 0
    with contextlib.suppress(FileNotFoundError), os.scandir("/proc/self/fd") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # closed meanwhile, by another thread
                count += os.readlink(entry.path).startswith("socket:")
    return count


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode().strip("/")
            if path == "deaf":
                await asyncio.sleep(3_600)
            if path == "refuse":
                writer.write(b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\n{}")
                break
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    await reader.readexactly(int(line.partition(b":")[2]))
            if not await _answer(path, reader, writer):
                break
    writer.close()


async def _answer(path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Do to a request what its path says; return whether the connection stays."""
    if path == "silent":
        await reader.read(1)
        return False
    if path == "close":
        return False
    if path == "reset":
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    if path == "half":
        writer.write(_OK[:20])
        return False
    if path == "last":
        writer.write(_OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        return False
    if path == "trickle":
        for number in range(len(_OK)):
            writer.write(_OK[number : number + 1])
            await asyncio.sleep(0.005)
        return True
    if path == "slow":
        await asyncio.sleep(0.03)
    writer.write(_OK)
    return True


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=1_000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main())
