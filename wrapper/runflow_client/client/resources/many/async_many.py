"""`client.evaluations.evaluate_many`."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .... import batch, callbacks
from ....flows.base.policies import PollPolicy
from ...async_session import AsyncSession


class AsyncManyEvaluations:
    """The part of `client.evaluations` that evaluates many images at once."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def evaluate_many(
        self,
        requests: batch.AsyncRequests,
        *,
        max_in_flight: int = 1000,
        max_requests: int | None = None,
        timeout: float | None = 600.0,
        poll: PollPolicy = PollPolicy(),
        journal: str | os.PathLike[str] | batch.Journal | None = None,
        batch_id: str | None = None,
        shard: str | None = None,
        budget: Decimal | str | int | None = None,
        price: Decimal | str | int | None = None,
        rate: float | None = None,
        ordered: bool = False,
        on_progress: Callable[[batch.Totals], Any] | None = None,
        receiver: callbacks.Receiver | None = None,
    ) -> batch.AsyncBatch:
        """Evaluate many images, and return their outcomes as they complete. Nothing is sent before the first is asked for.

        One failure is one outcome with its error. A 429 or a 503 slows all requests of the batch down together.

        Args:
            requests: read one at a time, as there is room; may be endless. A `Path` is read when its submit is sent.
            max_in_flight: how many evaluations are in progress, or have an outcome that was not taken, at a time.
            max_requests: how many of them send a request at a time; the client's `max_connections` where None.
            timeout: seconds for each evaluation, from when its submit begins; None for no limit.
            poll: how often to look, until the batch has learned how long its evaluations take.
            journal: the path of a file that keeps what money depends on: run again with it, the batch goes on where it was,
                whatever ended it, and submits nothing twice. Several processes of a machine may share it.
            batch_id: the batch in the journal; "default" where None.
            shard: "3/16" takes every sixteenth item, the third first.
            budget: credits; an item that does not fit is not submitted and ends with `BudgetExceededError`.
            price: credits of one evaluation, at most; by default the job classes are asked, where `budget` needs it.
            rate: requests a second, polls included, of all processes that share the journal; None for no bound.
            ordered: whether outcomes come in the order of the input.
            on_progress: a function or coroutine function, called with the totals at each outcome. What it raises ends
                the batch.
            receiver: wakes the wait for an evaluation when its callback arrives; until then it is polled seldom. Each item
                needs its `callback_url`.

        Raises:
            InvalidRequestError: an argument cannot be used.
            JournalError: at the first outcome, the journal is another account's, or something else, or cannot be written.

        Example:
            >>> import asyncio
            >>> from runflow_client import EvaluationRequest
            >>> from runflow_client.sandbox import Sandbox, blurred_picture, sharp_picture
            >>> requests = [EvaluationRequest(picture(), "headshot") for picture in (sharp_picture, blurred_picture)]
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         async for outcome in client.evaluations.evaluate_many(requests, ordered=True):
            ...             print(outcome.evaluation.verdict)
            >>> asyncio.run(main())
            passed
            rejected
        """
        from ...batch_options import checked_batch_options  # imported late: most calls evaluate one image

        options = checked_batch_options(
            self._session.context,
            self._session.max_connections,
            max_in_flight=max_in_flight,
            max_requests=max_requests,
            timeout=timeout,
            poll=poll,
            journal=journal,
            batch_id=batch_id,
            shard=shard,
            budget=budget,
            price=price,
            rate=rate,
            ordered=ordered,
            on_progress=on_progress,
            receiver=receiver,
        )
        return batch.AsyncBatch(self._session.context, self._session.driver, requests, options)
