"""The operation `create_asset_upload`."""

from __future__ import annotations

from ... import models as api_models
from ...encoding import header_pairs
from ...types import UNSET, Operation, Unset


def operation(
    *,
    body: api_models.CreateAssetUploadRequest,
    x_organization_id: str | None | Unset = UNSET,
    idempotency_key: str | None | Unset = UNSET,
) -> Operation[api_models.AssetUpload]:
    """Start the upload of a file.

    Gives a presigned URL to put the file's bytes to, with the declared Content-Type, without an Authorization
    header and exactly as given. Once the bytes are there, confirm the upload. Storage answers 403 when the URL has
    expired: then start again. Needs the scope `assets:create`.

    Args:
        x_organization_id: The organization to act for; the key's own when not sent.
        idempotency_key: A string of your own for one write. The same key with the same body is given the first
            answer again; with another body it is refused with 409. How long a key is remembered is not documented.
        body: What to send.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (documented): https://docs.runflow.io/api-reference/assets/create-a-presigned-upload-session
    """
    return Operation(
        operation_id="create_asset_upload",
        method="POST",
        path="/v1/asset-uploads",
        path_template="/v1/asset-uploads",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
                "Idempotency-Key": idempotency_key,
            }
        ),
        body=body.to_dict(),
        answers={
            201: api_models.AssetUpload.from_dict,
        },
    )
