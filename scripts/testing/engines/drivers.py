"""The processes that run a batch, each on one engine: `python -m scripts.testing.engines.drivers JOB`.

The job is JSON; the rows of the result are written to its output, a line of JSON each.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runflow_client import AsyncRunflow, EvaluationRequest, PollPolicy, Runflow

from .server import PRICE

IN_FLIGHT = 50
TASKS = 4
"""How many times `IN_FLIGHT` evaluations are in flight on each engine: two actors with two blocks, or four tasks or shards."""
PARTITIONS = 8
_SOON = PollPolicy(first=0.6, then=0.6, longest=0.6)  # an evaluation takes 0.5 s


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a driver is told; the budget is for all items of the batch, `variant` is the engine's own."""

    engine: str
    output: str
    first: int
    count: int
    batch_id: str
    budget: str
    variant: str = ""

    def items(self) -> list[tuple[str, str]]:
        numbers = range(self.first, self.first + self.count)
        return [(f"item-{number}", f"https://images.example.com/{number}.png") for number in numbers]

    def arguments(self) -> dict[str, Any]:
        """Return what the engines are called with."""
        return {
            "batch_id": self.batch_id,
            "task_type": "product",
            "in_flight": IN_FLIGHT,
            "budget": self.budget,
            "price": PRICE,
            "poll": _SOON,
        }

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        Path(self.output).write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")


def ray(job: Job) -> None:
    """Evaluate on Ray: on one node, or in the variant `nodes` on three, of which one is lost when a line comes."""
    import ray

    from runflow_client.engines.ray import evaluate

    quiet = {"log_to_driver": False, "configure_logging": False}
    if job.variant == "nodes":
        ray.init(address=_cluster().address, **quiet)
    else:
        ray.init("local", num_cpus=2, include_dashboard=False, object_store_memory=200_000_000, **quiet)
    ray.data.DataContext.get_current().enable_progress_bars = False
    items = [{"item_id": item_id, "image": image} for item_id, image in job.items()]
    workers = 6 if job.variant == "nodes" else TASKS // 2
    result = evaluate(ray.data.from_items(items, override_num_blocks=1), workers=workers, **job.arguments())
    if job.variant == "nodes":
        result = result.sort("item_id")  # takes no block before all are there, so that some are lost that have finished
    job.write(result.take_all())
    ray.shutdown()  # before the nodes end: a driver that loses its node ends with a fault


def _cluster() -> Any:
    """Return three nodes on this machine. The result of a block stays on its node: by default Ray sends the driver what is below 100 kB."""
    from ray._private.state import actors
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 100_000_000}
    system = {"max_direct_call_object_size": 30_000, "health_check_period_ms": 500, "health_check_failure_threshold": 3}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "_system_config": system})
    nodes = [cluster.add_node(**node) for _ in range(2)]
    cluster.wait_for_nodes()

    def lose() -> None:
        if sys.stdin.readline():
            ours = [actor for actor in actors().values() if "_Actor" in actor["ActorClassName"]]
            with_actors = {actor["Address"]["NodeID"] for actor in ours if actor["State"] == "ALIVE"}
            node = next(node for node in nodes if node.node_id in with_actors)
            cluster.remove_node(node, allow_graceful=False)

    threading.Thread(target=lose, daemon=True).start()
    return cluster


def spark(job: Job) -> None:
    """Evaluate on Spark: in one JVM, or in the variant `executors` in two executors that run slow tasks twice."""
    from pyspark.sql import SparkSession

    from runflow_client.engines.spark import SCHEMA, evaluate

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "1g",
        "spark.master": f"local[{TASKS},4]",  # without the second number, the first fault of a task ends the job
    }
    if job.variant == "executors":
        settings |= {
            "spark.master": "local-cluster[2,2,1024]",
            # A copy of each task that takes a little longer than the first that have ended.
            "spark.speculation": "true",
            "spark.speculation.interval": "200ms",
            "spark.speculation.multiplier": "1.1",
            "spark.speculation.quantile": "0.1",
            "spark.speculation.minTaskRuntime": "1s",
        }
    session = SparkSession.builder.config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    frame = session.createDataFrame(job.items(), "item_id string, image string").repartition(PARTITIONS)
    result = frame.mapInArrow(evaluate(**job.arguments()), SCHEMA)
    if job.variant == "executors":
        result = result.repartition(TASKS)  # a second stage, whose input is lost with an executor
    job.write(row.asDict() for row in result.collect())
    session.stop()


def shards(job: Job) -> None:
    """Run a process for each shard, and start none of them again."""
    outputs = [Path(f"{job.output}.{number}") for number in range(1, TASKS + 1)]
    for output in outputs:
        output.unlink(missing_ok=True)
    processes = []
    for number, output in enumerate(outputs, start=1):
        one = Job(**{**asdict(job), "engine": "shard", "output": str(output), "variant": f"{number}/{TASKS}"})
        processes.append(subprocess.Popen([sys.executable, "-m", __spec__.name, one.to_json()]))
    for process in processes:
        process.wait()
    job.write(json.loads(line) for output in outputs if output.exists() for line in output.read_text().splitlines())


def shard(job: Job) -> None:
    with Runflow() as client, client.evaluations.evaluate_many(_requests(job), **_batch(job, IN_FLIGHT)) as batch:
        job.write([_row(outcome) for outcome in batch])


def process(job: Job) -> None:
    """Run the batch in one asyncio process, which the engines are compared with."""

    async def run() -> None:
        async with AsyncRunflow() as client:
            batch = client.evaluations.evaluate_many(_requests(job), **_batch(job, TASKS * IN_FLIGHT))
            job.write([_row(outcome) async for outcome in batch])

    asyncio.run(run())


def _requests(job: Job) -> Iterator[EvaluationRequest]:
    return (EvaluationRequest(image, "product", item_id=item_id) for item_id, image in job.items())


def _batch(job: Job, in_flight: int) -> dict[str, Any]:
    return {
        "journal": os.environ["RUNFLOW_JOURNAL"],
        "batch_id": job.batch_id,
        "max_in_flight": in_flight,
        "budget": job.budget,
        "price": PRICE,
        "shard": job.variant or None,
        "poll": _SOON,
    }


def _row(outcome: Any) -> dict[str, Any]:
    """Return a row as the engines make it, with the JSON of the evaluation, which costs what it costs there."""
    evaluation, error = outcome.evaluation, outcome.error
    return {
        "item_id": outcome.request.item_id,
        "outcome": "completed" if error is None else "error",
        "evaluation_id": None if evaluation is None else evaluation.id,
        "key": outcome.idempotency_key,
        "error": None if error is None else f"{type(error).__name__}: {error}",
        "raw": None if evaluation is None else json.dumps(evaluation.to_dict(), default=str),
    }


DRIVERS: dict[str, Callable[[Job], None]] = {
    "ray": ray,
    "spark": spark,
    "shards": shards,
    "shard": shard,
    "process": process,
}

if __name__ == "__main__":
    given = Job(**json.loads(sys.argv[1]))
    DRIVERS[given.engine](given)
