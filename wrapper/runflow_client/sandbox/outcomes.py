"""Outcomes that a test sets in place of the judges: by the order of the submissions, by `client_ref`, or by a function.

An evaluation with a set outcome never reads its image. Without one, an image at an `https://` URL that is not among the
sandbox's images has the outcome `default`, because the sandbox fetches nothing.

Example:
    >>> from runflow_client.sandbox import Sandbox
    >>> sandbox = Sandbox()
    >>> sandbox.outcomes.extend(["rejected", "failed", None])  # of the next three submissions; None: the image decides
    >>> sandbox.outcomes.by_client_ref["order-7"] = "passed"
    >>> with sandbox.client() as client:
    ...     client.evaluations.evaluate("https://images.example.com/a.png", "headshot").passed
    False
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

Outcome = Literal["passed", "rejected", "undecided", "failed"]


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission, as the function `Outcomes.decide` receives it.

    Args:
        number: how many evaluations were accepted before it.
        task_type: the submitted task type.
        client_ref: the submitted reference of the client.
        run_id: the submitted id of the run.
        job_class: the job class of its price.
        image: the submitted image: a URL, an asset reference or a data URI.
    """

    number: int
    task_type: str
    client_ref: str | None
    run_id: str | None
    job_class: str
    image: str = field(repr=False)


class Outcomes:
    """The outcomes of submissions; `by_client_ref` precedes `decide`, and `decide` precedes the order.

    Attributes:
        by_client_ref: the outcome of every submission with this `client_ref`.
        decide: receives a submission and returns its outcome, or None if it does not choose one.
        default: the outcome where nothing was set and the image is at an `https://` URL of which the sandbox has no copy.
    """

    def __init__(self) -> None:
        self.default: Outcome = "passed"
        self.by_client_ref: dict[str, Outcome] = {}
        self.decide: Callable[[Submission], Outcome | None] | None = None
        self._next: deque[Outcome | None] = deque()

    def append(self, outcome: Outcome | None) -> None:
        """Set the outcome of the next submission that has none yet; None lets the judges decide.

        Raises:
            ValueError: there is no such outcome.
        """
        self._next.append(checked_outcome(outcome))

    def extend(self, outcomes: Iterable[Outcome | None]) -> None:
        """Set the outcomes of the next submissions, one for each, as `append` does."""
        self._next.extend([checked_outcome(outcome) for outcome in outcomes])

    def clear(self) -> None:
        """Remove every outcome that was set; `default` stays."""
        self.by_client_ref.clear()
        self.decide = None
        self._next.clear()

    def take(self, submission: Submission) -> Outcome | None:
        """Return the outcome of a submission; None lets the judges decide.

        Raises:
            ValueError: `by_client_ref` or `decide` has set an unknown outcome.
        """
        if submission.client_ref is not None and submission.client_ref in self.by_client_ref:
            return checked_outcome(self.by_client_ref[submission.client_ref])
        decided = None if self.decide is None else self.decide(submission)
        if decided is not None:
            return checked_outcome(decided)
        return self._next.popleft() if self._next else None


def checked_outcome(outcome: Outcome | None) -> Outcome | None:
    """Return an outcome.

    Raises:
        ValueError: there is no such outcome.
    """
    if outcome is not None and outcome not in get_args(Outcome):
        raise ValueError(f"an outcome is one of {', '.join(get_args(Outcome))} or None, not {outcome!r}")
    return outcome
