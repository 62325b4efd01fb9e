from __future__ import annotations

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runflow_client.cli.results.lines import CSVLines, JSONLines, Lines
from runflow_client.cli.results.records import Record, record_of

# Lone surrogates too, but no pair of them: JSON writes it as the letter that it stands for, and no file name or JSON holds one.
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
texts = st.text(st.characters(codec=None), max_size=20).filter(lambda text: not _PAIR.search(text))


def record(**changes: object) -> Record:
    empty = {**record_of(None, item_id="a", image="a.png", whole=False), "outcome": "passed"}
    return {**empty, **changes}


@pytest.mark.parametrize("lines", [JSONLines(), CSVLines()], ids=["json", "csv"])
@given(item_id=texts, image=texts, prompt=texts, issue=texts)
def test_record_is_one_line_that_says_its_item(lines: Lines, item_id: str, image: str, prompt: str, issue: str) -> None:
    found = record(
        item_id=item_id,
        image=image,
        improved_prompt=prompt,
        issues=[{"category": "x", "subcategory": None, "detail": issue}],
        failed_judges=[prompt],
        error={"type": "E", "message": issue},
    )
    line = lines.encode(found)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    known = lines.decode(line)
    assert (known.item_id, known.image, known.outcome) == (item_id, image, "passed")
    if isinstance(lines, JSONLines):
        assert json.loads(line) == found


@pytest.mark.parametrize(
    ("item_id", "cell"),
    [("a  b.png", "a  b.png"), ("a\nb.png", r'"a\nb.png"'), ('"a".png', r'"\"a\".png"'), ("\U0001f600 'x'.png",) * 2],
)
def test_csv_has_item_ids_as_they_are_or_as_json(item_id: str, cell: str) -> None:
    content = CSVLines.head + CSVLines().encode(record(item_id=item_id))
    assert next(csv.DictReader(io.StringIO(content.decode())))["item_id"] == cell


@pytest.mark.parametrize("lines", [JSONLines(), CSVLines()], ids=["json", "csv"])
@given(content=st.binary(max_size=60))
def test_other_line_is_refused_as_a_value_error(lines: Lines, content: bytes) -> None:
    with pytest.raises(ValueError):
        lines.decode(b'{"item_id": 1' + content.replace(b"\n", b""))


@pytest.mark.parametrize("line", [b"[]\n", b'{"item_id": "a"}\n', b'{"item_id": "a", "outcome": 1}\n'])
def test_json_without_item_and_outcome_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        JSONLines().decode(line)


def test_csv_line_has_the_columns_of_its_head() -> None:
    lines = CSVLines()
    content = lines.head + lines.encode(
        record(
            score=0.5,
            cost="0.05",
            failed_judges=["a", "b"],
            issues=[{"category": "c", "subcategory": None, "detail": None}],
            error={"type": "E", "message": "it failed"},
        )
    )
    [row] = csv.DictReader(io.StringIO(content.decode()))
    assert (row["item_id"], row["score"], row["cost"]) == ("a", "0.5", "0.05")
    assert (row["failed_judges"], row["issues"], row["error"], row["client_ref"]) == ("a; b", "c", "it failed", "")


def test_line_holds_no_image_data() -> None:
    line = JSONLines().encode(record(evaluation={"generated_image_url": "data:image/png;base64,AAAA"}))
    assert b"AAAA" not in line and json.loads(line)


def test_csv_line_that_cannot_be_read_is_a_value_error() -> None:
    with pytest.raises(ValueError):
        CSVLines().decode(b"a\rb\n")
