"""How a batch ends: early, by Ctrl-C, by cancellation; and what it holds meanwhile."""

from __future__ import annotations

import asyncio
import gc
import io
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from batches import PICTURE, SOON, URL, batch_threads, requests, run_async, sandbox

from runflow_client import AsyncRunflow, EvaluationRequest, Runflow, errors
from runflow_client.sandbox import SandboxServer


class SilentServer:
    """Accepts connections and never answers."""

    def __enter__(self) -> SilentServer:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._accepted: list[socket.socket] = []
        self.arrived = threading.Semaphore(0)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            self._accepted.append(accepted)
            self.arrived.release()

    def __exit__(self, *ignored: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for one in self._accepted:
            one.close()


def press_ctrl_c(server: SilentServer, count: int) -> None:
    for _ in range(count):
        assert server.arrived.acquire(timeout=30)
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Restore Python's SIGINT handler: a shell starts background processes with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_blocked_sends_and_threads() -> None:
    with SilentServer() as server, Runflow("rf_x", base_url=server.url) as client:
        thread = threading.Thread(target=press_ctrl_c, args=(server, 4))
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            list(client.evaluations.evaluate_many(requests(4)))
        thread.join()
        assert not batch_threads()
        assert client._session._transport._slots.counts(server.url) == (0, 0)


def test_cancellation_ends_blocked_sends_and_tasks() -> None:
    async def main(server: SilentServer) -> None:
        async with AsyncRunflow("rf_x", base_url=server.url) as client:

            async def consume() -> None:
                async for _ in client.evaluations.evaluate_many(requests(4)):
                    pass

            task = asyncio.create_task(consume())
            for _ in range(4):
                await asyncio.to_thread(server.arrived.acquire)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert client._session._transport._slots.counts(server.url) == (0, 0)

    with SilentServer() as server:
        asyncio.run(main(server))


def test_early_stop_leaves_other_calls_of_the_client_alone() -> None:
    with SandboxServer(sandbox(evaluation_seconds=0.05)) as server:
        with Runflow("rf_sandbox_key", base_url=server.url) as client:
            for _ in client.evaluations.evaluate_many(requests(20), poll=SOON):
                break
            assert not batch_threads()
            assert client.evaluations.submit(URL, "headshot").id
            assert client.account.health().status == "ok"


def test_sync_batch_over_sockets_uses_few_connections() -> None:
    with SandboxServer(sandbox(evaluation_seconds=1), speed=20) as server:
        with Runflow("rf_sandbox_key", base_url=server.url, max_connections=4) as client:
            with client.evaluations.evaluate_many(requests(100), poll=SOON) as batch:
                threads = [len(batch_threads()) for outcome in batch if outcome.evaluation is not None]
            assert len(threads) == 100 and 1 <= max(threads) <= 4
        assert not batch_threads()


def test_client_that_is_closed_ends_its_batch() -> None:
    with SandboxServer(sandbox(evaluation_seconds=0.05)) as server:
        with Runflow("rf_sandbox_key", base_url=server.url) as client:
            taken = iter(client.evaluations.evaluate_many(requests(50), max_in_flight=2, poll=SOON))
            next(taken)
            client.close()
            with pytest.raises(errors.ConfigurationError, match="closed"):
                list(taken)
        assert not batch_threads()


def test_sleeping_evaluation_costs_few_bytes() -> None:
    place = sandbox(evaluation_seconds=100)
    items = iter(requests(501))
    with place.client() as client:
        taken = iter(client.evaluations.evaluate_many(items, max_in_flight=500))
        place.outcomes.decide = lambda *ignored: "passed"
        gc.collect()
        tracemalloc.start()
        try:
            next(taken)
            snapshot = tracemalloc.take_snapshot()
        finally:
            tracemalloc.stop()
        taken.close()
    own = [stat for stat in snapshot.statistics("filename") if "sandbox" not in stat.traceback[0].filename]
    assert sum(stat.size for stat in own) / 500 < 20_000


def test_pictures_are_loaded_only_with_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    from runflow_client.runtime.files import images

    loaded = most = 0
    load = images.load

    def counting(source: Any, argument: str) -> Any:
        nonlocal loaded, most
        loaded += 1
        most = max(most, loaded)
        return load(source, argument)

    def hook(event: Any) -> None:
        nonlocal loaded
        if type(event).__name__ == "RequestFinished" and event.operation == "submit_evaluation":
            loaded -= 1

    monkeypatch.setattr(images, "load", counting)
    items = (EvaluationRequest(io.BytesIO(PICTURE), "headshot") for _ in range(40))
    run_async(sandbox(), items, max_requests=3, client={"hooks": [hook]})
    assert 1 <= most <= 3


def test_exhausted_batch_can_be_iterated_in_pieces() -> None:
    with sandbox().client() as client:
        taken = iter(client.evaluations.evaluate_many(requests(5)))
        first = list(itertools.islice(taken, 2))
        time.sleep(0)
        assert len(first) == 2 and len(list(taken)) == 3


def test_closed_async_batch_is_refused() -> None:
    async def main() -> None:
        async with sandbox().async_client() as client:
            batch = client.evaluations.evaluate_many(requests(2))
            await batch.aclose()
            with pytest.raises(errors.ConfigurationError, match="this batch is closed"):
                await anext(aiter(batch))
        with pytest.raises(errors.ConfigurationError, match="this client is closed"):
            client.evaluations.evaluate_many(requests(2))

    asyncio.run(main())


def test_batch_works_over_a_custom_http_client() -> None:
    with SandboxServer(sandbox(evaluation_seconds=0.05)) as server:
        with httpx.Client() as http_client:
            client = Runflow("rf_sandbox_key", base_url=server.url, http_client=http_client)
            outcomes = list(client.evaluations.evaluate_many(requests(3), poll=SOON))
            assert [outcome.error for outcome in outcomes] == [None] * 3
            assert client.account.health().status == "ok", "closing the batch leaves the client open"


def test_batch_of_another_process_is_refused_and_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with sandbox().client() as client:
        batch = client.evaluations.evaluate_many(requests(3))
        outcomes = iter(batch)
        next(outcomes)
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: 1)
            with pytest.raises(errors.ConfigurationError, match="of which this one is a fork"):
                next(outcomes)
        assert len(list(batch)) == 2


def test_async_batch_of_another_process_is_refused_and_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with sandbox().async_client() as client, client.evaluations.evaluate_many(requests(3)) as batch:
            outcomes = aiter(batch)
            await anext(outcomes)
            with monkeypatch.context() as patch:
                patch.setattr(os, "getpid", lambda: 1)
                with pytest.raises(errors.ConfigurationError, match="of which this one is a fork"):
                    await anext(outcomes)
            assert len([outcome async for outcome in batch]) == 2

    asyncio.run(main())


FORKED = """
import os, signal, sys
from runflow_client import EvaluationRequest, errors
from runflow_client.sandbox import Sandbox

place = Sandbox(evaluation_seconds=lambda number: 1 + number)
requests = [EvaluationRequest("https://images.example.com/a.png", "headshot") for _ in range(3)]
with place.client() as client:
    batch = client.evaluations.evaluate_many(requests, journal=sys.argv[1] or None)
    outcomes = iter(batch)
    next(outcomes)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            next(outcomes)
        except errors.ConfigurationError as error:
            assert "of which this one is a fork" in str(error)
            batch.close()
            os._exit(0)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert len(list(outcomes)) == 2
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.parametrize("has_journal", [False, True], ids=["in memory", "with a journal"])
def test_batch_of_the_parent_is_refused_in_a_fork(has_journal: bool, tmp_path: Path) -> None:
    journal = str(tmp_path / "batch.db") if has_journal else ""
    done = subprocess.run(
        # Python 3.12 and newer warn of a fork in a process with threads.
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED, journal],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
