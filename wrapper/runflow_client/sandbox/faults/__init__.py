"""Faults between a client and the API, which a test adds to requests of its choice.

A sandbox has a queue, `Sandbox.faults`. Each request that arrives takes the first entry: a `Fault`, `None` for no fault,
or a function that receives the request and returns one of the two. Requests to one operation can have a queue of their
own (`FaultQueue.on`): its entries apply to the attempts of that operation, one after the other. `FaultQueue.always` adds
a fault that stays, and `FaultQueue.add` takes faults that are written as text.

Example:
    >>> from runflow_client.sandbox import Sandbox
    >>> from runflow_client.sandbox.faults import drop_after, html_page, refuse, show
    >>> sandbox = Sandbox()
    >>> sandbox.faults.extend([drop_after, None, html_page(502)])
    >>> sandbox.faults.on("GET", "/v1/evaluations/*", refuse(404), show(status_code="quite_new"))
    >>> sandbox.faults.always(refuse(503), on=("PUT", "/storage/*"))
    >>> sandbox.faults.add("GET /v1/billing/balance: 429 retry-after 2, delay 0.5")
"""

from .faults import (
    Fault,
    SeenRequest,
    content_type,
    cut_off,
    delay,
    drop_after,
    drop_before,
    forget_key,
    garbage,
    html_page,
    refuse,
    reply,
    show,
    stall,
    truncate,
)
from .queue import FaultQueue

__all__ = [
    "Fault",
    "FaultQueue",
    "SeenRequest",
    "content_type",
    "cut_off",
    "delay",
    "drop_after",
    "drop_before",
    "forget_key",
    "garbage",
    "html_page",
    "refuse",
    "reply",
    "show",
    "stall",
    "truncate",
]
