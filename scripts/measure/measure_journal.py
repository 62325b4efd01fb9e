"""Measure what the journal costs: `python -m scripts.measure.measure_journal [--items 10000] [--in-flight 200] [--folder DIRECTORY]`.

An item is found, granted, fenced, submitted and finished; what waits at the same time shares a group. The journal is a file, or with
`--address postgresql://…` a database, for instance that of `python -m scripts.testing.postgres_server`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import uuid
from decimal import Decimal
from pathlib import Path

from runflow_client.batch.journals.journal import Answer, Verdict, Worker
from runflow_client.batch.journals.opening import open_journal

PRICE = Decimal("0.05")
SIZES = (0, 1_200, 45_000)  # no evaluation is kept; a pending one; a full one


def run(worker: Worker, item_ids: list[str], body: str) -> None:
    with worker.group(item_ids):
        for item_id in item_ids:
            assert worker.find(item_id) is None
    with worker.group(item_ids):
        for item_id in item_ids:
            url = f"https://images.example/{item_id}.png?signature=0123456789"
            worker.grant(item_id, digest="0" * 64, image_references=(url,), price=PRICE, budget=Decimal(10**9))
    for item_id in item_ids:
        assert worker.fence(item_id)
    with worker.group(item_ids):
        for item_id in item_ids:
            assert worker.submitted(item_id, f"evaluation-{item_id}")
    worker.renew()
    with worker.group(item_ids):
        for item_id in item_ids:
            assert worker.finished(item_id, Verdict.PASSED, evaluation=body, cost=PRICE)


def measure(address: str, items: int, in_flight: int, size: int) -> None:
    journal = open_journal(address, create=True)
    batch_id = f"measurement {uuid.uuid4()}"
    worker = journal.begin(batch_id, account="account")
    body = '"' + "x" * size + '"'
    cpu, wall = time.process_time(), time.perf_counter()
    for first in range(0, items, in_flight):
        run(worker, [f"item-{index}" for index in range(first, min(first + in_flight, items))], body)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    again = time.process_time()
    for first in range(0, items, in_flight):
        item_ids = [f"item-{index}" for index in range(first, min(first + in_flight, items))]
        with worker.group(item_ids):
            for item_id in item_ids:
                found = worker.find(item_id)
                assert found is not None
                assert found.answer is Answer.DONE
    again = time.process_time() - again
    assert journal.totals(batch_id).spent == items * PRICE
    journal.close()
    figures = [f"{1000 * seconds / items:.3f} ms" for seconds in (cpu, wall, again)]
    print(
        f"{size:>6} bytes: CPU {figures[0]}, wall {figures[1]}, CPU of a finished item met again {figures[2]} an item"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--in-flight", type=int, default=200)
    parser.add_argument("--folder", help="where the journal is written; the disk counts")
    parser.add_argument("--address", help="of a PostgreSQL database; its journal gains three batches")
    arguments = parser.parse_args()
    for size in SIZES:
        if arguments.address:
            measure(arguments.address, arguments.items, arguments.in_flight, size)
            continue
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            measure(str(Path(folder) / "journal"), arguments.items, arguments.in_flight, size)


if __name__ == "__main__":
    main()
