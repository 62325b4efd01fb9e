"""What the four examples do with a callback: take it at once, and leave the slow work to a thread.

A callback only says that an evaluation has ended. What counts is what `get` returns. A service that must not lose work when its
process is killed puts it into a queue that survives, such as a table of its database, in place of `queue.Queue`.
Without RUNFLOW_CALLBACK_SECRETS the program ends, because it could verify no callback.
"""

import os
import queue
import threading

from runflow_client import Runflow, callbacks

if not os.environ.get("RUNFLOW_CALLBACK_SECRETS"):
    raise SystemExit("Set RUNFLOW_CALLBACK_SECRETS to the current callback secret of your account.")
SECRETS = os.environ["RUNFLOW_CALLBACK_SECRETS"].split(",")  # two during a rotation

_taken: queue.Queue[str] = queue.Queue()


def take(callback: callbacks.Callback) -> None:
    """Take a callback, and return at once: Runflow waits for the response a few seconds only."""
    if callback.event in ("evaluation.completed", "evaluation.failed") and callback.evaluation_id is not None:
        _taken.put(callback.evaluation_id)


def start_worker() -> None:
    threading.Thread(target=_work, daemon=True).start()


def _work() -> None:
    with Runflow() as client:
        while True:
            evaluation = client.evaluations.get(_taken.get())
            verdict = "no verdict" if evaluation.verdict is None else evaluation.verdict.value
            print(f"{evaluation.client_ref}: {verdict}", flush=True)
