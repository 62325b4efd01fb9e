"""Lost responses never cause a second evaluation or charge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fault_injection import DROPS, FINE, FORGOTTEN_KEY, SUBMIT, Case, Harness, cases, searched
from hypothesis import given
from hypothesis import strategies as st

from runflow_client import Evaluation, errors
from runflow_client.flows.base.steps import Response

_TURNS = 4


def continue_with_errors(harness: Harness, turns: list[bool]) -> Any:
    """Evaluate, and after each error repeat with its id or key; return the last outcome, the key and the id."""
    key, evaluation_id = harness.case.given_key, None
    outcome: Any = None
    for with_id in turns:
        if with_id and evaluation_id is not None:
            outcome = harness.wait(evaluation_id)
        else:
            outcome = harness.evaluate(idempotency_key=key)
        if not isinstance(outcome, errors.RunflowError):
            break
        evaluation_id = outcome.evaluation_id or evaluation_id
        key = outcome.idempotency_key or key
    return outcome, key, evaluation_id


def rejected_by_storage(harness: Harness) -> bool:
    """Return whether storage rejected a URL that it accepts on a later request, which real storage does not do.

    The client then opens a second session for the file and submits its asset. When the same call is repeated, the first
    session works, so the submit differs. The result is a conflict and never a second evaluation.
    """
    rejected = [
        one.result.status
        for one in harness.recorder.exchanges
        if one.method == "PUT" and isinstance(one.result, Response)
    ]
    return bool({400, 401, 403, 404, 410} & set(rejected))


@searched(150)
@given(cases(), st.lists(st.booleans(), min_size=1, max_size=_TURNS))
def test_repeated_call_with_key_or_id_makes_one_evaluation(case: Case, turns: list[bool]) -> None:
    with Harness(case) as harness:
        outcome, key, evaluation_id = continue_with_errors(harness, turns)
        assert harness.sandbox.evaluations <= 1
        assert len(harness.sandbox.charges) <= 1
        if isinstance(outcome, errors.RunflowError):
            # Without faults, the key of the error leads to the verdict.
            outcome = harness.evaluate(client=harness.without_faults(), timeout=None, idempotency_key=key)
        if isinstance(outcome, errors.ConflictError) and rejected_by_storage(harness):
            return  # see `rejected_by_storage`
        assert isinstance(outcome, Evaluation), f"{outcome!r} without faults"
        assert outcome.status_code == "completed"
        assert evaluation_id in (None, outcome.id)
        assert (harness.sandbox.evaluations, len(harness.sandbox.charges)) == (1, 1)


@searched(60, long=0.5)
@given(
    cases(), st.lists(st.sampled_from([FORGOTTEN_KEY, FORGOTTEN_KEY, *DROPS, FINE]), max_size=6), st.integers(1, _TURNS)
)
def test_forgotten_key_costs_at_most_one_more_evaluation(case: Case, row: list[Any], turns: int) -> None:
    with Harness(replace(case, schedule=((SUBMIT, tuple(row)),))) as harness:
        continue_with_errors(harness, [False] * turns)
        assert harness.sandbox.evaluations <= 1 + row.count(FORGOTTEN_KEY)
        keys = {
            one.key
            for one in harness.recorder.exchanges
            if one.method == "POST" and one.url.endswith("/v1/evaluations")
        }
        assert len(keys) <= 1, "the client uses one key only"
