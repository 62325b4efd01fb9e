"""YAML 1.2 as it is read: scalars, lines, what is refused; and references, which never leave the document."""

from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scripts.contract.reading import NotReadableError, as_json, line_of, read
from scripts.contract.references import references, wrong_references


def value_of(text: str) -> Any:
    return read(f"key: {text}\n")[0]["key"]


@pytest.mark.parametrize("text", ["on", "off", "yes", "no", "Yes", "y", "n", "ON"])
def test_words_of_yaml_11_are_text(text: str) -> None:
    assert value_of(text) == text
    assert list(read(f"{text}: 1\n")[0]) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("9223372036854775807", 2**63 - 1),
        ("-123456789012345678901234567890", -123456789012345678901234567890),
        ("1.5", Decimal("1.5")),
        (".5", Decimal("0.5")),
        ("1e400", Decimal("1e400")),
        ("0.1000000000000000000001", Decimal("0.1000000000000000000001")),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("'true'", "true"),
        ("!!str 5", "5"),
        ("!!float 5.5", Decimal("5.5")),
        ("=", "="),
    ],
)
def test_a_scalar_is_read_as_the_core_schema_says(text: str, expected: Any) -> None:
    found = value_of(text)
    assert found == expected
    assert type(found) is type(expected)


def test_a_key_is_its_text() -> None:
    assert list(read("200: a\n'201': b\nnull: c\ntrue: d\n1.0: e\n")[0]) == ["200", "201", "null", "true", "1.0"]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: !mine 2\n", 2, "the tag '!mine' is not read"),
        ("a: 1\nb: !mine {c: 2}\n", 2, "the tag '!mine' is not read"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("a: &x\n  b: *x\n", 2, "stands in what it names"),
        ("a: *x\n", 1, "has no anchor"),
        ("a: 1\n[1]: 2\n", 2, "a key has to be text"),
        ("a: .inf\n", 1, "no number that JSON has"),
        ("a: .nan\n", 1, "no number that JSON has"),
        (f"a: {'1' * 5000}\n", 1, "more than 4000 digits"),
        ("a: [1\n", 2, "did not find"),
        ("a:\n\tb: 1\n", 2, "cannot start any token"),
        ("'<<': 1\n", 1, "in quotes"),
        ("<<: 1\n", 1, "takes a mapping"),
        ("a: !!int b\n", 1, "the tag"),
        ("[" * 300 + "]" * 300, 1, "levels deep"),
        ("a: \x01\n", 1, "not allowed|control"),
    ],
)
def test_what_is_not_read_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(NotReadableError, match=what) as caught:
        read(text)
    assert caught.value.line == line


def test_a_key_that_stands_twice_is_told_with_both_lines() -> None:
    value, problems = read("a:\n  b: 1\n  c: 2\n  b: 3\n'200': 1\n200: 2\n")
    assert value["a"]["b"] == 1
    assert problems == [
        (4, "the key 'b' stands here twice: in lines 2 and 4"),
        (6, "the key '200' stands here twice: in lines 5 and 6"),
    ]


def test_aliases_that_expand_to_very_much_are_refused() -> None:
    levels = "".join(f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]\n" for number in range(1, 9))
    with pytest.raises(NotReadableError, match="aliases add more"):
        read(f"a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n{levels}")


def test_a_merge_key_adds_what_is_not_written() -> None:
    value, _ = read("base: &base {a: 1, b: 2}\nuse:\n  b: 3\n  <<: *base\n  c: 4\n")
    assert value["use"] == {"b": 3, "c": 4, "a": 1}
    assert line_of(value, ["use", "a"]) == 1
    assert line_of(value, ["use", "c"]) == 5


def test_the_line_of_a_place_is_that_of_its_key() -> None:
    value, _ = read("\ufeffa:\n  b:\n    - c: 1\n      d: 2\n    - {e: 3}\n")
    assert [line_of(value, place) for place in (["a", "b"], ["a", "b", "0", "d"], ["a", "b", "1", "e"])] == [2, 4, 5]
    assert line_of(value, ["a", "b", "7"]) == 2
    assert line_of(value, []) == 1


SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["on", "no", "010", "1_0", "~", "<<"])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(VALUES)
def test_what_json_writes_is_read_as_it_was(value: Any) -> None:
    assert as_json(read(as_text(value))[0]) == value


def as_text(value: Any) -> str:
    """A value as YAML, every text between quotes."""
    return (
        yaml.dump(value, default_style='"', allow_unicode=True)
        if isinstance(value, (str, dict, list))
        else dumped(value)
    )


def dumped(value: Any) -> str:
    return "null" if value is None else str(value).lower()


REFERRING = """
paths:
  /a:
    $ref: '#/components/pathItems/A'
components:
  pathItems: {A: {description: A}}
  schemas:
    A:
      properties:
        $ref: {type: string}
        default: {$ref: '#/components/schemas/B'}
      default: {$ref: 'https://a.test'}
      example: {$ref: '/etc/passwd'}
      x-a: {$ref: 'x'}
    B: {enum: [{$ref: y}], examples: [{$ref: z}]}
"""


def test_only_what_is_a_reference_counts_as_one() -> None:
    value, _ = read(REFERRING)
    assert sorted(references(value)) == [
        ("#/components/schemas/A/properties/default", 11, "#/components/schemas/B"),
        ("#/paths/~1a", 4, "#/components/pathItems/A"),
    ]
    assert wrong_references(value) == []


@pytest.mark.parametrize(
    ("reference", "what"),
    [
        ("https://a.test/x.yaml", "leads out of the file"),
        ("//a.test/x", "leads out of the file"),
        ("/srv/secret.yaml", "leads out of the file"),
        ("other.yaml#/A", "leads out of the file"),
        ("./openapi.yaml#/components/schemas/B", "leads out of the file"),
        ("#anchor", "leads out of the file"),
        ("", "leads out of the file"),
        ("#/components/schemas/C", "leads nowhere"),
        ("#/components/schemas/A/properties/default", "leads to itself"),
    ],
)
def test_unfollowed_reference_is_reported_with_its_line(reference: str, what: str) -> None:
    value, _ = read(REFERRING.replace("'#/components/schemas/B'", f"'{reference}'"))
    ((line, told),) = wrong_references(value)
    assert line == 11
    assert what in told


def test_a_reference_that_is_no_text_is_told() -> None:
    value, _ = read(REFERRING.replace("'#/components/schemas/B'", "5"))
    assert wrong_references(value) == [(11, "a `$ref` has to be text")]
