"""The operation `list_asset_types`."""

from __future__ import annotations

from ... import models as api_models
from ...encoding import header_pairs
from ...types import UNSET, Operation, Unset


def operation(
    *,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[api_models.AssetTypeList]:
    """List what may be uploaded.

    Gives the media types that an upload may have. Only the path is documented; the shape of the answer is inferred.

    Args:
        x_organization_id: The organization to act for; the key's own when not sent.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (documented): https://docs.runflow.io/guides/upload-large-files
    """
    return Operation(
        operation_id="list_asset_types",
        method="GET",
        path="/v1/assets/types",
        path_template="/v1/assets/types",
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
            }
        ),
        answers={
            200: api_models.AssetTypeList.from_dict,
        },
    )
