"""The enum `EvaluationSource`."""

from ..open_enum import OpenEnum


class EvaluationSource(OpenEnum):
    """Who asked for the evaluation: the platform by itself, or somebody through the API. Open: an unlisted value is
    legal.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    PLATFORM = "platform"
    API = "api"
