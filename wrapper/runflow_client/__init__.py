"""Python client for Runflow's image-evaluation API: submit an image, wait for the verdict, send the thumb back.

The public names are loaded when they are first used, so that importing this package costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it; importing typing would cost more than all the rest of this file
if TYPE_CHECKING:
    from typing import Any

    from . import callbacks, errors
    from .clients.async_client import AsyncRunflow
    from .clients.sync_client import Runflow
    from .evaluation import Evaluation, Verdict
    from .images import ImageSource, ReferenceImage
    from .policies import PollPolicy, RetryPolicy

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
    "AsyncRunflow": "clients.async_client",
    "Evaluation": "evaluation",
    "ImageSource": "images",
    "PollPolicy": "policies",
    "ReferenceImage": "images",
    "RetryPolicy": "policies",
    "Runflow": "clients.sync_client",
    "Verdict": "evaluation",
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
