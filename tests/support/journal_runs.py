"""What the tests of the journal share: a boot clock that is set by hand, a small batch, and processes that are killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from journal_forms import Place, commits_watched

from runflow_client.batch.journals.journal import Answer, Grant, Verdict, Worker
from runflow_client.batch.journals.stored.moments import Moment

PRICE = Decimal("0.05")
BUDGET = Decimal("0.20")
ITEMS = ("a", "b", "c", "d", "e")  # the budget is for four of them
REFUSED = "b"


@dataclass
class Machine:
    """A boot clock that moves when it is told to."""

    boot: str = "boot-1"
    seconds: float = 1000.0

    def __call__(self) -> Moment:
        return Moment(self.boot, self.seconds)


def ask(worker: Worker, item_id: str, **changes: Any) -> Grant:
    """Ask for an item as a batch does."""
    arguments: dict[str, Any] = {"digest": f"digest of {item_id}", "price": PRICE, "budget": BUDGET}
    return worker.grant(item_id, **(arguments | changes))


@dataclass
class Server:
    """A server whose memory is a file, so that it outlives the process that is killed. It honours a key for ever, if at all.

    Args:
        path: the file; one line a charge.
        forgets: whether it has forgotten the keys of earlier runs, so that each submit under them is charged again.
        at_point: called with a name before and after each submit.
    """

    path: Path
    forgets: bool = False
    at_point: Callable[[str], None] = lambda name: None
    known: set[str] = field(default_factory=set)

    def post(self, item_id: str, key: str) -> str | None:
        """Submit an item, and return the id of its evaluation; None where it is refused."""
        self.at_point("before the submit")
        if item_id == REFUSED:
            return None
        charged = self.known if self.forgets else {line.split()[1] for line in self.charges()}
        if key not in charged:
            self.known.add(key)
            with self.path.open("a") as file:
                file.write(f"{item_id} {key}\n")
        self.at_point("after the submit")
        return f"evaluation-{item_id}"

    def charges(self) -> list[str]:
        return self.path.read_text().splitlines() if self.path.exists() else []


def run_batch(worker: Worker, server: Server) -> dict[str, Grant]:
    """Run the batch once, and return the last answer for each item; items that go on are taken to their end."""
    grants: dict[str, Grant] = {item_id: found for item_id in ITEMS if (found := worker.find(item_id)) is not None}
    asked = [item_id for item_id in ITEMS if item_id not in grants]
    worker.renew()
    worker.pace(100.0, len(ITEMS))
    for _ in range(2):  # the second time for an item that the refused one left no money for
        with worker.group():
            grants |= {item_id: ask(worker, item_id) for item_id in asked}
        for item_id in asked:
            submit_item(worker, server, item_id, grants[item_id])
        asked = [item_id for item_id in asked if grants[item_id].answer is Answer.BUDGET]
    with worker.group():
        for item_id in ITEMS:
            grant = worker.find(item_id)
            if grant is not None and grant.answer is Answer.SUBMITTED:
                assert worker.finished(item_id, Verdict.PASSED, evaluation="{}", cost=PRICE)
    return grants


def submit_item(worker: Worker, server: Server, item_id: str, grant: Grant) -> None:
    if grant.answer is Answer.GO and worker.fence(item_id):
        assert grant.key is not None
        evaluation_id = server.post(item_id, grant.key)
        if evaluation_id is None:
            assert worker.withdrawn(item_id)
        else:
            assert worker.submitted(item_id, evaluation_id)


def run_until(place: Place, folder: Path, server: Server, kill_at: int | None) -> tuple[bool, list[str]]:
    """Run the batch in a process of its own that ends itself by SIGKILL at a point.

    Args:
        place: where the journal is.
        folder: where the points are noted.
        server: the server that it submits to.
        kill_at: the number of the point, None to pass all of them.

    Returns:
        whether it was killed, and the names of the points that it reached.
    """
    log = folder / f"points-{kill_at}"

    def at_point(name: str) -> None:
        with log.open("a") as file:
            file.write(f"{name}\n")
        if kill_at is not None and len(log.read_text().splitlines()) > kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def run() -> None:
        with commits_watched(place, lambda: at_point("before a commit"), lambda: at_point("after a commit")):
            server.at_point = at_point
            journal = place.open(Machine())
            run_batch(journal.begin("batch", account="account"), server)
            journal.close()

    status = in_process(run)
    assert status in (0, -signal.SIGKILL)
    return status != 0, log.read_text().splitlines()


def in_process(function: Callable[[], object]) -> int:
    """Call a function in a forked process, and return its exit status: 0, 1 where it raised, less than 0 for a signal."""
    return wait_for(start(function))


def start(function: Callable[[], object]) -> int:
    """Call a function in a forked process, and return the id of that process."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            function()
            status = 0
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
        finally:
            os._exit(status)
    return child


def wait_for(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
