"""The credits of a batch: what is spent, what is reserved, and whether one more evaluation may be submitted."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from runflow_api.models.evaluation_job_class_row import EvaluationJobClassRow

from ..errors import (
    AuthenticationError,
    BudgetExceededError,
    EvaluationFailedError,
    InsufficientCreditError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RunflowError,
    UnprocessableError,
    WaitTimeoutError,
)
from ..models.evaluation import Evaluation

_DEFAULT_JOB_CLASS = "standard"
_NOT_ACCEPTED = (
    AuthenticationError,
    InsufficientCreditError,
    NotFoundError,
    PermissionDeniedError,
    UnprocessableError,
)


class Prices:
    """What an evaluation costs.

    Args:
        price: of every evaluation; None where it depends on the job class.
        rows: the job classes as the server lists them.
    """

    def __init__(self, price: Decimal | None, rows: Iterable[EvaluationJobClassRow] = ()) -> None:
        self._price = price
        self._by_class = {row.code: found for row in rows if (found := amount_of(row.price)) is not None}

    @property
    def are_unknown(self) -> bool:
        return self._price is None and not self._by_class

    def of(self, job_class: str | None) -> Decimal | None:
        """Return the price of an evaluation; None where none can be read."""
        return self._price if self._price is not None else self._by_class.get(job_class or _DEFAULT_JOB_CLASS)


class Budget:
    """Keeps what is spent and reserved together within a budget.

    Args:
        budget: in credits; None for no bound.
    """

    def __init__(self, budget: Decimal | None) -> None:
        self._budget = budget
        self.spent = Decimal(0)
        self.reserved = Decimal(0)

    def reserve(self, price: Decimal) -> Literal["go", "wait", "over"]:
        """Reserve a price. "wait": what is reserved may turn out to be free; "over": it does not fit into what is left."""
        if self._budget is None or self.spent + self.reserved + price <= self._budget:
            self.reserved += price
            return "go"
        return "wait" if self.reserved else "over"

    def settle(self, price: Decimal, cost: Decimal) -> None:
        """Turn a reserved price into the cost."""
        self.reserved -= price
        self.spent += cost

    def over(self, price: Decimal) -> BudgetExceededError:
        return BudgetExceededError(
            f"the item was not submitted: {price} credits do not fit into what is left of budget={self._budget}, of which "
            f"{self.spent} are spent. Run it again with a larger budget."
        )


def cost_of(evaluation: Evaluation | None, error: RunflowError | None, price: Decimal, *, may_cost: bool) -> Decimal:
    """Return what an item has cost; where no one can tell whether it was accepted, its price.

    Args:
        evaluation: as last seen.
        error: what it ended with.
        price: what was reserved.
        may_cost: whether it may have been accepted, as far as its requests tell.
    """
    if not may_cost or isinstance(error, EvaluationFailedError) or (evaluation is None and _was_refused(error)):
        return (evaluation.charged if evaluation is not None else None) or Decimal(0)
    charged = None if evaluation is None or isinstance(error, WaitTimeoutError) else evaluation.charged
    return price if charged is None else charged


def _was_refused(error: RunflowError | None) -> bool:
    return isinstance(error, _NOT_ACCEPTED) and error.evaluation_id is None


def amount_of(value: Any) -> Decimal | None:
    """Return an amount of credits that is at least 0; None of anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def checked_amount(value: Any, argument: str) -> Decimal | None:
    if value is None:
        return None
    amount = amount_of(value)
    if amount is None:
        raise InvalidRequestError(
            f'{argument} must be credits as a Decimal or a string of digits, as in "25.00", not {value!r}',
            argument=argument,
        )
    return amount
