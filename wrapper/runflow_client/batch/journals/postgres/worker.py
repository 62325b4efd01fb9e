"""A worker whose journal is a round trip away: what it holds is known without asking, so that a fence costs nothing."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

from ....errors import JournalError
from ..journal import Verdict
from ..moments import BootClock, Moment
from ..rows import Item
from ..worker import StoredWorker
from .store import PostgresStore


class PostgresWorker(StoredWorker):
    """A worker of a batch; see `Worker` for its methods.

    No other worker takes an item before this one's lease ends on the database's clock. The lease is counted here from before its
    renewal was sent, so that it ends here first; and so is the age of a key. While both are young, an attempt may be sent. If the
    lease has ended in between, the journal is asked. (The two clocks need not agree, only run at one speed.)
    """

    def __init__(
        self,
        store: PostgresStore,
        batch: int,
        seed: str,
        resubmit_within: float,
        lease_seconds: float,
        clock: BootClock,
    ) -> None:
        super().__init__(store, batch, seed, resubmit_within, lease_seconds)
        self._rows = store
        self._clock = clock
        self._held: dict[str, Moment] = {}  # the items that this worker has, and when each was granted
        self._renewed: Moment | None = None

    def begin(self) -> None:
        super().begin()
        self._renewed = self._rows.started

    def fence(self, item_id: str) -> bool:
        now, granted = self._clock(), self._held.get(item_id)
        if (
            granted is not None
            and self._renewed is not None
            and 0 <= now.since(self._renewed) < self._lease_seconds
            and 0 <= now.since(granted) < self._resubmit_within
        ):
            return True
        return super().fence(item_id)

    def submitted(self, item_id: str, evaluation_id: str) -> bool:
        self._held.pop(item_id, None)
        return super().submitted(item_id, evaluation_id)

    def finished(
        self,
        item_id: str,
        verdict: Verdict,
        *,
        evaluation: str | None = None,
        error: str | None = None,
        cost: Decimal | None = None,
    ) -> bool:
        self._held.pop(item_id, None)
        return super().finished(item_id, verdict, evaluation=evaluation, error=error, cost=cost)

    def withdrawn(self, item_id: str) -> bool:
        self._held.pop(item_id, None)
        return super().withdrawn(item_id)

    def released(self, item_id: str) -> bool:
        self._held.pop(item_id, None)
        return super().released(item_id)

    def renew(self) -> None:
        # Durable: were it lost with a crash of the server, the lease would end there before it ends here.
        with self._rows.transaction():
            goes_on = self._rows.renew(self._batch, self._number, self._lease_seconds)
            started = self._rows.started
            self._rows.after_commit(lambda: self._count_from(started, goes_on=goes_on))

    def close(self) -> None:
        self._held.clear()
        with self._rows.without_waiting(), suppress(JournalError):  # the lease ends by itself
            super().close()

    def _count_from(self, started: Moment, *, goes_on: bool) -> None:
        if not goes_on:
            self._held.clear()  # others may have taken them
        self._renewed = started

    def _granted(self, item_id: str, item: Item) -> None:
        since = self._rows.started.after(-self._rows.moment().since(item.granted))
        self._rows.after_commit(lambda: self._held.update({item_id: since}))
