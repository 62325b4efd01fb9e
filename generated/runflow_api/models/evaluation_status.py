"""The enum `EvaluationStatus`."""

from ..open_enum import OpenEnum


class EvaluationStatus(OpenEnum):
    """Where the evaluation stands. The first two go on; completed and failed are final. Open: an unlisted value is
    legal, and is to be waited on.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
