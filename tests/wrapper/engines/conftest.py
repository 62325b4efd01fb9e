"""A stand-in for Arrow, which comes with the engines."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest


@pytest.fixture
def arrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have tables and record batches be their columns and their schema."""
    module = SimpleNamespace(
        float64=lambda: "float64",
        string=lambda: "string",
        schema=dict,
        table=lambda columns, schema: (columns, schema),
        record_batch=lambda columns, schema: (columns, schema),
    )
    monkeypatch.setitem(sys.modules, "pyarrow", module)
