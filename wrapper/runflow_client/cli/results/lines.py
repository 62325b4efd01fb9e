"""The lines of a results file: JSON Lines, or CSV with one line a record."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from ..._redaction import without_image_data
from ..terminal.words import printable
from .records import Record

_COLUMNS = (
    "item_id",
    "image",
    "outcome",
    "score",
    "cost",
    "evaluation_id",
    "client_ref",
    "task_type",
    "failed_judges",
    "issues",
    "improved_prompt",
    "failure_code",
    "error",
)


_EXACT = ("item_id", "image")


class Known(NamedTuple):
    """What a line says of its item; `evaluation_id` and `image` are empty where it names none."""

    item_id: str
    outcome: str
    evaluation_id: str
    image: str


class Lines(Protocol):
    """How records become lines, and what a line says of itself.

    `head` is the first line of a file, empty where there is none; `start` is what a file begins with.
    """

    head: bytes
    start: bytes

    def encode(self, record: Record) -> bytes: ...

    def decode(self, line: bytes) -> Known:
        """Return what a line says of its item.

        Raises:
            ValueError: it is no line of such a file.
        """
        ...


class JSONLines:
    """A JSON object a line."""

    head = b""
    start = b'{"item_id":'

    def encode(self, record: Record) -> bytes:
        text = without_image_data(json.dumps(record, ensure_ascii=False, separators=(",", ":")))
        return text.encode("utf-8", "backslashreplace") + b"\n"  # a lone surrogate as JSON writes it

    def decode(self, line: bytes) -> Known:
        record = json.loads(line)
        found = record if isinstance(record, dict) else {}
        return _checked(found.get("item_id"), found)


class CSVLines:
    """A line of values; line breaks within a value become spaces, so that a line is whole or not there.

    The item_id and the image stay as they are; what cannot stand on one line is written as JSON, in quotation marks.
    """

    head = start = (",".join(_COLUMNS) + "\n").encode()

    def encode(self, record: Record) -> bytes:
        error = record["error"] or {}
        cells = {
            **record,
            **{name: _exact(record[name]) for name in _EXACT},
            "failed_judges": "; ".join(map(str, record["failed_judges"] or ())),
            "issues": "; ".join(str(issue["detail"] or issue["category"]) for issue in record["issues"] or ()),
            "error": error.get("message"),
        }
        line = io.StringIO()
        others = ("" if cells[name] is None else _one_line(cells[name]) for name in _COLUMNS[len(_EXACT) :])
        row = [*(cells[name] for name in _EXACT), *others]
        csv.writer(line, lineterminator="\n").writerow(row)
        return line.getvalue().encode("utf-8", "replace")

    def decode(self, line: bytes) -> Known:
        try:
            cells = next(csv.reader([line.decode()]), [])
        except csv.Error:
            cells = []
        found: dict[str, str] = dict(zip(_COLUMNS, cells, strict=True)) if len(cells) == len(_COLUMNS) else {}
        exact = {name: _read_exact(found.get(name, "")) for name in _EXACT}
        return _checked(exact["item_id"], {**found, **exact})


def _exact(text: str) -> str:
    """Return a text on one line, from which `_read_exact` reads it again."""
    return text if text.isprintable() and not text.startswith('"') else json.dumps(text)


def _read_exact(text: str) -> Any:
    return json.loads(text) if text.startswith('"') else text


def _one_line(value: object) -> str:
    return printable(value) if isinstance(value, str) else str(value)


def _checked(item_id: object, found: Mapping[str, object]) -> Known:
    outcome = found.get("outcome")
    if isinstance(item_id, str) and isinstance(outcome, str):
        evaluation_id, image = (
            value if isinstance(value, str) else "" for value in (found.get("evaluation_id"), found.get("image"))
        )
        return Known(item_id, outcome, evaluation_id, image)
    raise ValueError("no result")
