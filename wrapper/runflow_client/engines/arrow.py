"""The rows of the result as Arrow, which both engines exchange with Python."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from .._extras import missing_library
from ..errors import ConfigurationError
from .evaluator import COLUMNS, Row


def module(name: str, extra: str) -> Any:
    """Import a module of an extra.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as missing:
        raise ConfigurationError(missing_library("this", name.partition(".")[0], extra)) from missing


class ResultTables:
    """Makes tables of the fixed schema.

    Args:
        extra: the one that brings pyarrow.
    """

    def __init__(self, extra: str) -> None:
        self._arrow = module("pyarrow", extra)
        types = {name: self._arrow.float64() if name == "score" else self._arrow.string() for name in COLUMNS}
        self._schema = self._arrow.schema(list(types.items()))

    def table(self, rows: Sequence[Row]) -> Any:
        return self._arrow.table(self._columns(rows), schema=self._schema)

    def record_batch(self, rows: Sequence[Row]) -> Any:
        return self._arrow.record_batch(self._columns(rows), schema=self._schema)

    def _columns(self, rows: Sequence[Row]) -> list[list[Any]]:
        return [[row[position] for row in rows] for position in range(len(COLUMNS))]
