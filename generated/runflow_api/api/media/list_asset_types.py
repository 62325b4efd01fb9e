"""The operation `list_asset_types`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...encoding import header_pairs
from ...models.asset_type_list import AssetTypeList
from ...types import UNSET, Operation, Unset

_ANSWERS: Mapping[int, Callable[[Any], AssetTypeList]] = {
    200: AssetTypeList.from_dict,
}


def operation(
    *,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[AssetTypeList]:
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
        answers=_ANSWERS,
    )
