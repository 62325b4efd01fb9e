"""A caller with many wishes, one client after the other, and a world that turns bad and good again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fault_injection import (
    LOOK,
    SUBMIT,
    TASK,
    UPLOAD,
    Case,
    Mishap,
    World,
    cases,
    large_picture,
    mishaps,
    searched,
    seconds,
    small_picture,
)
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from interruptions import Interruption, interrupt, steps

from runflow_client import Evaluation, errors

_MOST = 4


@dataclass
class Wish:
    """An evaluation that the caller wants once, and what it holds of it."""

    picture: bytes
    key: str | None = None
    id: str | None = None
    ended: bool = False

    def learn(self, outcome: Any) -> None:
        if isinstance(outcome, Evaluation):
            assert self.id in (None, outcome.id), "one wish has two evaluations"
            self.id, self.ended = outcome.id, outcome.is_terminal
        elif isinstance(outcome, errors.RunflowError):
            self.key = outcome.idempotency_key or self.key
            self.id = outcome.evaluation_id or self.id


class CallersLife(RuleBasedStateMachine):
    world: World
    wishes: list[Wish]

    @initialize(case=cases())
    def begin(self, case: Case) -> None:
        self.wishes = []
        self.refused = False
        self.world = World(replace(case, schedule=(), from_path=False))

    @rule(kind=st.sampled_from([SUBMIT, LOOK, *UPLOAD]), row=st.lists(mishaps, min_size=1, max_size=5))
    def the_world_turns_bad(self, kind: tuple[str, str], row: list[Mishap]) -> None:
        self.world.sandbox.faults.on(*kind, *(entry.fault for entry in row))

    @rule()
    def the_world_turns_good(self) -> None:
        self.world.sandbox.faults.clear()

    @rule(seconds=seconds(0.1, 100.0))
    def time_passes(self, seconds: float) -> None:
        self.world.sandbox.clock.advance(seconds)

    @precondition(lambda self: len(self.wishes) < _MOST)
    @rule(large=st.integers(0, 3), own_key=st.booleans(), submits=st.booleans())
    def a_new_wish(self, large: int, own_key: bool, submits: bool) -> None:
        number = len(self.wishes)
        wish = Wish(small_picture(number) if large else large_picture(number), f"wish-{number}" if own_key else None)
        self.wishes.append(wish)
        self.ask(wish, submits)

    def ask(self, wish: Wish, submits: bool) -> None:
        world, case = self.world, self.world.case
        if submits:
            outcome = world.call(
                lambda: world.client.evaluations.submit(wish.picture, TASK, idempotency_key=wish.key), within=None
            )
        else:
            outcome = world.call(
                lambda: world.client.evaluations.evaluate(
                    wish.picture, TASK, idempotency_key=wish.key, timeout=case.timeout, poll=case.poll
                ),
                within=case.timeout,
            )
        wish.learn(outcome)

    @precondition(lambda self: any(wish.key and not wish.ended for wish in self.wishes))
    @rule(data=st.data(), submits=st.booleans())
    def going_on_with_a_key(self, data: st.DataObject, submits: bool) -> None:
        self.ask(data.draw(st.sampled_from([wish for wish in self.wishes if wish.key and not wish.ended])), submits)

    @precondition(lambda self: any(wish.id for wish in self.wishes))
    @rule(data=st.data())
    def going_on_with_an_id(self, data: st.DataObject) -> None:
        wish = data.draw(st.sampled_from([wish for wish in self.wishes if wish.id]))
        wish.learn(self.world.wait(str(wish.id)))

    @precondition(lambda self: any(wish.key and not wish.ended for wish in self.wishes))
    @rule(data=st.data(), how=steps)
    def interrupted(self, data: st.DataObject, how: Interruption) -> None:
        wish = data.draw(st.sampled_from([wish for wish in self.wishes if wish.key and not wish.ended]))
        case, world = self.world.case, self.world
        seen = interrupt(
            world,
            how,
            lambda: world.call(
                lambda: world.client.evaluations.evaluate(
                    wish.picture, TASK, idempotency_key=wish.key, timeout=case.timeout, poll=case.poll
                ),
                within=case.timeout,
            ),
        )
        wish.learn(seen.outcome)
        assert wish.id is None or seen.noted_id in (None, wish.id)
        wish.id = wish.id or seen.noted_id

    @invariant()
    def nothing_is_made_or_charged_twice(self) -> None:
        if hasattr(self, "world"):
            assert self.world.sandbox.evaluations <= len(self.wishes)
            charged = [charge.evaluation_id for charge in self.world.sandbox.charges]
            assert len(charged) == len(set(charged)) <= len(self.wishes)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        with self.world as world:
            client = world.calm()
            for wish in self.wishes:
                if wish.id is not None:
                    ended = world.wait(wish.id, client=client, timeout=None)
                    assert isinstance(ended, Evaluation), repr(ended)
                    wish.learn(ended)
                    assert wish.ended
            self.nothing_is_made_or_charged_twice()


TestACallersLife = CallersLife.TestCase
TestACallersLife.settings = searched(25, long=0.1)
