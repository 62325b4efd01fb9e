"""Every call of a client returns or raises by its deadline, and its errors are complete."""

from __future__ import annotations

from dataclasses import replace

from fault_injection import Case, Harness, NamedFault, cases, named_faults, searched, small_picture
from hypothesis import given
from hypothesis import strategies as st
from operations import OPERATIONS, Operation

_UPLOAD_SECONDS = 120.0


def time_for(case: Case, operation: Operation) -> float | None:
    """Return the seconds that a call may take: the client's timeout, or more for files at the default timeout."""
    if case.call_timeout != 60.0:
        return case.call_timeout
    files = operation.files * _UPLOAD_SECONDS
    return files if operation.name == "assets.upload" else 60.0 + files


@searched(200)
@given(cases(), st.sampled_from(OPERATIONS), st.lists(named_faults, max_size=12))
def test_every_operation_with_any_faults_ends_by_its_deadline(
    case: Case, operation: Operation, faults: list[NamedFault]
) -> None:
    with Harness(replace(case, schedule=())) as harness:
        known = harness.run(lambda: harness.without_faults().evaluations.submit(small_picture(), "headshot")).id
        harness.sandbox.faults.extend([entry.fault for entry in faults])
        makes = operation.name.startswith("evaluations.submit")
        harness.call(
            lambda: operation.do(harness.client, case.picture, known),
            within=time_for(case, operation),
            about=known if operation.about_evaluation else None,
            evaluates=makes,
        )
        assert harness.sandbox.evaluations <= 1 + makes


@searched(100)
@given(cases())
def test_wait_with_any_faults_ends_by_its_deadline(case: Case) -> None:
    with Harness(replace(case, large=False)) as harness:
        known = harness.run(lambda: harness.without_faults().evaluations.submit(small_picture(), "headshot")).id
        for kind, row in case.schedule:
            harness.sandbox.faults.on(*kind, *(entry.fault for entry in row))
        harness.wait(known)
        assert harness.sandbox.evaluations == 1
