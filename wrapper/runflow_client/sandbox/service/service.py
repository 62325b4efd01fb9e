"""The simulated service, without sockets and without a clock: requests and times are passed in."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from .._replies import RefusedError, Reply, ReplyError
from ..faults import Fault, FaultQueue, SeenRequest
from ..outcomes import Outcomes
from .account import USER, Account
from .assets.assets import Assets
from .assets.spool import Spool
from .assets.storage import Storage, is_storage
from .callback_secrets import CallbackSecrets
from .contract.contract import load_contract
from .evaluations.evaluations import Evaluations
from .evaluations.image_judge import ImageJudge
from .evaluations.ledger import Charge, Ledger
from .evaluations.records import Record
from .ids import IdFactory
from .outbox import Delivery, Outbox

MAX_BODY = 16 * 1024 * 1024


class Service:
    """Handles the requests of the API and holds the state that they change. The arguments are those of `Sandbox`.

    Attributes:
        keys: the API keys that are accepted.
        faults: the faults of the next requests.
        outcomes: the outcomes that a test has set for the next submissions.
        requests: the requests that have arrived, those to storage included.
        leaks: how many requests to storage carried an Authorization header, which storage must never receive.
        listeners: functions that are called when `next_callback` or `next_end` may have changed.
        judges_in_background: True if evaluations are judged only by `judge_next`; else each request first judges those
            that are due.
    """

    def __init__(
        self,
        *,
        evaluation_seconds: float | Callable[[int], float],
        keys: Sequence[str],
        balance: Decimal | str,
        price: Decimal | str | Mapping[str, Decimal | str],
        upload_seconds: float,
        images: Mapping[str, bytes | Path],
        seed: int,
        started_at: datetime,
    ) -> None:
        self.keys = tuple(keys)
        self.faults: FaultQueue = FaultQueue()
        self.outcomes = Outcomes()
        self.requests: list[SeenRequest] = []
        self.leaks = 0
        self.listeners: set[Callable[[], None]] = set()
        self.judges_in_background = False
        self._lock = threading.RLock()
        self._now = 0.0
        self._contract = load_contract()
        self._first_replies: dict[str, tuple[bytes, Reply]] = {}
        self._ids = IdFactory(started_at, seed)
        self.org_id = self._ids.new_id(0)
        self._ledger = Ledger(Decimal(balance))
        self._storage = Storage(upload_seconds, self._ids)
        user = {"id": self._ids.new_id(0), **USER}
        secrets = CallbackSecrets(ids=self._ids, org_id=self.org_id)
        assets = Assets(storage=self._storage, ids=self._ids, org_id=self.org_id, user=user)
        self._outbox = Outbox(secrets, self._ids)
        prices = price if isinstance(price, Mapping) else {"standard": price}
        self._evaluations = Evaluations(
            seconds=evaluation_seconds if callable(evaluation_seconds) else lambda _: evaluation_seconds,
            prices={job_class: Decimal(amount) for job_class, amount in prices.items()},
            judge=ImageJudge(assets.content, images),
            outcomes=self.outcomes,
            ledger=self._ledger,
            outbox=self._outbox,
            ids=self._ids,
            org_id=self.org_id,
        )
        account = Account(ledger=self._ledger, ids=self._ids, org_id=self.org_id, user=user)
        self._handlers: dict[str, Callable[[Any, float], Reply]] = {
            **self._evaluations.handlers,
            **assets.handlers,
            **secrets.handlers,
            **account.handlers,
        }

    @property
    def now(self) -> float:
        """The latest time that was passed in, in seconds."""
        return self._now

    @property
    def operations(self) -> frozenset[str]:
        """The ids of the operations that have a handler."""
        return frozenset(self._handlers)

    @property
    def evaluations(self) -> int:
        """How many evaluations were accepted."""
        return len(self._evaluations)

    @property
    def records(self) -> tuple[Record, ...]:
        """The evaluations that were accepted, as they are at the latest request."""
        with self._lock:
            self._end_due()
            return self._evaluations.records

    @property
    def charges(self) -> tuple[Charge, ...]:
        """The charges up to the latest request."""
        with self._lock:
            self._end_due()
            return tuple(self._ledger.charges)

    @property
    def balance(self) -> Decimal:
        """The credits left after the charges up to the latest request."""
        with self._lock:
            self._end_due()
            return self._ledger.balance

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
            return self._outbox.take(self._now)

    def record_callback(self, delivery: Delivery, now: float, *, again: bool = True) -> Delivery:
        """Record the end of an attempt, and plan the next one where it is needed and `again` allows it."""
        with self._lock:
            ended = self._outbox.record(delivery, now, again=again)
        self._notify()
        return ended

    @property
    def next_end(self) -> float | None:
        """The time at which the next evaluation is due to end, in seconds of the sandbox's time; None where none is running."""
        return self._evaluations.next_end

    def judge_next(self, now: float) -> None:
        """Judge the evaluation that has been due for longest, and end it.

        Other threads can send requests meanwhile; in their replies the evaluation is running until it is judged.
        """
        with self._lock:
            self._now = max(self._now, now)
            record = self._evaluations.take_due(self._now)
        if record is None:
            return
        result = self._evaluations.judge(record)
        with self._lock:
            self._evaluations.end(record, result)
        self._notify()

    def arrive(self, method: str, target: str, headers: Iterable[tuple[str, str]]) -> Fault:
        """Record a request whose headers have arrived, and return the fault that applies to it."""
        fields = {name.lower(): value for name, value in headers}
        request = SeenRequest(method, target.partition("?")[0], fields.get("idempotency-key"))
        with self._lock:
            self.requests.append(request)
            if is_storage(target) and "authorization" in fields:
                self.leaks += 1
            fault = self.faults.take(request)
            if fault.forget_key and request.idempotency_key is not None:
                self._first_replies.pop(request.idempotency_key, None)
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
            next_end_before = self._evaluations.next_end
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
            changed = self._evaluations.next_end != next_end_before
        if changed:
            self._notify()
        return reply

    def _end_due(self) -> None:
        """Judge and end the evaluations that are due, unless that is done in the background."""
        while not self.judges_in_background and (record := self._evaluations.take_due(self._now)) is not None:
            self._evaluations.end(record, self._evaluations.judge(record))

    def _notify(self) -> None:
        for listener in tuple(self.listeners):
            listener()

    def _handle_operation(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if len(body) > MAX_BODY:
            raise body_too_large()
        path, _, query = target.partition("?")
        route, values = self._contract.find(method, path)
        if route.needs_key:
            self._check_key(headers.get("authorization", ""))
        idempotency_key = headers.get("idempotency-key", "") if method == "POST" else ""
        digest = hashlib.sha256(b"\0".join((method.encode(), path.encode(), query.encode(), body))).digest()
        if idempotency_key in self._first_replies:
            return self._replay(idempotency_key, digest)
        reply = self._handlers[route.operation_id](self._contract.read(route, values, query, headers, body), self._now)
        if idempotency_key:
            self._first_replies[idempotency_key] = (digest, reply)
        return reply

    def _check_key(self, authorization: str) -> None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or key.strip() not in self.keys:
            raise RefusedError(
                401, "UNAUTHORIZED", "The API key is missing or not valid.", headers=[("www-authenticate", "Bearer")]
            )

    def _replay(self, idempotency_key: str, digest: bytes) -> Reply:
        """Return the first reply again.

        It is inferred that the service keeps the replies of successes only, without expiry, and for the whole account.
        """
        first, reply = self._first_replies[idempotency_key]
        if first != digest:
            raise RefusedError(409, "CONFLICT", "This Idempotency-Key was used before with another request.")
        return reply


def body_too_large() -> RefusedError:
    """Return the error for a body over 16 MiB, a limit of the sandbox alone."""
    return RefusedError(413, "PAYLOAD_TOO_LARGE", f"A request body may have at most {MAX_BODY} bytes.")
