"""`runflow batch --dry-run`: how many items are left to submit, what they cost at most and how long they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING

from ....batch.inputs import Shard
from ....models.evaluation_request import EvaluationRequest
from ...base.id_table import IdTable
from ...manifests.manifest import Manifest
from ...terminal.screen import Screen
from ...terminal.words import counted, duration, unfinished

if TYPE_CHECKING:
    from ....batch.journals.journal import Journal, Totals
    from ....batch.outcomes import Estimate
    from ....client.sync_client import Runflow

_STATES = ("granted", "submitted", "unknown", "passed", "rejected", "undecided", "failed")
_ENDED = frozenset(_STATES[3:])


class ItemsLeft:
    """The requests of a shard that a batch has still to submit. They can be read any number of times.

    Args:
        manifest: all requests.
        shard: which of them are taken.
        journal: the batch's; None where there is none yet.
        batch_id: the batch.
        retries_failed: whether failed items are submitted again.

    Attributes:
        states: how many items of the shard the journal has in which state.
    """

    def __init__(
        self, manifest: Manifest, shard: Shard, journal: Journal | None, batch_id: str, *, retries_failed: bool
    ) -> None:
        self._manifest = manifest
        self._shard = shard
        self._known = IdTable()
        for item_id, state in () if journal is None else journal.states(batch_id):
            if not (retries_failed and state == "failed"):
                self._known.add(item_id, _STATES.index(state))
        numbers = (self._known.get(str(request.item_id)) for request in self._of_shard())
        self.states = Counter("left" if number is None else _STATES[number] for number in numbers)

    def __iter__(self) -> Iterator[EvaluationRequest]:
        return (request for request in self._of_shard() if self._known.get(str(request.item_id)) is None)

    def close(self) -> None:
        self._known.close()

    def _of_shard(self) -> Iterator[EvaluationRequest]:
        return (request for index, request in enumerate(self._manifest) if self._shard.has(index))


def write_estimate(
    screen: Screen, client: Runflow, left: ItemsLeft, totals: Totals, *, budget: Decimal | None, price: Decimal | None
) -> None:
    """Write what is left of a batch.

    Args:
        screen: where to write.
        client: reads the prices.
        left: the items to submit.
        totals: of the batch, from its journal.
        budget: of `--budget`.
        price: of `--price`.
    """
    with closing(client.evaluations.evaluate_many(left, price=price)) as batch:
        estimate = batch.estimate()
    affordable = None if budget is None else _affordable(budget, estimate, totals)
    states = left.states
    ended = sum(count for state, count in states.items() if state in _ENDED)
    in_progress = states["granted"] + states["submitted"]
    if screen.json:
        journal = {"ended": ended, "in_progress": in_progress, "unknown": states["unknown"], "spent": str(totals.spent)}
        record = {
            "items": states.total(),
            "left": estimate.count,
            "price": None if estimate.price is None else str(estimate.price),
            "seconds": estimate.seconds,
            "journal": journal,
        }
        screen.result(record if budget is None else {**record, "within_budget": affordable})
        return
    unknown = "unknown; pass --price"
    more = unfinished(states["granted"], states["submitted"])
    more += [f"{states['unknown']:,} with an unknown outcome"] if states["unknown"] else []
    enough = unknown if affordable is None else f"enough for {affordable:,} of {counted(estimate.count, 'item')} left"
    screen.table(
        [
            ("items", f"{states.total():,}"),
            ("in the journal", f"{', '.join([f'{ended:,} ended', *more])}; {totals.spent} credits spent"),
            ("left to submit", f"{estimate.count:,}"),
            ("price", unknown if estimate.price is None else f"at most {estimate.price} credits"),
            ("time", f"about {duration(estimate.seconds)}, if an evaluation takes a minute"),
            *([] if budget is None else [("budget", enough)]),
        ]
    )


def _affordable(budget: Decimal, estimate: Estimate, totals: Totals) -> int | None:
    """Return for how many of the items left a budget is enough, at their mean price; None where no price is known."""
    if estimate.price is None:
        return None
    remaining = max(Decimal(0), budget - totals.spent - totals.reserved)
    return estimate.count if estimate.price <= remaining else int(remaining * estimate.count / estimate.price)
