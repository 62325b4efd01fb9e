"""However answers are lost, one evaluation that was asked for is made and charged once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fault_injection import DROPS, FINE, FORGOTTEN, SUBMIT, Case, World, cases, searched
from hypothesis import given
from hypothesis import strategies as st

from runflow_client import Evaluation, errors
from runflow_client.flows.base.steps import Response

_TURNS = 4


def goes_on(world: World, turns: list[bool]) -> Any:
    """Evaluate, and after each error go on with the id or the key that it names; return what came last, and the key."""
    key, evaluation_id = world.case.given_key, None
    outcome: Any = None
    for with_id in turns:
        if with_id and evaluation_id is not None:
            outcome = world.wait(evaluation_id)
        else:
            outcome = world.evaluate(idempotency_key=key)
        if not isinstance(outcome, errors.RunflowError):
            break
        evaluation_id = outcome.evaluation_id or evaluation_id
        key = outcome.idempotency_key or key
    return outcome, key, evaluation_id


def refused_by_storage(world: World) -> bool:
    """Tell whether storage refused a URL that it takes when asked again, which real ones do not.

    Another session is then opened for the file, and another asset is submitted; the same call made again finds that the
    first session works after all, so that its submit differs: a conflict, and never a second evaluation.
    """
    refused = [one.answer.status for one in world.ear.heard if one.method == "PUT" and isinstance(one.answer, Response)]
    return bool({400, 401, 403, 404, 410} & set(refused))


@searched(150)
@given(cases(), st.lists(st.booleans(), min_size=1, max_size=_TURNS))
def test_repeated_call_with_key_or_id_makes_one_evaluation(case: Case, turns: list[bool]) -> None:
    with World(case) as world:
        outcome, key, evaluation_id = goes_on(world, turns)
        assert world.sandbox.evaluations <= 1
        assert len(world.sandbox.charges) <= 1
        if isinstance(outcome, errors.RunflowError):
            # And once nothing goes wrong any more, what the errors held is enough to come to the verdict.
            outcome = world.evaluate(client=world.calm(), timeout=None, idempotency_key=key)
        if isinstance(outcome, errors.ConflictError) and refused_by_storage(world):
            return  # see `refused_by_storage`
        assert isinstance(outcome, Evaluation), f"{outcome!r} after the faults are over"
        assert outcome.status_code == "completed"
        assert evaluation_id in (None, outcome.id)
        assert (world.sandbox.evaluations, len(world.sandbox.charges)) == (1, 1)


@searched(60, long=0.5)
@given(cases(), st.lists(st.sampled_from([FORGOTTEN, FORGOTTEN, *DROPS, FINE]), max_size=6), st.integers(1, _TURNS))
def test_forgotten_key_costs_at_most_one_more_evaluation(case: Case, row: list[Any], turns: int) -> None:
    with World(replace(case, schedule=((SUBMIT, tuple(row)),))) as world:
        goes_on(world, [False] * turns)
        assert world.sandbox.evaluations <= 1 + row.count(FORGOTTEN)
        keys = {one.key for one in world.ear.heard if one.method == "POST" and one.url.endswith("/v1/evaluations")}
        assert len(keys) <= 1, "the client itself has never another key"
