"""Judges the measurements of an image: the findings of each judge, a score, and whether the image passes.

The thresholds are the sandbox's own. They are unrelated to the real evaluator, which judges what an image shows.
"""

from dataclasses import dataclass

from .media import Measurements

PASS_RATE = 0.7
_MIN_SIDE = 256
_MIN_SHARPNESS = 0.04
_MAX_NOISE = 10.0
# Below both, an image is the noise of coarse grain: noise that was enlarged.
_MIN_COARSE = 0.06
_MIN_OCTAVE = 0.45
_MIN_BRIGHTEST = 0.35
_MAX_DARKEST = 0.75
_MIN_CONTRAST = 0.06
# Beyond these the exposure alone rejects the image.
_FAR_TOO_DARK = 0.15
_FAR_TOO_BRIGHT = 0.9


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect that a judge found: a label of a few words, a code and a sentence; a gross one rejects the image alone."""

    label: str
    subcategory: str
    detail: str
    gross: bool = False


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
    """All findings on one image, the score and the result.

    Args:
        reason: why no image was judged.
    """

    measurements: Measurements | None
    findings: tuple[Finding, ...]
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
        """Whether the score is high enough and no defect is gross; None if a judge did not decide."""
        score = self.score
        return None if score is None else score >= PASS_RATE and not self.gates

    @property
    def gates(self) -> tuple[Defect, ...]:
        """The defects that reject the image by themselves."""
        return tuple(defect for defect in self.defects if defect.gross)

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
    return Judgement(measured, (_resolution(measured), _sharpness(measured), _exposure(measured), _contrast(measured)))


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
        gross=True,
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
    value, noise = measured.measured.sharpness, measured.measured.noise
    defects = []
    if noise > _MAX_NOISE:
        detail = f"Neighbouring pixels are unrelated: noise is {noise:.1f} and should be {_MAX_NOISE:g} or less."
        defects.append(Defect("Noise", "noise", detail))
    elif measured.measured.coarse < _MIN_COARSE and measured.measured.octave < _MIN_OCTAVE:
        detail = f"The image is grain without shapes: reduced to a sixteenth, {measured.measured.coarse:.0%} of its contrast is left."
        defects.append(Defect("Noise", "noise", detail))
    elif value < _MIN_SHARPNESS:
        detail = f"Fine edges are missing: sharpness is {value:.4f} and should be {_MIN_SHARPNESS} or more."
        defects.append(Defect("Blurred", "blur", detail))
    return Finding(
        name="Sandbox sharpness",
        description="Does the image have fine edges, or is it blurred?",
        weight=0.4,
        confidence=_confidence(value, _MIN_SHARPNESS),
        reasoning=(
            f"Sharpness (the energy of the edges over the variance of the brightness, in the median region) is {value:.4f}; "
            f"a picture in focus has {_MIN_SHARPNESS} or more."
        ),
        strength="In focus",
        evidence=(f"sharpness {value:.4f}", f"noise {noise:.1f}"),
        figures={"sharpness": round(value, 6), "noise": round(noise, 2)},
        defects=tuple(defects),
    )


def _exposure(measured: Measurements) -> Finding:
    darkest, brightest = measured.measured.darkest, measured.measured.brightest
    defects = []
    if brightest < _MIN_BRIGHTEST:
        detail = f"The bright parts reach only {brightest:.0%} of full brightness."
        defects.append(Defect("Too dark", "underexposed", detail, gross=brightest < _FAR_TOO_DARK))
    if darkest > _MAX_DARKEST:
        detail = f"The dark parts have {darkest:.0%} of full brightness."
        defects.append(Defect("Too bright", "overexposed", detail, gross=darkest > _FAR_TOO_BRIGHT))
    return Finding(
        name="Sandbox exposure",
        description="Is the image neither too dark nor too bright?",
        weight=0.2,
        confidence=min(_confidence(brightest, _MIN_BRIGHTEST), _confidence(darkest, _MAX_DARKEST)),
        reasoning=(
            f"The brightness of the darkest hundredth is {darkest:.0%} and should be {_MAX_DARKEST:.0%} or less; "
            f"that of the brightest twentieth is {brightest:.0%} and should be {_MIN_BRIGHTEST:.0%} or more."
        ),
        strength="Well exposed",
        evidence=(f"dark end {darkest:.0%}", f"bright end {brightest:.0%}"),
        figures={"darkest": round(darkest, 4), "brightest": round(brightest, 4)},
        defects=tuple(defects),
    )


def _contrast(measured: Measurements) -> Finding:
    value = measured.measured.contrast
    defect = Defect(
        "Flat",
        "low_contrast",
        f"Brightness hardly varies: contrast is {value:.3f} and should be {_MIN_CONTRAST} or more.",
        gross=True,
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
