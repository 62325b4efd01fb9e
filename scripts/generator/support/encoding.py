"""Makes of values what goes onto the wire: JSON, path, query and headers."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from .limits import check_uuid
from .open_enum import OpenEnum, OpenIntEnum
from .types import UNSET, File, JsonObject, LimitError

# What is JSON already; looked up before anything else, because most of what an answer holds is one of these.
_PLAIN = frozenset((type(None), bool, float, int, str))
_ENUMS = (OpenEnum, OpenIntEnum)
# The numbers of a time with their leading zeros.
_DIGITS = tuple(f"{number:02}" for number in range(60))
_THREE_DIGITS = tuple(f"{number:03}" for number in range(1000))
# What a cookie's value may hold (RFC 6265).
_COOKIE_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
# What a header's value may hold: latin-1 without control characters other than the tab.
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


def plain(value: Any) -> Any:
    """The JSON for a value of a model: times, enums, ids and nested models written out, anything else as it is."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    write = getattr(value, "to_dict", None)
    if write is not None:
        return write()
    if isinstance(value, _ENUMS):
        return value._value_
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) or _is_decimal(value) else value


def plain_time(value: Any) -> Any:
    """The JSON for a time, as `isoformat` writes it; anything but a time as `plain` has it.

    An answer holds many times, most of them in UTC, and `isoformat` takes twice as long to write those.
    """
    if type(value) is not datetime or value.tzinfo is not UTC or value.year < 1000:
        return plain(value)
    text = (
        f"{value.year}-{_DIGITS[value.month]}-{_DIGITS[value.day]}"
        f"T{_DIGITS[value.hour]}:{_DIGITS[value.minute]}:{_DIGITS[value.second]}"
    )
    fraction = value.microsecond
    if fraction == 0:
        return f"{text}+00:00"
    return f"{text}.{_THREE_DIGITS[fraction // 1000]}{_THREE_DIGITS[fraction % 1000]}+00:00"


def _is_decimal(value: Any) -> bool:
    """Whether a value is a `Decimal`, without loading them: where there is one they are loaded."""
    decimals = sys.modules.get("decimal")
    return decimals is not None and isinstance(value, decimals.Decimal)


def plain_list(value: Any) -> Any:
    """The JSON for a list of a model's values; anything but a list as `plain` has it."""
    return [plain(item) for item in value] if isinstance(value, list) else plain(value)


def plain_deep(value: Any) -> Any:
    """The JSON for lists and objects of a model's values, however deep."""
    if isinstance(value, list):
        return [plain_deep(item) for item in value]
    return {key: plain_deep(item) for key, item in value.items()} if isinstance(value, dict) else plain(value)


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
    """The query parameters that are set, as text; of a list one pair an item.

    Raises:
        LimitError: A value is no text, number, boolean, time, id or list of such.
    """
    return tuple(
        (name, text(name, item))
        for name, value in parameters.items()
        if value is not None and value is not UNSET
        for item in (value if isinstance(value, list) else (value,))
    )


def deep_pairs(name: str, value: Any) -> tuple[tuple[str, str], ...]:
    """An object in a query, as `name[key]=value`."""
    return query_pairs({f"{name}[{key}]": item for key, item in _fields_of(name, value)})


def object_pairs(name: str, value: Any) -> tuple[tuple[str, str], ...]:
    """An object in a query, as `key=value`."""
    return query_pairs(dict(_fields_of(name, value)))


def _fields_of(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if value is None or value is UNSET:
        return ()
    fields = plain(value)
    if not isinstance(fields, dict):
        raise LimitError(name, f"needs an object, found {type(value).__name__}")
    return fields.items()


def joined(name: str, value: Any, separator: str) -> Any:
    """A list as one text, what is no list as it is.

    Raises:
        LimitError: An item holds the separator.
    """
    if not isinstance(value, list):
        return value
    items = [text(name, item) for item in value]
    if any(separator in item for item in items):
        raise LimitError(name, f"holds an item with {separator!r} in it, which stands between items")
    return separator.join(items)


def json_text(value: Any) -> Any:
    """A value as JSON text; null and unset as they are."""
    return value if value is None or value is UNSET else _written(value)


def _written(value: Any) -> str:
    import json  # only here: few operations write it themselves

    return json.dumps(plain_deep(value), separators=(",", ":"))


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


def cookie_text(parameters: Mapping[str, Any]) -> str | None:
    """The cookies that are set, as the value of one header; none where none is.

    Raises:
        LimitError: A value holds what no cookie can carry.
    """
    pairs = query_pairs(parameters)
    for name, value in pairs:
        if _COOKIE_VALUE.fullmatch(value) is None:
            raise LimitError(
                name, "holds what no cookie can carry: a space, a quote, a comma, a semicolon or a backslash"
            )
    return "; ".join(f"{name}={value}" for name, value in pairs) or None


def text(field: str, value: Any) -> str:
    """A plain value as text.

    Args:
        field: The parameter's name on the wire.
        value: Its value.

    Raises:
        LimitError: The value is an object, a list, or otherwise no plain one.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | UUID | date) or _is_decimal(value):
        return str(plain(value))
    raise LimitError(field, f"needs a plain value, found {type(value).__name__}")


def form_content(fields: JsonObject) -> bytes:
    """A form's fields, percent-encoded; what is null is left out.

    Raises:
        LimitError: A value is no plain one.
    """
    return urlencode(query_pairs(fields)).encode("ascii")


def text_content(value: str) -> bytes:
    """Text as bytes.

    Raises:
        LimitError: It cannot be encoded.
    """
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        raise LimitError("body", "holds a character that has no encoding") from None


def multipart_content(fields: JsonObject) -> tuple[bytes, str]:
    """A form's fields and files as parts, and the media type that names what stands between them.

    The same fields give the same bytes, so that a request that is sent again is the same request.

    Raises:
        LimitError: A value is neither a file nor a plain one.
    """
    parts = [
        _part(name, item)
        for name, value in fields.items()
        if value is not None and value is not UNSET
        for item in (value if isinstance(value, list) else (value,))
    ]
    boundary = _boundary(parts)
    lines = [b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts]
    content = b"".join([*lines, b"--" + boundary + b"--\r\n"])
    return content, f"multipart/form-data; boundary={boundary.decode('ascii')}"


def _part(name: str, value: Any) -> bytes:
    heading = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    if isinstance(value, File):
        if _HEADER_VALUE.fullmatch(value.content_type) is None:
            raise LimitError(name, "has a content type that no header can carry")
        kind = f"Content-Type: {value.content_type}"
        return text_content(f'{heading}; filename="{_quoted(value.name)}"\r\n{kind}\r\n\r\n') + value.content
    if isinstance(value, dict):
        return text_content(f"{heading}\r\nContent-Type: application/json\r\n\r\n{_written(value)}")
    return text_content(f"{heading}\r\n\r\n{text(name, value)}")


def _quoted(value: str) -> str:
    """A name inside quotes, as browsers write it."""
    return value.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _boundary(parts: list[bytes]) -> bytes:
    """What stands in none of the parts."""
    import hashlib  # only here: few operations have parts

    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()
    found = digest.encode("ascii")
    while any(found in part for part in parts):
        found = hashlib.sha256(found).hexdigest().encode("ascii")
    return found
