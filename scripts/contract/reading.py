"""YAML 1.2 as values that know their lines.

PyYAML parses (its C parser reads 10 MB in seconds), and the scalars are read here, as the core schema of YAML 1.2 says: `on`,
`yes`, `no` and `off` are text, a date is text, `0o17` is an octal number and `017` is a decimal one. Numbers are exact: whole
ones of any size, others as Decimal. A key is its text, because JSON has no other keys. The merge key `<<` is read, because
OpenAPI documents use it, although it is YAML 1.1's.

Refused, each with its line: a key that stands twice in a mapping, a tag of one's own, an alias of what it stands in, a key that
is no scalar, numbers that JSON has not, a second document, and what is nested too deeply or expands to too much.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import yaml

Problem = tuple[int, str]

# Ten times as fast, where there is one: the locked wheels have it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Deep enough for any contract, and far from Python's limit of calls.
DEEPEST = 200
# How many values aliases may add to a document.
MOST_COPIES = 1_000_000

CORE = "tag:yaml.org,2002:"
MERGE = "<<"

NULL = re.compile(r"null|Null|NULL|~|")
TRUTH = re.compile(r"true|True|TRUE|false|False|FALSE")
WHOLE = re.compile(r"[-+]?[0-9]+")
OTHER_BASES = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FRACTION = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
# Longer ones are refused by Python itself, for the time that they take.
LONGEST_NUMBER = 4000


class NotReadableError(Exception):
    """The text is no YAML that is read here; the message says why."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line, self.what = line, what


class Mapping(dict[str, Any]):
    """A mapping, and the line of each of its keys, in their order."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines = array("L")


class Items(list[Any]):
    """A list, and the line of each of its items."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines = array("L")


class _Open:
    """A mapping or a list that is being read, the key that waits for its value, and how many values it holds."""

    __slots__ = ("anchor", "first_lines", "key", "merged", "size", "value")

    def __init__(self, value: Mapping | Items, anchor: str | None) -> None:
        self.value, self.anchor = value, anchor
        self.key: tuple[str, int] | None = None
        self.merged: list[Any] = []
        self.first_lines: dict[str, int] = {}
        self.size = 1


class _Reader:
    """Makes values of the events of a parser; raises NotReadableError."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._copies = 0
        self._root: Any = None
        self._documents = 0

    def read(self, text: str) -> Any:
        for event in yaml.parse(text, Loader=LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line)
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                self._start(event, line)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self._end(line)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(str(event.anchor), line)
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    raise NotReadableError(line, "a second document starts here")
        return self._root

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.value, Mapping) and top.key is None:
            text = str(event.value)
            if event.anchor:
                self._anchors[event.anchor] = (text, 1)
            if event.style and text == MERGE:
                # Written in quotes it is a key like any other, which a merge key cannot be told from later.
                raise NotReadableError(line, "a key `<<` in quotes is not read")
            top.key = (text, line)
            return
        value = scalar(event, line)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._add(value, line, 1)

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, line: int) -> None:
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
        if event.tag not in (None, "!", f"{CORE}{kind}"):
            raise NotReadableError(line, f"the tag {event.tag!r} is not read")
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.value, Mapping) and top.key is None:
            raise NotReadableError(line, "a key has to be text")
        if len(self._open) >= DEEPEST:
            raise NotReadableError(line, f"nested more than {DEEPEST} levels deep")
        self._open.append(_Open(Mapping() if kind == "map" else Items(), event.anchor))
        if event.anchor:
            # Until it ends, an alias of it would contain itself.
            self._anchors[event.anchor] = (self._open[-1], 0)

    def _end(self, line: int) -> None:
        done = self._open.pop()
        if isinstance(done.value, Mapping):
            for merged in done.merged:
                merge(done.value, merged)
        if done.anchor:
            self._anchors[done.anchor] = (done.value, done.size)
        self._add(done.value, line, done.size)

    def _alias(self, name: str, line: int) -> None:
        value, size = self._anchors.get(name, (None, -1))
        if size < 0:
            raise NotReadableError(line, f"the alias {name!r} has no anchor before it")
        if isinstance(value, _Open):
            raise NotReadableError(line, f"the alias {name!r} stands in what it names")
        self._copies += size
        if self._copies > MOST_COPIES:
            raise NotReadableError(line, f"aliases add more than {MOST_COPIES} values")
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.value, Mapping) and top.key is None:
            if not isinstance(value, str):
                raise NotReadableError(line, "a key has to be text")
            top.key = (value, line)
            return
        self._add(value, line, size)

    def _add(self, value: Any, line: int, size: int) -> None:
        if not self._open:
            self._root = value
            return
        top = self._open[-1]
        top.size += size
        if isinstance(top.value, Items):
            top.value.append(value)
            top.value.lines.append(line_of_value(value, line))
            return
        assert top.key is not None  # a value of a mapping comes after its key
        (key, key_line), top.key = top.key, None
        if key in top.first_lines:
            first = top.first_lines[key]
            self.problems.append((key_line, f"the key {key!r} stands here twice: in lines {first} and {key_line}"))
            return
        top.first_lines[key] = key_line
        if key == MERGE:
            top.merged += merged_mappings(value, key_line)
        else:
            top.value[key] = value
            top.value.lines.append(key_line)


def line_of_value(value: Any, line: int) -> int:
    """The line in which an item of a list starts: that of its first part, where it has parts."""
    if isinstance(value, (Mapping, Items)) and value.lines:
        return min(value.lines[0], line)
    return line


def merged_mappings(value: Any, line: int) -> list[Mapping]:
    """What a merge key adds: a mapping, or several."""
    values = list(value) if isinstance(value, Items) else [value]
    if not all(isinstance(one, Mapping) for one in values):
        raise NotReadableError(line, "`<<` takes a mapping, or a list of them")
    return values


def merge(mapping: Mapping, other: Mapping) -> None:
    """Add to a mapping what only the other one has."""
    for (key, value), line in zip(other.items(), other.lines, strict=True):
        if key not in mapping:
            mapping[key] = value
            mapping.lines.append(line)


def scalar(event: yaml.ScalarEvent, line: int) -> Any:
    """The value of a scalar, by its tag, or of a plain one by how it is written."""
    text = str(event.value)
    tag = event.tag
    if tag is None and not event.style:
        return plain(text, line)
    if tag in (None, "!", f"{CORE}str"):
        return text
    if tag in (f"{CORE}int", f"{CORE}float", f"{CORE}bool", f"{CORE}null"):
        value = plain(text, line)
        kind = "null" if value is None else type(value).__name__.replace("Decimal", "float")
        if tag == f"{CORE}{kind}":
            return value
    raise NotReadableError(line, f"the tag {tag!r} is not read")


def plain(text: str, line: int) -> Any:
    """The value of a scalar that is written without quotes."""
    first = text[:1]
    if first.isalpha() or first in ("~", ""):
        if NULL.fullmatch(text):
            return None
        return text.lower() == "true" if TRUTH.fullmatch(text) else text
    if not (first.isdigit() or first in "+-."):
        return text
    if len(text) > LONGEST_NUMBER and FRACTION.fullmatch(text):
        raise NotReadableError(line, f"a number of more than {LONGEST_NUMBER} digits")
    if WHOLE.fullmatch(text):
        return int(text)
    if OTHER_BASES.fullmatch(text):
        return int(text, 0)
    if FRACTION.fullmatch(text):
        return Decimal(text)
    if NO_NUMBER.fullmatch(text):
        raise NotReadableError(line, f"{text} is no number that JSON has")
    return text


def read(text: str) -> tuple[Any, list[Problem]]:
    """The value of a YAML document, and the keys that stand twice in it; raises NotReadableError."""
    reader = _Reader()
    try:
        return reader.read(text.removeprefix("\ufeff")), reader.problems
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotReadableError(mark.line + 1 if mark else 1, str(error.problem or error.context)) from error
    except yaml.YAMLError as error:
        raise NotReadableError(1, " ".join(str(error).split())) from error


def as_json(value: Any) -> Any:
    """A value as JSON readers have it: plain mappings and lists, and numbers with a fraction as float."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def steps(value: Any, place: Sequence[str]) -> Iterator[tuple[int, Any]]:
    """The line and the value at the document's start and after each part of `place`, as far as the document has it."""
    yield 1, value
    for part in place:
        if isinstance(value, Mapping) and part in value:
            line = value.lines[list(value).index(part)]
            value = value[part]
        elif isinstance(value, Items) and part.isdecimal() and int(part) < len(value):
            line, value = value.lines[int(part)], value[int(part)]
        else:
            return
        yield line, value


def line_of(value: Any, place: Sequence[str]) -> int:
    """The line of the deepest part of `place` that the document has."""
    *_, (line, _) = steps(value, place)
    return line


def has_place(value: Any, place: Sequence[str]) -> bool:
    return len(list(steps(value, place))) == len(place) + 1


def pointer_parts(reference: str) -> list[str]:
    """The keys of a JSON pointer such as `#/paths/~1v1~1evaluations`."""
    return [unquote(part).replace("~1", "/").replace("~0", "~") for part in reference.split("/")[1:]]


def escaped(key: str) -> str:
    """A key as a JSON pointer in a URL fragment has it; `%` too, because a fragment is unquoted before it is read."""
    return key.replace("~", "~0").replace("/", "~1").replace("%", "%25")
