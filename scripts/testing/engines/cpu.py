"""The CPU that an item costs on each engine, over that of one asyncio process, with the same server and journal.

An engine's fixed start-up is left out: it is what two batches of different size have in common.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .proof import Part, Proof

BASE = "process"
SIZES = (1_000, 4_000)
_SAMPLE_SECONDS = 0.05


class Used(NamedTuple):
    """CPU seconds of the processes that evaluate items, and of all processes of the engine; requests that were sent."""

    workers: float
    all: float
    requests: float


def compare(engines: Sequence[str], folder: Path) -> None:
    """Measure, and print a table."""
    print(f"CPU an item, from batches of {SIZES[0]} and {SIZES[1]} items")
    print(f"{'':<8}{'workers':>12}{'over process':>14}{'all processes':>15}{'start-up':>11}{'requests an item':>18}")
    base = 0.0
    for engine in (BASE, *engines):
        small, large = (_used(engine, items, folder) for items in SIZES)
        workers, everything, requests = (
            (more - less) / (SIZES[1] - SIZES[0]) for less, more in zip(small, large, strict=True)
        )
        start = small.all - everything * SIZES[0]
        base = base or workers
        print(
            f"{engine:<8}{1e3 * workers:>9.2f} ms{workers / base:>14.2f}{1e3 * everything:>12.2f} ms{start:>9.1f} s{requests:>18.2f}",
            flush=True,
        )


def _used(engine: str, items: int, folder: Path) -> Used:
    """Run a batch, and return what it used; a process is seen until shortly before it ends, when it has no command any more."""
    proof = Proof(engine, f"cpu {items}", items, folder)
    parts: dict[int, Part] = {}
    workers: set[int] = set()
    try:
        driver = proof.start()
        while driver.poll() is None:
            for part in proof.parts():
                parts[part.pid] = part
                if part.is_worker:
                    workers.add(part.pid)
            time.sleep(_SAMPLE_SECONDS)
        proof.expect_success(driver)
        state = proof.state("requests")
        assert state["evaluations"] == state["charges"] == items == len(proof.rows())
    finally:
        proof.close()
    requests = state["submits"] + state.get("polls", 0) + state["begun"]
    cpu = sum(part.cpu_seconds for part in parts.values())
    return Used(sum(parts[pid].cpu_seconds for pid in workers), cpu, requests)
