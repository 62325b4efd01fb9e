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
_MISSING = {
    "image": "image: there is none; fill the column",
    "task_type": "task_type: there is none; fill the column or pass --task-type",
}
_LONGEST_CLIENT_REF = 255  # of the contract
_USABLE_IMAGE = "https://x"
"""Stands for the image where another field is checked."""


class RowError(Exception):
    """A row cannot be used.

    Args:
        problems: what is wrong with its values; each begins with the column.
        unknown: the columns that are no field, each with what can be done about it.
        item_id: of the row; None where it has none that can be used.
    """

    def __init__(self, *problems: str, unknown: Mapping[str, str] | None = None, item_id: str | None = None) -> None:
        self.problems = problems
        self.unknown = unknown or {}
        self.item_id = item_id
        super().__init__("; ".join([*self.unknown.values(), *problems]))


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
            RowError: the row cannot be used; it names all that is wrong.
        """
        found, problems, unknown = self._read(values)
        if not unknown:  # one of them may be meant to be what is missing
            problems += [_MISSING[name] for name in _MISSING if name not in found]
        if not problems and not unknown:
            try:
                return self._checked(found)
            except RowError as error:  # it names the first problem only
                problems += self._problems_of(found) or error.problems
        else:
            problems += self._problems_of(found)
        raise RowError(*problems, unknown=unknown, item_id=_usable_id(found))

    def _read(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str], dict[str, str]]:
        """Return the fields of a row, the problems of those that cannot be read (None stands for them), and its unknown columns."""
        found = dict(self._defaults)
        attributes: dict[str, Any] = {}
        problems: list[str] = []
        unknown: dict[str, str] = {}
        for column, value in values.items():
            if column in self._ignored:
                continue
            name = self._renamed.get(column) or _ALIASES.get(column, column)
            if name.startswith(_ATTRIBUTE) and name != _ATTRIBUTE:
                attributes[name.removeprefix(_ATTRIBUTE)] = value
            elif name not in FIELDS:
                unknown[column] = _hint(column)
            else:
                try:
                    found[name] = self._converted(name, value)
                except RowError as error:
                    found[name] = None
                    problems += error.problems
        if attributes:
            found["input_attributes"] = _merged(found.get("input_attributes"), attributes)
        return found, problems, unknown

    def _problems_of(self, found: Mapping[str, Any]) -> list[str]:
        """Return the problem of each field that has one."""
        problems: list[str] = []
        fields = [{name: value} for name, value in found.items() if value is not None]
        for field in fields:
            try:
                self._checked({"image": _USABLE_IMAGE, "task_type": "any", "item_id": "any", **field})
            except RowError as error:
                problems += error.problems
        image = found.get("image")
        if "item_id" not in found and isinstance(image, str):
            try:
                _id_of(image)
            except RowError as error:
                problems += error.problems
        return problems

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
        item_id = found["item_id"] if "item_id" in found else _id_of(image)
        if isinstance(item_id, str) and is_address(item_id) and "?" in item_id:
            raise RowError("item_id: it is an address with a query, which may be a signature; leave the query out")
        if isinstance(item_id, str) and len(item_id) <= _LONGEST_CLIENT_REF:  # so that a callback names the item
            found = {"client_ref": item_id, **found}
        try:
            request = EvaluationRequest(**{**found, "image": image_of(image, self._folder), "item_id": item_id})
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


def _hint(column: str) -> str:
    """Return what can be done about a column that is no field."""
    close = get_close_matches(column.strip().lower().replace(" ", "_"), FIELDS, n=1, cutoff=0.4)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"unknown column {column!r}: {hint}--column FIELD={column} maps it, --ignore-column {column} leaves it out"


def _merged(attributes: Any, others: Mapping[str, Any]) -> Any:
    """Return the attributes of a column and of columns of their own together; what is no object stays as it is."""
    return {**(attributes or {}), **others} if attributes is None or isinstance(attributes, Mapping) else attributes


def _id_of(image: str) -> str:
    """Return the id of an item without one: its path as it is written, or its address without the query, which may be signed."""
    if not is_address(image):
        return image
    if image[:5].lower() == "data:":
        raise RowError("item_id: there is none, and image data cannot stand for one; fill the column")
    return image.partition("?")[0].partition("#")[0]


def _usable_id(found: Mapping[str, Any]) -> str | None:
    """Return the id of an item whatever else is wrong with it."""
    try:
        return checked_id(found["item_id"] if "item_id" in found else _id_of(found["image"]), "item_id")
    except (RowError, InvalidRequestError, KeyError, AttributeError, TypeError):
        return None


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise RowError(f"{name}: it is not JSON") from None
