"""What a batch says of one item, and of all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from ..errors import RunflowError
from ..models.evaluation import Evaluation
from ..models.evaluation_request import EvaluationRequest


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one item of a batch. It is frozen, and its repr shows no image, no free text and no error message.

    Args:
        index: the position of the item in the input, from 0.
        request: the item as it was passed.
        evaluation: the evaluation as last seen: the completed one, the failed one, or what a timeout left; None before any.
        error: why there is no verdict; None of a completed evaluation.
        idempotency_key: the key that the item was submitted under.
        from_journal: whether the outcome was read from a journal, without a request.

    Example:
        >>> from runflow_client import EvaluationRequest
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> with Sandbox().client() as client:
        ...     [outcome] = client.evaluations.evaluate_many([EvaluationRequest(sharp_picture(), "headshot")])
        >>> outcome.index, outcome.evaluation.passed, outcome.error
        (0, True, None)
    """

    index: int
    request: EvaluationRequest = field(repr=False)
    evaluation: Evaluation | None
    error: RunflowError | None
    idempotency_key: str | None
    from_journal: bool = False

    def __repr__(self) -> str:
        verdict = None if self.evaluation is None else self.evaluation.verdict
        error = None if self.error is None else type(self.error).__name__
        return f"Outcome(index={self.index}, verdict={None if verdict is None else verdict.value!r}, error={error})"


@dataclass(frozen=True, slots=True)
class Totals:
    """What a batch has done so far.

    Args:
        submitted: evaluations that the server has accepted.
        passed: outcomes whose verdict is `PASSED`.
        rejected: outcomes whose verdict is `REJECTED`.
        undecided: outcomes of completed evaluations without a verdict.
        failed: outcomes of failed evaluations, which judged nothing.
        over_budget: items that were not submitted because `budget=` has no room for them.
        errors: outcomes with any other error.
        spent: the credits that were charged, or that may have been where no one can tell.
        reserved: the credits that the evaluations in progress may cost; 0 where no price is known.
        rate: outcomes a second, over the last minute at most, without those that came from a journal.
        seconds_left: the seconds until the end at this rate; None where the input has no length or nothing has ended yet.
    """

    submitted: int = 0
    passed: int = 0
    rejected: int = 0
    undecided: int = 0
    failed: int = 0
    over_budget: int = 0
    errors: int = 0
    spent: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
    rate: float = 0.0
    seconds_left: float | None = None

    @property
    def ended(self) -> int:
        """How many items have an outcome."""
        return self.passed + self.rejected + self.undecided + self.failed + self.over_budget + self.errors


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a batch would do.

    Args:
        count: how many items it has.
        price: the credits that they cost at most; None where no price can be read.
        seconds: how long they take, if an evaluation takes a minute (an assumption).
    """

    count: int
    price: Decimal | None
    seconds: float
