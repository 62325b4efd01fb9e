"""How a crowd of calls fares against the sandbox server, which runs in a process of its own.

Prints, for N evaluations begun at once by `asyncio.gather` (and by threads), how many were answered, in how many seconds, the
CPU of a call, and how many connections were open at once. An evaluation takes 5 s at the server, which looks at no picture: it
passes every one.

    .venv/bin/python -m scripts.measure.crowd [N ...]
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

from runflow_client import AsyncRunflow, Runflow

SIZES = (1, 8, 100, 300, 1_000, 2_000)
MOST_THREADS = 300
EVALUATION_SECONDS = 5
PICTURE = "https://example.com/a.png"
KEY = "rf_sandbox_key"
ANSWERED = "completed"


@contextlib.contextmanager
def sandbox_server() -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "runflow_client.sandbox",
        "--quiet",
        "--evaluation-seconds",
        str(EVALUATION_SECONDS),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
        assert found is not None
        try:
            yield found[0]
        finally:
            process.terminate()


class Sockets:
    """Counts this process's sockets while it is entered; `most` of them at once."""

    def __init__(self) -> None:
        self.most = 0
        self._over = threading.Event()
        self._before = self._count()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Sockets:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.most = max(self.most, self._count() - self._before)

    def _count(self) -> int:
        count = 0
        for entry in os.scandir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                count += os.readlink(entry.path).startswith("socket:")
        return count


def by_tasks(url: str, number: int) -> Counter[str]:
    """Evaluate by `asyncio.gather`; return how often each outcome came."""

    async def one(client: AsyncRunflow) -> str:
        try:
            return str((await client.evaluations.evaluate(PICTURE, "headshot")).status_code)
        except Exception as error:
            return type(error).__name__

    async def main() -> Counter[str]:
        async with AsyncRunflow(KEY, base_url=url) as client:
            return Counter(await asyncio.gather(*(one(client) for _ in range(number))))

    return asyncio.run(main())


def by_threads(url: str, number: int) -> Counter[str]:
    """Evaluate in as many threads; return how often each outcome came."""
    outcomes: list[str] = []

    with Runflow(KEY, base_url=url) as client:

        def one() -> None:
            try:
                outcomes.append(str(client.evaluations.evaluate(PICTURE, "headshot").status_code))
            except Exception as error:
                outcomes.append(type(error).__name__)

        threads = [threading.Thread(target=one) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return Counter(outcomes)


def row(kind: str, evaluate: Callable[[str, int], Counter[str]], number: int) -> None:
    # A server for each row: an old one keeps what it was asked before.
    with sandbox_server() as url, Sockets() as sockets:
        began, cpu = time.monotonic(), time.process_time()
        outcomes = evaluate(url, number)
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    answered = outcomes.pop(ANSWERED, 0)
    failed = ", ".join(f"{count} {name}" for name, count in outcomes.items())
    print(
        f"{kind:8}{number:6}{answered:10}{seconds:9.1f} s{cpu / number * 1e3:9.2f} ms{sockets.most:12}  {failed}",
        flush=True,
    )


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    print(f"{'':8}{'N':>6}{'answered':>10}{'seconds':>11}{'CPU a call':>12}{'connections':>12}")
    for size in sizes:
        row("gather", by_tasks, size)
    for size in sizes:
        if size <= MOST_THREADS:
            row("threads", by_threads, size)


if __name__ == "__main__":
    main()
