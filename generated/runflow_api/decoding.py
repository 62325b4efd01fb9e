"""Reads values. One that cannot be read stays as it came: an answer is never lost over one of its fields."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from operator import itemgetter
from typing import Any

from .types import AnswerError

# No way to write a time is longer, and the lenient parser is not made for long input.
_LONGEST_TIME = 64
# Looked up once, because an answer holds many times and models.
_from_iso_format = datetime.fromisoformat
make = object.__new__


def expect(value: Any, kind: type | tuple[type, ...]) -> None:
    """Refuses an answer that as a whole is something else than the contract says.

    Raises:
        AnswerError: It is.
    """
    if not isinstance(value, kind):
        raise AnswerError(f"the answer is of the type {type(value).__name__}")


def read_text(content: bytes) -> str:
    """An answer that is text; bytes that are no UTF-8 are replaced."""
    return content.decode("utf-8", "replace")


def read_bytes(content: bytes) -> bytes:
    """An answer that is read by nobody here."""
    return content


def values_of(fields: Iterable[str]) -> Callable[[Any], Any]:
    """A function that gives the values of an object's fields, all in one call; it raises KeyError where one is missing.

    Of one field it gives the value itself, of several a tuple.

    Every object that orjson reads has the same strings for its keys. With these strings a field is found without a
    comparison of characters, which takes a fifth off the time to read an answer.
    """
    orjson = sys.modules.get("orjson")  # loaded by who reads with it
    return itemgetter(*(fields if orjson is None else orjson.loads(orjson.dumps(dict.fromkeys(fields)))))


def extra_of(src: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """What an object holds beside the fields of its model."""
    return {name: src[name] for name in src if name not in fields}


def read_models(value: Any, read: Callable[[Any], Any]) -> Any:
    """The models of a list's objects; an item that is no object stays as it came, and so does what is no list.

    Args:
        value: What stood in the answer.
        read: The `from_dict` of the model.
    """
    if not isinstance(value, list):
        return value
    return [read(item) if isinstance(item, dict) else item for item in value]


def read_tagged(value: Any, tag: str, variants: Mapping[str, Any]) -> Any:
    """The model that an object's tag stands for; with an unknown tag, or none, the object stays as it came.

    Args:
        value: What stood in the answer.
        tag: The field that tells the models apart.
        variants: The models by the values of the tag.
    """
    found = value.get(tag) if isinstance(value, dict) else None
    model = variants.get(found) if isinstance(found, str) else None
    return value if model is None else model.from_dict(value)


def read_closest(value: Any, variants: Iterable[tuple[Any, tuple[str, ...], tuple[str, ...]]]) -> Any:
    """The model that an object's fields fit best; where two fit alike, or none does, the object stays as it came.

    Args:
        value: What stood in the answer.
        variants: Each model with the fields that it needs, and all that it has.
    """
    if not isinstance(value, dict):
        return value
    fits = [
        (sum(name in value for name in names), model)
        for model, needed, names in variants
        if all(name in value for name in needed)
    ]
    most = max((count for count, _ in fits), default=0)
    best = [model for count, model in fits if count == most]
    return best[0].from_dict(value) if most and len(best) == 1 else value


def read_date(value: Any) -> Any:
    """The `date` that a string stands for; what is no string, or no date, stays as it came."""
    if not isinstance(value, str) or len(value) > _LONGEST_TIME:
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


def read_datetime(value: Any) -> Any:
    """The aware `datetime` that a string stands for; a time without a zone is taken as UTC (inferred).

    Args:
        value: What stood in the answer. What is no string, or no time, is given back unchanged.
    """
    try:
        moment = _from_iso_format(value)
    except TypeError:
        return value
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
