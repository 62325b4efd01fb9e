"""The class `Sandbox`: the simulated service, a virtual clock, and clients in the same process."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..client.async_client import AsyncRunflow
from ..client.sync_client import Runflow
from ..runtime.transport.slots import DEFAULT_MAX_CONNECTIONS
from .faults import FaultQueue, SeenRequest
from .in_process.callbacks import CallbackTimer, Send
from .in_process.clock import VirtualClock
from .in_process.transport import AsyncSandboxTransport, SandboxTransport
from .outcomes import Outcomes
from .received import Received, all_received
from .service.evaluations.ledger import Charge
from .service.outbox import Delivery
from .service.service import Service

_START = datetime(2026, 1, 1, tzinfo=UTC)
# Never resolved, because these requests do not leave the process; RFC 2606 reserves `.invalid`, so no such host exists.
BASE_URL = "https://api.sandbox.invalid"


class Sandbox:
    """A stand-in for Runflow's evaluation API, to try and test with; it is not the real evaluator.

    Attributes:
        service: handles the requests of this sandbox's clients and of its server.
        clock: the virtual clock of the clients in the same process.
        request_seconds: the argument; a new value applies to the clients that are made after it.

    Args:
        evaluation_seconds: how long an evaluation takes; a function receives the evaluation's number, from 0.
        keys: the API keys that are accepted.
        balance: credits at the start.
        price: credits for one evaluation; a mapping gives the price of each active job class.
        upload_seconds: how long the URL of an upload works, in seconds of the sandbox's time.
        images: the images at `https://` URLs, as bytes or files, because the sandbox never fetches a URL.
        request_seconds: how long a request of a client in the same process takes, in seconds of the virtual clock.
        seed: sandboxes with different seeds make different ids.
        started_at: the date and time at second 0 of the sandbox's time.

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
        images: Mapping[str, bytes | Path] | None = None,
        request_seconds: float = 0.05,
        seed: int = 0,
        started_at: datetime = _START,
    ) -> None:
        self.service = Service(
            evaluation_seconds=evaluation_seconds,
            keys=keys,
            balance=balance,
            price=price,
            upload_seconds=upload_seconds,
            images=images or {},
            seed=seed,
            started_at=started_at,
        )
        self.clock = VirtualClock()
        self.request_seconds = request_seconds
        self._callback_timer: CallbackTimer | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The API keys that are accepted; assign others to revoke them."""
        return self.service.keys

    @keys.setter
    def keys(self, keys: Sequence[str]) -> None:
        self.service.keys = tuple(keys)

    @property
    def faults(self) -> FaultQueue:
        """The faults of the next requests."""
        return self.service.faults

    @property
    def outcomes(self) -> Outcomes:
        """The outcomes that a test has set for the next submissions."""
        return self.service.outcomes

    @property
    def requests(self) -> list[SeenRequest]:
        """The requests that have arrived, those to storage included."""
        return self.service.requests

    @property
    def leaks(self) -> int:
        """How many requests to storage carried an Authorization header, which storage must never receive."""
        return self.service.leaks

    @property
    def received(self) -> Received:
        """The evaluations that were submitted, as the service received them, with their feedback."""
        return all_received(self.service.records)

    @property
    def evaluations(self) -> int:
        """How many evaluations were accepted."""
        return self.service.evaluations

    @property
    def charges(self) -> tuple[Charge, ...]:
        """The charges up to the latest request."""
        return self.service.charges

    @property
    def balance(self) -> Decimal:
        """The credits left after the charges up to the latest request."""
        return self.service.balance

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The callbacks that were sent, one entry for each attempt, in the order in which the attempts ended."""
        return self.service.deliveries

    @property
    def now(self) -> float:
        """The time of the latest request, in seconds of the sandbox's time."""
        return self.service.now

    def client(self, *, max_connections: int = DEFAULT_MAX_CONNECTIONS, **options: Any) -> Runflow:
        """Make a client whose requests this sandbox handles and whose pauses only advance the virtual clock.

        Args:
            max_connections: as for `Runflow`.
            options: those of `Runflow`, except the key, the base URL, the transport and the clock.
        """
        transport = SandboxTransport(self.service, self.clock, self.request_seconds, max_connections)
        return Runflow._create(
            transport=transport, clock=self.clock, api_key=self.keys[0], base_url=BASE_URL, **options
        )

    def async_client(self, *, max_connections: int = DEFAULT_MAX_CONNECTIONS, **options: Any) -> AsyncRunflow:
        """Make an async client whose requests this sandbox handles and whose pauses only advance the virtual clock.

        Args:
            max_connections: as for `AsyncRunflow`.
            options: those of `AsyncRunflow`, except the key, the base URL, the transport and the clock.
        """
        transport = AsyncSandboxTransport(self.service, self.clock, self.request_seconds, max_connections)
        return AsyncRunflow._create(
            transport=transport, clock=self.clock, api_key=self.keys[0], base_url=BASE_URL, **options
        )

    def send_callbacks(self, send: Send) -> None:
        """Send each callback when it is due on the virtual clock, from now on; the clients of this process move that clock.

        A callback without a 2xx response is due again some seconds later, five times in all (inferred).

        Args:
            send: a function or coroutine function that receives one callback with its `url`, `headers` and `body`, and
                returns the HTTP status of the receiver; an `OSError` means that the receiver did not respond. A second
                call of this method replaces it.

        Example:
            >>> from runflow_client import callbacks
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> sandbox = Sandbox(evaluation_seconds=60)
            >>> with sandbox.client() as client:
            ...     endpoint = callbacks.Endpoint(print, client.callback_secrets.create("docs").plain_secret)
            ...     sandbox.send_callbacks(lambda delivery: endpoint.receive(delivery.body, delivery.headers).status)
            ...     evaluation = client.evaluations.submit(
            ...         sharp_picture(), "headshot", callback_url="https://shop.example/runflow"
            ...     )
            ...     sandbox.clock.advance(60)  # doctest: +ELLIPSIS
            Callback(event='evaluation.completed', evaluation_id='...', status='completed')
        """
        if self._callback_timer is not None:
            self._callback_timer.stop()
        self._callback_timer = CallbackTimer(self.service, self.clock, send)

    def deliver_callbacks(self, send: Callable[[Delivery], int]) -> list[Delivery]:
        """Deliver the callbacks that are due on the virtual clock now; `send_callbacks` and `SandboxServer` send them by
        themselves.

        A callback without a 2xx response is due again some seconds later, five times in all (inferred): advance
        the clock and call again.

        Args:
            send: receives one callback with its `url`, `headers` and `body`, and returns the HTTP status of the
                receiver; an `OSError` means that the receiver did not respond.

        Returns:
            The callbacks with the outcome of this attempt; `deliveries` keeps them too.

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
        for delivery in self.service.take_callbacks(self._latest()):
            try:
                attempted = replace(delivery, status=send(delivery))
            except OSError as error:
                attempted = replace(delivery, problem=type(error).__name__)
            ended.append(self.service.record_callback(attempted, self._latest()))
        return ended

    def _latest(self) -> float:
        return max(self.service.now, self.clock.now())
