"""Many evaluations at once: `evaluate_many`, its outcomes and totals, its pace and its budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import attribute_loader

if TYPE_CHECKING:
    from .async_batch import AsyncBatch as AsyncBatch
    from .inputs import AsyncRequests as AsyncRequests
    from .inputs import Requests as Requests
    from .journals.journal import Journal as Journal
    from .outcomes import Totals as Totals
    from .sync_batch import Batch as Batch

__getattr__ = attribute_loader(
    __name__,
    {
        "AsyncBatch": "async_batch",
        "AsyncRequests": "inputs",
        "Batch": "sync_batch",
        "Journal": "journals.journal",
        "Requests": "inputs",
        "Totals": "outcomes",
    },
)
