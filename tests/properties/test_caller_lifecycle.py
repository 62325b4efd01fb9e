"""One caller with several evaluations, while faults begin and end in any order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fault_injection import (
    POLL,
    SUBMIT,
    TASK,
    UPLOAD,
    Case,
    Harness,
    NamedFault,
    cases,
    large_picture,
    named_faults,
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
class WantedEvaluation:
    """An evaluation that the caller wants exactly once, with the key and id known so far."""

    picture: bytes
    key: str | None = None
    id: str | None = None
    ended: bool = False

    def learn(self, outcome: Any) -> None:
        if isinstance(outcome, Evaluation):
            assert self.id in (None, outcome.id), "the same image has two evaluations"
            self.id, self.ended = outcome.id, outcome.is_terminal
        elif isinstance(outcome, errors.RunflowError):
            self.key = outcome.idempotency_key or self.key
            self.id = outcome.evaluation_id or self.id


class CallerLifecycle(RuleBasedStateMachine):
    harness: Harness
    wanted: list[WantedEvaluation]

    @initialize(case=cases())
    def begin(self, case: Case) -> None:
        self.wanted = []
        self.harness = Harness(replace(case, schedule=(), from_path=False))

    @rule(kind=st.sampled_from([SUBMIT, POLL, *UPLOAD]), row=st.lists(named_faults, min_size=1, max_size=5))
    def faults_begin(self, kind: tuple[str, str], row: list[NamedFault]) -> None:
        self.harness.sandbox.faults.on(*kind, *(entry.fault for entry in row))

    @rule()
    def faults_end(self) -> None:
        self.harness.sandbox.faults.clear()

    @rule(seconds=seconds(0.1, 100.0))
    def time_passes(self, seconds: float) -> None:
        self.harness.sandbox.clock.advance(seconds)

    @precondition(lambda self: len(self.wanted) < _MOST)
    @rule(large=st.integers(0, 3), own_key=st.booleans(), submits=st.booleans())
    def new_evaluation(self, large: int, own_key: bool, submits: bool) -> None:
        number = len(self.wanted)
        item = WantedEvaluation(
            small_picture(number) if large else large_picture(number), f"item-{number}" if own_key else None
        )
        self.wanted.append(item)
        self.ask(item, submits)

    def ask(self, item: WantedEvaluation, submits: bool) -> None:
        harness, case = self.harness, self.harness.case
        if submits:
            outcome = harness.call(
                lambda: harness.client.evaluations.submit(item.picture, TASK, idempotency_key=item.key), within=None
            )
        else:
            outcome = harness.call(
                lambda: harness.client.evaluations.evaluate(
                    item.picture, TASK, idempotency_key=item.key, timeout=case.timeout, poll=case.poll
                ),
                within=case.timeout,
            )
        item.learn(outcome)

    @precondition(lambda self: any(item.key and not item.ended for item in self.wanted))
    @rule(data=st.data(), submits=st.booleans())
    def repeat_with_key(self, data: st.DataObject, submits: bool) -> None:
        self.ask(data.draw(st.sampled_from([item for item in self.wanted if item.key and not item.ended])), submits)

    @precondition(lambda self: any(item.id for item in self.wanted))
    @rule(data=st.data())
    def wait_with_id(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from([item for item in self.wanted if item.id]))
        item.learn(self.harness.wait(str(item.id)))

    @precondition(lambda self: any(item.key and not item.ended for item in self.wanted))
    @rule(data=st.data(), how=steps)
    def interrupted(self, data: st.DataObject, how: Interruption) -> None:
        item = data.draw(st.sampled_from([item for item in self.wanted if item.key and not item.ended]))
        case, harness = self.harness.case, self.harness
        seen = interrupt(
            harness,
            how,
            lambda: harness.call(
                lambda: harness.client.evaluations.evaluate(
                    item.picture, TASK, idempotency_key=item.key, timeout=case.timeout, poll=case.poll
                ),
                within=case.timeout,
            ),
        )
        item.learn(seen.outcome)
        assert item.id is None or seen.noted_id in (None, item.id)
        item.id = item.id or seen.noted_id

    @invariant()
    def no_duplicate_evaluation_or_charge(self) -> None:
        if hasattr(self, "harness"):
            assert self.harness.sandbox.evaluations <= len(self.wanted)
            charged = [charge.evaluation_id for charge in self.harness.sandbox.charges]
            assert len(charged) == len(set(charged)) <= len(self.wanted)

    def teardown(self) -> None:
        if not hasattr(self, "harness"):
            return
        with self.harness as harness:
            client = harness.without_faults()
            for item in self.wanted:
                if item.id is not None:
                    ended = harness.wait(item.id, client=client, timeout=None)
                    assert isinstance(ended, Evaluation), repr(ended)
                    item.learn(ended)
                    assert item.ended
            self.no_duplicate_evaluation_or_charge()


TestCallerLifecycle = CallerLifecycle.TestCase
TestCallerLifecycle.settings = searched(25, long=0.1)
