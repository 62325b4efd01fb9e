"""A batch on Ray Data: actors with one client and one connection to the journal each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..flows.base.policies import PollPolicy
from .arrow import ResultTables, module
from .evaluator import Evaluator, Settings

_RESTARTS = 4


def evaluate(
    dataset: Any,
    *,
    batch_id: str,
    task_type: str,
    item_id: str = "item_id",
    image: str = "image",
    journal: str = "env:RUNFLOW_JOURNAL",
    workers: int = 4,
    in_flight: int = 100,
    budget: Decimal | str | None = None,
    price: Decimal | str | None = None,
    rate: float | None = None,
    timeout: float | None = 600.0,
    poll: PollPolicy = PollPolicy(),
) -> Any:
    """Return a dataset with the result of each row, which is evaluated when the dataset is read. Nothing is submitted before.

    Ray may run any part of it again, and so may you: the journal is asked before each submit, so that an item is evaluated and
    charged once. API key and journal address are read on the workers (`RUNFLOW_API_KEY` and the variable of `journal`).

    Args:
        dataset: a Ray dataset.
        batch_id: the batch, the same whenever it is run.
        task_type: what kind of generation made the images.
        item_id: the column of the items' ids, each of which is one item, whatever else the row holds.
        image: the column of the images: https URLs, `runflow://` references, `data:` URIs or bytes.
        journal: `env:NAME`, the variable in which each worker finds the address of the journal.
        workers: how many actors there are.
        in_flight: how many evaluations each actor has in flight; also the rows of a block.
        budget: credits that the whole batch may cost; needs a price.
        price: credits of one evaluation, where the server lists none.
        rate: requests a second of the whole batch.
        timeout: seconds for each evaluation.
        poll: how often to poll.

    Returns:
        A dataset with the columns item_id, outcome (completed, failed or error), evaluation_id, verdict, score, charged (an exact
        decimal as text), key, error and raw (the evaluation as JSON).

    Raises:
        InvalidRequestError: the journal is not the name of a variable.
        ConfigurationError: Ray is not installed.
    """
    settings = Settings(
        batch_id=batch_id,
        task_type=task_type,
        journal=journal,
        budget=budget,
        price=price,
        rate=rate,
        timeout=timeout,
        poll=poll,
    )
    # Small files come as one block, which would be one actor's. Two blocks an actor, so that a slow item delays only its own. The
    # actors wait most of the time, so they reserve no CPU, of which the reads of a resumed run would be short. Without bounds
    # Ray restarts an actor, and repeats its tasks, for ever.
    compute = module("ray.data", "ray").ActorPoolStrategy(
        size=workers,
        max_tasks_in_flight_per_actor=2,
        max_concurrent_calls_per_actor=2,
        enable_true_multi_threading=True,
    )
    return dataset.repartition(target_num_rows_per_block=in_flight).map_batches(
        _Actor,
        fn_constructor_args=(settings, item_id, image),
        batch_format="pyarrow",
        batch_size=in_flight,
        compute=compute,
        num_cpus=0,
        max_restarts=_RESTARTS,
        max_task_retries=_RESTARTS,
    )


class _Actor:
    """Evaluates blocks of rows. Ray makes it on the worker."""

    def __init__(self, settings: Settings, item_id: str, image: str) -> None:
        self._columns = item_id, image
        self._tables = ResultTables("ray")
        self._evaluator = Evaluator(settings)

    def __call__(self, table: Any) -> Any:
        item_ids, images = (table.column(name).to_pylist() for name in self._columns)
        rows = self._evaluator.rows(zip(item_ids, images, strict=True), in_flight=max(len(item_ids), 1))
        return self._tables.table(list(rows))
