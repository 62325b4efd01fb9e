"""A batch on Spark: a function for `mapInArrow`, with one client and one connection to the journal in each task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from ..flows.base.policies import PollPolicy
from .arrow import ResultTables
from .evaluator import COLUMNS, Evaluator, Settings

SCHEMA = ", ".join(f"{name} {'double' if name == 'score' else 'string'}" for name in COLUMNS)
"""The schema of the result, which `mapInArrow` asks for."""


def evaluate(
    *,
    batch_id: str,
    task_type: str,
    item_id: str = "item_id",
    image: str = "image",
    journal: str = "env:RUNFLOW_JOURNAL",
    in_flight: int = 100,
    budget: Decimal | str | None = None,
    price: Decimal | str | None = None,
    rate: float | None = None,
    timeout: float | None = 600.0,
    poll: PollPolicy = PollPolicy(),
) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """Return the function that evaluates the rows of a partition: `frame.mapInArrow(evaluate(...), SCHEMA)`.

    Spark may run any task again, or two copies of one at a time, and so may you: the journal is asked before each submit, so that
    an item is evaluated and charged once. API key and journal address are read on the workers (`RUNFLOW_API_KEY` and the
    variable of `journal`). How many tasks run at a time is Spark's to say; each takes a core.

    Args:
        batch_id: the batch, the same whenever it is run.
        task_type: what kind of generation made the images.
        item_id: the column of the items' ids, each of which is one item, whatever else the row holds.
        image: the column of the images: https URLs, `runflow://` references, `data:` URIs or bytes.
        journal: `env:NAME`, the variable in which each worker finds the address of the journal.
        in_flight: how many evaluations each task has in flight; also the rows that it hands on together.
        budget: credits that the whole batch may cost; needs a price.
        price: credits of one evaluation, where the server lists none.
        rate: requests a second of the whole batch.
        timeout: seconds for each evaluation.
        poll: how often to poll.

    Returns:
        A function that gives record batches with the columns item_id, outcome (completed, failed or error), evaluation_id,
        verdict, score, charged (an exact decimal as text), key, error and raw (the evaluation as JSON).

    Raises:
        InvalidRequestError: the journal is not the name of a variable.
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
    return _Partition(settings, item_id, image, in_flight)


class _Partition:
    """Evaluates the rows of partitions. It is sent to the workers, and opens what it needs there."""

    def __init__(self, settings: Settings, item_id: str, image: str, in_flight: int) -> None:
        self._settings = settings
        self._columns = item_id, image
        self._in_flight = in_flight

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        tables = ResultTables("spark")
        evaluator = Evaluator(self._settings)
        rows = evaluator.rows(self._items(batches), self._in_flight)
        try:
            while group := list(islice(rows, self._in_flight)):
                yield tables.record_batch(group)
        finally:
            evaluator.close()

    def _items(self, batches: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield the id and the image of each row; one at a time, because a batch of images in memory is large enough once."""
        for batch in batches:
            item_ids, images = (batch.column(name) for name in self._columns)
            for position in range(batch.num_rows):
                yield item_ids[position].as_py(), images[position].as_py()
