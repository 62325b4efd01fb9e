"""Reads times. A value that cannot be read stays as it came: an answer is never lost over one of its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from operator import itemgetter
from typing import Any

# No way to write a time is longer, and the lenient parser is not made for long input.
_LONGEST_TIME = 64
# Looked up once, because an answer holds many times.
_from_iso_format = datetime.fromisoformat


def fields_reader(fields: Iterable[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What gives the values of all the fields in order, or raises KeyError. One call costs less than many lookups.

    Args:
        fields: Their names on the wire.
    """
    names = tuple(fields)
    if len(names) > 1:
        return itemgetter(*names)
    return lambda src: tuple(src[name] for name in names)  # an itemgetter of one name gives no tuple


def read_datetime(value: Any) -> Any:
    """The aware `datetime` that a string stands for; a time without a zone is taken as UTC (inferred).

    Args:
        value: What stood in the answer. What is no string, or no time, is given back unchanged.
    """
    if not isinstance(value, str):
        return value
    try:
        moment = _from_iso_format(value)
    except ValueError:
        return _read_leniently(value)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _read_leniently(text: str) -> datetime | str:
    """Reads what is no ISO 8601 with dateutil, but only if nothing in the answer was made up or guessed.

    dateutil takes missing parts from a default date, and guesses the order of day, month and two-digit year. Two
    readings with different defaults and different guesses agree only where the text itself says it all.
    """
    if len(text) > _LONGEST_TIME or text.isdecimal():
        return text
    from dateutil.parser import parse  # only here: it costs more to import than everything else in this package

    guess = not text[:4].isdecimal()  # a year that stands first leaves nothing to guess
    try:
        one = parse(text, default=datetime(2000, 1, 1, tzinfo=UTC), tzinfos=_zone)
        other = parse(text, default=datetime(2001, 2, 2, tzinfo=UTC), tzinfos=_zone, dayfirst=guess, yearfirst=guess)
        agreed = one == other
    except Exception:  # dateutil documents two kinds of error and lets others through
        return text
    return one if agreed else text


def _zone(name: str | None, offset: int | None) -> timezone:
    """The zone for an offset in seconds; UTC where there is none, but not for a bare name: EST is several zones."""
    if name is not None and offset is None:
        raise ValueError("a zone without an offset")
    return timezone(timedelta(seconds=offset or 0))
