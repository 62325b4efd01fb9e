"""The enum `EvaluationJobClass`."""

from ..open_enum import OpenEnum


class EvaluationJobClass(OpenEnum):
    """Which kind of evaluation was run. Only standard is said to be active. Open: an unlisted value is legal.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    STANDARD = "standard"
    QUICK = "quick"
