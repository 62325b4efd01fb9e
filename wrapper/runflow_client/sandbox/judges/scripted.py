"""The results of outcomes that a test has set, and of images that the sandbox does not have."""

from ..outcomes import Outcome
from .judging import Defect, Failure, Finding, Judgement

_SET = "A test has set this outcome."
_UNFETCHED = (
    "Nothing was fetched: the sandbox has no copy of the image at this https:// URL, so this is its default outcome. "
    "Give it a copy with images=, or set another default."
)


def scripted_result(outcome: Outcome) -> Judgement | Failure:
    """Return what the judges would have returned for an outcome that a test has set."""
    return _result(outcome, _SET, "a test")


def unfetched_result(outcome: Outcome) -> Judgement | Failure:
    """Return the default outcome of an image that the sandbox would have to fetch."""
    return _result(outcome, _UNFETCHED, "default")


def _result(outcome: Outcome, reason: str, source: str) -> Judgement | Failure:
    if outcome == "failed":
        return Failure("processing_failed", reason)
    defect = Defect(f"Rejected by {source}", "no_measurement", reason)
    finding = Finding(
        name="Sandbox outcome",
        description="Which outcome was set, without a look at the image?",
        weight=1.0,
        confidence=1.0,
        reasoning=reason,
        strength=f"Passed by {source}",
        evidence=(f"outcome {outcome}",),
        figures={},
        defects=(defect,) if outcome == "rejected" else (),
        decided=outcome != "undecided",
    )
    return Judgement(None, (finding,), reason)
