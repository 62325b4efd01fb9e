"""From the columns of a manifest to requests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ...batch.journals.journal import checked_id
from ...errors import InvalidRequestError
from ...flows.base.arguments import checked_key
from ...flows.submitting import check_arguments
from ...models.evaluation_request import EvaluationRequest
from ...models.images import ReferenceImage
from ..base.clients import image_of, is_address, reference_of
from ..base.statuses import CommandError

FIELDS = tuple(field.name for field in fields(EvaluationRequest) if field.name != "_")
_ALIASES = {"generated_image_url": "image"}  # the contract's name
_ATTRIBUTE = "input_attributes."
_LABELS = ("client_ref", "item_id")


class RowError(Exception):
    """A row cannot be used; its text begins with the column."""


class UnknownColumnError(RowError):
    """A column is no field.

    Args:
        column: its name.
        text: what can be done.
    """

    def __init__(self, column: str, text: str) -> None:
        super().__init__(text)
        self.column = column


class Columns:
    """Makes requests of rows.

    Args:
        folder: what paths are relative to.
        defaults: the fields that options give, for rows that have none of their own.
        renamed: the field of a column, by the name of the column.
        ignored: columns that are left out.
    """

    def __init__(
        self, folder: Path, defaults: Mapping[str, Any], renamed: Mapping[str, str], ignored: Sequence[str]
    ) -> None:
        self._folder = folder
        self._defaults = defaults
        self._renamed = renamed
        self._ignored = frozenset(ignored)

    def request(self, values: Mapping[str, Any]) -> EvaluationRequest:
        """Return the request of a row. Its image must be there; its content is not looked at.

        Raises:
            RowError: the row cannot be used.
        """
        found = dict(self._defaults)
        attributes: dict[str, Any] = {}
        for column, value in values.items():
            if column in self._ignored:
                continue
            name = self._field_of(column)
            if name.startswith(_ATTRIBUTE):
                attributes[name.removeprefix(_ATTRIBUTE)] = value
            else:
                found[name] = self._converted(name, value)
        if attributes:
            found["input_attributes"] = {**(found.get("input_attributes") or {}), **attributes}
        for name in ("image", "task_type"):
            if name not in found:
                option = " or pass --task-type" if name == "task_type" else ""
                raise RowError(f"{name}: there is none; fill the column{option}")
        if "item_id" not in found:
            found["item_id"] = _id_of(found["image"])
        elif isinstance(found["item_id"], str) and is_address(found["item_id"]) and "?" in found["item_id"]:
            raise RowError("item_id: it is an address with a query, which may be a signature; leave the query out")
        return self._checked(found)

    def _field_of(self, column: str) -> str:
        name = self._renamed.get(column) or _ALIASES.get(column, column)
        if name in FIELDS or (name.startswith(_ATTRIBUTE) and name != _ATTRIBUTE):
            return name
        close = get_close_matches(column.strip().lower().replace(" ", "_"), FIELDS, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise UnknownColumnError(
            column,
            f"unknown column {column!r}: {hint}--column FIELD={column} maps it, --ignore-column {column} leaves it out",
        )

    def _converted(self, name: str, value: Any) -> Any:
        if name == "input_attributes" and isinstance(value, str):
            return _json(name, value)
        if name == "reference_images":
            return self._references(value)
        if name in _LABELS and isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return value

    def _references(self, value: Any) -> list[ReferenceImage]:
        """Return reference images: one, or a list of names or of objects with `image` or `url`."""
        if isinstance(value, str) and value.lstrip().startswith("["):
            value = _json("reference_images", value)
        rows = value if isinstance(value, list) else [value]
        return [self._reference(row) for row in rows]

    def _reference(self, row: Any) -> ReferenceImage:
        try:
            if isinstance(row, str):
                return reference_of(row, self._folder)
            if isinstance(row, dict):
                rest = {name: value for name, value in row.items() if name not in ("image", "url")}
                image = row.get("image", row.get("url"))
                if isinstance(image, str) and rest.keys() <= {"kind", "description"}:
                    return ReferenceImage(image_of(image, self._folder), **rest)
        except CommandError as error:
            raise RowError(f"reference_images: {error}") from None
        raise RowError(
            "reference_images: each must be a file, an address, or an object with image, kind and description"
        )

    def _checked(self, found: dict[str, Any]) -> EvaluationRequest:
        image = found["image"]
        if not isinstance(image, str):
            raise RowError("image: it must be a file or an address")
        try:
            request = EvaluationRequest(**{**found, "image": image_of(image, self._folder)})
            check_arguments(request)
            checked_id(request.item_id, "item_id")
            if request.idempotency_key is not None:
                checked_key(request.idempotency_key)
        except CommandError as error:
            raise RowError(f"image: {error}") from None
        except InvalidRequestError as error:  # of this library's arguments, which are the columns
            text = str(error)
            argument = error.argument or ""
            raise RowError(text if text.startswith(argument) else f"{argument}: {text}") from None
        return request


def _id_of(image: Any) -> Any:
    """Return the id of an item without one: its path as it is written, or its address without the query, which may be signed."""
    if not isinstance(image, str) or not is_address(image):
        return image
    if image[:5].lower() == "data:":
        raise RowError("item_id: there is none, and image data cannot stand for one; fill the column")
    return image.partition("?")[0].partition("#")[0]


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise RowError(f"{name}: it is not JSON") from None
