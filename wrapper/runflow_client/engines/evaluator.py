"""What a worker of an engine does with some rows: evaluates them as a part of the batch, and makes each a row of the result."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .._redaction import one_line, without_image_data
from ..batch.journals.opening import open_journal
from ..batch.outcomes import Outcome
from ..client.sync_client import Runflow
from ..errors import ConfigurationError, EvaluationFailedError, InvalidRequestError, RunflowError
from ..flows.base.policies import PollPolicy
from ..models.evaluation_request import EvaluationRequest

COLUMNS = ("item_id", "outcome", "evaluation_id", "verdict", "score", "charged", "key", "error", "raw")
"""The result: all are text but `score`, a number. `outcome` is completed, failed or error; `charged` is an exact decimal."""

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
    """Evaluates rows with one client and one connection to the journal. It is made on the worker.

    Args:
        settings: the batch's.

    Raises:
        ConfigurationError: the worker has no API key, or no address of a journal.
        JournalError: the journal cannot be opened.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        address = settings.address()
        self._client = Runflow()
        self._journal = open_journal(address)

    def evaluate(self, item_ids: Sequence[Any], images: Sequence[Any]) -> dict[str, list[Any]]:
        """Return the columns of the result, a row an item in the same order. What goes wrong is a row, never an exception."""
        rows: list[tuple[Any, ...] | None] = [None] * len(item_ids)
        positions, requests = [], []
        for position, (item_id, image) in enumerate(zip(item_ids, images, strict=True)):
            if item_id is None:
                rows[position] = _error_row(
                    None, "InvalidRequestError: the row has no item id, so nothing was submitted"
                )
                continue
            positions.append(position)
            requests.append(EvaluationRequest(image, self._settings.task_type, item_id=str(item_id)))
        for index, row in self._rows(requests):
            rows[positions[index]] = row
        return (
            {name: list(column) for name, column in zip(COLUMNS, zip(*rows, strict=True), strict=True)}
            if rows
            else {name: [] for name in COLUMNS}
        )

    def close(self) -> None:
        """Close the client and the journal."""
        self._client.close()
        self._journal.close()

    def _rows(self, requests: list[EvaluationRequest]) -> list[tuple[int, tuple[Any, ...]]]:
        settings = self._settings
        rows: dict[int, tuple[Any, ...]] = {}
        batch = self._client.evaluations.evaluate_many(
            requests,
            max_in_flight=max(len(requests), 1),
            timeout=settings.timeout,
            poll=settings.poll,
            journal=self._journal,
            batch_id=settings.batch_id,
            budget=settings.budget,
            price=settings.price,
            rate=settings.rate,
        )
        try:
            with batch:
                for outcome in batch:
                    rows[outcome.index] = _row(outcome)
        except RunflowError as error:  # of the journal, say: the next run goes on where this one stopped
            for index, request in enumerate(requests):
                rows.setdefault(index, _error_row(request.item_id, _text(error)))
        return list(rows.items())


def _row(outcome: Outcome) -> tuple[Any, ...]:
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


def _error_row(item_id: str | None, error: str, key: str | None = None) -> tuple[Any, ...]:
    return (item_id, "error", None, None, None, None, key, error, None)


def _text(error: RunflowError | None) -> str:
    return one_line(f"{type(error).__name__}: {error}")


def _storable(value: Any) -> str | None:
    """Return an id of the server as text that any file format can hold."""
    return None if value is None else str(value).encode("utf-8", "backslashreplace").decode()
