"""Reads faults that are written as text, for the command line and for the markers of tests."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .faults import (
    Fault,
    cut_off,
    delay,
    drop_after,
    drop_before,
    forget_key,
    garbage,
    html_page,
    refuse,
    stall,
    truncate,
)

_ROUTE = re.compile(r"(?:(?P<method>[A-Z]+|\*) +(?P<path>[/*][^\s:]*) *: *)?(?P<faults>.*)")
_REPEAT = re.compile(r"(?P<fault>.+?)(?: +x(?P<count>[1-9]\d{0,3}))?")
_STATUS = r"(?P<status>[2-5]\d\d)"
_SECONDS = r"(?P<seconds>\d+(?:\.\d+)?)"
_FORMS: Mapping[str, Callable[[Mapping[str, str]], Fault | None]] = {
    "ok": lambda found: None,
    _STATUS: lambda found: refuse(int(found["status"])),
    rf"{_STATUS} +retry-after +{_SECONDS}": lambda found: refuse(int(found["status"]), retry_after=found["seconds"]),
    rf"html +{_STATUS}": lambda found: html_page(int(found["status"])),
    rf"delay +{_SECONDS}": lambda found: delay(float(found["seconds"])),
    "drop +before": lambda found: drop_before,
    "drop +after": lambda found: drop_after,
    "stall": lambda found: stall(),
    "cut +off": lambda found: cut_off(),
    "truncate": lambda found: truncate(),
    "garbage": lambda found: garbage(),
    "forget +key": lambda found: forget_key,
}
_HELP = (
    "ok, STATUS, STATUS retry-after SECONDS, html STATUS, delay SECONDS, drop before, drop after, stall, cut off, "
    "truncate, garbage, forget key"
)


class FaultLine(NamedTuple):
    """The faults of one line, and the method and path that it is limited to."""

    always: bool
    route: tuple[str, str] | None
    faults: tuple[Fault | None, ...]


def read_line(line: str) -> FaultLine:
    """Read a line such as `POST /v1/evaluations: 503 x2, drop after`.

    Raises:
        ValueError: the line cannot be read; the message names the part and the forms that there are.
    """
    text = line.strip()
    always = re.match(r"always\s+", text)
    match = _ROUTE.fullmatch(text[always.end() :] if always else text)
    assert match is not None  # the pattern matches every text of one line
    faults = [fault for part in match["faults"].split(",") for fault in _read_part(part.strip(), line)]
    if always and len(faults) != 1:
        raise ValueError(f"a line with `always` has one fault, not {len(faults)}: {line!r}")
    route = (match["method"], match["path"]) if match["method"] else None
    return FaultLine(always is not None, route, tuple(faults))


def _read_part(part: str, line: str) -> list[Fault | None]:
    if repeat := _REPEAT.fullmatch(part):
        for pattern, make in _FORMS.items():
            if found := re.fullmatch(pattern, repeat["fault"]):
                return [make(found.groupdict())] * int(repeat["count"] or 1)
    raise ValueError(
        f"{part!r} in {line!r} is not a fault: write [METHOD PATH:] and some of {_HELP}, with commas between"
    )
