"""Every call of a client returns or raises in its time, and what it raises is whole."""

from __future__ import annotations

from dataclasses import replace

from fault_injection import Case, Mishap, World, cases, mishaps, searched, small_picture
from hypothesis import given
from hypothesis import strategies as st
from operations import OPERATIONS, Operation

_UPLOAD_SECONDS = 120.0


def time_for(case: Case, operation: Operation) -> float | None:
    """The seconds that a call may take: the client's own, and at the default more for files."""
    if case.call_timeout != 60.0:
        return case.call_timeout
    files = operation.files * _UPLOAD_SECONDS
    return files if operation.name == "assets.upload" else 60.0 + files


@searched(200)
@given(cases(), st.sampled_from(OPERATIONS), st.lists(mishaps, max_size=12))
def test_every_operation_with_any_faults_ends_by_its_deadline(
    case: Case, operation: Operation, faults: list[Mishap]
) -> None:
    with World(replace(case, schedule=())) as world:
        known = world.run(lambda: world.calm().evaluations.submit(small_picture(), "headshot")).id
        world.sandbox.faults.extend([entry.fault for entry in faults])
        makes = operation.name.startswith("evaluations.submit")
        world.call(
            lambda: operation.do(world.client, case.picture, known),
            within=time_for(case, operation),
            about=known if operation.about_evaluation else None,
            evaluates=makes,
        )
        assert world.sandbox.evaluations <= 1 + makes


@searched(100)
@given(cases())
def test_wait_with_any_faults_ends_by_its_deadline(case: Case) -> None:
    with World(replace(case, large=False)) as world:
        known = world.run(lambda: world.calm().evaluations.submit(small_picture(), "headshot")).id
        for kind, row in case.schedule:
            world.sandbox.faults.on(*kind, *(entry.fault for entry in row))
        world.wait(known)
        assert world.sandbox.evaluations == 1
