"""Sends the callbacks of a served sandbox over HTTP, to this machine only."""

import asyncio
import logging
from dataclasses import replace
from urllib.parse import urlsplit

import httpx

from ..._urls import is_loopback
from ..service.callbacks.outbox import Delivery
from ..service.service import Service
from .clock import ServerClock

_log = logging.getLogger(__name__)
_AT_ONCE = 20


class CallbackSender:
    """Sends each callback when it is due, several at once.

    Args:
        timeout: seconds of real time in which a receiver must respond.
    """

    def __init__(self, service: Service, clock: ServerClock, timeout: float) -> None:
        self._service = service
        self._clock = clock
        self._timeout = timeout
        self._changed = asyncio.Event()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        # A transport without a client, which would log the whole URL and read a proxy from the environment. Certificates
        # are not verified: those of this machine are self-signed, and nothing is sent to another machine.
        self._transport = httpx.AsyncHTTPTransport(verify=False, trust_env=False)

    async def run(self) -> None:
        """Send callbacks until cancelled."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._changed.set)

        self._service.listeners.add(wake)
        try:
            async with asyncio.TaskGroup() as sending:
                while True:
                    self._changed.clear()
                    for delivery in self._service.take_callbacks(self._clock.now()):
                        sending.create_task(self._deliver(delivery))
                    await self._until_next()
        except Exception:
            _log.exception("the sandbox failed and sends no more callbacks")
        finally:
            self._service.listeners.discard(wake)
            await self._transport.aclose()

    async def _until_next(self) -> None:
        try:
            async with asyncio.timeout(self._clock.seconds_until(self._service.next_callback)):
                await self._changed.wait()
        except TimeoutError:
            pass

    async def _deliver(self, delivery: Delivery) -> None:
        host = urlsplit(delivery.url).hostname or ""
        if not is_loopback(host):
            _log.warning(
                "the sandbox sends callbacks to this machine only: %s of %s was not sent to %s",
                delivery.event,
                delivery.evaluation_id,
                host,
            )
            not_sent = replace(delivery, problem="not a loopback URL")
            self._service.record_callback(not_sent, self._clock.now(), again=False)
            return
        # Recorded when the server stops during the attempt; the next server of this sandbox tries again.
        ended = replace(delivery, problem="the server was stopped")
        try:
            async with self._slots:
                ended = await self._attempt(delivery)
            _log.info("callback %s of %s, attempt %d: %s", *_described(ended))
        finally:
            self._service.record_callback(ended, self._clock.now())

    async def _attempt(self, delivery: Delivery) -> Delivery:
        try:
            async with asyncio.timeout(self._timeout):
                request = httpx.Request(
                    "POST", delivery.url, headers={**delivery.headers, "Connection": "close"}, content=delivery.body
                )
                response = await self._transport.handle_async_request(request)
                await response.aclose()
        except TimeoutError:
            return replace(delivery, problem="no response in time")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return replace(delivery, problem=type(error).__name__)
        return replace(delivery, status=response.status_code)


def _described(delivery: Delivery) -> tuple[str, str, int, int | str | None]:
    return delivery.event, delivery.evaluation_id, delivery.attempt, delivery.status or delivery.problem
