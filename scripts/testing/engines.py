"""Run batches on Ray, kill its parts, and count what they came to: `make engines [ARGS="--only kills --items 2000"]`.

The sandbox, a PostgreSQL server and each driver are processes of their own. Each item must have one evaluation, one charge and one row.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runflow_client import open_journal
from runflow_client.batch.journals.journal import Totals
from runflow_client.sandbox import Sandbox, SandboxServer, faults
from scripts.testing.postgres_server import server as database_server

KEY = "rf_sandbox_key"
PRICE = "0.05"
MARK = "RUNFLOW_ENGINES_PROOF"
_WORKERS = 2
_IN_FLIGHT = 50


def serve() -> None:
    """Run the sandbox; each line on the standard input is a command, answered by what was done so far."""
    sandbox = Sandbox(evaluation_seconds=0.5, balance="1000000", price=PRICE)
    sandbox.outcomes.decide = lambda submission: "passed"
    with SandboxServer(sandbox) as server:
        print(server.url, flush=True)
        for line in sys.stdin:
            match line.strip():
                case "lose responses":
                    sandbox.faults.always(faults.drop_after, on=("POST", "/v1/evaluations"))
                case "forget keys":
                    sandbox.faults.clear()
                    sandbox.faults.always(faults.forget_key, on=("POST", "/v1/evaluations"))
                case "limit rate":
                    sandbox.faults.always(_limited(100))
            print(json.dumps({"evaluations": sandbox.evaluations, "charges": len(sandbox.charges)}), flush=True)


def _limited(rate: int) -> Callable[[faults.SeenRequest], faults.Fault | None]:
    """Return a fault that refuses what exceeds so many requests a second."""
    times: deque[float] = deque(maxlen=rate)

    def limit(request: faults.SeenRequest) -> faults.Fault | None:
        now = time.monotonic()
        if len(times) == rate and now - times[0] < 1:
            return faults.refuse(429, retry_after=1)
        times.append(now)
        return None

    return limit


def drive(output: str, first: int, count: int, batch_id: str, budget: str) -> None:
    """Evaluate items on Ray, and write the rows."""
    import ray

    from runflow_client.engines.ray import evaluate

    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=200_000_000, configure_logging=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    items = [
        {"item_id": f"item-{number}", "image": f"https://images.example.com/{number}.png"}
        for number in range(first, first + count)
    ]
    result = evaluate(
        ray.data.from_items(items, override_num_blocks=1),
        batch_id=batch_id,
        task_type="product",
        workers=_WORKERS,
        in_flight=_IN_FLIGHT,
        budget=budget,
        price=PRICE,
    )
    rows = result.take_all()
    Path(output).write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")


class Proof:
    """One scenario: a batch of its own, and the processes that work on it."""

    def __init__(self, name: str, items: int, folder: Path) -> None:
        self.name = name
        self.items = items
        self.batch_id = f"{name} {uuid.uuid4()}"
        self.output = folder / f"{name}.jsonl"
        self.mark = str(uuid.uuid4())
        self.address = database_server().address("proof")
        self.sandbox = subprocess.Popen(
            [sys.executable, "-m", "scripts.testing.engines", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self._line()

    def start(self, *, first: int = 0, count: int | None = None, budget: int | None = None) -> subprocess.Popen[bytes]:
        """Start a driver; a budget is a number of items."""
        allowed = f"{(self.items if budget is None else budget) * float(PRICE):.2f}"
        values = (str(self.output), str(first), str(count or self.items), self.batch_id, allowed)
        variables = {"RUNFLOW_API_KEY": KEY, "RUNFLOW_BASE_URL": self.url, "RUNFLOW_JOURNAL": self.address}
        return subprocess.Popen(
            [sys.executable, "-m", "scripts.testing.engines", "drive", *values],
            env={**os.environ, **variables, MARK: self.mark, "RAY_DEDUP_LOGS": "1", "PYTHONPATH": os.getcwd()},
            stdout=subprocess.DEVNULL,
        )

    def state(self, command: str = "") -> dict[str, int]:
        assert self.sandbox.stdin is not None
        self.sandbox.stdin.write(command + "\n")
        self.sandbox.stdin.flush()
        found: dict[str, int] = json.loads(self._line())
        return found

    def wait_for(self, evaluations: int, driver: subprocess.Popen[bytes]) -> None:
        while self.state()["evaluations"] < evaluations:
            if driver.poll() is not None:
                raise SystemExit(f"{self.name}: the driver ended early, with status {driver.returncode}")
            time.sleep(0.05)

    def actors(self) -> list[int]:
        """Return the processes of this proof's actors."""
        found = []
        for process in Path("/proc").iterdir():
            try:
                title = (process / "cmdline").read_bytes()
                environment = (process / "environ").read_bytes()
            except OSError:
                continue
            if b"_Actor" in title and title.startswith(b"ray::") and self.mark.encode() in environment:
                found.append(int(process.name))
        return found

    def totals(self) -> Totals:
        journal = open_journal(self.address)
        totals = journal.totals(self.batch_id)
        journal.close()
        return totals

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.read_text(encoding="utf-8").splitlines()]

    def report(self, expected: int, seconds: float) -> list[str]:
        """Print what the scenario came to, and return what is wrong."""
        rows, state, totals = self.rows(), self.state(), self.totals()
        completed = [row for row in rows if row["outcome"] == "completed"]
        twice = sum(count > 1 for count in Counter(row["item_id"] for row in completed).values())
        found = (state["evaluations"], state["charges"], len(completed), twice)
        others = Counter(str(row["error"]).partition(":")[0] for row in rows if row["outcome"] != "completed")
        print(
            f"{self.name:<16} {found[0]:>6} evaluations {found[1]:>6} charges {found[2]:>6} rows {twice:>3} twice "
            f"{totals.unknown:>4} unknown  {totals.spent} spent  {seconds:4.0f} s  {dict(others) or ''}",
            flush=True,
        )
        known = expected - totals.unknown
        is_right = (state["charges"] <= expected, len(completed), twice) == (True, known, 0)
        return [] if is_right and state["evaluations"] == state["charges"] else [f"{self.name}: found {found}"]

    def close(self) -> None:
        self.sandbox.kill()
        self.sandbox.wait()

    def _line(self) -> str:
        assert self.sandbox.stdout is not None
        return self.sandbox.stdout.readline().strip()


def kills(proof: Proof) -> int:
    """SIGKILL an actor at a third and the driver at two thirds; start again."""
    driver = proof.start()
    proof.wait_for(proof.items // 3, driver)
    os.kill(proof.actors()[0], signal.SIGKILL)
    proof.wait_for(2 * proof.items // 3, driver)
    driver.kill()
    driver.wait()
    assert proof.start().wait() == 0
    return proof.items


def key_expiry(proof: Proof) -> int:
    """Kill all while responses are lost; two hours pass, and the server has forgotten its keys; start again.

    What was submitted without a response is unknown, and must not be submitted again.
    """
    driver = proof.start()
    proof.wait_for(proof.items // 2, driver)
    seen = proof.state("lose responses")["evaluations"]
    proof.wait_for(seen + _IN_FLIGHT, driver)
    for process in (driver.pid, *proof.actors()):
        os.kill(process, signal.SIGKILL)
    driver.wait()
    proof.state("forget keys")
    for statement in ("items SET granted = granted - 7200", "workers SET until = until - 7200"):
        database_server().execute("proof", f"UPDATE runflow_journal.{statement}")
    assert proof.start().wait() == 0
    return proof.items


def frozen(proof: Proof) -> int:
    """Suspend an actor for longer than its lease, kill the driver, start again, and let the actor go on."""
    driver = proof.start()
    proof.wait_for(proof.items // 3, driver)
    frozen = proof.actors()[0]
    os.kill(frozen, signal.SIGSTOP)
    driver.kill()
    driver.wait()
    again = proof.start()
    proof.wait_for(2 * proof.items // 3, again)
    time.sleep(65)  # the lease is 60 s
    os.kill(frozen, signal.SIGCONT)
    assert again.wait() == 0
    return proof.items


def one_budget(proof: Proof) -> int:
    """Two drivers at once, with a budget for half of their items together."""
    half = proof.items // 2
    other = Proof.__new__(Proof)
    other.__dict__.update(proof.__dict__, output=proof.output.with_suffix(".other"))
    drivers = [proof.start(count=half, budget=half), other.start(first=half, count=half, budget=half)]
    assert [driver.wait() for driver in drivers] == [0, 0]
    proof.output.write_text("\n".join(json.dumps(row) for row in proof.rows() + other.rows()), encoding="utf-8")
    return half


def rate_limits(proof: Proof) -> int:
    """The server allows 100 requests a second, and answers the others with 429."""
    proof.state("limit rate")
    assert proof.start().wait() == 0
    return proof.items


SCENARIOS: dict[str, Callable[[Proof], int]] = {
    "kills": kills,
    "key expiry": key_expiry,
    "one budget": one_budget,
    "rate limits": rate_limits,
    "frozen actor": frozen,
}


def main() -> None:
    if sys.argv[1:2] == ["serve"]:
        serve()
        return
    if sys.argv[1:2] == ["drive"]:
        output, first, count, batch_id, budget = sys.argv[2:]
        drive(output, int(first), int(count), batch_id, budget)
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=2_000)
    parser.add_argument("--only", choices=SCENARIOS, action="append")
    arguments = parser.parse_args()
    database_server().empty_database("proof")
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only or SCENARIOS:
            proof = Proof(name, arguments.items, Path(folder))
            began = time.monotonic()
            try:
                wrong += proof.report(SCENARIOS[name](proof), time.monotonic() - began)
            finally:
                proof.close()
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
