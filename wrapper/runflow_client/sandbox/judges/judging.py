"""Judges the measurements of an image: the findings of each judge, a score, and whether the image passes.

The thresholds are the sandbox's own. They are unrelated to the real evaluator, which judges what an image shows.
"""

from dataclasses import dataclass

from .media import Measurements

PASS_RATE = 0.7
_MIN_SIDE = 256
_GATE_SIDE = 64
_MIN_SHARPNESS = 0.01
_MIN_BRIGHTEST = 0.35
_MAX_DARKEST = 0.75
_MIN_CONTRAST = 0.06


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect that a judge found: a label of a few words, a code and a sentence."""

    label: str
    subcategory: str
    detail: str


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one judge, without ids and times."""

    name: str
    description: str
    weight: float
    confidence: float
    reasoning: str
    strength: str
    evidence: tuple[str, ...]
    figures: dict[str, float]
    defects: tuple[Defect, ...]
    decided: bool = True

    @property
    def passed(self) -> bool | None:
        """Whether the judge found no defect; None if it did not decide."""
        return not self.defects if self.decided else None


@dataclass(frozen=True, slots=True)
class Judgement:
    """All findings on one image, the score and the result; `reason` says why where no image was judged."""

    measurements: Measurements | None
    findings: tuple[Finding, ...]
    gates: tuple[str, ...]
    reason: str | None = None

    @property
    def score(self) -> float | None:
        """The weight of the judges that passed, as a share of all weights; None if a judge did not decide."""
        if not all(finding.decided for finding in self.findings):
            return None
        total = sum(finding.weight for finding in self.findings)
        return round(sum(finding.weight for finding in self.findings if finding.passed) / total, 4)

    @property
    def passed(self) -> bool | None:
        """Whether the score is high enough and no gate failed; None if a judge did not decide."""
        score = self.score
        return None if score is None else score >= PASS_RATE and not self.gates

    @property
    def defects(self) -> tuple[Defect, ...]:
        """The defects that all judges found, those of the judge with the greatest weight first."""
        ordered = sorted(self.findings, key=lambda finding: -finding.weight)
        return tuple(defect for finding in ordered for defect in finding.defects)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why no judgement was made: the `failure_code`, and the reason in a sentence."""

    code: str
    reason: str


def judge(measured: Measurements) -> Judgement:
    """Judge an image by its measurements alone; equal measurements have equal judgements."""
    findings = (_resolution(measured), _sharpness(measured), _exposure(measured), _contrast(measured))
    gates = []
    if min(measured.width, measured.height) < _GATE_SIDE:
        gates.append(
            f"The shorter side has {min(measured.width, measured.height)} px; at least {_GATE_SIDE} px are required."
        )
    return Judgement(measured, findings, tuple(gates))


def _confidence(value: float, limit: float) -> float:
    """Return 0.5 at the limit and up to 1.0 far from it."""
    return round(0.5 + 0.5 * min(1.0, abs(value - limit) / limit), 2)


def _resolution(measured: Measurements) -> Finding:
    side = min(measured.width, measured.height)
    size = f"{measured.width} x {measured.height} px"
    defect = Defect(
        "Too few pixels",
        "low_resolution",
        f"The image has {size}; the shorter side should have {_MIN_SIDE} px or more.",
    )
    return Finding(
        name="Sandbox resolution",
        description="Does the image have enough pixels?",
        weight=0.2,
        confidence=_confidence(side, _MIN_SIDE),
        reasoning=f"The image has {size}; the shorter side should have {_MIN_SIDE} px or more.",
        strength="Enough pixels",
        evidence=(f"size {size}",),
        figures={"width": measured.width, "height": measured.height},
        defects=(defect,) if side < _MIN_SIDE else (),
    )


def _sharpness(measured: Measurements) -> Finding:
    value = measured.sharpness
    defect = Defect(
        "Blurred", "blur", f"Fine edges are missing: sharpness is {value:.4f} and should be {_MIN_SHARPNESS} or more."
    )
    return Finding(
        name="Sandbox sharpness",
        description="Does the image have fine edges, or is it blurred?",
        weight=0.4,
        confidence=_confidence(value, _MIN_SHARPNESS),
        reasoning=(
            f"Sharpness (the variance of the Laplacian over the variance of the brightness) is {value:.4f}; "
            f"a picture in focus has {_MIN_SHARPNESS} or more."
        ),
        strength="In focus",
        evidence=(f"sharpness {value:.4f}",),
        figures={"sharpness": round(value, 6)},
        defects=(defect,) if value < _MIN_SHARPNESS else (),
    )


def _exposure(measured: Measurements) -> Finding:
    dark, bright = measured.brightest < _MIN_BRIGHTEST, measured.darkest > _MAX_DARKEST
    defects = []
    if dark:
        detail = f"The bright parts reach only {measured.brightest:.0%} of full brightness."
        defects.append(Defect("Too dark", "underexposed", detail))
    if bright:
        detail = f"The dark parts have {measured.darkest:.0%} of full brightness."
        defects.append(Defect("Too bright", "overexposed", detail))
    return Finding(
        name="Sandbox exposure",
        description="Is the image neither too dark nor too bright?",
        weight=0.2,
        confidence=min(_confidence(measured.brightest, _MIN_BRIGHTEST), _confidence(measured.darkest, _MAX_DARKEST)),
        reasoning=(
            f"The brightness of the darkest hundredth is {measured.darkest:.0%} and should be {_MAX_DARKEST:.0%} or less; "
            f"that of the brightest twentieth is {measured.brightest:.0%} and should be {_MIN_BRIGHTEST:.0%} or more."
        ),
        strength="Well exposed",
        evidence=(f"dark end {measured.darkest:.0%}", f"bright end {measured.brightest:.0%}"),
        figures={"darkest": round(measured.darkest, 4), "brightest": round(measured.brightest, 4)},
        defects=tuple(defects),
    )


def _contrast(measured: Measurements) -> Finding:
    value = measured.contrast
    defect = Defect(
        "Flat",
        "low_contrast",
        f"Brightness hardly varies: contrast is {value:.3f} and should be {_MIN_CONTRAST} or more.",
    )
    return Finding(
        name="Sandbox contrast",
        description="Do the bright and the dark parts of the image differ enough?",
        weight=0.2,
        confidence=_confidence(value, _MIN_CONTRAST),
        reasoning=f"The standard deviation of the brightness is {value:.3f} and should be {_MIN_CONTRAST} or more.",
        strength="Good contrast",
        evidence=(f"contrast {value:.3f}",),
        figures={"contrast": round(value, 4)},
        defects=(defect,) if value < _MIN_CONTRAST else (),
    )
