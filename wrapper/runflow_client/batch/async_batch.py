"""What `evaluate_many` returns: the outcomes of many items, made while they are asked for."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from functools import partial
from types import TracebackType
from typing import Any, Self

from ..errors import (
    APIError,
    ConfigurationError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from ..flows import account, evaluations
from ..flows.base.context import Context
from ..flows.base.steps import Record, Report
from ..models.evaluation import Evaluation
from ..runtime.async_driver import AsyncDriver
from ..runtime.scheduler.async_scheduler import AsyncScheduler
from .budget import Prices
from .inputs import AsyncInput
from .items import Item, Items, Options
from .journals.recorder import Recorder
from .outcomes import Estimate, Outcome, Totals


class AsyncBatch:
    """The outcomes of many items. Evaluations advance only while the next outcome is asked for.

    `async with` ends what is in progress when its block is left; so does the end of `async for`, also by `break`.

    Example:
        >>> import asyncio
        >>> from runflow_client import EvaluationRequest
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> requests = [EvaluationRequest(sharp_picture(), "headshot") for _ in range(3)]
        >>> async def main():
        ...     async with Sandbox().async_client() as client:
        ...         async with client.evaluations.evaluate_many(requests, ordered=True) as batch:
        ...             async for outcome in batch:
        ...                 print(outcome)
        ...         return batch.totals.passed
        >>> asyncio.run(main())
        Outcome(index=0, verdict='passed', error=None)
        Outcome(index=1, verdict='passed', error=None)
        Outcome(index=2, verdict='passed', error=None)
        3
    """

    def __init__(self, context: Context, driver: AsyncDriver, requests: Any, options: Options) -> None:
        self._context = context
        self._driver = driver
        self._options = options
        self._recorder = (
            None
            if options.journal is None
            else Recorder(options.journal, options.batch_id, closes_journal=options.closes_journal)
        )
        self._items = Items(context, options, self._recorder)
        self._scheduler: AsyncScheduler[Item, Evaluation] = AsyncScheduler(driver, self._items.flows)
        self._input = AsyncInput(requests, options.shard, self._scheduler.wake)
        self._waiting: tuple[int, Any] | None = None
        self._has_begun = False
        self._process = os.getpid()
        self._has_prices = False
        self._closed = False

    @property
    def totals(self) -> Totals:
        """What the batch has done so far."""
        return self._items.totals(self._input.count())

    async def estimate(self) -> Estimate:
        """Return how many items there are, what they cost at most and how long they take, without a submit.

        The prices are `price=`, or those of the job classes, which are asked for.

        Raises:
            InvalidRequestError: the input can be read only once.
            TransportError: no answer came.
        """
        requests = self._input.listed()
        await self._read_prices()
        return self._items.estimate(requests)

    async def to_dataframe(self, library: str | None = None) -> Any:
        """Evaluate what is left of the batch, and return those outcomes as a data frame, one row each.

        A batch does not keep its outcomes, so that one without end fits into memory: those that were taken before are not in the frame.
        With a journal, a batch that is started again has all of them. The columns are index, item_id, client_ref, task_type,
        verdict, score, seconds, charged (a Decimal), failed_judges, issues, improved_prompt, evaluation_id, error, message and
        from_journal.

        Args:
            library: "pandas" or "polars"; where None, the first of them that is installed.

        Raises:
            InvalidRequestError: `library` is another one.
            ModuleNotFoundError: it is not installed. Nothing was submitted.
            ConfigurationError: the batch has ended.

        Example:
            >>> import asyncio
            >>> from runflow_client import EvaluationRequest
            >>> from runflow_client.sandbox import Sandbox, blurred_picture, sharp_picture
            >>> requests = [EvaluationRequest(picture(), "headshot") for picture in (sharp_picture, blurred_picture)]
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         return await client.evaluations.evaluate_many(requests, ordered=True).to_dataframe()
            >>> asyncio.run(main())["verdict"].to_list()
            ['passed', 'rejected']
        """
        from .report.dataframe import frame_maker, record_of

        make = frame_maker(library)
        return make([record_of(outcome) async for outcome in self])

    def _repr_html_(self) -> str:
        """Return the totals so far for notebooks."""
        from .report.notebook import totals_html

        return totals_html(self.totals)

    async def __aiter__(self) -> AsyncIterator[Outcome]:
        try:
            while (outcome := await self._next()) is not None:
                if self._options.on_progress is not None:
                    await self._driver.perform(Report(self._options.on_progress, self.totals, "on_progress"))
                yield outcome
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """End the requests in progress at once, and read no further items. Twice does no harm.

        Evaluations that were submitted go on at the server.
        """
        if self._process != os.getpid():
            return  # what is in progress is the parent's, and its threads are not here
        if not self._closed:
            self._closed = True
            try:
                await self._input.aclose()
                await self._scheduler.aclose()
            finally:
                if self._recorder is not None:
                    await self._driver.perform(Record(self._recorder.end))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _next(self) -> Outcome | None:
        """Advance the items until one has an outcome, and return it; None where all have been returned."""
        if self._closed:
            raise ConfigurationError("this batch is closed: call evaluate_many again")
        if self._process != os.getpid():
            raise ConfigurationError(
                "another process made this batch, of which this one is a fork: call evaluate_many in this process"
            )
        if not self._has_begun:
            await self._begin()
            self._has_begun = True
        while True:
            outcome = self._items.take()
            if outcome is not None:
                return outcome
            self._begin_items()
            if not self._items.in_flight and self._input.has_ended and self._waiting is None:
                return None
            await self._scheduler.advance()

    async def _begin(self) -> None:
        """Read what is needed before the first submit, and open the journal."""
        if self._options.budget is not None:
            await self._read_prices()
            if self._items.prices.are_unknown:
                raise InvalidRequestError(
                    "budget= needs a price, and none can be read from the job classes: pass price=", argument="price"
                )
        if self._recorder is not None:
            name = await self._account_name()
            await self._driver.perform(Record(partial(self._recorder.begin, name)))

    async def _account_name(self) -> str:
        """Return a name for the account whose money it is: a batch is continued with the same one only."""
        configuration = self._driver.configuration
        try:
            organization = (await self._driver.run(account.balance(self._context))).org_id
        except (PermissionDeniedError, NotFoundError, DecodeError):
            organization = configuration.organization_id
        return f"{configuration.base_url}\n{organization}"

    def _begin_items(self) -> None:
        """Begin items while there is room for them; at most one is read that cannot begin yet."""
        self._scheduler.start_steps()
        while self._items.has_room:
            if self._waiting is None and not self._input.has_ended:
                self._waiting = self._input.take()
            if self._waiting is None or not self._items.begin(*self._waiting):
                return
            self._waiting = None
            self._scheduler.start_steps()

    async def _read_prices(self) -> None:
        """Read the prices of the job classes, once, where the caller gave none."""
        if self._has_prices:
            return
        if self._options.price is None:
            try:
                rows = await self._driver.run(evaluations.job_classes(self._context))
            except (APIError, DecodeError):
                rows = []
            self._items.prices = Prices(None, rows)
        self._has_prices = True
