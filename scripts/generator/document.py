"""The contract as plain JSON values, whatever it was written in, and where each schema of it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from .refusals import GenerationError, one_line

Schema = dict[str, Any]


def read_contract(path: Path) -> dict[str, Any]:
    """The contract, in the order of the file.

    Raises:
        GenerationError: It is no OpenAPI document that can be worked with.
    """
    spec = plain_json(read_yaml(path), path.name)
    if not isinstance(spec, dict):
        raise GenerationError(f"{path.name}: the contract needs to be an object")
    found = spec.get("openapi")
    if not isinstance(found, str) or not found.startswith(("3.0.", "3.1.")):
        said = f"openapi: {found}" if found is not None else f"swagger: {spec.get('swagger')}"
        raise GenerationError(f"{path.name}: the contract needs to be OpenAPI 3.0 or 3.1; it says {one_line(said)}")
    return spec


def read_yaml(path: Path) -> Any:
    """What a file of YAML 1.2 or JSON holds."""
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError, ValueError, RecursionError) as error:
        raise GenerationError(f"{path.name}: {error or type(error).__name__}") from None


def plain_json(value: Any, name: str) -> Any:
    """The same as JSON values.

    Raises:
        GenerationError: It holds what JSON does not have.
    """
    try:
        text = json.dumps(value, default=_refuse_value, allow_nan=False, ensure_ascii=False)
        # YAML's reader leaves the two halves of a character that JSON escapes apart.
        return json.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le"))
    except UnicodeDecodeError:
        raise GenerationError(f"{name}: it holds half of a character pair, which no file can hold") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise GenerationError(f"{name}: {error}") from None


def _refuse_value(value: object) -> Any:
    hint = "; put a date or time into quotes" if isinstance(value, date) else ""
    raise ValueError(f"{value} is a {type(value).__name__}, which JSON does not have{hint}")


class Document:
    """The contract, and what its references point at.

    Args:
        spec: The contract.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.is_30 = str(spec.get("openapi", "")).startswith("3.0.")
        self._places: dict[int, str] = {}
        self._kept: list[Schema] = []
        for place, value in _walk(spec, "#"):
            self._places.setdefault(id(value), place)

    def place(self, value: Schema) -> str:
        """Where an object stands, as a JSON pointer; of a made one, where it was made from."""
        return self._places.get(id(value), "#")

    def made(self, value: Schema, place: str) -> Schema:
        """Keep an object that was made of others, so that it has a place too."""
        self._kept.append(value)
        self._places[id(value)] = place
        return value

    def said_place(self, value: Schema) -> str:
        """Where an object stands, for people: a component by its name, an operation by method and path."""
        return said(self.place(value))

    def target(self, reference: Any) -> Any:
        """What a reference points at.

        Raises:
            GenerationError: It points at nothing, or out of the file.
        """
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise GenerationError(f"the reference {reference!r} leaves the file")
        found: Any = self.spec
        for part in [] if reference == "#" else reference.removeprefix("#/").split("/"):
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            elif isinstance(found, dict) and key in found:
                found = found[key]
            else:
                raise GenerationError(f"the reference {reference!r} points at nothing")
        return found

    def follow(self, value: Any) -> Any:
        """An object itself, where it is a reference what that points at in the end.

        Raises:
            GenerationError: The reference points at nothing, out of the file, or at itself.
        """
        seen = []
        while isinstance(value, Mapping) and "$ref" in value:
            if value["$ref"] in seen:
                raise GenerationError(f"the reference {value['$ref']!r} leads back to itself")
            seen.append(value["$ref"])
            value = self.target(value["$ref"])
        return value


def said(pointer: str) -> str:
    """A JSON pointer for people."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.removeprefix("#/").split("/")]
    if parts[0] == "components" and len(parts) > 2:
        return ".".join(part for part in parts[2:] if part != "properties")
    if parts[0] == "paths" and len(parts) > 2:
        return " ".join((parts[2].upper(), parts[1], *parts[3:]))
    return " ".join(parts) if pointer != "#" else "the contract"


def _walk(value: Any, place: str) -> Iterator[tuple[str, Schema]]:
    if isinstance(value, dict):
        yield place, value
        for key, inner in value.items():
            yield from _walk(inner, f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, f"{place}/{index}")
