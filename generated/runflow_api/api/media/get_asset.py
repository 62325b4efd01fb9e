"""The operation `get_asset`."""

from __future__ import annotations

from uuid import UUID

from ... import models as api_models
from ...encoding import header_pairs, query_pairs, uuid_part
from ...types import UNSET, Operation, Unset


def operation(
    id: str | UUID,
    *,
    embed: str | None | Unset = UNSET,
    x_organization_id: str | None | Unset = UNSET,
) -> Operation[api_models.Asset]:
    """Read one asset.

    Gives the asset with a freshly signed `url`. The URL expires, after a time that sources disagree on: keep
    `runflow://assets/{id}` instead. Needs the scope `assets:read`.

    Args:
        id: Id of the asset.
        embed: Related rows to include, comma-separated in one string; the only one known is created_by_user.
        x_organization_id: The organization to act for; the key's own when not sent.

    Raises:
        LimitError: A parameter breaks a limit of the contract.

    Source (documented): https://docs.runflow.io/api-reference/assets/get-asset
    """
    return Operation(
        operation_id="get_asset",
        method="GET",
        path="/v1/assets/" + uuid_part("id", id),
        path_template="/v1/assets/{id}",
        query=query_pairs(
            {
                "embed": embed,
            }
        ),
        headers=header_pairs(
            {
                "X-Organization-Id": x_organization_id,
            }
        ),
        answers={
            200: api_models.Asset.from_dict,
        },
    )
