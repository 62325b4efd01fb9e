"""One evaluation as the sandbox keeps it, and the document that the API replies with at each time."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from ...judges.judging import Failure, Finding, Judgement
from ...outcomes import Outcome
from ..assets.spool import Spool
from ..ids import IdFactory

# The relations that `embed` may ask for; without it they are absent (inferred).
RELATIONS = ("judges", "action", "gate_failures")
_NOTE = "Made by a sandbox from measurements of the image; this is not Runflow's evaluator."
_CATEGORY = "sandbox_technical_quality"
_OUTPUT = "generated_image"


@dataclass(slots=True)
class Record:
    """An evaluation: the submitted fields, the times of its statuses, its result, and the feedback.

    Args:
        echo: the fields of the request as replies repeat them, images as URLs.
        source: the submitted image; None once the evaluation has ended.
        outcome: the outcome that a test has set; None lets the judges decide.
        price: credits to charge at completion; None where it costs nothing.
        submitted: when it was submitted, in seconds of the sandbox's time; likewise `starts` and `ends`.
        source_code: `api`, or `platform` where the platform made it.
        parent: the id of the evaluation that it repeats.
        attempt: its number among the evaluations of the same image, from 1.
        superseded: when a later attempt took its place.
        result: what it ends with, or has ended with; None until the image was judged.
        thumbnail: a small JPEG of the image; None before the end, and once later ones took its place.
        ending: the fields that its end changes; empty until then.
        relations: the rows of `RELATIONS`, each under its name.
    """

    id: str
    echo: dict[str, Any]
    source: str | Spool | None
    outcome: Outcome | None
    price: Decimal | None
    submitted: float
    starts: float
    ends: float
    source_code: str = "api"
    parent: str | None = None
    attempt: int = 1
    superseded: float | None = None
    result: Judgement | Failure | None = None
    thumbnail: bytes | None = field(default=None, repr=False)
    ending: dict[str, Any] = field(default_factory=dict)
    relations: dict[str, Any] = field(default_factory=lambda: {"judges": [], "action": None, "gate_failures": []})
    feedback: bool | None = None
    feedback_reason: str | None = None
    feedback_changed: float = 0.0

    def document(self, now: float, ids: IdFactory) -> dict[str, Any]:
        """Return the evaluation's own fields as they are at this time."""
        ended, running = bool(self.ending), now >= self.starts
        moved = self.ends if ended else self.starts if running else self.submitted
        return {
            "id": self.id,
            "target_type_code": None,
            "model_id": None,
            "flow_id": None,
            "comfyui_workflow_id": None,
            "status_code": "running" if running else "pending",
            **self.echo,
            "overall_passed": None,
            "weighted_pass_rate": None,
            "override_reason": None,
            "top_issues": None,
            "top_strengths": None,
            "check_summary": {"sandbox": True, "note": _NOTE},
            "analysis_modules_executed": None,
            "primary_action_code": None,
            "parent_evaluation_id": self.parent,
            "attempt_number": self.attempt,
            "superseded_at": None if self.superseded is None else ids.timestamp(self.superseded),
            "eval_duration_ms": None,
            "feedback_is_positive": self.feedback,
            "feedback_reason": self.feedback_reason,
            "created_at": ids.timestamp(self.submitted),
            "updated_at": ids.timestamp(max(moved, self.feedback_changed, self.superseded or 0.0)),
            "source_code": self.source_code,
            "submitted_at": ids.timestamp(self.submitted),
            "completed_at": ids.timestamp(self.ends) if ended else None,
            "cost": None,
            "failure_code": None,
            "links": {},
            **self.ending,
        }

    def end(self, result: Judgement | Failure, ids: IdFactory) -> None:
        """End with the result of the judges."""
        if isinstance(result, Judgement) and (measurements := result.measurements) is not None:
            self.thumbnail = measurements.thumbnail
            result = replace(result, measurements=replace(measurements, thumbnail=b""))
        self.source, self.result = None, result
        if isinstance(result, Failure):
            self._fail(result)
        else:
            self._complete(result, ids)

    def _fail(self, failure: Failure) -> None:
        self.ending = {
            "status_code": "failed",
            "failure_code": failure.code,
            "check_summary": {"sandbox": True, "note": _NOTE, "reason": failure.reason},
        }

    def _complete(self, judgement: Judgement, ids: IdFactory) -> None:
        action = None if judgement.passed is None else self._action(judgement, ids)
        passed = [finding for finding in judgement.findings if finding.passed]
        failed = [finding for finding in judgement.findings if finding.passed is False]
        measured = judgement.measurements
        size = (
            {} if measured is None else {"format": measured.format, "width": measured.width, "height": measured.height}
        )
        self.relations = {
            "judges": [self._judge(finding, ids) for finding in judgement.findings],
            "action": action,
            "gate_failures": [
                self._row(ids, output_key=_OUTPUT, module=f"sandbox_{gate.subcategory}", reason=gate.detail)
                for gate in judgement.gates
            ],
        }
        self.ending = {
            "status_code": "completed",
            "overall_passed": judgement.passed,
            "weighted_pass_rate": judgement.score,
            "override_reason": "A gate of the sandbox failed." if judgement.gates else None,
            "top_issues": [defect.label for defect in judgement.defects],
            "top_strengths": [finding.strength for finding in passed],
            "check_summary": {
                "sandbox": True,
                "note": _NOTE,
                **({} if judgement.reason is None else {"reason": judgement.reason}),
                **size,
                "judges_passed": len(passed),
                "judges_failed": len(failed),
            },
            "analysis_modules_executed": len(judgement.findings),
            "primary_action_code": None if action is None else action["primary_action"],
            "eval_duration_ms": round((self.ends - self.submitted) * 1000),
            "cost": None if self.price is None else f"{self.price:f}",
        }

    def _judge(self, finding: Finding, ids: IdFactory) -> dict[str, Any]:
        judge = self._row(
            ids,
            name=finding.name,
            description=finding.description,
            category=_CATEGORY,
            passed=finding.passed,
            confidence=finding.confidence,
            weight=finding.weight,
            reasoning=finding.reasoning,
            evidence=list(finding.evidence),
            sub_point_results=dict(finding.figures),
            sub_points_evaluated=len(finding.figures),
        )
        judge["issues"] = [
            self._row(
                ids,
                evaluation_judge_id=judge["id"],
                category=_CATEGORY,
                subcategory=defect.subcategory,
                detail=defect.detail,
            )
            for defect in finding.defects
        ]
        return judge

    def _action(self, judgement: Judgement, ids: IdFactory) -> dict[str, Any]:
        if judgement.passed:
            return self._row(ids, primary_action="accept", failure_summary=None, improved_prompt=None)
        details = [defect.detail for defect in judgement.defects]
        prompt = self.echo["generation_prompt"]
        wanted = "in sharp focus, evenly lit, in high resolution"
        return self._row(
            ids,
            primary_action="regenerate",
            failure_summary=" ".join(details),
            improved_prompt=f"{prompt}, {wanted}" if prompt else None,
        )

    def _row(self, ids: IdFactory, **fields: Any) -> dict[str, Any]:
        return {
            "id": ids.new_id(self.ends),
            "evaluation_id": self.id,
            **fields,
            "created_at": ids.timestamp(self.ends),
        }
