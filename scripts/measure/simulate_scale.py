"""Simulate batches of up to 10^8 items: requests, calls and size of the journal, and what breaks first.

    .venv/bin/python -m scripts.measure.simulate_scale [--largest 100000] [--postgres]

Small batches run for real: `evaluate_many` with a journal in a file, on a virtual clock. The model has to say the same of them
before it says anything of large ones. Evaluations take 67 s in the mean (log-normal around 60 s, as in `simulate_polling`), 300 are in
flight. The stand-in for the server keeps nothing of an evaluation that has ended.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from runflow_client import AsyncRunflow, EvaluationRequest, open_journal
from runflow_client.batch.journals.opening import is_database
from runflow_client.callbacks import Callback, Receiver
from runflow_client.flows.base.steps import Response
from runflow_client.runtime.transport.requests import HTTPRequest
from runflow_client.sandbox.in_process.clock import VirtualClock

from .simulate_lock import print_lock
from .simulate_polling import IN_FLIGHT, learn

DATABASE = "scale"
_PRICE = "0.05"
_REQUEST_SECONDS = 0.05
_MEDIAN, _SIGMA = 4.094, 0.5
_LATER = 20_000
"""Durations from which the model takes its constants."""
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Figures(NamedTuple):
    """What a batch came to: requests, calls of the journal and its bytes, each an item; and the seconds from its first to its last item."""

    requests: float
    calls: float
    bytes: float
    seconds: float


class Server:
    """Accepts each submit, and ends each evaluation after its time; sends a callback where there is a receiver."""

    max_connections = 32

    def __init__(self, clock: VirtualClock, receiver: Receiver | None, durations: Iterator[float]) -> None:
        self._clock = clock
        self._receiver = receiver
        self._durations = durations
        self._numbers = itertools.count()
        self._ends: dict[str, tuple[float, float]] = {}
        self.requests = 0

    async def send(self, request: HTTPRequest, *ignored: object) -> Response:
        await self._clock.sleep_async(_REQUEST_SECONDS)
        self.requests += 1
        path = urlsplit(request.url).path
        if request.method == "POST":
            return self._submit()
        if not path.startswith("/v1/evaluations/"):
            return _response({"org_id": "organization", "balance": "1000000000"}, 200)
        evaluation_id = path.rpartition("/")[2]
        started, ended = self._ends[evaluation_id]
        if ended > self._clock.now():
            return _response({"id": evaluation_id, "status_code": "running"}, 200)
        del self._ends[evaluation_id]
        times = {"created_at": _date(started), "completed_at": _date(ended)}
        fields = {"id": evaluation_id, "status_code": "completed", "overall_passed": True, "cost": _PRICE}
        return _response(fields | times, 200)

    def _submit(self) -> Response:
        evaluation_id = f"00000000-0000-7000-8000-{next(self._numbers):012d}"
        now = self._clock.now()
        self._ends[evaluation_id] = now, now + next(self._durations)
        receiver = self._receiver
        if receiver is not None:
            callback = Callback("evaluation.completed", evaluation_id, None, "completed", {})
            self._clock.call_at(self._ends[evaluation_id][1], lambda: receiver(callback))
        return _response({"id": evaluation_id, "status_code": "pending"}, 202)

    async def aclose(self) -> None:
        pass


class CountedWorker:
    """A worker of a journal whose calls are counted."""

    def __init__(self, worker: Any, counts: Counter[str]) -> None:
        self._worker = worker
        self._counts = counts

    def __getattr__(self, name: str) -> Any:
        if name in ("find", "grant", "submitted", "finished"):
            self._counts["calls"] += 1
        return getattr(self._worker, name)


class CountedJournal:
    """A journal whose calls are counted."""

    def __init__(self, address: str) -> None:
        self._journal = open_journal(address, create=True)
        self.counts: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def begin(self, *arguments: Any, **options: Any) -> Any:
        return CountedWorker(self._journal.begin(*arguments, **options), self.counts)


def lognormal() -> Iterator[float]:
    generator = random.Random(1)
    while True:
        yield generator.lognormvariate(_MEDIAN, _SIGMA)


async def run(items: int, address: str, *, with_callbacks: bool, in_flight: int = IN_FLIGHT) -> Figures:
    """Run a batch on the virtual clock, and return what it came to."""
    clock = VirtualClock()
    receiver = Receiver(now=clock.now) if with_callbacks else None
    server = Server(clock, receiver, lognormal())
    transport: Any = server  # it has no slots, which URLs do not need
    journal: Any = CountedJournal(address)
    url = "https://hooks.example.com/runflow" if with_callbacks else None
    requests = (
        EvaluationRequest(
            f"https://images.example.com/{number:012d}.png",
            "headshot",
            item_id=f"catalogue-2026/{number:012d}",
            callback_url=url,
        )
        for number in range(items)
    )
    async with AsyncRunflow._create(
        transport=transport, clock=clock, api_key="key", base_url="https://api.invalid"
    ) as client:
        batch = client.evaluations.evaluate_many(
            requests,
            journal=journal,
            budget=10**9,
            price=_PRICE,
            max_in_flight=in_flight,
            receiver=receiver,
            timeout=None,
        )
        ended = sum([outcome.error is None async for outcome in batch])
    assert ended == items
    kept = sum(len(outcome.evaluation or "") for outcome in journal.outcomes("default"))
    journal.close()
    calls = journal.counts["calls"] / items
    return Figures(server.requests / items, calls, (size_of(address) - kept) / items, clock.now())


async def run_paced(items: int = 4_000, rate: float = 20.0) -> float:
    """Return the requests an item where the rate bounds the batch. Without a journal: its pace is kept on the machine's clock."""
    clock = VirtualClock()
    server = Server(clock, None, lognormal())
    transport: Any = server
    requests = (EvaluationRequest("https://images.example.com/a.png", "headshot") for _ in range(items))
    async with AsyncRunflow._create(
        transport=transport, clock=clock, api_key="key", base_url="https://api.invalid"
    ) as client:
        batch = client.evaluations.evaluate_many(requests, max_in_flight=int(38 * rate), rate=rate, timeout=None)
        ended = sum([outcome.error is None async for outcome in batch])
    assert ended == items
    return server.requests / items


def size_of(address: str) -> int:
    """Return the bytes of a journal with its indexes: a file, or all tables of a database."""
    if not is_database(address):
        return Path(address).stat().st_size
    from scripts.testing.postgres_server import TABLES, server

    sizes = " + ".join(f"pg_total_relation_size('runflow_journal.{table}')" for table in TABLES)
    return int(server().execute(DATABASE, f"SELECT {sizes}")[0][0])


class Model:
    """What the figures of N items are expected to be: the first that are in flight know no durations yet, the others do.

    Args:
        with_callbacks: an item then takes a submit and one poll.
    """

    def __init__(self, *, with_callbacks: bool) -> None:
        generator = lognormal()
        self._durations = [next(generator) for _ in range(_LATER)]
        polled = [(1, 0.0)] * _LATER if with_callbacks else learn(self._durations)
        self._early = statistics.mean(polls for polls, _ in polled[:IN_FLIGHT])
        self._later = statistics.mean(polls for polls, _ in polled[IN_FLIGHT:])
        self._late = statistics.mean(late for _, late in polled)
        self._mean = statistics.mean(self._durations)

    def requests(self, items: int) -> float:
        early = min(items, IN_FLIGHT)
        return 1 + (early * self._early + (items - early) * self._later) / items

    def seconds(self, items: int, in_flight: int = IN_FLIGHT) -> float:
        """Return the time: all that are in flight are replaced as they end, and the last ones are waited for."""
        an_item = self._mean + self._late + 2 * _REQUEST_SECONDS
        last = sorted(self._durations)[-_LATER // in_flight] - self._mean / 2
        return items * an_item / in_flight + last


def _response(fields: dict[str, object], status: int) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(fields).encode())


def _date(seconds: float) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()


def compare(sizes: list[int], folder: Path, *, with_callbacks: bool) -> None:
    model = Model(with_callbacks=with_callbacks)
    print(f"\n{'callbacks' if with_callbacks else 'polling'}: requests an item, run (model); seconds, run (model)")
    for items in sizes:
        began = time.monotonic()
        address = str(folder / f"{items} {with_callbacks}.db")
        found = asyncio.run(run(items, address, with_callbacks=with_callbacks))
        print(
            f"{items:>12,}  {found.requests:6.2f} ({model.requests(items):6.2f})  {found.seconds:12,.0f} ({model.seconds(items):12,.0f})"
            f"  {found.calls:.2f} calls of the journal, {found.bytes:.0f} bytes an item  [{time.monotonic() - began:.0f} s]",
            flush=True,
        )
    for items in (10**6, 10**7, 10**8):
        print(f"{items:>12,}         ({model.requests(items):6.2f})                ({model.seconds(items):12,.0f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--largest",
        type=int,
        default=100_000,
        help="batch that runs with callbacks; polling takes ten times the requests, so a tenth",
    )
    parser.add_argument("--postgres", action="store_true", help="measure the size of 10,000 items in PostgreSQL, too")
    arguments = parser.parse_args()
    sizes = [items for items in (10**3, 10**4, 10**5) if items <= arguments.largest]
    with tempfile.TemporaryDirectory() as folder:
        compare(sizes, Path(folder), with_callbacks=True)
        compare([items for items in sizes if items <= arguments.largest // 10], Path(folder), with_callbacks=False)
        blocks = asyncio.run(run(100, f"{folder}/block.db", with_callbacks=False, in_flight=100))
        print(f"\na block of 100 items, as on Ray, learns nothing of durations: {blocks.requests:.2f} requests an item")
    if arguments.postgres:
        from scripts.testing.postgres_server import server

        # The batch runs a hundred times faster than a real one, and so must what cleans up behind it.
        server().execute("postgres", "ALTER SYSTEM SET autovacuum_naptime = '1s'", "SELECT pg_reload_conf()")
        found = asyncio.run(run(10**4, server().empty_database(DATABASE), with_callbacks=True))
        print(f"PostgreSQL: {found.bytes:.0f} bytes an item beside its evaluation")
    paced = asyncio.run(run_paced())
    print(f"at rate=20 and 760 in flight, where the rate bounds the batch: {paced:.2f} requests an item")
    print_lock()


if __name__ == "__main__":
    main()
