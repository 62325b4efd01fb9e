"""The contract's limits on what is sent. Messages tell lengths and types, never the value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from .types import UNSET, File, LimitError

Check = Callable[[str, Any], None]
"""What refuses a part of a value; it is told where the part stands."""

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
    above: float | None = None,
    below: float | None = None,
    step: float | None = None,
) -> None:
    """Refuses what is no number, no whole one where one is needed, or out of range.

    Raises:
        LimitError: The value breaks the limit.
    """
    if _is_absent(field, value, nullable, optional):
        return
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise LimitError(field, f"needs {'a whole number' if whole else 'a number'}, found {type(value).__name__}")
    if not math.isfinite(value):
        raise LimitError(field, "needs a finite number")
    _check_range(field, value, least, most, above, below)
    if step is not None:
        _check_step(field, str(value), step)


def check_decimal(
    field: str,
    value: Any,
    *,
    nullable: bool = False,
    optional: bool = False,
    numbers: bool = False,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    below: float | None = None,
    step: float | None = None,
) -> None:
    """Refuses what is no `Decimal` and no string that is one, or out of range; takes numbers where the contract does.

    Raises:
        LimitError: The value breaks the limit.
    """
    if _is_absent(field, value, nullable, optional):
        return
    from decimal import Decimal, InvalidOperation  # only here: it costs as much to import as the rest of this package

    kinds = Decimal | str | int | float if numbers else Decimal | str
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise LimitError(field, f"needs a decimal or a string, found {type(value).__name__}")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise LimitError(field, "needs a decimal, found another string") from None
    if not number.is_finite():
        raise LimitError(field, "needs a finite number")
    _check_range(field, number, least, most, above, below)
    if step is not None:
        _check_step(field, str(number), step)


def check_datetime(field: str, value: Any, *, nullable: bool = False, optional: bool = False) -> None:
    """Refuses what is no `datetime`, or one that does not say its zone.

    Raises:
        LimitError: The value breaks the limit.
    """
    if _is_absent(field, value, nullable, optional):
        return
    if not isinstance(value, datetime):
        raise LimitError(field, f"needs a datetime, found {type(value).__name__}")
    if value.utcoffset() is None:
        raise LimitError(field, "needs a datetime with a zone, as datetime.now(UTC)")


def check_date(field: str, value: Any, *, nullable: bool = False, optional: bool = False) -> None:
    """Refuses what is no `date`.

    Raises:
        LimitError: The value breaks the limit.
    """
    if not _is_absent(field, value, nullable, optional) and (
        isinstance(value, datetime) or not isinstance(value, date)
    ):
        raise LimitError(field, f"needs a date, found {type(value).__name__}")


def check_file(field: str, value: Any, *, nullable: bool = False, optional: bool = False) -> None:
    """Refuses what is no `File`.

    Raises:
        LimitError: The value breaks the limit.
    """
    if not _is_absent(field, value, nullable, optional) and not isinstance(value, File):
        raise LimitError(field, f"needs a File, found {type(value).__name__}")


def check_given(field: str, value: Any) -> None:
    """Refuses what is not given at all, null being something.

    Raises:
        LimitError: The value is unset.
    """
    _is_absent(field, value, nullable=True, optional=False)


def check_null(field: str, value: Any, *, nullable: bool = True, optional: bool = False) -> None:
    """Refuses what is not null.

    Raises:
        LimitError: The value breaks the limit.
    """
    if not _is_absent(field, value, nullable, optional):
        raise LimitError(field, f"needs None, found {type(value).__name__}")


def check_values(
    field: str, value: Any, *, values: Iterable[Any], nullable: bool = False, optional: bool = False
) -> None:
    """Refuses what is none of a few values.

    Raises:
        LimitError: The value breaks the limit.
    """
    if _is_absent(field, value, nullable, optional):
        return
    known = list(values)
    if not any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in known):
        raise LimitError(field, f"needs {' or '.join(map(repr, known))}")


def check_any_of(
    field: str, value: Any, *, checks: Iterable[Check], nullable: bool = False, optional: bool = False
) -> None:
    """Refuses what passes none of several checks.

    Raises:
        LimitError: The value breaks the limit; told is what each check found.
    """
    if _is_absent(field, value, nullable, optional):
        return
    found = []
    for check in checks:
        try:
            check(field, value)
        except LimitError as error:
            place = error.field.removeprefix(field)
            found.append(f"{place}: {error.message}" if place else error.message)
        else:
            return
    raise LimitError(field, "; or ".join(found))


def check_list(
    field: str,
    value: Any,
    *,
    item: type | None = None,
    each: Check | None = None,
    nullable: bool = False,
    optional: bool = False,
    fewest: int = 0,
    most: int | None = None,
    unique: bool = False,
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
        if each is not None:
            each(f"{field}[{index}]", found)
        elif item is not None and not isinstance(found, item):
            raise LimitError(f"{field}[{index}]", f"needs {item.__name__}, found {type(found).__name__}")
    if unique and any(found in value[:index] for index, found in enumerate(value)):
        raise LimitError(field, "takes no item twice")


def check_map(
    field: str,
    value: Any,
    *,
    each: Check | None = None,
    nullable: bool = False,
    optional: bool = False,
    fewest: int = 0,
    most: int | None = None,
) -> None:
    """Refuses what is no object, one of the wrong size, or one that holds something else than it should.

    Raises:
        LimitError: The value breaks the limit.
    """
    check_object(field, value, nullable=nullable, optional=optional)
    if not isinstance(value, dict):
        return
    _check_size(field, len(value), "field", fewest, most)
    for index, (key, found) in enumerate(value.items()):
        if not isinstance(key, str):
            raise LimitError(field, f"needs strings as keys, found {type(key).__name__}")
        if each is not None:
            each(f"{field}[{index}]", found)


def check_object(
    field: str,
    value: Any,
    *,
    kind: type | tuple[type, ...] = dict,
    nullable: bool = False,
    optional: bool = False,
) -> None:
    """Refuses what is no object, or not of the model that it should be.

    Raises:
        LimitError: The value breaks the limit.
    """
    if not _is_absent(field, value, nullable, optional) and not isinstance(value, kind):
        names = " or ".join(each.__name__ for each in (kind if isinstance(kind, tuple) else (kind,)))
        raise LimitError(field, f"needs {names}, found {type(value).__name__}")


def check_extra(
    request: Any,
    *,
    closed: bool = False,
    each: Check | None = None,
    fewest: int = 0,
    most: int | None = None,
) -> None:
    """Refuses fields that the contract does not name where it takes none, and too few or too many fields.

    Args:
        request: The request.
        closed: Whether it takes no others.
        each: What checks the others.
        fewest: How many there need to be.
        most: How many there may be.

    Raises:
        LimitError: The request breaks the limit.
    """
    extra = request.additional_properties
    if closed and extra:
        raise LimitError("additional_properties", f"takes none, found {_count(len(extra), 'field')}")
    for index, value in enumerate(extra.values()):
        if each is not None:
            each(f"additional_properties[{index}]", value)
    if fewest or most is not None:
        _check_size(type(request).__name__, len(request.to_dict()), "field", fewest, most)


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


def _check_range(
    field: str, value: Any, least: float | None, most: float | None, above: float | None, below: float | None
) -> None:
    if least is not None and not value >= least:
        raise LimitError(field, f"needs at least {least}")
    if most is not None and not value <= most:
        raise LimitError(field, f"takes at most {most}")
    if above is not None and not value > above:
        raise LimitError(field, f"needs more than {above}")
    if below is not None and not value < below:
        raise LimitError(field, f"needs less than {below}")


def _check_step(field: str, value: str, step: float) -> None:
    from decimal import Decimal  # as above

    if Decimal(value) % Decimal(str(step)) != 0:
        raise LimitError(field, f"needs a multiple of {step}")


def _check_size(field: str, size: int, unit: str, least: int, most: int | None) -> None:
    if size < least:
        raise LimitError(field, f"needs at least {_count(least, unit)}, found {size}")
    if most is not None and size > most:
        raise LimitError(field, f"takes at most {_count(most, unit)}, found {size}")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
