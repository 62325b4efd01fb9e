"""Kill a large batch many times, and count what it came to: `python -m scripts.testing.soak [--items 10000] [--kills 20]`.

A sandbox server runs in a process of its own, and the batch in another, which is killed (SIGKILL) at random times and started
again with the same journal, until it ends. Each item must have one evaluation, one charge and one outcome.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from runflow_client import EvaluationRequest, Runflow, open_journal
from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture

KEY = "rf_sandbox_key"
URL = "https://images.example.com/a.png"
PRICE = "0.05"
_EVALUATION_SECONDS = 1.0


def serve() -> None:
    """Run the server; each line on the standard input is answered by what was charged so far."""
    sandbox = Sandbox(
        images={URL: sharp_picture()}, evaluation_seconds=_EVALUATION_SECONDS, balance="1000000", price=PRICE
    )
    sandbox.outcomes.decide = lambda submission: "passed"
    with SandboxServer(sandbox) as server:
        _say(server.url)
        for _ in sys.stdin:
            _say(json.dumps({"evaluations": sandbox.evaluations, "charges": len(sandbox.charges)}))


def work(url: str, journal: str, items: int) -> None:
    """Run the batch to its end."""
    requests = (EvaluationRequest(URL, "headshot", item_id=f"item-{number}") for number in range(items))
    budget = f"{items * float(PRICE):.2f}"
    with Runflow(KEY, base_url=url) as client:
        batch = client.evaluations.evaluate_many(requests, journal=journal, budget=budget, price=PRICE)
        for outcome in batch:
            if outcome.error is not None:
                raise outcome.error


def soak(items: int, kills: int, seed: int, folder: Path) -> list[str]:
    """Run the batch with its kills, and return what is wrong."""
    moments = random.Random(seed)
    path = folder / "batch.db"
    server = _start("serve", stdin=subprocess.PIPE)
    assert server.stdin is not None
    url = _line(server)
    began, made = time.monotonic(), 0
    for number in range(kills):
        worker = _start("work", url, str(path), str(items))
        time.sleep(moments.uniform(0.5, 2.5))
        worker.kill()
        if worker.wait() == 0:
            print(f"the batch ended before kill {number + 1}; take more items")
            break
        made += 1
        print(f"kill {number + 1}: {_totals(path)}", flush=True)
    last = _start("work", url, str(path), str(items))
    status = last.wait()
    seconds = time.monotonic() - began
    server.stdin.write("\n")
    server.stdin.flush()
    state = json.loads(_line(server))
    server.kill()
    server.wait()
    journal = open_journal(path)
    outcomes = Counter(outcome.item_id for outcome in journal.outcomes("default"))
    totals = journal.totals("default")
    journal.close()
    twice = sum(count > 1 for count in outcomes.values())
    size = path.stat().st_size / items
    print(
        f"{items} items, {made} kills, {seconds:.0f} s: {state['evaluations']} evaluations, {state['charges']} charges, "
        f"{len(outcomes)} outcomes, {twice} twice; {totals.spent} spent, {totals.reserved} reserved; {size:.0f} bytes an item"
    )
    found = (status, state["evaluations"], state["charges"], len(outcomes), twice, totals.passed)
    return [] if found == (0, items, items, items, 0, items) else [f"found {found}, in which {items} were expected"]


def _totals(path: Path) -> str:
    journal = open_journal(path, create=True)
    totals = journal.totals("default")
    journal.close()
    return f"{totals.passed} passed, {totals.submitted} submitted, {totals.granted} granted"


def _start(*arguments: str, stdin: int | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "scripts.testing.soak", *arguments]
    return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE if stdin else None, text=True)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _say(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    if sys.argv[1:2] == ["serve"]:
        serve()
    elif sys.argv[1:2] == ["work"]:
        work(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--items", type=int, default=10_000)
        parser.add_argument("--kills", type=int, default=20)
        parser.add_argument("--seed", type=int, default=0)
        arguments = parser.parse_args()
        with tempfile.TemporaryDirectory() as folder:
            sys.exit("\n".join(soak(arguments.items, arguments.kills, arguments.seed, Path(folder))) or 0)


if __name__ == "__main__":
    main()
