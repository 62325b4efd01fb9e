"""A stateful stand-in for the API, without a socket and without a clock: requests and the time are handed in."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .clock import VirtualClock
from .extra import sandbox_extra
from .faults import Fault, FaultQueue, SeenRequest, take_fault
from .ledger import Charge, Ledger
from .reply import RefusedError, Reply
from .stamps import Stamps

if TYPE_CHECKING:
    from runflow_client import AsyncRunflow, Runflow

MAX_BODY = 16 * 1024 * 1024
_START = datetime(2026, 1, 1, tzinfo=UTC)
# Requests inside the process never leave it; the name says so wherever a client shows its base URL.
_BASE_URL = "https://api.sandbox.invalid"


class Sandbox:
    """A stand-in for Runflow's evaluation API, to try and test with; it is not the real evaluator.

    Args:
        evaluation_seconds: how long an evaluation takes; a function is given the evaluation's number, from 0.
        keys: the API keys that are accepted.
        balance: credits at the start.
        price: credits for one evaluation; a mapping gives the price of each active job class.
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
        request_seconds: float = 0.05,
        seed: int = 0,
        started_at: datetime = _START,
    ) -> None:
        with sandbox_extra():
            from .contract import load_contract
            from .evaluations import Evaluations

        self.keys = tuple(keys)
        self.request_seconds = request_seconds
        self.clock = VirtualClock()
        self.faults: FaultQueue = FaultQueue()
        self.requests: list[SeenRequest] = []
        self._lock = threading.RLock()
        self._now = 0.0
        self._stamps = Stamps(started_at, seed)
        self._contract = load_contract()
        self._answered: dict[str, tuple[bytes, Reply]] = {}
        self._ledger = Ledger(Decimal(balance))
        self.org_id = self._stamps.new_id(0)
        prices = price if isinstance(price, Mapping) else {"standard": price}
        self._evaluations = Evaluations(
            seconds=evaluation_seconds if callable(evaluation_seconds) else lambda _: evaluation_seconds,
            prices={job_class: Decimal(amount) for job_class, amount in prices.items()},
            ledger=self._ledger,
            stamps=self._stamps,
            org_id=self.org_id,
        )
        self._handlers: dict[str, Callable[[Any, float], Reply]] = {
            "submit_evaluation": self._evaluations.submit,
            "get_evaluation": self._evaluations.get,
            "set_evaluation_feedback": self._evaluations.set_feedback,
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

        from .transport import SandboxTransport

        return Runflow._create(
            transport=SandboxTransport(self), clock=self.clock, api_key=self.keys[0], base_url=_BASE_URL, **options
        )

    def async_client(self, **options: Any) -> "AsyncRunflow":
        """Make an async client whose requests end in this sandbox and whose waits pass on its virtual clock.

        Args:
            options: as of `AsyncRunflow`, but for the key, the base URL, the transport and the clock.
        """
        from runflow_client import AsyncRunflow

        from .transport import AsyncSandboxTransport

        return AsyncRunflow._create(
            transport=AsyncSandboxTransport(self), clock=self.clock, api_key=self.keys[0], base_url=_BASE_URL, **options
        )

    def arrive(self, method: str, target: str, headers: Iterable[tuple[str, str]]) -> Fault:
        """Count a request whose head has arrived and tell what is to go wrong with it; for the ways in."""
        keys = [value for name, value in headers if name.lower() == "idempotency-key"]
        request = SeenRequest(method, target.partition("?")[0], keys[-1] if keys else None)
        with self._lock:
            self.requests.append(request)
            return take_fault(self.faults, request)

    def handle(self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes, now: float) -> Reply:
        """Answer one request.

        Args:
            target: path and query, percent-encoded.
            now: seconds of the sandbox's time; a time before the latest one counts as the latest.
        """
        with self._lock:
            self._now = max(self._now, now)
            try:
                reply = self._answer(method, target, {name.lower(): value for name, value in headers}, body)
            except RefusedError as refused:
                reply = refused.reply
            # The name of this header is inferred; the public pages name none.
            return replace(reply, headers=(*reply.headers, ("x-request-id", self._stamps.new_id(self._now))))

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
