"""The sandbox in a process of its own: `python -m scripts.testing.engines.server`."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter, deque
from collections.abc import Callable

from runflow_client.sandbox import Sandbox, SandboxServer, faults

PRICE = "0.05"
_SUBMIT = ("POST", "/v1/evaluations")
_ACCEPTED_A_SECOND = 100


def main() -> None:
    """Run the sandbox; each line on the standard input is a command, answered by what was done so far."""
    sandbox = Sandbox(evaluation_seconds=0.5, balance="1000000", price=PRICE)
    sandbox.outcomes.decide = lambda submission: "passed"
    with SandboxServer(sandbox) as server:
        print(server.url, flush=True)
        for line in sys.stdin:
            state = {"evaluations": sandbox.evaluations, "charges": len(sandbox.charges)}
            match line.strip():
                case "lose responses":
                    sandbox.faults.always(faults.drop_after, on=_SUBMIT)
                case "forget keys":
                    sandbox.faults.clear()
                    sandbox.faults.always(faults.forget_key, on=_SUBMIT)
                case "limit rate":
                    sandbox.faults.always(_limited(_ACCEPTED_A_SECOND))
                case "requests":
                    state |= Counter(_kind(request) for request in sandbox.requests)
            print(json.dumps(state), flush=True)


def _kind(request: faults.SeenRequest) -> str:
    """Return what a request is for. A batch reads the balance when it begins, and each block or task is a batch of its own."""
    if (request.method, request.path) == _SUBMIT:
        return "submits"
    return "polls" if request.path.startswith("/v1/evaluations/") else "begun"


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


if __name__ == "__main__":
    main()
