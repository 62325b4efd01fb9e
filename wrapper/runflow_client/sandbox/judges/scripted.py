"""The results of outcomes that a test has set, made without an image."""

from ..outcomes import Outcome
from .judging import Defect, Failure, Finding, Judgement

_REASON = "A test has set this outcome."


def scripted_result(outcome: Outcome) -> Judgement | Failure:
    """Return what the judges would have returned for this outcome."""
    if outcome == "failed":
        return Failure("processing_failed", _REASON)
    defect = Defect("Rejected by a test", "set_by_test", _REASON)
    finding = Finding(
        name="Sandbox outcome",
        description="Which outcome has the test set?",
        weight=1.0,
        confidence=1.0,
        reasoning=_REASON,
        strength="Passed by a test",
        evidence=(f"outcome {outcome}",),
        figures={},
        defects=(defect,) if outcome == "rejected" else (),
        decided=outcome != "undecided",
    )
    return Judgement(None, (finding,), ())
