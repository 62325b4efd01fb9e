"""Python client for Runflow's image-evaluation API: submit an image, wait for the verdict, send the thumb back.

The public names are loaded when they are first used, so that importing this package costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it; importing typing would cost more than all the rest of this file
if TYPE_CHECKING:
    from typing import Any

    from . import callbacks, errors
    from .client.async_client import AsyncRunflow
    from .client.sync_client import Runflow
    from .flows.base.policies import PollPolicy, RetryPolicy
    from .models.evaluation import Evaluation, Verdict
    from .runtime.files.images import ImageSource, ReferenceImage

__version__ = "0.1.0"

__all__ = [
    "AsyncRunflow",
    "Evaluation",
    "ImageSource",
    "PollPolicy",
    "ReferenceImage",
    "RetryPolicy",
    "Runflow",
    "Verdict",
    "callbacks",
    "errors",
]

_HOMES = {
    "AsyncRunflow": "client.async_client",
    "Evaluation": "models.evaluation",
    "ImageSource": "runtime.files.images",
    "PollPolicy": "flows.base.policies",
    "ReferenceImage": "runtime.files.images",
    "RetryPolicy": "flows.base.policies",
    "Runflow": "client.sync_client",
    "Verdict": "models.evaluation",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None and name not in ("callbacks", "errors"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f".{home or name}", __name__)
    value = module if home is None else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
