"""The checks of the arguments of `evaluate_many`."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from ..batch.budget import checked_amount
from ..batch.inputs import Shard
from ..batch.items import Options
from ..batch.journals.journal import Journal, checked_id
from ..batch.journals.opening import is_database, open_journal
from ..errors import InvalidRequestError
from ..flows.base.arguments import checked_callback, checked_poll, checked_receiver, checked_timeout
from ..flows.base.context import Context
from ..flows.base.policies import PollPolicy, is_positive_number

_DEFAULT_BATCH = "default"


def checked_batch_options(
    context: Context,
    max_connections: int,
    *,
    max_in_flight: Any,
    max_requests: Any,
    timeout: float | None,
    poll: PollPolicy,
    journal: Any,
    batch_id: Any,
    shard: Any,
    budget: Any,
    price: Any,
    rate: Any,
    ordered: bool,
    on_progress: Any,
    receiver: Any,
) -> Options:
    """Return the options of a batch; what cannot be used is refused before an item is read."""
    opening, closes_journal = _opening_of(journal)
    if batch_id is not None and journal is None:
        raise InvalidRequestError("batch_id names a batch in a journal: pass journal=, too", argument="batch_id")
    if batch_id is None and is_database(journal):
        raise InvalidRequestError(
            "a journal on PostgreSQL may hold many batches: pass the batch_id= of this one, the same in all of its processes",
            argument="batch_id",
        )
    checked_timeout(timeout)
    if rate is not None and not (is_positive_number(rate) and math.isfinite(rate)):
        raise InvalidRequestError(
            f"rate must be a number of requests a second above 0, or None for no bound, not {rate!r}", argument="rate"
        )
    return Options(
        max_in_flight=_checked_count(max_in_flight, "max_in_flight"),
        max_requests=max_connections if max_requests is None else _checked_count(max_requests, "max_requests"),
        timeout=timeout,
        poll=checked_poll(poll),
        shard=checked_shard(shard),
        budget=checked_amount(budget, "budget"),
        price=checked_amount(price, "price"),
        rate=None if rate is None else float(rate),
        ordered=bool(ordered),
        on_progress=checked_callback(context, on_progress, "on_progress"),
        receiver=checked_receiver(receiver),
        journal=opening,
        closes_journal=closes_journal,
        batch_id=_DEFAULT_BATCH if batch_id is None else checked_id(batch_id, "batch_id"),
    )


def _opening_of(journal: Any) -> tuple[Callable[[], Journal] | None, bool]:
    """Return a function that opens the journal, None where there is none; and whether the batch closes it."""
    if journal is None:
        return None, False
    if isinstance(journal, (str, os.PathLike)) and str(journal):
        return partial(open_journal, journal, create=True), True
    if not callable(getattr(journal, "begin", None)):
        raise InvalidRequestError(
            f"journal must be the path of a file, a postgresql:// URL, or what open_journal returns, not {type(journal).__name__}",
            argument="journal",
        )
    opened = cast(Journal, journal)
    return lambda: opened, False


def _checked_count(count: Any, argument: str) -> int:
    if isinstance(count, int) and not isinstance(count, bool) and count >= 1:
        return count
    raise InvalidRequestError(f"{argument} must be a whole number of at least 1, not {count!r}", argument=argument)


def checked_shard(shard: Any) -> Shard:
    """Return the shard that a text names, as "3/16"; all items for None."""
    if shard is None:
        return Shard()
    parts = re.fullmatch(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})", shard) if isinstance(shard, str) else None
    if parts is None or int(parts[1]) > int(parts[2]):
        raise InvalidRequestError(
            f'shard must be "number/count", as in "3/16"; the first is "1/16", the last "16/16", not {shard!r}',
            argument="shard",
        )
    return Shard(int(parts[1]), int(parts[2]))
