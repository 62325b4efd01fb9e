"""The resources of a client, each imported when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import attribute_loader

if TYPE_CHECKING:
    from .async_account import AsyncAccount as AsyncAccount
    from .async_assets import AsyncAssets as AsyncAssets
    from .async_callback_secrets import AsyncCallbackSecrets as AsyncCallbackSecrets
    from .async_evaluations import AsyncEvaluations as AsyncEvaluations
    from .sync_account import Account as Account
    from .sync_assets import Assets as Assets
    from .sync_callback_secrets import CallbackSecrets as CallbackSecrets
    from .sync_evaluations import Evaluations as Evaluations

__getattr__ = attribute_loader(
    __name__,
    {
        "Account": "sync_account",
        "Assets": "sync_assets",
        "AsyncAccount": "async_account",
        "AsyncAssets": "async_assets",
        "AsyncCallbackSecrets": "async_callback_secrets",
        "AsyncEvaluations": "async_evaluations",
        "CallbackSecrets": "sync_callback_secrets",
        "Evaluations": "sync_evaluations",
    },
)
