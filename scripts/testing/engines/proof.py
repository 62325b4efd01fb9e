"""One scenario: a batch of its own, the processes that work on it, and the count of what it came to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from runflow_client import open_journal
from runflow_client.batch.journals.journal import Totals
from scripts.testing.postgres_server import server as database_server

from .drivers import DRIVERS, Job
from .server import PRICE

KEY = "rf_sandbox_key"
MARK = "RUNFLOW_ENGINES_PROOF"
DATABASE = "proof"


class Part(NamedTuple):
    """A process of a scenario."""

    pid: int
    parent: int
    command: str
    cpu_seconds: float

    @property
    def is_worker(self) -> bool:
        """Whether it may evaluate items: an actor, a Python worker of Spark (or the process that forks them), or a shard."""
        command = self.command
        if command.startswith("ray::"):
            return "_Actor" in command
        return "pyspark.daemon" in command or '"engine": "shard"' in command or '"engine": "process"' in command


class Proof:
    """One scenario.

    Args:
        engine: the name of a driver.
        name: the scenario's.
        items: how many the batch has.
        folder: where rows are written.
    """

    def __init__(self, engine: str, name: str, items: int, folder: Path) -> None:
        assert engine in DRIVERS
        self.engine = engine
        self.name = name
        self.items = items
        self.batch_id = f"{engine} {name} {uuid.uuid4()}"
        self.output = folder / f"{engine} {name}.jsonl"
        self.mark = str(uuid.uuid4())
        self.address = database_server().address(DATABASE)
        self.sandbox = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = self._line()

    def start(
        self,
        *,
        first: int = 0,
        count: int | None = None,
        budget: int | None = None,
        variant: str = "",
        output: str = "",
    ) -> subprocess.Popen[bytes]:
        """Start a driver; a budget is a number of items."""
        job = Job(
            engine=self.engine,
            output=output or str(self.output),
            first=first,
            count=count or self.items,
            batch_id=self.batch_id,
            budget=f"{(self.items if budget is None else budget) * float(PRICE):.2f}",
            variant=variant,
        )
        variables = {"RUNFLOW_API_KEY": KEY, "RUNFLOW_BASE_URL": self.url, "RUNFLOW_JOURNAL": self.address}
        quiet = {"RAY_DEDUP_LOGS": "1", "RAY_DISABLE_IMPORT_WARNING": "1", "SPARK_LOCAL_IP": "127.0.0.1"}
        return subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.drivers", job.to_json()],
            env={**os.environ, **quiet, **variables, MARK: self.mark, "PYTHONPATH": os.getcwd()},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=None if os.environ.get("RUNFLOW_ENGINES_VERBOSE") else subprocess.DEVNULL,
        )

    def run(self, variant: str = "") -> None:
        """Run a driver to its end."""
        self.expect_success(self.start(variant=variant))

    def expect_success(self, *drivers: subprocess.Popen[bytes]) -> None:
        for driver in drivers:
            if driver.wait(600) != 0:
                raise SystemExit(f"{self.engine}, {self.name}: a driver ended with status {driver.returncode}")

    def state(self, command: str = "") -> dict[str, int]:
        assert self.sandbox.stdin is not None
        self.sandbox.stdin.write(command + "\n")
        self.sandbox.stdin.flush()
        found: dict[str, int] = json.loads(self._line())
        return found

    def wait_for(self, evaluations: int, driver: subprocess.Popen[bytes]) -> None:
        while self.state()["evaluations"] < evaluations:
            if driver.poll() is not None:
                raise SystemExit(f"{self.engine}, {self.name}: the driver ended early, with status {driver.returncode}")
            time.sleep(0.05)

    def parts(self) -> Iterator[Part]:
        """Yield the processes of this scenario's drivers that run."""
        ticks = os.sysconf("SC_CLK_TCK")
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal():
                continue
            try:
                if self.mark.encode() not in (folder / "environ").read_bytes():
                    continue
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            if fields[0] != "Z":
                yield Part(int(folder.name), int(fields[1]), command, (int(fields[11]) + int(fields[12])) / ticks)

    def busy(self, count: int = 1) -> list[int]:
        """Return so many processes that have items now, as the journal says: Spark also keeps workers that have none."""
        found = database_server().execute(
            DATABASE,
            "SELECT b.batch_id, w.process FROM runflow_journal.workers w JOIN runflow_journal.batches b ON b.number = w.batch "
            "WHERE w.items > 0 ORDER BY w.items DESC, w.number",
        )
        pids = list(dict.fromkeys(int(process.split()[1]) for batch_id, process in found if batch_id == self.batch_id))
        assert len(pids) >= count
        return pids[:count]

    def kill(self, driver: subprocess.Popen[bytes]) -> None:
        """Kill a driver with all that is its own but the workers, which find out by themselves."""
        if self.engine != "ray":  # the processes of its node end with it
            for part in self.parts():
                if not part.is_worker or self.engine == "shards":
                    _kill(part.pid)
        driver.kill()
        driver.wait()

    def kill_all(self, driver: subprocess.Popen[bytes]) -> None:
        for part in self.parts():
            if part.is_worker:
                _kill(part.pid)
        self.kill(driver)

    def totals(self) -> Totals:
        journal = open_journal(self.address, create=True)
        totals = journal.totals(self.batch_id)
        journal.close()
        return totals

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.read_text(encoding="utf-8").splitlines()]

    def report(self, expected: int, seconds: float) -> list[str]:
        """Print what the scenario came to, and return what is wrong."""
        rows, state, totals = self.rows(), self.state("requests"), self.totals()
        completed = [row for row in rows if row["outcome"] == "completed"]
        twice = sum(count > 1 for count in Counter(row["item_id"] for row in completed).values())
        found = (state["evaluations"], state["charges"], len(completed), twice)
        others = Counter(str(row["error"]).partition(":")[0] for row in rows if row["outcome"] != "completed")
        print(
            f"{self.engine:<7} {self.name:<16} {found[0]:>6} evaluations {found[1]:>6} charges {found[2]:>6} rows {twice:>3} twice "
            f"{totals.unknown:>4} unknown  {totals.spent} spent  {state['begun']:>4} begun {seconds:4.0f} s  {dict(others) or ''}",
            flush=True,
        )
        known = expected - totals.unknown
        is_right = (state["charges"] <= expected, len(completed), twice) == (True, known, 0)
        is_right = is_right and state["evaluations"] == state["charges"]
        return [] if is_right else [f"{self.engine}, {self.name}: found {found}"]

    def close(self) -> None:
        for part in self.parts():  # orphans of killed drivers
            _kill(part.pid)
        self.sandbox.kill()
        self.sandbox.wait()

    def _line(self) -> str:
        assert self.sandbox.stdout is not None
        return self.sandbox.stdout.readline().strip()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
