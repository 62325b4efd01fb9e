"""The class `Sandbox`: the simulated service, a virtual clock, and clients in the same process."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ..client.async_client import AsyncRunflow
from ..client.sync_client import Runflow
from ..runtime.transport.slots import DEFAULT_MAX_CONNECTIONS
from .faults.faults import SeenRequest
from .faults.queue import FaultQueue
from .in_process.callbacks import CallbackTimer, Send
from .in_process.clock import VirtualClock
from .in_process.transport import AsyncSandboxTransport, SandboxTransport
from .outcomes import Outcome, Outcomes
from .service.access.keys import Key, as_keys
from .service.access.rate_limit import RateLimit
from .service.callbacks.outbox import Delivery
from .service.evaluations.ledger import Charge
from .service.evaluations.received import Received, all_received
from .service.organization import Settings
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
        keys: the API keys that are accepted; a `Key` in place of a text has scopes and an organization.
        balance: credits at the start, of each organization.
        price: credits for one evaluation; a mapping gives the price of each active job class.
        upload_seconds: how long the URL of an upload works, in seconds of the sandbox's time.
        images: the images at `https://` URLs, as bytes or files by URL, or a folder that holds them under the URL's path
            or its last part; the sandbox fetches nothing, so that other URLs have the outcome `outcomes.default`.
        rate_limit: how many requests are accepted in a window of time; None for no limit.
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
        keys: Sequence[str | Key] = ("rf_sandbox_key",),
        balance: Decimal | str = "100.00",
        price: Decimal | str | Mapping[str, Decimal | str] = "0.05",
        upload_seconds: float = 900.0,
        images: Mapping[str, bytes | Path] | Path | str | None = None,
        rate_limit: RateLimit | None = None,
        request_seconds: float = 0.05,
        seed: int = 0,
        started_at: datetime = _START,
    ) -> None:
        self.clock = VirtualClock()
        prices = price if isinstance(price, Mapping) else {"standard": price}
        self.service = Service(
            Settings(
                evaluation_seconds=evaluation_seconds,
                balance=_amount(balance),
                prices={job_class: _amount(amount) for job_class, amount in prices.items()},
                images=Path(images) if isinstance(images, str) else images or {},
            ),
            keys=keys,
            upload_seconds=upload_seconds,
            rate_limit=rate_limit,
            seed=seed,
            started_at=started_at,
            clock=self.clock.now,
        )
        self.request_seconds = request_seconds
        self._callback_timer: CallbackTimer | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The API keys that are accepted; assign others to revoke them."""
        return tuple(key.text for key in self.service.keys)

    @keys.setter
    def keys(self, keys: Sequence[str | Key]) -> None:
        self.service.keys = as_keys(keys)

    @property
    def rate_limit(self) -> RateLimit | None:
        """How many requests of an organization are accepted in a window of time; None for no limit."""
        return self.service.rate_limit

    @rate_limit.setter
    def rate_limit(self, limit: RateLimit | None) -> None:
        self.service.rate_limit = limit

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
        """How many submissions were accepted."""
        return self.service.evaluations

    @property
    def charges(self) -> tuple[Charge, ...]:
        """The charges up to the latest request."""
        return self.service.charges

    @property
    def balance(self) -> Decimal:
        """The credits left after the charges up to the latest request; assign an amount to set them.

        Where there are several organizations, this is the balance of the first key's.
        """
        return self.service.balance

    @balance.setter
    def balance(self, balance: Decimal | str) -> None:
        self.service.balance = _amount(balance)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The callbacks that were sent, one entry for each attempt, in the order in which the attempts ended."""
        return self.service.deliveries

    @property
    def now(self) -> float:
        """The time of the latest request, in seconds of the sandbox's time."""
        return self.service.now

    def client(
        self, *, api_key: str | None = None, max_connections: int = DEFAULT_MAX_CONNECTIONS, **options: Any
    ) -> Runflow:
        """Make a client whose requests this sandbox handles and whose pauses only advance the virtual clock.

        Args:
            api_key: the first of `keys` if it is None.
            max_connections: as for `Runflow`.
            options: those of `Runflow`, except the base URL, the transport and the clock.
        """
        transport = SandboxTransport(self.service, self.clock, self.request_seconds, max_connections)
        api_key = self.keys[0] if api_key is None else api_key
        return Runflow._create(transport=transport, clock=self.clock, api_key=api_key, base_url=BASE_URL, **options)

    def async_client(
        self, *, api_key: str | None = None, max_connections: int = DEFAULT_MAX_CONNECTIONS, **options: Any
    ) -> AsyncRunflow:
        """Make an async client whose requests this sandbox handles and whose pauses only advance the virtual clock.

        Args:
            api_key: the first of `keys` if it is None.
            max_connections: as for `AsyncRunflow`.
            options: those of `AsyncRunflow`, except the base URL, the transport and the clock.
        """
        transport = AsyncSandboxTransport(self.service, self.clock, self.request_seconds, max_connections)
        api_key = self.keys[0] if api_key is None else api_key
        return AsyncRunflow._create(
            transport=transport, clock=self.clock, api_key=api_key, base_url=BASE_URL, **options
        )

    def add_platform_evaluation(
        self,
        run_id: str,
        *,
        outcome: Outcome | None = None,
        image: str = "https://assets.sandbox.invalid/run.png",
        task_type: str = "image_generation",
        after: float = 120.0,
    ) -> str:
        """Let the platform evaluate the output of a run, as Runflow does by itself for the runs that it selects.

        The evaluation is of the first key's organization, is not charged, and has the source `platform`.

        Args:
            run_id: the UUID of the run, which need not exist.
            outcome: of the evaluation; None lets the judges decide on the image.
            image: the output of the run.
            after: seconds of the sandbox's time until it is listed under the run.

        Returns:
            The id that the evaluation will have.

        Example:
            >>> from runflow_client.sandbox import Sandbox
            >>> sandbox, run_id = Sandbox(), "01978cff-12b6-7c93-8a5e-d4710b6f9c28"
            >>> _ = sandbox.add_platform_evaluation(run_id, outcome="rejected")
            >>> with sandbox.client() as client:
            ...     print(len(client.evaluations.for_run(run_id)))
            ...     sandbox.clock.advance(180)
            ...     print(client.evaluations.for_run(run_id)[0].verdict)
            0
            rejected
        """
        return self.service.add_platform_evaluation(
            run_id, outcome=outcome, image=image, task_type=task_type, after=after
        )

    def reevaluate(self, evaluation_id: str, *, outcome: Outcome | None = None) -> str:
        """Let the platform evaluate the image of an evaluation that has ended once more.

        The new evaluation has the earlier one as its parent and the next attempt number; it supersedes it at once and is
        not charged (all inferred).

        Args:
            outcome: of the new evaluation; None repeats that of the earlier one.

        Returns:
            The id of the new evaluation.

        Raises:
            ValueError: there is no such evaluation, it has not ended, or it was superseded before.
        """
        return self.service.reevaluate(evaluation_id, outcome)

    def reset(self) -> None:
        """Forget all evaluations, assets, callback secrets, charges and requests; keys, faults and outcomes stay."""
        self.service.reset()

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


def _amount(amount: Decimal | str) -> Decimal:
    """Return an amount of credits.

    Raises:
        ValueError: it is not a number, or is negative.
    """
    try:
        value = Decimal(amount)
    except InvalidOperation:
        value = Decimal(-1)
    if not (value.is_finite() and value >= 0):
        raise ValueError(f"an amount of credits is a number that is not negative, not {amount!r}")
    return value
