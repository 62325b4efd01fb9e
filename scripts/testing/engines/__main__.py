"""Run batches on Ray, on Spark and as plain shards, kill their parts, and count what they came to.

    make engines [ARGS="--engine spark --only kills --items 2000"]

The sandbox, a PostgreSQL server and each driver are processes of their own. Each item must have one evaluation, one charge and
one row. At last, the CPU an item of each engine is compared with that of one asyncio process.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from scripts.testing.postgres_server import server as database_server

from .cpu import compare
from .proof import DATABASE, Proof
from .scenarios import SCENARIOS

CPU = "cpu"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=2_000)
    parser.add_argument("--engine", choices=SCENARIOS, action="append")
    parser.add_argument(
        "--only", choices=[*dict.fromkeys(name for each in SCENARIOS.values() for name in each), CPU], action="append"
    )
    arguments = parser.parse_args()
    engines = arguments.engine or list(SCENARIOS)
    if "spark" in engines and shutil.which("java") is None:
        sys.exit(
            "Spark needs Java 17 or newer: install it (Debian: openjdk-17-jre-headless), or choose --engine ray --engine shards"
        )
    database_server().empty_database(DATABASE)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for engine in engines:
            for name in SCENARIOS[engine]:
                if arguments.only is None or name in arguments.only:
                    wrong += run(engine, name, arguments.items, Path(folder))
        if arguments.only is None or CPU in arguments.only:
            compare(engines, Path(folder))
    sys.exit("\n".join(wrong) or 0)


def run(engine: str, name: str, items: int, folder: Path) -> list[str]:
    """Run a scenario, print what it came to, and return what is wrong."""
    proof = Proof(engine, name, items, folder)
    began = time.monotonic()
    try:
        return proof.report(SCENARIOS[engine][name](proof), time.monotonic() - began)
    finally:
        proof.close()


if __name__ == "__main__":
    main()
