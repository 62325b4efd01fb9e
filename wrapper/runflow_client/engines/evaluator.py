"""What a worker of an engine does with some rows: evaluates them as a part of the batch, and makes each a row of the result."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any, TypeAlias

from .._redaction import one_line, without_image_data
from ..batch.journals.journal import Journal
from ..batch.journals.opening import open_journal
from ..batch.outcomes import Outcome
from ..batch.sync_batch import Batch
from ..client.sync_client import Runflow
from ..errors import ConfigurationError, EvaluationFailedError, InvalidRequestError, RunflowError
from ..flows.base.policies import PollPolicy
from ..models.evaluation_request import EvaluationRequest

COLUMNS = ("item_id", "outcome", "evaluation_id", "verdict", "score", "charged", "key", "error", "raw")
"""The result: all are text but `score`, a number. `outcome` is completed, failed or error; `charged` is an exact decimal."""

Row: TypeAlias = tuple[Any, ...]
"""A row of the result, in the order of the columns."""

_ATTEMPTS = 2
"""How often in turn a batch may fail before any of its items has an outcome; the items are then rows with its error."""
_NO_ID = "InvalidRequestError: the row has no item id, so nothing was submitted"
_VARIABLE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What all workers of a batch are told. It goes over the network, so it holds no secret.

    Args:
        batch_id: the batch.
        task_type: of every request.
        journal: `env:NAME`: the variable of the worker that holds the journal's address.
        budget, price, rate, timeout, poll: as for `evaluate_many`; budget and rate are the whole batch's.
    """

    batch_id: str
    task_type: str
    journal: str
    budget: Decimal | str | None
    price: Decimal | str | None
    rate: float | None
    timeout: float | None
    poll: PollPolicy

    def __post_init__(self) -> None:
        """Refuse an address in the place of a variable: it may hold a password."""
        if _VARIABLE.fullmatch(self.journal) is None:
            raise InvalidRequestError(
                'journal must name the environment variable in which a worker finds the address, as in "env:RUNFLOW_JOURNAL"',
                argument="journal",
            )

    def address(self) -> str:
        """Return the address of the journal.

        Raises:
            ConfigurationError: this worker has no such variable.
        """
        name = self.journal.removeprefix("env:")
        address = os.environ.get(name)
        if not address:
            raise ConfigurationError(
                f"the environment variable {name}, which names the journal, is not set on this worker"
            )
        return address


class Evaluator:
    """Evaluates rows with one client and one connection to the journal, which it opens for the first row. It is made on the worker.

    Args:
        settings: the batch's.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._opened = ExitStack()
        self._client: Runflow | None = None
        self._journal: Journal | None = None

    def rows(self, items: Iterable[tuple[Any, Any]], in_flight: int) -> Iterator[Row]:
        """Evaluate items, and yield a row of the result for each as it ends. What goes wrong is a row, never an exception.

        Args:
            items: the id and the image of each; an item is read when there is room for it.
            in_flight: how many evaluations are in flight at a time.
        """
        refused: list[Row] = []
        left: Iterator[tuple[str, Any]] = _with_ids(items, refused)
        failures, problem = 0, ""
        while failures < _ATTEMPTS:
            begun: dict[int, tuple[str, Any]] = {}
            try:
                with self._batch(self._requests(left, begun), in_flight) as batch:
                    for outcome in batch:
                        failures = 0
                        del begun[outcome.index]
                        yield _row(outcome)
                break
            except RunflowError as error:  # of the journal, say: what was begun and has no outcome is begun again
                failures, problem = failures + 1, _text(error)
                left = chain(begun.values(), left)
        else:  # the next run goes on where this one stopped
            yield from (_error_row(item_id, problem) for item_id, _ in left)
        yield from refused

    def close(self) -> None:
        """Close the client and the journal."""
        self._opened.close()

    def _requests(
        self, items: Iterable[tuple[str, Any]], begun: dict[int, tuple[str, Any]]
    ) -> Iterator[EvaluationRequest]:
        """Yield the requests of items, and note those that were yielded by their numbers."""
        for number, (item_id, image) in enumerate(items):
            begun[number] = item_id, image
            yield EvaluationRequest(image, self._settings.task_type, item_id=item_id)

    def _batch(self, requests: Iterator[EvaluationRequest], in_flight: int) -> Batch:
        settings = self._settings
        with self._lock:  # an actor evaluates two blocks at a time
            if self._journal is None:
                address = settings.address()
                self._client = self._client or self._opened.enter_context(Runflow())
                self._journal = self._opened.enter_context(closing(open_journal(address, create=True)))
            client, journal = self._client, self._journal
        assert client is not None
        return client.evaluations.evaluate_many(
            requests,
            max_in_flight=in_flight,
            timeout=settings.timeout,
            poll=settings.poll,
            journal=journal,
            batch_id=settings.batch_id,
            budget=settings.budget,
            price=settings.price,
            rate=settings.rate,
        )


def _with_ids(items: Iterable[tuple[Any, Any]], refused: list[Row]) -> Iterator[tuple[str, Any]]:
    """Yield the items that have an id, as text, and note a row for each of the others."""
    for item_id, image in items:
        if item_id is None:
            refused.append(_error_row(None, _NO_ID))
        else:
            yield str(item_id), image


def _row(outcome: Outcome) -> Row:
    evaluation, error = outcome.evaluation, outcome.error
    key = outcome.idempotency_key
    if evaluation is None:
        return _error_row(outcome.request.item_id, _text(error), key)
    kind = "completed" if error is None else "failed" if isinstance(error, EvaluationFailedError) else "error"
    return (
        outcome.request.item_id,
        kind,
        _storable(evaluation.id),
        None if evaluation.verdict is None else evaluation.verdict.value,
        evaluation.score,
        None if evaluation.charged is None else str(evaluation.charged),
        key,
        None if error is None else _text(error),
        without_image_data(json.dumps(evaluation.to_dict(), default=str)),
    )


def _error_row(item_id: str | None, error: str, key: str | None = None) -> Row:
    return (item_id, "error", None, None, None, None, key, error, None)


def _text(error: RunflowError | None) -> str:
    return one_line(f"{type(error).__name__}: {error}")


def _storable(value: Any) -> str | None:
    """Return an id of the server as text that any file format can hold."""
    return None if value is None else str(value).encode("utf-8", "backslashreplace").decode()
