"""A stateful stand-in for Runflow's evaluation API, to try, test and demonstrate without an account.

It is not the real evaluator: its judges measure resolution, sharpness, exposure and contrast of the submitted image
and do not recognize what the image shows. Needs the extra `sandbox` (jsonschema and Pillow).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import faults
    from .in_process.clock import VirtualClock
    from .judges.pictures import blurred_picture, sharp_picture
    from .sandbox import Sandbox
    from .server.server import SandboxServer
    from .service.access.keys import Key
    from .service.access.rate_limit import RateLimit
    from .service.callbacks.outbox import Delivery

__all__ = [
    "Delivery",
    "Key",
    "RateLimit",
    "Sandbox",
    "SandboxServer",
    "VirtualClock",
    "blurred_picture",
    "faults",
    "sharp_picture",
]

_HOMES = {
    "Delivery": "service.callbacks.outbox",
    "Key": "service.access.keys",
    "RateLimit": "service.access.rate_limit",
    "Sandbox": "sandbox",
    "SandboxServer": "server.server",
    "VirtualClock": "in_process.clock",
    "blurred_picture": "judges.pictures",
    "sharp_picture": "judges.pictures",
}


def __getattr__(name: str) -> Any:
    if name == "faults":
        return import_module(".faults", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
