"""Evaluations in Celery: `celery -A celery_task worker`, with RUNFLOW_API_KEY set.

Install: `pip install celery`, and `pip install .` in a checkout of runflow-client.

A task may run more than once: its worker was killed, or it is retried. The idempotency key is the id of the task, which stays the
same then, so the image is billed once. Arguments and results are plain data, because Celery sends them as JSON; errors of the library
pickle. It works with Celery's pools of processes and of threads: a client may be used by many threads.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

from celery import Celery, Task
from celery.signals import worker_process_shutdown, worker_shutdown

from runflow_client import Runflow, errors

app = Celery("celery_task", broker=os.environ.get("BROKER_URL", "memory://"), backend="cache+memory://")
app.conf.task_acks_late = True  # a task whose worker was killed is run by another
app.conf.task_reject_on_worker_lost = True


opening = threading.Lock()


def client() -> Runflow:
    """Return the client of this process, made by its first task. No signal makes it: a pool of threads starts no process."""
    with opening:  # the first tasks of a pool of threads come at once
        return opened()


@cache
def opened() -> Runflow:
    return Runflow()


@worker_process_shutdown.connect
@worker_shutdown.connect
def close_client(**_: Any) -> None:
    if opened.cache_info().currsize:
        opened().close()


@app.task(bind=True, max_retries=5, default_retry_delay=30)
def evaluate(self: Task, image_url: str, task_type: str, order: str) -> dict[str, Any]:
    """Evaluate the image of an order, and return what the shop stores."""
    try:
        evaluation = client().evaluations.evaluate(
            image_url, task_type, client_ref=order, idempotency_key=f"celery-{self.request.id}", timeout=300
        )
    except (errors.TransportError, errors.WaitTimeoutError, errors.RateLimitError, errors.ServerError) as error:
        raise self.retry(exc=error) from error
    except errors.EvaluationFailedError as error:
        return {"order": order, "evaluation_id": error.evaluation_id, "verdict": None}
    return {"order": order, "evaluation_id": evaluation.id, "verdict": evaluation.verdict}
