"""Callbacks are sent inside the process when they are due on the virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from runflow_client import Runflow
from runflow_client.sandbox import Delivery, Sandbox, sharp_picture

HOOK = "https://shop.example/hook"


@pytest.fixture
def place() -> Sandbox:
    return Sandbox(evaluation_seconds=30, request_seconds=0.0)


@pytest.fixture
def client(place: Sandbox) -> Iterator[Runflow]:
    with place.client() as client:
        yield client


class Receiver:
    """Notes when callbacks arrive, and responds with what a test sets."""

    def __init__(self, place: Sandbox, *results: Any) -> None:
        self.place = place
        self.results = list(results)
        self.times: list[float] = []

    def __call__(self, delivery: Delivery) -> int:
        self.times.append(self.place.clock.now())
        result = self.results.pop(0) if self.results else 200
        if isinstance(result, Exception):
            raise result
        return int(result)

    async def later(self, delivery: Delivery) -> int:
        await self.place.clock.sleep_async(1.0)
        return self(delivery)


def submit(client: Runflow) -> None:
    client.evaluations.submit(sharp_picture(), "headshot", callback_url=HOOK)


def test_callback_is_sent_at_the_end_of_its_evaluation(place: Sandbox, client: Runflow) -> None:
    receiver = Receiver(place)
    submit(client)
    place.clock.advance(10)
    place.send_callbacks(receiver)
    submit(client)
    place.clock.advance(100)
    assert receiver.times == [30.0, 40.0]
    assert [delivery.status for delivery in place.deliveries] == [200, 200]


def test_refused_callback_is_sent_again(place: Sandbox, client: Runflow) -> None:
    receiver = Receiver(place, 500, ConnectionRefusedError())
    place.send_callbacks(receiver)
    submit(client)
    place.clock.advance(100)
    assert receiver.times == [30.0, 32.0, 36.0]
    assert [(delivery.status, delivery.problem) for delivery in place.deliveries] == [
        (500, None),
        (None, "ConnectionRefusedError"),
        (200, None),
    ]


def test_second_receiver_replaces_the_first(place: Sandbox, client: Runflow) -> None:
    first, second = Receiver(place), Receiver(place)
    place.send_callbacks(first)
    submit(client)
    place.send_callbacks(second)
    place.clock.advance(100)
    assert (first.times, second.times) == ([], [30.0])


def test_exception_of_the_receiver_is_raised_where_time_passes(place: Sandbox, client: Runflow) -> None:
    place.send_callbacks(Receiver(place, LookupError("a mistake of the test")))
    submit(client)
    with pytest.raises(LookupError, match="a mistake of the test"):
        place.clock.advance(100)


def test_coroutine_function_sends_while_time_passes(place: Sandbox) -> None:
    receiver = Receiver(place, 200, ConnectionRefusedError())

    async def main() -> None:
        place.send_callbacks(receiver.later)
        async with place.async_client() as client:
            for _ in range(2):
                await client.evaluations.submit(sharp_picture(), "headshot", callback_url=HOOK)
            await place.clock.sleep_async(100)

    asyncio.run(main())
    assert receiver.times == [31.0, 31.0, 34.0]
    assert sorted(str(delivery.problem) for delivery in place.deliveries) == ["ConnectionRefusedError", "None", "None"]
