"""The simulated service, without sockets and without a clock: requests and times are passed in."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from .._replies import RefusedError, Reply, ReplyError
from ..faults.faults import Fault, SeenRequest
from ..faults.queue import FaultQueue
from ..outcomes import Outcome, Outcomes
from .access.keys import ORGANIZATION, Key, as_keys, find_key
from .access.rate_limit import RateLimit
from .assets.spool import Spool
from .assets.storage import ROUTES as STORAGE_ROUTES
from .assets.storage import Storage, is_storage
from .callbacks.outbox import Delivery, Outbox
from .contract.contract import load_contract
from .evaluations.ledger import Charge
from .evaluations.records import Record
from .ids import IdFactory
from .organization import Organization, Organizations, Settings, restore, state_of

MAX_BODY = 16 * 1024 * 1024
# At least so many requests are remembered.
_REQUESTS = 100_000


class Service:
    """Handles the requests of the API and holds the state that they change.

    Attributes:
        rate_limit: the limit of each organization; None for no limit.
        faults: the faults of the next requests.
        outcomes: the outcomes that a test has set for the next submissions.
        requests: the requests that have arrived, those to storage included.
        leaks: how many requests to storage carried an Authorization header, which storage must never receive.
        listeners: functions that are called when `next_callback` or `next_end` may have changed.
        judges_in_background: True if evaluations are judged only by `judge_next`; else each request first judges those
            that are due.
        clock: returns the sandbox's time, in seconds.

    Args:
        upload_seconds: how long the URL of an upload works, in seconds of the sandbox's time.
        started_at: the date and time of second 0.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        keys: Sequence[str | Key],
        upload_seconds: float,
        rate_limit: RateLimit | None,
        seed: int,
        started_at: datetime,
        clock: Callable[[], float],
    ) -> None:
        self.rate_limit = rate_limit
        self.outcomes = Outcomes()
        self.listeners: set[Callable[[], None]] = set()
        self.judges_in_background = False
        self._any_host = False
        self.clock = clock
        self._settings = settings
        self._upload_seconds = upload_seconds
        self._keys = as_keys(keys)
        self._lock = threading.RLock()
        self._now = 0.0
        self._contract = load_contract()
        self.faults: FaultQueue = FaultQueue([*self._contract.methods_and_paths, *STORAGE_ROUTES])
        self._ids = IdFactory(started_at, seed)
        self.reset()

    def reset(self) -> None:
        """Forget what requests have changed; the keys, faults, outcomes and settings stay."""
        with self._lock:
            self.requests: list[SeenRequest] = []
            self.leaks = 0
            self._storage = Storage(self._upload_seconds, self._ids)
            self._storage.any_host = self._any_host
            self._outbox = Outbox(self._ids)
            self._organizations = Organizations(self._new_organization)
            self.keys = self._keys
        self._notify()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The API keys that are accepted; assign others to revoke them."""
        return self._keys

    @keys.setter
    def keys(self, keys: Iterable[str | Key]) -> None:
        with self._lock:
            self._keys = as_keys(keys)
            for name in dict.fromkeys(key.organization for key in self._keys) or [ORGANIZATION]:
                self._organizations.add(name)

    def _new_organization(self, name: str) -> Organization:
        storage, outbox = self._storage, self._outbox
        return Organization(name, self._settings, outcomes=self.outcomes, storage=storage, outbox=outbox, ids=self._ids)

    @property
    def operations(self) -> frozenset[str]:
        """The ids of the operations that have a handler."""
        return frozenset(self.organization.handlers)

    @property
    def now(self) -> float:
        """The latest time that was passed in, in seconds."""
        return self._now

    @property
    def organization(self) -> Organization:
        """The organization of the first key that there was."""
        return next(iter(self._organizations))

    @property
    def evaluations(self) -> int:
        """How many evaluations were accepted."""
        return sum(organization.evaluations.accepted for organization in self._organizations)

    @property
    def records(self) -> tuple[Record, ...]:
        """The evaluations that were accepted, as they are at the latest request."""
        with self._lock:
            self._end_due()
            return tuple(record for owner in self._organizations for record in owner.evaluations.records)

    @property
    def charges(self) -> tuple[Charge, ...]:
        """The charges up to the latest request, those of the first organization first."""
        with self._lock:
            self._end_due()
            return tuple(charge for owner in self._organizations for charge in owner.ledger.charges)

    @property
    def balance(self) -> Decimal:
        """The credits that the first organization has left after the charges up to the latest request."""
        with self._lock:
            self._end_due()
            return self.organization.ledger.balance

    @balance.setter
    def balance(self, balance: Decimal) -> None:
        with self._lock:
            self._end_due()
            self.organization.ledger.balance = balance

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The callbacks that were sent, one entry for each attempt, in the order in which the attempts ended."""
        return tuple(self._outbox.deliveries)

    @property
    def next_callback(self) -> float | None:
        """The time at which the next callback is due, in seconds of the sandbox's time; None where none is planned."""
        return self._outbox.next_due

    def take_callbacks(self, now: float) -> list[Delivery]:
        """Return the callbacks that are due; pass each to `record_callback` once its attempt has ended."""
        with self._lock:
            self._now = max(self._now, now)
            self._end_due()
            return self._outbox.take(self._now, self._organizations.first_attempt)

    def snapshot(self) -> dict[str, Any]:
        """Return what requests have changed, as one picklable object; the keys, faults, outcomes and settings are left out."""
        with self._lock:
            return {
                "started_at": self._ids.started_at,
                "now": self._now,
                "minted": self._ids.minted,
                "storage": state_of(self._storage),
                "outbox": state_of(self._outbox),
                "organizations": self._organizations.snapshot(),
            }

    def restore(self, snapshot: Mapping[str, Any], now: float) -> None:
        """Take over what the `snapshot` of another service returned; that one had the same seed and start.

        Args:
            now: seconds of the sandbox's time; a time before that of the snapshot counts as that one.

        Raises:
            ValueError: an organization of the other service is not here.
        """
        with self._lock:
            self._organizations.restore(snapshot["organizations"])
            self._now = max(snapshot["now"], now)
            self._ids.minted = snapshot["minted"]
            restore(self._storage, snapshot["storage"])
            restore(self._outbox, snapshot["outbox"])
        self._notify()

    def record_callback(self, delivery: Delivery, now: float, *, again: bool = True) -> Delivery:
        """Record the end of an attempt, and plan the next one where it is needed and `again` allows it."""
        with self._lock:
            ended = self._outbox.record(delivery, now, again=again)
        self._notify()
        return ended

    def accept_any_host(self) -> None:
        """Let requests come under the name of any machine; upload URLs then name that machine."""
        self._any_host = self._storage.any_host = True

    def recent_evaluations(self, count: int) -> list[dict[str, Any]]:
        """Describe the newest evaluations for the page of the server, the newest first."""
        with self._lock:
            self._now = max(self._now, self.clock())
            self._end_due()
            return self._organizations.recent_evaluations(count, self._now)

    def thumbnail(self, evaluation_id: str) -> bytes | None:
        """Return a small JPEG of an evaluation's image; None where there is none."""
        return self._organizations.thumbnail(evaluation_id)

    def add_platform_evaluation(
        self, run_id: str, *, outcome: Outcome | None, image: str, task_type: str, after: float
    ) -> str:
        """Make an evaluation of a run's output that is listed so many seconds from now, and return its id."""
        with self._lock:
            self._now = max(self._now, self.clock())
            evaluations = self.organization.evaluations
            evaluation_id = evaluations.add_platform(run_id, outcome, image, task_type, self._now + after)
        self._notify()
        return evaluation_id

    def reevaluate(self, evaluation_id: str, outcome: Outcome | None) -> str:
        """Evaluate the image of an evaluation that has ended once more, and return the id of the new evaluation.

        Raises:
            ValueError: there is no such evaluation, it has not ended, or it was superseded before.
        """
        with self._lock:
            self._now = max(self._now, self.clock())
            self._end_due()
            again = self._organizations.reevaluate(evaluation_id, outcome, self._now)
        self._notify()
        return again

    @property
    def next_end(self) -> float | None:
        """The time at which the next evaluation is due to end, in seconds of the sandbox's time; None where none is running."""
        return self._organizations.next_end

    def judge_next(self, now: float) -> None:
        """Judge one evaluation that is due, and end it.

        Other threads can send requests meanwhile; in their replies the evaluation is running until it is judged.
        """
        with self._lock:
            self._now = max(self._now, now)
            due = self._organizations.take_due(self._now)
        if due is None:
            return
        evaluations, record = due
        result = evaluations.judge(record)
        with self._lock:
            evaluations.end(record, result)
        self._notify()

    def arrive(self, method: str, target: str, headers: Iterable[tuple[str, str]]) -> Fault:
        """Record a request whose headers have arrived, and return the fault that applies to it."""
        fields = {name.lower(): value for name, value in headers}
        request = SeenRequest(method, target.partition("?")[0], fields.get("idempotency-key"))
        with self._lock:
            if len(self.requests) >= 2 * _REQUESTS:
                del self.requests[:_REQUESTS]
            self.requests.append(request)
            if is_storage(target) and "authorization" in fields:
                self.leaks += 1
            fault = self.faults.take(request)
            if fault.forget_key and request.idempotency_key is not None:
                for organization in self._organizations:
                    organization.first_replies.pop(request.idempotency_key, None)
            return fault

    def handle(
        self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes | Spool, now: float
    ) -> Reply:
        """Handle one request and return the reply.

        Args:
            target: path and query, percent-encoded.
            body: as bytes or as a spool; storage keeps the spool of an uploaded file.
            now: seconds of the sandbox's time; a time before the latest one counts as the latest.
        """
        fields = {name.lower(): value for name, value in headers}
        with self._lock:
            self._now = max(self._now, now)
            self._end_due()
            next_end_before = self.next_end
            try:
                if is_storage(target):
                    spool = body if isinstance(body, Spool) else Spool(body)
                    reply = self._storage.handle(method, target, fields, spool, self._now)
                else:
                    content = body if isinstance(body, bytes) else body.read()
                    reply = self._handle_operation(method, target, fields, content)
            except ReplyError as error:
                reply = error.reply
            # The name of this header is inferred; the public pages name none.
            reply = replace(reply, headers=(*reply.headers, ("x-request-id", self._ids.new_id(self._now))))
            changed = self.next_end != next_end_before
        if changed:
            self._notify()
        return reply

    def _end_due(self) -> None:
        """Judge and end the evaluations that are due, unless that is done in the background."""
        while not self.judges_in_background and (due := self._organizations.take_due(self._now)) is not None:
            evaluations, record = due
            evaluations.end(record, evaluations.judge(record))

    def _notify(self) -> None:
        for listener in tuple(self.listeners):
            listener()

    def _handle_operation(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if len(body) > MAX_BODY:
            raise body_too_large()
        path, _, query = target.partition("?")
        route, values = self._contract.find(method, path)
        if not route.needs_key:
            arguments = self._contract.read(route, values, query, headers, body)
            return self.organization.handlers[route.operation_id](arguments, self._now)
        key = find_key(self._keys, headers.get("authorization", ""))
        organization = self._organizations[key.organization]

        def handle() -> Reply:
            arguments = replace(self._contract.read(route, values, query, headers, body), scopes=tuple(key.scopes))
            return organization.handlers[route.operation_id](arguments, self._now)

        limit_headers = organization.counter.admit(self.rate_limit, self._now)
        try:
            _check_organization(headers.get("x-organization-id", ""), organization)
            key.check_scope(route.operation_id)
            idempotency_key = headers.get("idempotency-key", "") if method == "POST" else ""
            digest = hashlib.sha256(b"\0".join((method.encode(), path.encode(), query.encode(), body))).digest()
            reply = _first_reply(organization, idempotency_key, digest, handle) if idempotency_key else handle()
        except ReplyError as error:
            reply = error.reply
        return replace(reply, headers=(*reply.headers, *limit_headers))


def _check_organization(wanted: str, organization: Organization) -> None:
    """Refuse a request for another organization than the key's own: 403 with a code that the documentation lists."""
    if wanted.strip().lower() not in ("", organization.id):
        message = "The owner of the API key is not a member of this organization."
        raise RefusedError(403, "ORGANIZATION_MEMBERSHIP_REQUIRED", message)


def _first_reply(organization: Organization, idempotency_key: str, digest: bytes, handle: Callable[[], Reply]) -> Reply:
    """Return the first reply under this key again, or handle a request whose key is new.

    It is inferred that the service keeps the replies of successes only, without expiry, and for the whole organization.
    """
    first_replies = organization.first_replies
    if idempotency_key not in first_replies:
        first_replies[idempotency_key] = (digest, handle())
    first, reply = first_replies[idempotency_key]
    if first != digest:
        raise RefusedError(409, "CONFLICT", "This Idempotency-Key was used before with another request.")
    return reply


def body_too_large() -> RefusedError:
    """Return the error for a body over 16 MiB, a limit of the sandbox alone."""
    return RefusedError(413, "PAYLOAD_TOO_LARGE", f"A request body may have at most {MAX_BODY} bytes.")
