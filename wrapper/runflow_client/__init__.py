"""Python client for Runflow's image-evaluation API: submit an image, wait for the verdict, send feedback.

The public names are loaded when they are first used, so that importing this package loads almost nothing.
"""

from __future__ import annotations

from ._version import __version__

TYPE_CHECKING = (
    False  # type checkers treat this name as true; importing typing would be slower than the rest of this file
)
if TYPE_CHECKING:
    from typing import Any

    from . import callbacks, errors, events
    from .batch.journals.opening import open_journal
    from .batch.outcomes import Outcome
    from .batch.report.page import write_report
    from .batch.sync_batch import Batch
    from .client.async_client import AsyncRunflow
    from .client.sync_client import Runflow
    from .flows.base.policies import PollPolicy, RetryPolicy
    from .models.asset import Asset
    from .models.callback_secret import CallbackSecret
    from .models.evaluation import Evaluation, Verdict
    from .models.evaluation_request import EvaluationRequest
    from .models.images import ImageSource, ReferenceImage

__all__ = [
    "Asset",
    "AsyncRunflow",
    "Batch",
    "CallbackSecret",
    "Evaluation",
    "EvaluationRequest",
    "ImageSource",
    "Outcome",
    "PollPolicy",
    "ReferenceImage",
    "RetryPolicy",
    "Runflow",
    "Verdict",
    "__version__",
    "callbacks",
    "errors",
    "events",
    "open_journal",
    "write_report",
]

_MODULES = ("callbacks", "errors", "events")
_HOMES = {
    "Asset": "models.asset",
    "AsyncRunflow": "client.async_client",
    "Batch": "batch.sync_batch",
    "CallbackSecret": "models.callback_secret",
    "Evaluation": "models.evaluation",
    "EvaluationRequest": "models.evaluation_request",
    "ImageSource": "models.images",
    "Outcome": "batch.outcomes",
    "PollPolicy": "flows.base.policies",
    "ReferenceImage": "models.images",
    "RetryPolicy": "flows.base.policies",
    "Runflow": "client.sync_client",
    "Verdict": "models.evaluation",
    "open_journal": "batch.journals.opening",
    "write_report": "batch.report.page",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None and name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f".{home or name}", __name__)
    value = module if home is None else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
