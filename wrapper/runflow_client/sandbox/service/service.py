"""A stateful stand-in for the API, without a socket and without a clock: requests and the time are handed in."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._replies import RefusedError, Reply, ReplyError
from .._requirements import sandbox_extra
from ..faults import Fault, FaultQueue, SeenRequest
from ..in_process.clock import VirtualClock
from .assets.spool import Spool
from .assets.storage import Storage, is_storage
from .evaluations.ledger import Charge, Ledger
from .ids import Stamps

if TYPE_CHECKING:
    from runflow_client import AsyncRunflow, Runflow

    from .outbox import Delivery

MAX_BODY = 16 * 1024 * 1024
_START = datetime(2026, 1, 1, tzinfo=UTC)
# Requests inside the process never leave it; the name says so wherever a client shows its base URL.
_BASE_URL = "https://api.sandbox.invalid"


class Sandbox:
    """A stand-in for Runflow's evaluation API, to try and test with; it is not the real evaluator.

    Attributes:
        clock: the virtual clock of its in-process clients.
        faults: what goes wrong with the next requests.
        requests: what has arrived, requests to storage included.
        leaks: how many requests to storage brought an Authorization header, which storage must never see.

    Args:
        evaluation_seconds: how long an evaluation takes; a function is given the evaluation's number, from 0.
        keys: the API keys that are accepted.
        balance: credits at the start.
        price: credits for one evaluation; a mapping gives the price of each active job class.
        upload_seconds: how long the URL of an upload works, in seconds of the sandbox's time.
        request_seconds: how long a request of an in-process client takes, in seconds of the virtual clock.
        seed: makes the ids of two sandboxes differ.
        started_at: the date and time at second 0 of the sandbox's time.

    Raises:
        ModuleNotFoundError: a library of the extra `sandbox` is missing; the message says what to install.

    Example:
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> sandbox = Sandbox(evaluation_seconds=3600)  # waiting for it takes no time
        >>> with sandbox.client() as client:
        ...     client.evaluations.evaluate(sharp_picture(), "image_generation", timeout=None).passed
        True
    """

    def __init__(
        self,
        *,
        evaluation_seconds: float | Callable[[int], float] = 3.0,
        keys: Sequence[str] = ("rf_sandbox_key",),
        balance: Decimal | str = "100.00",
        price: Decimal | str | Mapping[str, Decimal | str] = "0.05",
        upload_seconds: float = 900.0,
        request_seconds: float = 0.05,
        seed: int = 0,
        started_at: datetime = _START,
    ) -> None:
        with sandbox_extra():
            from .contract.contract import load_contract

        self.keys = tuple(keys)
        self.request_seconds = request_seconds
        self.clock = VirtualClock()
        self.faults: FaultQueue = FaultQueue()
        self.requests: list[SeenRequest] = []
        self.leaks = 0
        self.on_callback_planned: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._now = 0.0
        self._stamps = Stamps(started_at, seed)
        self._contract = load_contract()
        self._answered: dict[str, tuple[bytes, Reply]] = {}
        self._ledger = Ledger(Decimal(balance))
        self.org_id = self._stamps.new_id(0)
        self._storage = Storage(upload_seconds, self._stamps)
        prices = price if isinstance(price, Mapping) else {"standard": price}
        self._assemble(
            evaluation_seconds if callable(evaluation_seconds) else lambda _: evaluation_seconds,
            {job_class: Decimal(amount) for job_class, amount in prices.items()},
        )

    def _assemble(self, seconds: Callable[[int], float], prices: Mapping[str, Decimal]) -> None:
        from .account import Account
        from .assets.assets import Assets
        from .callback_secrets import CallbackSecrets
        from .evaluations.evaluations import Evaluations
        from .outbox import Outbox

        user_id = self._stamps.new_id(0)
        secrets = CallbackSecrets(stamps=self._stamps, org_id=self.org_id)
        assets = Assets(storage=self._storage, stamps=self._stamps, org_id=self.org_id, user_id=user_id)
        self._outbox = Outbox(secrets, self._stamps)
        self._evaluations = Evaluations(
            seconds=seconds,
            prices=prices,
            find_asset=assets.content,
            ledger=self._ledger,
            outbox=self._outbox,
            stamps=self._stamps,
            org_id=self.org_id,
        )
        account = Account(
            ledger=self._ledger,
            settle=self._evaluations.settle,
            stamps=self._stamps,
            org_id=self.org_id,
            user_id=user_id,
        )
        self._handlers: dict[str, Callable[[Any, float], Reply]] = {
            **self._evaluations.handlers,
            **assets.handlers,
            **secrets.handlers,
            **account.handlers,
        }

    @property
    def now(self) -> float:
        """The latest time that was handed in, in seconds."""
        return self._now

    @property
    def operations(self) -> frozenset[str]:
        """The ids of the operations that the sandbox can answer."""
        return frozenset(self._handlers)

    @property
    def evaluations(self) -> int:
        """How many evaluations were accepted."""
        return len(self._evaluations)

    @property
    def charges(self) -> tuple[Charge, ...]:
        """What was charged up to the latest request."""
        with self._lock:
            self._evaluations.settle(self._now)
            return tuple(self._ledger.charges)

    @property
    def balance(self) -> Decimal:
        """The credits left after what was charged up to the latest request."""
        with self._lock:
            self._evaluations.settle(self._now)
            return self._ledger.balance

    def client(self, **options: Any) -> "Runflow":
        """Make a client whose requests end in this sandbox and whose waits pass on its virtual clock.

        Args:
            options: as of `Runflow`, but for the key, the base URL, the transport and the clock.
        """
        from runflow_client import Runflow

        from ..in_process.transport import SandboxTransport

        return Runflow._create(
            transport=SandboxTransport(self), clock=self.clock, api_key=self.keys[0], base_url=_BASE_URL, **options
        )

    def async_client(self, **options: Any) -> "AsyncRunflow":
        """Make an async client whose requests end in this sandbox and whose waits pass on its virtual clock.

        Args:
            options: as of `AsyncRunflow`, but for the key, the base URL, the transport and the clock.
        """
        from runflow_client import AsyncRunflow

        from ..in_process.transport import AsyncSandboxTransport

        return AsyncRunflow._create(
            transport=AsyncSandboxTransport(self), clock=self.clock, api_key=self.keys[0], base_url=_BASE_URL, **options
        )

    @property
    def deliveries(self) -> tuple["Delivery", ...]:
        """The callbacks that were sent, one entry for each attempt, in the order in which the attempts ended."""
        return tuple(self._outbox.deliveries)

    def deliver_callbacks(self, send: Callable[["Delivery"], int]) -> list["Delivery"]:
        """Hand over the callbacks that are due on the virtual clock; inside the process nothing sends them by itself.

        One that is not taken is due again some seconds later, five times in all (inferred): advance the clock, call again.

        Args:
            send: is given one callback with its `url`, `headers` and `body`, and returns the HTTP status of the
                receiver; an `OSError` stands for no answer.

        Returns:
            What was handed over, with what came of it; `deliveries` keeps them too.

        Example:
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> sandbox = Sandbox()
            >>> hook = "https://hooks.example.com/runflow"
            >>> with sandbox.client() as client:
            ...     _ = client.evaluations.evaluate(sharp_picture(), "headshot", callback_url=hook)
            >>> [(delivery.event, delivery.attempt) for delivery in sandbox.deliver_callbacks(lambda delivery: 204)]
            [('evaluation.completed', 1)]
        """
        ended = []
        for delivery in self.take_callbacks(max(self._now, self.clock.now())):
            try:
                answered = replace(delivery, status=send(delivery))
            except OSError as error:
                answered = replace(delivery, problem=type(error).__name__)
            ended.append(self.record_callback(answered, max(self._now, self.clock.now())))
        return ended

    @property
    def next_callback(self) -> float | None:
        """When the next callback is due, in seconds of the sandbox's time; for the ways in."""
        return self._outbox.next_due

    def take_callbacks(self, now: float) -> list["Delivery"]:
        """Give the callbacks that are due, each to be given back to `record_callback`; for the ways in."""
        with self._lock:
            self._now = max(self._now, now)
            return self._outbox.take(self._now)

    def record_callback(self, delivery: "Delivery", now: float, *, again: bool = True) -> "Delivery":
        """Keep what came of an attempt, and plan the next one unless that makes no sense; for the ways in."""
        with self._lock:
            ended = self._outbox.record(delivery, now, again=again)
        self.on_callback_planned()
        return ended

    def arrive(self, method: str, target: str, headers: Iterable[tuple[str, str]]) -> Fault:
        """Count a request whose head has arrived and tell what is to go wrong with it; for the ways in."""
        fields = {name.lower(): value for name, value in headers}
        request = SeenRequest(method, target.partition("?")[0], fields.get("idempotency-key"))
        with self._lock:
            self.requests.append(request)
            if is_storage(target) and "authorization" in fields:
                self.leaks += 1
            fault = self.faults.take(request)
            if fault.forget_key and request.idempotency_key is not None:
                self._answered.pop(request.idempotency_key, None)
            return fault

    def handle(
        self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes | Spool, now: float
    ) -> Reply:
        """Answer one request.

        Args:
            target: path and query, percent-encoded.
            body: in one piece, or in a spool; the spool of a file that was put to storage is kept there.
            now: seconds of the sandbox's time; a time before the latest one counts as the latest.
        """
        fields = {name.lower(): value for name, value in headers}
        with self._lock:
            self._now = max(self._now, now)
            before = self._outbox.next_due
            try:
                if is_storage(target):
                    spool = body if isinstance(body, Spool) else Spool(body)
                    reply = self._storage.answer(method, target, fields, spool, self._now)
                else:
                    reply = self._answer(method, target, fields, body if isinstance(body, bytes) else body.read())
            except ReplyError as ended:
                reply = ended.reply
            # The name of this header is inferred; the public pages name none.
            reply = replace(reply, headers=(*reply.headers, ("x-request-id", self._stamps.new_id(self._now))))
            planned = self._outbox.next_due != before
        if planned:
            self.on_callback_planned()
        return reply

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if len(body) > MAX_BODY:
            raise body_too_large()
        path, _, query = target.partition("?")
        route, values = self._contract.find(method, path)
        if route.needs_key:
            self._check_key(headers.get("authorization", ""))
        key = headers.get("idempotency-key", "") if method == "POST" else ""
        digest = hashlib.sha256(b"\0".join((method.encode(), path.encode(), query.encode(), body))).digest()
        if key in self._answered:
            return self._replay(key, digest)
        reply = self._handlers[route.operation_id](self._contract.read(route, values, query, headers, body), self._now)
        if key:
            self._answered[key] = (digest, reply)
        return reply

    def _check_key(self, authorization: str) -> None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or key.strip() not in self.keys:
            raise RefusedError(
                401, "UNAUTHORIZED", "The API key is missing or not valid.", headers=[("www-authenticate", "Bearer")]
            )

    def _replay(self, key: str, digest: bytes) -> Reply:
        """Give the first answer again; that successes only are kept, for ever and account-wide, is inferred."""
        first, reply = self._answered[key]
        if first != digest:
            raise RefusedError(409, "CONFLICT", "This Idempotency-Key came with another request before.")
        return reply


def body_too_large() -> RefusedError:
    """Refuse a body over 16 MiB, the sandbox's own limit."""
    return RefusedError(413, "PAYLOAD_TOO_LARGE", f"A request body may have {MAX_BODY} bytes.")
