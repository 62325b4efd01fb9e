"""One evaluation as the sandbox keeps it, and as the API shows it at a given time."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ...judges.judging import Finding, Verdict
from ..ids import Stamps

# The relations that `embed` may ask for; without it they are absent (inferred).
RELATIONS = ("judges", "action", "gate_failures")
_NOTE = "Made by a sandbox from measurements of the image; this is not Runflow's evaluator."
_CATEGORY = "sandbox_technical_quality"
_OUTPUT = "generated_image"


@dataclass(slots=True)
class Record:
    """An evaluation: what was submitted, when it moves on, and what came of it.

    Args:
        echo: the fields of the request as answers repeat them, images as URLs.
        source: the submitted image; `None` once it was judged.
        price: credits to charge at completion.
        submitted: when it was submitted, in seconds of the sandbox's time; likewise `starts` and `ends`.
        ending: the fields that the end set; empty until it was judged.
        relations: the rows of `RELATIONS`, each under its name.
    """

    id: str
    echo: dict[str, Any]
    source: str | None
    price: Decimal
    submitted: float
    starts: float
    ends: float
    ending: dict[str, Any] = field(default_factory=dict)
    relations: dict[str, Any] = field(default_factory=lambda: {"judges": [], "action": None, "gate_failures": []})
    thumb: bool | None = None
    thumb_reason: str | None = None
    thumb_set: float = 0.0

    def document(self, now: float, stamps: Stamps) -> dict[str, Any]:
        """Give the evaluation's own fields as they are at this time."""
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
            "parent_evaluation_id": None,
            "attempt_number": 1,
            "superseded_at": None,
            "eval_duration_ms": None,
            "feedback_is_positive": self.thumb,
            "feedback_reason": self.thumb_reason,
            "created_at": stamps.time(self.submitted),
            "updated_at": stamps.time(max(moved, self.thumb_set)),
            "source_code": "api",
            "submitted_at": stamps.time(self.submitted),
            "completed_at": stamps.time(self.ends) if ended else None,
            "cost": None,
            "failure_code": None,
            "links": {},
            **self.ending,
        }

    def fail(self, reason: str) -> None:
        """End without a verdict because the image cannot be judged."""
        self.source = None
        self.ending = {
            "status_code": "failed",
            "failure_code": "invalid_media",
            "check_summary": {"sandbox": True, "note": _NOTE, "reason": reason},
        }

    def complete(self, verdict: Verdict, stamps: Stamps) -> None:
        """End with a verdict."""
        self.source = None
        action = self._action(verdict, stamps)
        passed = [finding for finding in verdict.findings if finding.passed]
        self.relations = {
            "judges": [self._judge(finding, stamps) for finding in verdict.findings],
            "action": action,
            "gate_failures": [
                self._row(stamps, output_key=_OUTPUT, module="sandbox_resolution", reason=reason)
                for reason in verdict.gates
            ],
        }
        self.ending = {
            "status_code": "completed",
            "overall_passed": verdict.passed,
            "weighted_pass_rate": verdict.score,
            "override_reason": "A gate of the sandbox failed." if verdict.gates else None,
            "top_issues": [fault.label for fault in verdict.faults],
            "top_strengths": [finding.strength for finding in passed],
            "check_summary": {
                "sandbox": True,
                "note": _NOTE,
                "format": verdict.measurements.format,
                "width": verdict.measurements.width,
                "height": verdict.measurements.height,
                "judges_passed": len(passed),
                "judges_failed": len(verdict.findings) - len(passed),
            },
            "analysis_modules_executed": len(verdict.findings),
            "primary_action_code": action["primary_action"],
            "eval_duration_ms": round((self.ends - self.submitted) * 1000),
            "cost": f"{self.price:f}",
        }

    def _judge(self, finding: Finding, stamps: Stamps) -> dict[str, Any]:
        judge = self._row(
            stamps,
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
                stamps,
                evaluation_judge_id=judge["id"],
                category=_CATEGORY,
                subcategory=fault.subcategory,
                detail=fault.detail,
            )
            for fault in finding.faults
        ]
        return judge

    def _action(self, verdict: Verdict, stamps: Stamps) -> dict[str, Any]:
        if verdict.passed:
            return self._row(stamps, primary_action="accept", failure_summary=None, improved_prompt=None)
        details = [*verdict.gates, *(fault.detail for fault in verdict.faults)]
        prompt = self.echo["generation_prompt"]
        wanted = "in sharp focus, evenly lit, in high resolution"
        return self._row(
            stamps,
            primary_action="regenerate",
            failure_summary=" ".join(details),
            improved_prompt=f"{prompt}, {wanted}" if prompt else None,
        )

    def _row(self, stamps: Stamps, **fields: Any) -> dict[str, Any]:
        return {
            "id": stamps.new_id(self.ends),
            "evaluation_id": self.id,
            **fields,
            "created_at": stamps.time(self.ends),
        }
