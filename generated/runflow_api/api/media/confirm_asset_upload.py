"""The operation `confirm_asset_upload`."""

from __future__ import annotations

from uuid import UUID

from ... import models as api_models
from ...encoding import header_pairs, uuid_part
from ...types import UNSET, Operation, Unset


def operation(
    asset_upload_id: str | UUID,
    *,
    body: api_models.ConfirmAssetUploadRequest | None = None,
    x_organization_id: str | None | Unset = UNSET,
    idempotency_key: str | None | Unset = UNSET,
) -> Operation[api_models.Asset]:
    """Confirm an upload.

    Makes an asset of the uploaded bytes. The server looks at the stored file for its true size and type. Without
    this step there is no asset. Needs the scope `assets:create`.

    Args:
        asset_upload_id: The `asset_id` that the upload was opened with.
        x_organization_id: The organization to act for; the key's own when not sent.
        idempotency_key: A string of your own for one write. The same key with the same body is given the first
            answer again; with another body it is refused with 409. How long a key is remembered is not documented.
        body: What to send; may be left out.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (documented): https://docs.runflow.io/api-reference/assets/confirm-upload-and-create-asset-record
    """
    return Operation(
        operation_id="confirm_asset_upload",
        method="POST",
        path="/v1/asset-uploads/" + uuid_part("asset_upload_id", asset_upload_id) + "/confirmations",
        path_template="/v1/asset-uploads/{asset_upload_id}/confirmations",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
                "Idempotency-Key": idempotency_key,
            }
        ),
        body=None if body is None else body.to_dict(),
        answers={
            201: api_models.Asset.from_dict,
        },
    )
