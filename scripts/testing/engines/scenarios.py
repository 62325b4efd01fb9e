"""The scenarios: each kills, suspends or hinders parts of a batch, and returns how many items must have ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable

from scripts.testing.postgres_server import server as database_server

from .drivers import IN_FLIGHT, PARTITIONS
from .proof import DATABASE, Proof

_LEASE_AND_MORE = 65


def kills(proof: Proof) -> int:
    """SIGKILL a worker at a third and the driver at two thirds; start again."""
    driver = proof.start()
    proof.wait_for(proof.items // 3, driver)
    os.kill(proof.busy()[0], signal.SIGKILL)
    proof.wait_for(2 * proof.items // 3, driver)
    proof.kill(driver)
    proof.run()
    return proof.items


def key_expiry(proof: Proof) -> int:
    """Kill all while responses are lost; two hours pass, and the server has forgotten its keys; start again.

    What was submitted without a response is unknown, and must not be submitted again.
    """
    driver = proof.start()
    proof.wait_for(proof.items // 2, driver)
    seen = proof.state("lose responses")["evaluations"]
    proof.wait_for(seen + IN_FLIGHT, driver)
    proof.kill_all(driver)
    proof.state("forget keys")
    for statement in ("items SET granted = granted - 7200", "workers SET until = until - 7200"):
        database_server().execute(DATABASE, f"UPDATE runflow_journal.{statement}")
    proof.run()
    return proof.items


def frozen(proof: Proof) -> int:
    """Suspend two workers for longer than their leases, while a second driver runs the same batch; then all go on.

    What counts is the second driver's result. In the first one's, items whose requests timed out meanwhile may have an error.
    """
    first = proof.output.with_suffix(".first")
    driver = proof.start(output=str(first))
    proof.wait_for(proof.items // 3, driver)
    suspended = proof.busy(2)
    for pid in suspended:
        os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    again = proof.start()
    # The second driver takes up the items of the suspended workers when their leases have ended.
    time.sleep(max(0.0, began + _LEASE_AND_MORE - time.monotonic()))
    for pid in suspended:
        os.kill(pid, signal.SIGCONT)
    proof.expect_success(driver, again)
    outcomes = Counter(json.loads(line)["outcome"] for line in first.read_text(encoding="utf-8").splitlines())
    assert sum(outcomes.values()) == proof.items
    print(f"{proof.engine}: the rows of the driver with suspended workers: {dict(outcomes)}", flush=True)
    return proof.items


def one_budget(proof: Proof) -> int:
    """Two drivers at once, with a budget for half of their items together."""
    half = proof.items // 2
    other = proof.output.with_suffix(".other")
    proof.expect_success(
        proof.start(count=half, budget=half), proof.start(first=half, count=half, budget=half, output=str(other))
    )
    text = proof.output.read_text(encoding="utf-8") + "\n" + other.read_text(encoding="utf-8")
    proof.output.write_text(text, encoding="utf-8")
    return half


def rate_limits(proof: Proof) -> int:
    """The server allows 100 requests a second, and answers the others with 429."""
    proof.state("limit rate")
    proof.run()
    return proof.items


def lost_node(proof: Proof) -> int:
    """Lose one of three nodes of Ray at two thirds: with its actor, and with blocks that have finished and are not read yet."""
    driver = proof.start(variant="nodes")
    proof.wait_for(2 * proof.items // 3, driver)
    _say(driver)
    proof.expect_success(driver)
    assert proof.state("requests")["begun"] > proof.items / IN_FLIGHT, "no block was run again"
    return proof.items


def lost_executor(proof: Proof) -> int:
    """Spark runs slow tasks twice, and loses one of two executors with the output of tasks that have finished."""
    driver = proof.start(variant="executors")
    proof.wait_for(2 * proof.items // 3, driver)
    executors = [part.pid for part in proof.parts() if "CoarseGrainedExecutorBackend" in part.command]
    os.kill(executors[0], signal.SIGKILL)
    proof.expect_success(driver)
    assert proof.state("requests")["begun"] > PARTITIONS, "no task was run again"
    return proof.items


def _say(driver: subprocess.Popen[bytes]) -> None:
    assert driver.stdin is not None
    driver.stdin.write(b"go\n")
    driver.stdin.flush()


_ANY: dict[str, Callable[[Proof], int]] = {
    "kills": kills,
    "key expiry": key_expiry,
    "one budget": one_budget,
    "rate limits": rate_limits,
    "frozen workers": frozen,
}
SCENARIOS: dict[str, dict[str, Callable[[Proof], int]]] = {
    "ray": {**_ANY, "lost node": lost_node},
    "spark": {**_ANY, "lost executor": lost_executor},
    "shards": _ANY,
}
