"""The enum `EvaluationFailure`."""

from ..open_enum import OpenEnum


class EvaluationFailure(OpenEnum):
    """Why no judgement was made; it says nothing about how good the image is. Open: an unlisted value is legal.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    INVALID_MEDIA = "invalid_media"
    DISPATCH_FAILED = "dispatch_failed"
    PROCESSING_FAILED = "processing_failed"
    TIMED_OUT = "timed_out"
