"""Turns what was measured on an image into judges, a score and a verdict.

The thresholds are the sandbox's own and say nothing about those of the real evaluator, which looks at what is shown.
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
class Fault:
    """A fault that a judge found: a label of a few words, a code and a sentence."""

    label: str
    subcategory: str
    detail: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one judge found, before it is given ids and times."""

    name: str
    description: str
    weight: float
    confidence: float
    reasoning: str
    strength: str
    evidence: tuple[str, ...]
    figures: dict[str, float]
    faults: tuple[Fault, ...]

    @property
    def passed(self) -> bool:
        """A judge passes when it found no fault."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings on one image and what follows from them."""

    measurements: Measurements
    findings: tuple[Finding, ...]
    gates: tuple[str, ...]

    @property
    def score(self) -> float:
        """The weights of the judges that passed, over all weights."""
        total = sum(finding.weight for finding in self.findings)
        return round(sum(finding.weight for finding in self.findings if finding.passed) / total, 4)

    @property
    def passed(self) -> bool:
        """The score is high enough and no gate failed."""
        return self.score >= PASS_RATE and not self.gates

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults of all judges, those of the weightiest first."""
        ordered = sorted(self.findings, key=lambda finding: -finding.weight)
        return tuple(fault for finding in ordered for fault in finding.faults)


def judge(measured: Measurements) -> Verdict:
    """Judge an image by its measurements alone; the same figures give the same verdict."""
    findings = (_resolution(measured), _sharpness(measured), _exposure(measured), _contrast(measured))
    gates = []
    if min(measured.width, measured.height) < _GATE_SIDE:
        gates.append(f"The shorter side has {min(measured.width, measured.height)} px, the least is {_GATE_SIDE} px.")
    return Verdict(measured, findings, tuple(gates))


def _confidence(value: float, limit: float) -> float:
    """Be sure far from the limit and undecided right at it."""
    return round(0.5 + 0.5 * min(1.0, abs(value - limit) / limit), 2)


def _resolution(measured: Measurements) -> Finding:
    side = min(measured.width, measured.height)
    size = f"{measured.width} x {measured.height} px"
    fault = Fault(
        "Too few pixels", "low_resolution", f"The image has {size}; the shorter side should have {_MIN_SIDE} px."
    )
    return Finding(
        name="Sandbox resolution",
        description="Does the image have enough pixels?",
        weight=0.2,
        confidence=_confidence(side, _MIN_SIDE),
        reasoning=f"The image has {size}; at least {_MIN_SIDE} px are asked of the shorter side.",
        strength="Enough pixels",
        evidence=(f"size {size}",),
        figures={"width": measured.width, "height": measured.height},
        faults=(fault,) if side < _MIN_SIDE else (),
    )


def _sharpness(measured: Measurements) -> Finding:
    value = measured.sharpness
    fault = Fault(
        "Blurred", "blur", f"Fine edges are missing: sharpness {value:.4f}, at least {_MIN_SHARPNESS} is asked."
    )
    return Finding(
        name="Sandbox sharpness",
        description="Does the image have fine edges, or is it blurred?",
        weight=0.4,
        confidence=_confidence(value, _MIN_SHARPNESS),
        reasoning=(
            f"The finest edges hold {value:.4f} of the differences in brightness (variance of the Laplacian over "
            f"variance); a picture in focus holds {_MIN_SHARPNESS} or more."
        ),
        strength="In focus",
        evidence=(f"sharpness {value:.4f}",),
        figures={"sharpness": round(value, 6)},
        faults=(fault,) if value < _MIN_SHARPNESS else (),
    )


def _exposure(measured: Measurements) -> Finding:
    dark, bright = measured.brightest < _MIN_BRIGHTEST, measured.darkest > _MAX_DARKEST
    faults = []
    if dark:
        detail = f"Even the bright parts reach only {measured.brightest:.0%} of full brightness."
        faults.append(Fault("Too dark", "underexposed", detail))
    if bright:
        detail = f"Even the dark parts have {measured.darkest:.0%} of full brightness."
        faults.append(Fault("Too bright", "overexposed", detail))
    return Finding(
        name="Sandbox exposure",
        description="Is the image neither too dark nor too bright?",
        weight=0.2,
        confidence=min(_confidence(measured.brightest, _MIN_BRIGHTEST), _confidence(measured.darkest, _MAX_DARKEST)),
        reasoning=(
            f"Brightness runs from {measured.darkest:.0%} (darkest hundredth) to {measured.brightest:.0%} (brightest "
            f"twentieth); the bright end should reach {_MIN_BRIGHTEST:.0%}, the dark end stay under {_MAX_DARKEST:.0%}."
        ),
        strength="Well exposed",
        evidence=(f"dark end {measured.darkest:.0%}", f"bright end {measured.brightest:.0%}"),
        figures={"darkest": round(measured.darkest, 4), "brightest": round(measured.brightest, 4)},
        faults=tuple(faults),
    )


def _contrast(measured: Measurements) -> Finding:
    value = measured.contrast
    fault = Fault(
        "Flat", "low_contrast", f"Brightness hardly varies: contrast {value:.3f}, at least {_MIN_CONTRAST} is asked."
    )
    return Finding(
        name="Sandbox contrast",
        description="Do the bright and the dark parts of the image differ enough?",
        weight=0.2,
        confidence=_confidence(value, _MIN_CONTRAST),
        reasoning=f"The standard deviation of the brightness is {value:.3f}; {_MIN_CONTRAST} or more is asked.",
        strength="Good contrast",
        evidence=(f"contrast {value:.3f}",),
        figures={"contrast": round(value, 4)},
        faults=(fault,) if value < _MIN_CONTRAST else (),
    )
