"""Ctrl-C, a cancelled task and an abandoned flow, wherever they come: nothing runs on, and the way on is noted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fault_injection import SUBMIT, TASK, Case, Mishap, World, cases, mishap, searched
from hypothesis import given
from hypothesis import strategies as st
from interruptions import Interrupted, Interruption, interrupt, lines, passes, steps

from runflow_client import Evaluation, PollPolicy, errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows.base.steps import Response
from runflow_client.runtime.files.uploads import Upload
from runflow_client.sandbox import faults


def goes_on(world: World, seen: Interrupted) -> None:
    """Go on with what an interruption notes, in a calm world, and find one evaluation."""
    client = world.calm()
    if seen.noted_id is not None:
        ended = world.wait(seen.noted_id, client=client, timeout=None)
    else:
        ended = world.evaluate(client=client, timeout=None, idempotency_key=seen.noted_key or world.case.given_key)
    assert isinstance(ended, Evaluation), repr(ended)
    assert ended.status_code == "completed"
    if seen.notes or world.case.given_key:
        assert (world.sandbox.evaluations, len(world.sandbox.charges)) == (1, 1)


def has_ended(world: World) -> bool:
    last = world.ear.heard[-1].answer if world.ear.heard else None
    return isinstance(last, Response) and b'"status_code":"completed"' in last.body


def play(case: Case, how: Interruption) -> None:
    with World(case) as world:
        seen = interrupt(world, how, world.evaluate)
        if isinstance(seen.outcome, (Evaluation, errors.RunflowError)):
            assert not seen.fired or how.where == "line", "the interruption was swallowed"
            return
        if how.where == "line" and has_ended(world):
            return  # the verdict was on its way to the caller
        if how.where == "line" and seen.noted_key is not None and seen.noted_id is None:
            assert all(one.method != "GET" for one in world.ear.heard), "the id was known by then"
        elif seen.told_id is not None:
            assert seen.noted_id == seen.told_id
        elif any(one.url.endswith("/v1/evaluations") for one in world.ear.heard):
            assert seen.noted_key == world.ear.heard[-1].key
        goes_on(world, seen)


@searched(100)
@given(cases(), steps)
def test_ctrl_c_at_any_step_notes_key_or_id(case: Case, how: Interruption) -> None:
    play(case, how)


@searched(100)
@given(cases(), passes)
def test_task_cancelled_at_any_await_notes_key_or_id(case: Case, how: Interruption) -> None:
    play(replace(case, kind="async"), how)


@pytest.mark.parametrize(
    "answer", [mishap(faults.html_page, 200), mishap(faults.show, id=None), mishap(faults.show, id="odd")]
)
def test_ctrl_c_at_any_line_of_failing_call_notes_key(answer: Mishap) -> None:
    """The search found the end of a `with`, where Ctrl-C took the place of error and note, and an error without its key."""
    case = Case(schedule=((SUBMIT, (answer,)),))
    number, fired = -1, True
    while fired:
        number += 1
        with World(case) as world:
            seen = interrupt(world, Interruption("line", number), world.evaluate)
            fired = seen.fired
            if not isinstance(seen.outcome, errors.RunflowError) and world.ear.heard:
                assert seen.noted_key == world.ear.heard[0].key
    assert number > 100


@searched(60)
@given(cases(), lines)
def test_ctrl_c_at_any_line_notes_key_or_id(case: Case, how: Interruption) -> None:
    play(case, how)


@searched(60)
@given(cases(), st.integers(0, 20))
def test_flow_closed_at_any_step_leaves_no_file_open(case: Case, count: int) -> None:
    opened: list[Upload] = []
    with World(replace(case, kind="sync")) as world:
        submission = flows.Submission(image=case.picture, task_type=TASK, idempotency_key=case.given_key)
        flow = flows.evaluate(world.client._context, submission, timeout=600.0, poll=PollPolicy(), on_update=None)
        try:
            step = next(flow)
            for _ in range(count):
                answer = world.client._driver._do(step)
                if isinstance(answer, Upload):
                    opened.append(answer)
                step = flow.send(answer)
            flow.close()
        except (StopIteration, errors.RunflowError):
            pass
        assert all(upload.file.closed for upload in opened)
        assert world.sandbox.evaluations <= 1
