"""How the documented successes of an operation are read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .bodies import content_of, is_json
from .document import Document, Schema
from .refusals import GenerationError
from .shapes import Shape

if TYPE_CHECKING:
    from .schemas import Schemas

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)", re.IGNORECASE)
_EXPECTED = {
    "bool": "bool", "date": "str", "datetime": "str", "enum": "str", "float": "(int, float)", "int": "int", "int_enum": "int",
    "list": "list", "map": "dict", "object": "dict", "str": "str", "uuid": "str", "decimal": "str",
}  # fmt: skip


@dataclass
class Answer:
    """One documented success.

    Args:
        statuses: The expression of a status or of a range of them.
        is_range: Whether it is a range.
        reader: The name of what reads it.
        annotation: Its type.
        shape: What it looks like, where it is JSON.
    """

    statuses: str
    is_range: bool
    reader: str
    annotation: str
    shape: Shape | None = None

    @property
    def is_read_here(self) -> bool:
        """Whether the operation's module needs a function of its own to read it."""
        return self.reader.startswith("_read_")

    @property
    def expected(self) -> str:
        """The class that the JSON needs to be of, where there is one."""
        assert self.shape is not None  # asked only where a function is written
        return "" if self.shape.nullable else _EXPECTED.get(self.shape.kind, "")


@dataclass
class Answers:
    """The documented successes of an operation.

    Args:
        parsed: Those that are JSON, or have no body.
        raw: Those that are read from their bytes.
        accept: The media types that are asked for.
    """

    parsed: list[Answer] = field(default_factory=list)
    raw: list[Answer] = field(default_factory=list)
    accept: str = "application/json"

    @property
    def annotation(self) -> str:
        """The type of what is read."""
        found = [each.annotation for each in (*self.parsed, *self.raw)]
        parts = list(dict.fromkeys(found))
        if "Any" in parts:
            return "Any"
        is_null = [part for part in parts if part == "None" or part.endswith(" | None")]
        named = [part.removesuffix(" | None") for part in parts if part != "None"]
        return " | ".join([*dict.fromkeys(named), *(["None"] if is_null else [])])

    def shapes(self) -> list[Shape]:
        """The shapes of all of them."""
        return [each.shape for each in self.parsed if each.shape is not None]


def answers_of(described: Schema, document: Document, schemas: Schemas, owner: str) -> Answers:
    """The successes of an operation.

    Raises:
        GenerationError: There is none, or one that cannot be read.
    """
    responses = described.get("responses") or {}
    if bad := [str(code) for code in responses if code != "default" and not _is_code(str(code))]:
        raise GenerationError(f"{', '.join(bad)} is no status")
    codes = [str(code) for code in responses if str(code).startswith("2")]
    if not codes and not any(str(code)[0] in "13" for code in responses):
        codes = ["default"] if "default" in responses else []
    if not codes:
        raise GenerationError("no success is documented")
    answers, media_types = Answers(), []
    # A range stands first, so that a status of its own takes its place.
    for code in sorted(codes, key=lambda each: each.isdecimal()):
        try:
            response = document.follow(responses[code])
            media_types += _add(answers, code, response, document, schemas, f"{owner} Response")
        except GenerationError as error:
            raise GenerationError(f"its answer {code}: {error}") from None
    if answers.raw:
        answers.accept = ", ".join(dict.fromkeys(media_types))
    return answers


def _is_code(code: str) -> bool:
    return _STATUS.fullmatch(code) is not None or code.startswith("x-")


def _add(answers: Answers, code: str, response: Any, document: Document, schemas: Schemas, owner: str) -> list[str]:
    if not isinstance(response, dict):
        raise GenerationError("a response needs to be an object")
    statuses, is_range = (code, False) if code.isdecimal() else ("range(200, 300)", True)
    content = content_of(response, document)
    if not content:
        answers.parsed.append(Answer(statuses, is_range, "nothing", "None"))
    parsed = [name for name in content if is_json(name) or (name == "*/*" and _is_like_json(content[name], schemas))]
    for name in parsed[:1]:
        shape = schemas.shape(content[name].get("schema", {}), "received", owner)
        if shape.kind == "model" and not shape.nullable:
            reader = f"{shape.reference}.from_dict"
        else:
            reader = f"_read_{code.lower()}"
        answers.parsed.append(Answer(statuses, is_range, reader, shape.received_or_null(), shape))
    if any(_bare(name) != _bare(parsed[0]) and content[name] != content[parsed[0]] for name in parsed[1:]):
        raise GenerationError("two kinds of JSON, which cannot be told apart")
    others = [name for name in content if name not in parsed]
    if any(_bare(name) in ("text/event-stream", "multipart/mixed") for name in others):
        raise GenerationError("a stream of events or parts is not supported")
    texts = {_is_text(name) for name in others}
    if len(texts) > 1:
        raise GenerationError("text and bytes, which cannot be told apart")
    if texts:
        reader, annotation = ("read_text", "str") if True in texts else ("read_bytes", "bytes")
        answers.raw.append(Answer(statuses, is_range, reader, annotation))
    return [_bare(name) for name in content]


def _bare(media_type: str) -> str:
    bare = media_type.partition(";")[0].strip().lower()
    if not bare.isascii() or not bare.isprintable() or " " in bare:
        raise GenerationError(f"{media_type!r} is no media type")
    return bare


def _is_text(media_type: str) -> bool:
    return _bare(media_type).startswith("text/") or _bare(media_type).endswith(("xml", "ndjson", "jsonl", "yaml"))


def _is_like_json(media: Schema, schemas: Schemas) -> bool:
    flat = schemas.flattener.flatten(media.get("schema", {})).schema
    return flat.get("type") in ("object", "array") or "properties" in flat
