"""Ctrl-C, task cancellation and closing a flow at any point leave nothing running and note how to continue."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fault_injection import SUBMIT, TASK, Case, Harness, NamedFault, cases, named_fault, searched
from hypothesis import given
from hypothesis import strategies as st
from interruptions import Interrupted, Interruption, interrupt, lines, passes, steps

from runflow_client import Evaluation, PollPolicy, errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows.base.steps import Response
from runflow_client.models.evaluation_request import EvaluationRequest
from runflow_client.runtime.files.uploads import Upload
from runflow_client.sandbox import faults


def continue_after(harness: Harness, seen: Interrupted) -> None:
    """Continue with the noted id or key, without faults, and check that there is one evaluation."""
    client = harness.without_faults()
    if seen.noted_id is not None:
        ended = harness.wait(seen.noted_id, client=client, timeout=None)
    else:
        ended = harness.evaluate(client=client, timeout=None, idempotency_key=seen.noted_key or harness.case.given_key)
    assert isinstance(ended, Evaluation), repr(ended)
    assert ended.status_code == "completed"
    if seen.notes or harness.case.given_key:
        assert (harness.sandbox.evaluations, len(harness.sandbox.charges)) == (1, 1)


def has_ended(harness: Harness) -> bool:
    last = harness.recorder.exchanges[-1].result if harness.recorder.exchanges else None
    return isinstance(last, Response) and b'"status_code":"completed"' in last.body


def play(case: Case, how: Interruption) -> None:
    with Harness(case) as harness:
        seen = interrupt(harness, how, harness.evaluate)
        if isinstance(seen.outcome, (Evaluation, errors.RunflowError)):
            assert not seen.fired or how.where == "line", "the interruption was swallowed"
            return
        if how.where == "line" and has_ended(harness):
            return  # the verdict had arrived already
        if how.where == "line" and seen.noted_key is not None and seen.noted_id is None:
            assert all(one.method != "GET" for one in harness.recorder.exchanges), "the id was known and is not noted"
        elif seen.received_id is not None:
            assert seen.noted_id == seen.received_id
        elif any(one.url.endswith("/v1/evaluations") for one in harness.recorder.exchanges):
            assert seen.noted_key == harness.recorder.exchanges[-1].key
        continue_after(harness, seen)


@searched(100)
@given(cases(), steps)
def test_ctrl_c_at_any_step_notes_key_or_id(case: Case, how: Interruption) -> None:
    play(case, how)


@searched(100)
@given(cases(), passes)
def test_task_cancelled_at_any_await_notes_key_or_id(case: Case, how: Interruption) -> None:
    play(replace(case, kind="async"), how)


@pytest.mark.parametrize(
    "fault",
    [named_fault(faults.html_page, 200), named_fault(faults.show, id=None), named_fault(faults.show, id="odd")],
)
def test_ctrl_c_at_any_line_of_failing_call_notes_key(fault: NamedFault) -> None:
    """Regression: at the end of a `with`, Ctrl-C replaced the error and its note; another error had no key."""
    case = Case(schedule=((SUBMIT, (fault,)),))
    number, fired = -1, True
    while fired:
        number += 1
        with Harness(case) as harness:
            seen = interrupt(harness, Interruption("line", number), harness.evaluate)
            fired = seen.fired
            if not isinstance(seen.outcome, errors.RunflowError) and harness.recorder.exchanges:
                assert seen.noted_key == harness.recorder.exchanges[0].key
    assert number > 100


@searched(60)
@given(cases(), lines)
def test_ctrl_c_at_any_line_notes_key_or_id(case: Case, how: Interruption) -> None:
    play(case, how)


@searched(60)
@given(cases(), st.integers(0, 20))
def test_flow_closed_at_any_step_leaves_no_file_open(case: Case, count: int) -> None:
    opened: list[Upload] = []
    with Harness(replace(case, kind="sync")) as harness:
        submission = EvaluationRequest(image=case.picture, task_type=TASK, idempotency_key=case.given_key)
        flow = flows.evaluate(
            harness.client._session.context, submission, timeout=600.0, poll=PollPolicy(), on_update=None
        )
        try:
            step = next(flow)
            for _ in range(count):
                result = harness.client._session._driver.perform(step)
                if isinstance(result, Upload):
                    opened.append(result)
                step = flow.send(result)
            flow.close()
        except (StopIteration, errors.RunflowError):
            pass
        assert all(upload.file.closed for upload in opened)
        assert harness.sandbox.evaluations <= 1
