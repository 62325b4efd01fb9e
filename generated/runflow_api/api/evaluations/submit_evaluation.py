"""The operation `submit_evaluation`."""

from __future__ import annotations

from ... import models as api_models
from ...encoding import header_pairs
from ...types import UNSET, Operation, Unset


def operation(
    *,
    body: api_models.SubmitEvaluationRequest,
    x_organization_id: str | None | Unset = UNSET,
    idempotency_key: str | None | Unset = UNSET,
) -> Operation[api_models.Evaluation]:
    """Submit an image for quality evaluation.

    Takes one image and answers at once with a pending evaluation; the verdict follows later. Each accepted submit
    is billed, so send an Idempotency-Key and repeat it when the answer got lost. Needs the scope
    `evaluations:create`.

    Args:
        x_organization_id: The organization to act for; the key's own when not sent.
        idempotency_key: A string of your own for one write. The same key with the same body is given the first
            answer again; with another body it is refused with 409. How long a key is remembered is not documented.
        body: What to send.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """
    return Operation(
        operation_id="submit_evaluation",
        method="POST",
        path="/v1/evaluations",
        path_template="/v1/evaluations",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
                "Idempotency-Key": idempotency_key,
            }
        ),
        body=body.to_dict(),
        answers={
            202: api_models.Evaluation.from_dict,
        },
    )
