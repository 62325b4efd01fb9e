"""Makes of values what goes onto the wire: JSON, path, query and headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from .limits import check_uuid
from .open_enum import OpenEnum
from .types import UNSET, JsonObject, LimitError

# What a header's value may hold: latin-1 without control characters other than the tab.
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


def plain(value: Any) -> Any:
    """The JSON for a value of a model: times, enums, ids and nested models written out, anything else as it is."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, OpenEnum | UUID):
        return str(value)
    write = getattr(value, "to_dict", None)
    return value if write is None else write()


def plain_list(value: Any) -> Any:
    """The JSON for a list of a model's values; anything but a list as `plain` has it."""
    return [plain(item) for item in value] if isinstance(value, list) else plain(value)


def sent(fields: JsonObject) -> JsonObject:
    """The fields of a request that are set."""
    return {name: value for name, value in fields.items() if value is not UNSET}


def path_part(field: str, value: str | UUID) -> str:
    """A parameter as one segment of a path, percent-encoded.

    Args:
        field: The parameter's name on the wire.
        value: Its value; a segment that would lead elsewhere is refused.

    Raises:
        LimitError: The value is empty, `.` or `..`, no string, or cannot be encoded.
    """
    if not isinstance(value, str | UUID):
        raise LimitError(field, f"needs a string, found {type(value).__name__}")
    text = str(value)
    if text in ("", ".", ".."):
        raise LimitError(field, "may not be empty, '.' or '..', which would make it another path")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise LimitError(field, "holds a character that has no encoding") from None


def uuid_part(field: str, value: str | UUID) -> str:
    """A UUID as one segment of a path.

    Raises:
        LimitError: The value is not shaped like a UUID.
    """
    check_uuid(field, value)
    return str(value)


def query_pairs(parameters: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The query parameters that are set, as text."""
    return tuple((name, _text(value)) for name, value in parameters.items() if value is not None and value is not UNSET)


def header_pairs(parameters: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The headers that are set, as text.

    Raises:
        LimitError: A value holds what no header can carry, such as a line break.
    """
    pairs = query_pairs(parameters)
    for name, value in pairs:
        if _HEADER_VALUE.fullmatch(value) is None:
            raise LimitError(name, "holds what no header can carry: a line break, a control or a non-latin-1 character")
    return pairs


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
