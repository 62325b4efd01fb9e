"""Names and texts of the contract as Python: identifiers that clash with nothing, literals and docstrings that stay text."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping
from keyword import iskeyword, issoftkeyword
from typing import Any

from openapi_python_client.strings import ClassName, PythonIdentifier, pascal_case, snake_case

_WIDTH = 116
_PREFIX = "field_"
# What the classes of models need for themselves: a field of that name would hide it from the annotations below it.
RESERVED_FOR_FIELDS = frozenset(
    (
        "Any", "Mapping", "Self", "UNSET", "additional_properties", "attrs_field", "classmethod", "cls", "dict", "from_dict",
        "self", "str", "to_dict",
    )
)  # fmt: skip
# What generated modules import, or use as a builtin: a class of that name would take its place.
RESERVED_FOR_CLASSES = frozenset(
    (
        "Any", "Callable", "Decimal", "Enum", "Exception", "File", "IntEnum", "JsonObject", "LimitError", "Literal", "Mapping",
        "OpenEnum", "OpenIntEnum", "Operation", "Self", "StrEnum", "TypeVar", "UNSET", "UUID", "Unset",
    )
)  # fmt: skip


def literal(value: Any) -> str:
    """A JSON scalar, or a tuple of them, as an expression of Python that has exactly this value and is ASCII."""
    if value is None or isinstance(value, bool | int | float | str | tuple):
        return ascii(value)
    raise TypeError(f"{type(value).__name__} is no scalar")


def docstring(text: str, indent: int = 4) -> str:
    """Text as the inside of a docstring, wrapped; paragraphs stay apart.

    Args:
        text: The text.
        indent: Spaces before every line but the first.
    """
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", _visible(text))]
    wrapped = [
        textwrap.fill(part, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
        for part in paragraphs
        if part
    ]
    joined = "\n\n".join(wrapped)
    # After the wrapping, which would cut an escape in two. A quote at the end would make four of the three that follow.
    inside, last = (joined[:-1], '\\"') if joined.endswith('"') else (joined, "")
    closed = inside.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') + last
    return textwrap.indent(closed, " " * indent).lstrip(" ")


def _visible(text: str) -> str:
    """Text without controls, surrogates and the marks that make a line read otherwise than it is (bidirectional ones)."""
    return "".join(
        letter if letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else " "
        for letter in text.replace("\r\n", "\n").replace("\r", "\n")
    )


def is_plain_identifier(text: str) -> bool:
    """Whether text can be a name as it stands: the same to Python and to a reader, and neither private nor a keyword."""
    return (
        text.isidentifier()
        and not iskeyword(text)
        and not text.startswith("_")
        and unicodedata.normalize("NFKC", text) == text
    )


def identifier(text: str, fallback: str = "field") -> str:
    """The nearest name to a text that Python allows; may still clash with another."""
    if is_plain_identifier(text):
        return text
    folded = unicodedata.normalize("NFKC", text)
    spelled = folded if folded.isidentifier() else snake_case(re.sub(r"\W+", " ", folded))
    name = re.sub(r"\W+", "_", spelled).strip("_")
    if not name:
        return fallback
    if not name.isidentifier():
        name = f"{fallback}_{name}"
    if iskeyword(name):
        name += "_"
    return name if is_plain_identifier(name) else fallback


def unique_identifiers(
    wanted: Iterable[tuple[str, str]], reserved: frozenset[str], fallback: str = "field"
) -> list[str]:
    """A name for each text: its own where it can be, and no name twice.

    Args:
        wanted: Each text, and the suffix that tells it from another of the same name; none for a number.
        reserved: Names that are taken.
        fallback: The name of a text that holds nothing a name may hold.
    """
    pairs = list(wanted)
    names = [identifier(text, fallback) for text, _ in pairs]
    taken = set(reserved)
    chosen: dict[int, str] = {}
    # Those that keep their own name come first, so that an odd neighbour does not take it.
    for index in sorted(range(len(pairs)), key=lambda each: names[each] != pairs[each][0]):
        suffix = pairs[index][1]
        name = names[index]
        candidates = [name, f"{name}_"] if name in reserved or not suffix else [name, f"{name}_{suffix}"]
        found = next((each for each in candidates if each not in taken), None) or _numbered(name, taken)
        taken.add(found)
        chosen[index] = found
    return [chosen[index] for index in range(len(pairs))]


def _numbered(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


class ClassNames:
    """Gives each model and enum a class and a module that no other has, file systems that fold case included.

    Args:
        overrides: For a class, another name and module.
    """

    def __init__(self, overrides: Mapping[str, tuple[str | None, str | None]]) -> None:
        self._modules: set[str] = {"__init__"}
        self._names: set[str] = set()
        self._overrides = overrides

    def take(self, wanted: str, kind: str) -> tuple[str, str]:
        """A class and its module.

        Args:
            wanted: What it would best be called.
            kind: What is put behind a name that is taken by something else: Model or Enum.
        """
        base = _class_name(wanted, kind)
        number = 1
        while True:
            name = str(ClassName(base if number == 1 else f"{base}{number}", _PREFIX))
            other, module = self._overrides.get(name, (None, None))
            name = str(ClassName(other or name, _PREFIX))
            module = str(PythonIdentifier(module or name, _PREFIX))
            if module.casefold() not in self._modules and name.casefold() not in self._names:
                self._modules.add(module.casefold())
                self._names.add(name.casefold())
                return name, module
            number += 1


def _class_name(wanted: str, kind: str) -> str:
    name = pascal_case(re.sub(r"\W+", " ", unicodedata.normalize("NFKC", wanted)))
    name = name if name and name.isidentifier() else pascal_case(f"{kind}{name}")
    for _ in range(3):
        name = pascal_case(name)
    # Some letters outside of ASCII change each time, and some names would be changed by the generator.
    if not name.isidentifier() or pascal_case(name) != name or unicodedata.normalize("NFKC", name) != name:
        name = kind
    safe = str(ClassName(name, _PREFIX))
    return f"{name}{kind}" if safe != name or name in RESERVED_FOR_CLASSES or iskeyword(name) else name


def member_names(texts: Iterable[Any]) -> list[str]:
    """Names for the values of an enum: in capitals, and no name twice."""
    values = list(texts)
    names = [_member_name(value, index) for index, value in enumerate(values)]
    taken: set[str] = set()
    chosen = []
    for name in names:
        found = name if name not in taken else _numbered(name, taken)
        taken.add(found)
        chosen.append(found)
    return chosen


def _member_name(value: Any, index: int) -> str:
    if isinstance(value, int):
        return f"VALUE_{value}" if value >= 0 else f"VALUE_NEGATIVE_{-value}"
    folded = unicodedata.normalize("NFKC", value)
    name = re.sub(r"\W+", "_", folded).strip("_").upper()
    if not name or not name[0].isalpha():
        name = f"VALUE_{index}" if not name else f"VALUE_{name}"
    good = name.isidentifier() and not iskeyword(name) and unicodedata.normalize("NFKC", name) == name
    return name if good else f"VALUE_{index}"


def module_name(text: str, fallback: str) -> str:
    """The name of a file or folder for a tag or an operation."""
    name = str(PythonIdentifier(re.sub(r"\W+", " ", unicodedata.normalize("NFKC", text)), _PREFIX))
    name = name if name.isidentifier() and name != _PREFIX else fallback
    return f"{name}_" if issoftkeyword(name) and name == "_" else name
