"""A sandbox server in a process of its own, so that the test's process has no threads and may be forked.

Each line on its standard input is answered by a line with what it has charged; see `ServerProcess.state`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from runflow_client.sandbox import Sandbox, SandboxServer, faults, sharp_picture

KEY = "rf_sandbox_key"
URL = "https://images.example.com/a.png"


class ServerProcess:
    """The server; `url` is where it listens."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self._line()

    def state(self, **command: Any) -> dict[str, Any]:
        """Carry out a command (`forget_keys=True`: each submit from now on is a new one), and return what was done so far."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._line())
        return found

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def server_process(**options: Any) -> Iterator[ServerProcess]:
    """Run a server whose evaluations all pass.

    Args:
        options: of `Sandbox`, as far as JSON can hold them.
    """
    command = [sys.executable, __file__, json.dumps(options)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield ServerProcess(process)
        process.kill()


def main() -> None:
    sandbox = Sandbox(images={URL: sharp_picture()}, **json.loads(sys.argv[1]))
    sandbox.outcomes.decide = lambda *ignored: "passed"
    with SandboxServer(sandbox) as server:
        sys.stdout.write(server.url + "\n")
        sys.stdout.flush()
        for line in sys.stdin:
            if json.loads(line).get("forget_keys"):
                sandbox.faults.always(faults.forget_key, on=("POST", "/v1/evaluations"))
            state = {
                "evaluations": sandbox.evaluations,
                "charges": len(sandbox.charges),
                "submits": sum(each.method == "POST" for each in sandbox.requests),
            }
            sys.stdout.write(json.dumps(state) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
