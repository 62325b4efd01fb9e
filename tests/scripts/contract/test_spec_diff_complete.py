"""Nothing that differs passes unsaid: every place of two contracts is changed in every way that can be thought of."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.contract.reading import Mapping, escaped, read
from scripts.contract.spec_changes.changes import changes
from scripts.contract.spec_changes.comparison import contract
from scripts.contract.spec_changes.document import CannotCompareError, Document
from scripts.contract.spec_changes.values import same

ROOT = Path(__file__).resolve().parents[3]
EVERYTHING = (Path(__file__).parent / "cases" / "everything.yaml").read_text(encoding="utf-8")
CONTRACT = (ROOT / "openapi.yaml").read_text(encoding="utf-8")

Place = tuple[str | int, ...]


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Every place of a contract but the whole."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield (*place, key)
        yield from places(item, (*place, key))


def holder(value: Any, place: Place) -> Any:
    """The mapping or list in which a place is."""
    for key in place[:-1]:
        value = value[key]
    return value


def remove(value: Any, place: Place) -> None:
    del holder(value, place)[place[-1]]


def add_a_key(value: Any, place: Place) -> None:
    found = holder(value, place)[place[-1]]
    if isinstance(found, dict):
        found["surprise"] = {"type": "string"}
    elif isinstance(found, list):
        found.append(deepcopy(found[0]) if found else "surprise")


def replace_by_another(value: Any, place: Place) -> None:
    before = holder(value, place)[place[-1]]
    after: Any = {"a": 1} if isinstance(before, (dict, list)) else "another"
    if isinstance(before, bool):
        after = not before
    elif isinstance(before, (int, float)):
        after = before + 1
    holder(value, place)[place[-1]] = after


def rename(value: Any, place: Place) -> None:
    found = holder(value, place)
    if isinstance(found, dict):
        found[f"{place[-1]}_renamed"] = found.pop(place[-1])


def reverse(value: Any, place: Place) -> None:
    found = holder(value, place)[place[-1]]
    if isinstance(found, list):
        found.reverse()


ALTERATIONS: list[Callable[[Any, Place], None]] = [remove, add_a_key, replace_by_another, rename, reverse]


def differing(base: Any, revision: Any, pointer: str = "#") -> Iterator[str]:
    """The pointers at which two versions differ, without a thought of what that means."""
    if same(base, revision):
        return
    if isinstance(base, dict) and isinstance(revision, dict):
        for key in {**base, **revision}:
            inner = f"{pointer}/{escaped(key)}"
            if key in base and key in revision:
                yield from differing(base[key], revision[key], inner)
            else:
                yield inner
    elif isinstance(base, list) and isinstance(revision, list) and len(base) == len(revision):
        for index, (one, other) in enumerate(zip(base, revision, strict=True)):
            yield from differing(one, other, f"{pointer}/{index}")
    else:
        yield pointer


def unsaid(base: Document, revision: Document) -> list[str]:
    """The pointers that differ and stand neither at nor below a finding; of a list, what is found in it will do."""
    findings = contract.compare(base, revision)
    found = {pointer for one in findings for pointer in (one.base, one.revision) if pointer}
    return [
        pointer
        for pointer in differing(base.data, revision.data)
        if not is_required_list(pointer, found)
        and not any(pointer == one or pointer.startswith(f"{one}/") or one.startswith(f"{pointer}/") for one in found)
    ]


def is_required_list(pointer: str, found: set[str]) -> bool:
    """Whether a list of required properties differs by those that are reported themselves."""
    owner, _, key = pointer.rpartition("/")
    return key == "required" and any(one.startswith(f"{owner}/properties/") for one in found)


def altered(base: Document, text: str, alter: Callable[[Any, Place], None], place: Place) -> Document | None:
    """The contract with one alteration; None where that gives nothing that can be compared."""
    data = json.loads(text)
    alter(data, place)
    try:
        revision = Document(json.dumps(data), "the new version")
        contract.compare(base, revision)
    except CannotCompareError:
        return None
    return revision


def as_json(text: str) -> str:
    return json.dumps(read(text)[0], default=float)


@pytest.mark.parametrize("alter", ALTERATIONS, ids=[alter.__name__ for alter in ALTERATIONS])
def test_whatever_differs_in_everything_is_said(alter: Callable[[Any, Place], None]) -> None:
    text = as_json(EVERYTHING)
    base = Document(text, "the old version")
    compared = 0
    for place in list(places(json.loads(text))):
        revision = altered(base, text, alter, place)
        if revision is not None and not same(base.data, revision.data):
            compared += 1
            assert unsaid(base, revision) == [], place
            assert unsaid(revision, base) == [], f"{place}, the other way round"
    assert compared > 10


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_whatever_differs_in_the_contract_is_said(data: st.DataObject) -> None:
    text = as_json(CONTRACT)
    base = Document(text, "the old version")
    place = data.draw(st.sampled_from(list(places(json.loads(text)))))
    revision = altered(base, text, data.draw(st.sampled_from(ALTERATIONS)), place)
    if revision is not None:
        assert unsaid(base, revision) == [], place


def test_an_unknown_word_fails_wherever_it_stands() -> None:
    text = as_json(EVERYTHING)
    base = Document(text, "the old version")
    passed = []
    for place in list(places(json.loads(text))):
        revision = altered(base, text, add_a_key, place)
        if revision is None or not isinstance(value_of(revision.data, place), Mapping):
            continue
        found = changes(base, revision)
        assert found, place
        if found[0].rating != "major":
            passed.append("/".join(map(str, place)))
    assert [place for place in passed if not may_have_any_word(place.split("/"))] == []


def value_of(value: Any, place: Place) -> Any:
    return holder(value, place)[place[-1]]


# Where words are people's own, or read by people only.
OWN_WORDS = ("example", "examples", "x-anything", "value", "externalDocs", "contact", "license", "info", "tags")
BY_NAME = (
    *("schemas", "parameters", "headers", "responses", "requestBodies", "links", "callbacks", "pathItems", "paths"),
    *(
        "properties",
        "content",
        "mapping",
        "scopes",
        "$defs",
        "webhooks",
        "securitySchemes",
        "flows",
        "dependentRequired",
    ),
)


def may_have_any_word(place: list[str]) -> bool:
    of_people = set(place) & set(OWN_WORDS) or place[-1] in BY_NAME
    # A link changes nothing that a client does, and the words of a callback are expressions.
    return bool(of_people) or place[-2] in ("links", "callbacks")
