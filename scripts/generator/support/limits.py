"""The contract's limits on what is sent. Messages tell lengths and types, never the value."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from .types import UNSET, LimitError

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def check_string(
    field: str,
    value: Any,
    *,
    nullable: bool = False,
    optional: bool = False,
    shortest: int = 0,
    longest: int | None = None,
    pattern: str | None = None,
) -> None:
    """Refuses what is no string, or one of the wrong length (in characters) or form.

    Raises:
        LimitError: The value breaks the limit.
    """
    if _is_absent(field, value, nullable, optional):
        return
    if not isinstance(value, str):
        raise LimitError(field, f"needs a string, found {type(value).__name__}")
    _check_size(field, len(value), "character", shortest, longest)
    if pattern is not None and re.search(pattern, value) is None:
        raise LimitError(field, f"needs to match the pattern {pattern}")


def check_uuid(field: str, value: Any, *, nullable: bool = False, optional: bool = False) -> None:
    """Refuses what is neither a `UUID` nor a string shaped like one.

    Raises:
        LimitError: The value breaks the limit.
    """
    if _is_absent(field, value, nullable, optional) or isinstance(value, UUID):
        return
    if not isinstance(value, str):
        raise LimitError(field, f"needs a UUID or a string, found {type(value).__name__}")
    if _UUID.fullmatch(value) is None:
        raise LimitError(
            field,
            f"needs a UUID (8-4-4-4-12 hexadecimal digits), found another string of {_count(len(value), 'character')}",
        )


def check_boolean(field: str, value: Any, *, nullable: bool = False, optional: bool = False) -> None:
    """Refuses what is no boolean.

    Raises:
        LimitError: The value breaks the limit.
    """
    if not _is_absent(field, value, nullable, optional) and not isinstance(value, bool):
        raise LimitError(field, f"needs a boolean, found {type(value).__name__}")


def check_number(
    field: str,
    value: Any,
    *,
    nullable: bool = False,
    optional: bool = False,
    whole: bool = False,
    least: float | None = None,
    most: float | None = None,
) -> None:
    """Refuses what is no number, no whole one where one is needed, or out of range.

    Raises:
        LimitError: The value breaks the limit.
    """
    if _is_absent(field, value, nullable, optional):
        return
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise LimitError(field, f"needs {'a whole number' if whole else 'a number'}, found {type(value).__name__}")
    if least is not None and not value >= least:
        raise LimitError(field, f"needs at least {least}")
    if most is not None and not value <= most:
        raise LimitError(field, f"takes at most {most}")


def check_list(
    field: str,
    value: Any,
    *,
    item: type,
    nullable: bool = False,
    optional: bool = False,
    fewest: int = 0,
    most: int | None = None,
) -> None:
    """Refuses what is no list, one of the wrong length, or one that holds something else than it should.

    Raises:
        LimitError: The value breaks the limit.
    """
    if _is_absent(field, value, nullable, optional):
        return
    if not isinstance(value, list):
        raise LimitError(field, f"needs a list, found {type(value).__name__}")
    _check_size(field, len(value), "item", fewest, most)
    for index, found in enumerate(value):
        if not isinstance(found, item):
            raise LimitError(f"{field}[{index}]", f"needs {item.__name__}, found {type(found).__name__}")


def check_object(field: str, value: Any, *, kind: type = dict, nullable: bool = False, optional: bool = False) -> None:
    """Refuses what is no object, or not of the model that it should be.

    Raises:
        LimitError: The value breaks the limit.
    """
    if not _is_absent(field, value, nullable, optional) and not isinstance(value, kind):
        raise LimitError(field, f"needs {kind.__name__}, found {type(value).__name__}")


def _is_absent(field: str, value: Any, nullable: bool, optional: bool) -> bool:
    """Whether there is nothing to check; refuses null and unset where they are not allowed."""
    if value is UNSET:
        if not optional:
            raise LimitError(field, "is required")
        return True
    if value is None:
        if not nullable:
            raise LimitError(field, "may not be null")
        return True
    return False


def _check_size(field: str, size: int, unit: str, least: int, most: int | None) -> None:
    if size < least:
        raise LimitError(field, f"needs at least {_count(least, unit)}, found {size}")
    if most is not None and size > most:
        raise LimitError(field, f"takes at most {_count(most, unit)}, found {size}")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
